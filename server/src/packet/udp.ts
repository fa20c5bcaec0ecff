/** The UDP header (RFC 768). */
import { joinBytes } from './bytes';
import { checksumOf, foldSum, sumRange } from './checksum';
import { byteOffset, type FieldSpec, readField, writeField } from './field';
import { checksumFault, type HeaderReading, tooShort } from './header';
import type { WireFormat } from './packet';

export const udpField = {
  sourcePort: { name: 'Source Port', bitOffset: 0, bitLength: 16, format: 'decimal' },
  destinationPort: { name: 'Destination Port', bitOffset: 16, bitLength: 16, format: 'decimal' },
  length: { name: 'Length', bitOffset: 32, bitLength: 16, format: 'decimal' },
  checksum: {
    name: 'Checksum',
    bitOffset: 48,
    bitLength: 16,
    format: 'hex',
    describe: (value: number) => (value === 0 ? 'none' : undefined),
  },
} as const satisfies Record<string, FieldSpec>;

export const udpFormat: WireFormat = {
  protocol: 'udp',
  title: 'UDP',
  reference: 'RFC 768',
  fields: Object.values(udpField),
};

export const udpHeaderBytes = 8;
export const udpChecksumAt = byteOffset(udpField.checksum);

/** UDP encapsulation of ESP (RFC 3948), shared with IKE. */
export const natTraversalPort = 4500;

export interface UdpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/**
 * `pseudoSumOf`: sum of the pseudo-header for a length in bytes; without it (a fragment, a quoted packet)
 * neither checksum nor length is checked. `checksumOptional`: 0 means that there is none, as over IPv4.
 */
export function parseUdp(
  bytes: Uint8Array,
  start: number,
  limit: number,
  pseudoSumOf?: (length: number) => number,
  checksumOptional = true,
): HeaderReading<UdpHeader> {
  if (limit - start < udpHeaderBytes) return tooShort('UDP', udpHeaderBytes, limit - start);
  const faults: string[] = [];
  const length = readField(bytes, start, udpField.length);
  const end = Math.max(start + udpHeaderBytes, Math.min(start + length, limit));
  if (length < udpHeaderBytes)
    faults.push(`Length is ${length} bytes, but a UDP header alone has ${udpHeaderBytes}.`);
  else if (pseudoSumOf !== undefined && start + length > limit)
    faults.push(`Length is ${length} bytes, but only ${limit - start} are there.`);
  else if (pseudoSumOf !== undefined) {
    const found = readField(bytes, start, udpField.checksum);
    const sum = pseudoSumOf(length) + sumRange(bytes, start, end);
    if (found === 0) {
      if (!checksumOptional) faults.push('The UDP checksum is 0, but over IPv6 there must be one.');
    } else if (foldSum(sum) !== 0xffff)
      faults.push(checksumFault('UDP', found, nonZeroChecksum(checksumOf(sum - found))));
  }
  return {
    kind: 'header',
    header: {
      sourcePort: readField(bytes, start, udpField.sourcePort),
      destinationPort: readField(bytes, start, udpField.destinationPort),
    },
    headerEnd: start + udpHeaderBytes,
    end,
    faults,
  };
}

/** Header and payload; `pseudoSum` is asked with their length in bytes. */
export function emitUdp(
  header: UdpHeader,
  payload: Uint8Array,
  pseudoSum: (length: number) => number,
): Uint8Array {
  const bytes = joinBytes(new Uint8Array(udpHeaderBytes), payload);
  writeField(bytes, 0, udpField.sourcePort, header.sourcePort);
  writeField(bytes, 0, udpField.destinationPort, header.destinationPort);
  writeField(bytes, 0, udpField.length, bytes.length);
  const sum = pseudoSum(bytes.length) + sumRange(bytes, 0, bytes.length);
  writeField(bytes, 0, udpField.checksum, nonZeroChecksum(checksumOf(sum)));
  return bytes;
}

/** A computed 0 is sent as 0xffff, because 0 says "no checksum". */
export function nonZeroChecksum(checksum: number): number {
  return checksum === 0 ? 0xffff : checksum;
}
