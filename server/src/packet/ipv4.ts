/** The IPv4 header (RFC 791; the type of service octet as RFC 2474 and RFC 3168 split it). */
import { type Address, addressFromBytes, writeAddress } from '../policy/address';
import { joinBytes } from './bytes';
import { checksumOf, foldSum, sumRange } from './checksum';
import { describeDscp, describeEcn } from './dscp';
import { byteOffset, type FieldSpec, readField, writeField } from './field';
import { checksumFault, type HeaderReading, tooShort } from './header';
import type { WireFormat } from './packet';
import { protocolName } from './protocolNumbers';

export const ipv4Field = {
  version: { name: 'Version', bitOffset: 0, bitLength: 4, format: 'decimal' },
  headerLength: {
    name: 'IHL',
    bitOffset: 4,
    bitLength: 4,
    format: 'decimal',
    describe: (words: number) => `${words * 4} bytes`,
  },
  dscp: { name: 'DSCP', bitOffset: 8, bitLength: 6, format: 'decimal', describe: describeDscp },
  ecn: { name: 'ECN', bitOffset: 14, bitLength: 2, format: 'decimal', describe: describeEcn },
  totalLength: { name: 'Total Length', bitOffset: 16, bitLength: 16, format: 'decimal' },
  identification: { name: 'Identification', bitOffset: 32, bitLength: 16, format: 'hex' },
  flags: { name: 'Flags', bitOffset: 48, bitLength: 3, format: 'flags', describe: describeIpv4Flags },
  fragmentOffset: {
    name: 'Fragment Offset',
    bitOffset: 51,
    bitLength: 13,
    format: 'decimal',
    describe: (units: number) => (units === 0 ? undefined : `${units * 8} bytes`),
  },
  timeToLive: { name: 'Time to Live', bitOffset: 64, bitLength: 8, format: 'decimal' },
  protocol: { name: 'Protocol', bitOffset: 72, bitLength: 8, format: 'decimal', describe: protocolName },
  checksum: { name: 'Header Checksum', bitOffset: 80, bitLength: 16, format: 'hex' },
  source: { name: 'Source Address', bitOffset: 96, bitLength: 32, format: 'address4' },
  destination: { name: 'Destination Address', bitOffset: 128, bitLength: 32, format: 'address4' },
  options: { name: 'Options', bitOffset: 160, bitLength: 0, rest: true, format: 'bytes' },
} as const satisfies Record<string, FieldSpec>;

export const ipv4Format: WireFormat = {
  protocol: 'ipv4',
  title: 'IPv4',
  reference: 'RFC 791',
  fields: Object.values(ipv4Field),
};

export const ipv4HeaderBytes = 20;
export const ipv4SourceAt = byteOffset(ipv4Field.source);
export const ipv4DestinationAt = byteOffset(ipv4Field.destination);
export const ipv4ChecksumAt = byteOffset(ipv4Field.checksum);

export interface Ipv4Header {
  /** The whole octet: DSCP and ECN. */
  readonly tos: number;
  readonly id: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** Bytes, a multiple of 8. */
  readonly fragmentOffset: number;
  readonly ttl: number;
  readonly protocol: number;
  readonly source: Address;
  readonly destination: Address;
  /** Options with their padding, a multiple of 4 bytes and at most 40. */
  readonly options?: Uint8Array;
}

