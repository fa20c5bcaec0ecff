/** The IPv6 header (RFC 8200 section 3). Its extension headers are in `ipv6Extension.ts`. */
import { type Address, addressFromBytes, writeAddress } from '../policy/address';
import { joinBytes } from './bytes';
import { describeDscp, describeEcn } from './dscp';
import { byteOffset, type FieldSpec, readBits, readField, writeField } from './field';
import { type HeaderReading, tooShort } from './header';
import type { WireFormat } from './packet';
import { protocolName } from './protocolNumbers';

export const ipv6Field = {
  version: { name: 'Version', bitOffset: 0, bitLength: 4, format: 'decimal' },
  dscp: { name: 'DSCP', bitOffset: 4, bitLength: 6, format: 'decimal', describe: describeDscp },
  ecn: { name: 'ECN', bitOffset: 10, bitLength: 2, format: 'decimal', describe: describeEcn },
  flowLabel: { name: 'Flow Label', bitOffset: 12, bitLength: 20, format: 'hex' },
  payloadLength: { name: 'Payload Length', bitOffset: 32, bitLength: 16, format: 'decimal' },
  nextHeader: {
    name: 'Next Header',
    bitOffset: 48,
    bitLength: 8,
    format: 'decimal',
    describe: protocolName,
  },
  hopLimit: { name: 'Hop Limit', bitOffset: 56, bitLength: 8, format: 'decimal' },
  source: { name: 'Source Address', bitOffset: 64, bitLength: 128, format: 'address6' },
  destination: { name: 'Destination Address', bitOffset: 192, bitLength: 128, format: 'address6' },
} as const satisfies Record<string, FieldSpec>;

export const ipv6Format: WireFormat = {
  protocol: 'ipv6',
  title: 'IPv6',
  reference: 'RFC 8200',
  fields: Object.values(ipv6Field),
};

/** DSCP and ECN together, as RFC 8200 draws the octet. */
export const ipv6TrafficClass = {
  name: 'Traffic Class',
  bitOffset: 4,
  bitLength: 8,
  format: 'hex',
} as const satisfies FieldSpec;

export const ipv6HeaderBytes = 40;
export const ipv6SourceAt = byteOffset(ipv6Field.source);
export const ipv6DestinationAt = byteOffset(ipv6Field.destination);

export interface Ipv6Header {
  readonly trafficClass: number;
  readonly flowLabel: number;
  /** Of the first header behind this one. */
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly source: Address;
  readonly destination: Address;
}

/** Reads the header at `start`. `quoted`: an ICMP error carries it, so its payload may be cut off. */
export function parseIpv6(
  bytes: Uint8Array,
  start: number,
  limit: number,
  quoted = false,
): HeaderReading<Ipv6Header> {
  if (limit - start < ipv6HeaderBytes) return tooShort('IPv6', ipv6HeaderBytes, limit - start);
  const version = readField(bytes, start, ipv6Field.version);
  if (version !== 6)
    return { kind: 'unreadable', faults: [`The version of an IPv6 header is 6, but here it is ${version}.`] };
  const faults: string[] = [];
  const headerEnd = start + ipv6HeaderBytes;
  const payloadLength = readField(bytes, start, ipv6Field.payloadLength);
  if (headerEnd + payloadLength > limit && !quoted)
    faults.push(
      `Payload Length is ${payloadLength} bytes, but only ${limit - headerEnd} are there behind the header.`,
    );
  return {
    kind: 'header',
    header: {
      trafficClass: readBits(bytes, start, ipv6TrafficClass.bitOffset, ipv6TrafficClass.bitLength),
      flowLabel: readField(bytes, start, ipv6Field.flowLabel),
      nextHeader: readField(bytes, start, ipv6Field.nextHeader),
      hopLimit: readField(bytes, start, ipv6Field.hopLimit),
      source: addressFromBytes(bytes, start + ipv6SourceAt, 6),
      destination: addressFromBytes(bytes, start + ipv6DestinationAt, 6),
    },
    headerEnd,
    end: Math.min(headerEnd + payloadLength, limit),
    faults,
  };
}

/** The header with the right Payload Length, then the payload (extension headers included). */
export function emitIpv6(header: Ipv6Header, payload: Uint8Array): Uint8Array {
  const bytes = joinBytes(new Uint8Array(ipv6HeaderBytes), payload);
  writeField(bytes, 0, ipv6Field.version, 6);
  writeField(bytes, 0, ipv6TrafficClass, header.trafficClass);
  writeField(bytes, 0, ipv6Field.flowLabel, header.flowLabel);
  writeField(bytes, 0, ipv6Field.payloadLength, payload.length);
  writeField(bytes, 0, ipv6Field.nextHeader, header.nextHeader);
  writeField(bytes, 0, ipv6Field.hopLimit, header.hopLimit);
  writeAddress(bytes, ipv6SourceAt, header.source);
  writeAddress(bytes, ipv6DestinationAt, header.destination);
  return bytes;
}
