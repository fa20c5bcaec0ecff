/** The GRE header (RFC 2784, with key and sequence number from RFC 2890; version 1 is PPTP's, RFC 2637). */
import { joinBytes } from './bytes';
import { type FieldSpec, readField, writeField } from './field';
import { type HeaderReading, tooShort } from './header';
import type { WireFormat } from './packet';

export const greField = {
  flags: { name: 'Flags', bitOffset: 0, bitLength: 13, format: 'flags', describe: describeGreFlags },
  version: {
    name: 'Version',
    bitOffset: 13,
    bitLength: 3,
    format: 'decimal',
    describe: (value: number) => (value === 1 ? 'PPTP' : undefined),
  },
  protocolType: {
    name: 'Protocol Type',
    bitOffset: 16,
    bitLength: 16,
    format: 'hex',
    describe: describeEtherType,
  },
  optional: {
    name: 'Checksum, Key, Sequence',
    bitOffset: 32,
    bitLength: 0,
    rest: true,
    format: 'bytes',
  },
} as const satisfies Record<string, FieldSpec>;

export const greFormat: WireFormat = {
  protocol: 'gre',
  title: 'GRE',
  reference: 'RFC 2784',
  fields: Object.values(greField),
};

export const greFixedBytes = 4;

export const etherType = { ipv4: 0x0800, ipv6: 0x86dd, ethernet: 0x6558, ppp: 0x880b } as const;

// As numbers of the 13-bit field: the first four bits of the header are C, R, K and S.
const hasChecksum = 0x1000;
const hasRouting = 0x0800;
const hasKey = 0x0400;
const hasSequence = 0x0200;
// RFC 2637: version 1 has an acknowledgement number, announced by the ninth bit of the header.
const hasAcknowledgement = 0x0010;

export interface GreHeader {
  readonly version: number;
  /** An Ethernet type: what stands inside. */
  readonly protocolType: number;
}

export function parseGre(bytes: Uint8Array, start: number, limit: number): HeaderReading<GreHeader> {
  if (limit - start < greFixedBytes) return tooShort('GRE', greFixedBytes, limit - start);
  const flags = readField(bytes, start, greField.flags);
  const version = readField(bytes, start, greField.version);
  let length = greFixedBytes;
  if (flags & (hasChecksum | hasRouting)) length += 4;
  if (flags & hasKey) length += 4;
  if (flags & hasSequence) length += 4;
  if (version === 1 && flags & hasAcknowledgement) length += 4;
  if (start + length > limit) return tooShort('GRE', length, limit - start);
  return {
    kind: 'header',
    header: { version, protocolType: readField(bytes, start, greField.protocolType) },
    headerEnd: start + length,
    end: limit,
    faults: version > 1 ? [`The GRE version is ${version}; only 0 and 1 are defined.`] : [],
  };
}

/** Without checksum, key and sequence number. */
export function emitGre(header: GreHeader, payload: Uint8Array): Uint8Array {
  const bytes = joinBytes(new Uint8Array(greFixedBytes), payload);
  writeField(bytes, 0, greField.version, header.version);
  writeField(bytes, 0, greField.protocolType, header.protocolType);
  return bytes;
}

function describeGreFlags(flags: number): string | undefined {
  const words = [
    flags & hasChecksum ? 'checksum' : '',
    flags & hasRouting ? 'routing' : '',
    flags & hasKey ? 'key' : '',
    flags & hasSequence ? 'sequence' : '',
  ];
  return words.filter((word) => word !== '').join(' ') || undefined;
}

function describeEtherType(value: number): string | undefined {
  switch (value) {
    case etherType.ipv4:
      return 'IPv4';
    case etherType.ipv6:
      return 'IPv6';
    case etherType.ethernet:
      return 'Ethernet';
    case etherType.ppp:
      return 'PPP';
    default:
      return undefined;
  }
}