/** Reads the header at `start`. `quoted`: an ICMP error carries it, so its payload may be cut off. */
export function parseIpv4(
  bytes: Uint8Array,
  start: number,
  limit: number,
  quoted = false,
): HeaderReading<Ipv4Header> {
  if (limit - start < ipv4HeaderBytes) return tooShort('IPv4', ipv4HeaderBytes, limit - start);
  const version = readField(bytes, start, ipv4Field.version);
  if (version !== 4)
    return { kind: 'unreadable', faults: [`The version of an IPv4 header is 4, but here it is ${version}.`] };
  const headerLength = readField(bytes, start, ipv4Field.headerLength) * 4;
  if (headerLength < ipv4HeaderBytes)
    return {
      kind: 'unreadable',
      faults: [`IHL gives a header of ${headerLength} bytes, but an IPv4 header has at least 20.`],
    };
  if (start + headerLength > limit) return tooShort('IPv4', headerLength, limit - start);

  const faults: string[] = [];
  const headerEnd = start + headerLength;
  const totalLength = readField(bytes, start, ipv4Field.totalLength);
  if (totalLength < headerLength)
    faults.push(`Total Length is ${totalLength} bytes, less than the header's own ${headerLength}.`);
  else if (start + totalLength > limit && !quoted)
    faults.push(`Total Length is ${totalLength} bytes, but only ${limit - start} are there.`);
  const sum = foldSum(sumRange(bytes, start, headerEnd));
  if (sum !== 0xffff) {
    const found = readField(bytes, start, ipv4Field.checksum);
    faults.push(checksumFault('IPv4 header', found, checksumOf(sumRange(bytes, start, headerEnd) - found)));
  }
  const flags = readField(bytes, start, ipv4Field.flags);
  return {
    kind: 'header',
    header: {
      tos: bytes[start + 1]!,
      id: readField(bytes, start, ipv4Field.identification),
      dontFragment: (flags & 2) !== 0,
      moreFragments: (flags & 1) !== 0,
      fragmentOffset: readField(bytes, start, ipv4Field.fragmentOffset) * 8,
      ttl: readField(bytes, start, ipv4Field.timeToLive),
      protocol: readField(bytes, start, ipv4Field.protocol),
      source: addressFromBytes(bytes, start + ipv4SourceAt, 4),
      destination: addressFromBytes(bytes, start + ipv4DestinationAt, 4),
      ...(headerLength > ipv4HeaderBytes && {
        options: bytes.slice(start + ipv4HeaderBytes, headerEnd),
      }),
    },
    headerEnd,
    end: Math.max(headerEnd, Math.min(start + totalLength, limit)),
    faults,
  };
}

/** The header with right lengths and checksum, then the payload. */
export function emitIpv4(header: Ipv4Header, payload: Uint8Array): Uint8Array {
  const options = header.options ?? new Uint8Array(0);
  const bytes = joinBytes(new Uint8Array(ipv4HeaderBytes), options, payload);
  writeField(bytes, 0, ipv4Field.version, 4);
  writeField(bytes, 0, ipv4Field.headerLength, (ipv4HeaderBytes + options.length) / 4);
  bytes[1] = header.tos;
  writeField(bytes, 0, ipv4Field.identification, header.id);
  writeField(bytes, 0, ipv4Field.flags, (header.dontFragment ? 2 : 0) | (header.moreFragments ? 1 : 0));
  writeField(bytes, 0, ipv4Field.fragmentOffset, header.fragmentOffset / 8);
  writeField(bytes, 0, ipv4Field.timeToLive, header.ttl);
  writeField(bytes, 0, ipv4Field.protocol, header.protocol);
  writeAddress(bytes, ipv4SourceAt, header.source);
  writeAddress(bytes, ipv4DestinationAt, header.destination);
  finishIpv4Header(bytes, 0, bytes.length);
  return bytes;
}

/** Writes Total Length and computes the header checksum anew. */
export function finishIpv4Header(bytes: Uint8Array, start: number, totalLength: number): void {
  writeField(bytes, start, ipv4Field.totalLength, totalLength);
  writeField(bytes, start, ipv4Field.checksum, 0);
  const headerEnd = start + readField(bytes, start, ipv4Field.headerLength) * 4;
  writeField(bytes, start, ipv4Field.checksum, checksumOf(sumRange(bytes, start, headerEnd)));
}

function describeIpv4Flags(flags: number): string | undefined {
  const words = [flags & 4 ? 'reserved' : '', flags & 2 ? 'DF' : '', flags & 1 ? 'MF' : ''];
  return words.filter((word) => word !== '').join(' ') || undefined;
}
