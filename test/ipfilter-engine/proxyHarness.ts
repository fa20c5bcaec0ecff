import type { IpfilterResult } from '../../server/src/simulator/ipfilter/engine';

/** `payload 0x...` of text as it is on the wire. */
export function payload(text: string): string {
  return `payload 0x${Buffer.from(text, 'latin1').toString('hex')}`;
}

/** What a TCP segment without options carries. */
export function carried(result: IpfilterResult): string {
  return Buffer.from(result.packet.bytes.subarray(40)).toString('latin1');
}

/** Sequence and acknowledgement number of a TCP segment. */
export function numbers(result: IpfilterResult): readonly [sequence: number, acknowledgement: number] {
  const { bytes } = result.packet;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(24), view.getUint32(28)];
}

/** 0 when the header checksum and the TCP or UDP checksum are right. */
export function checksumErrors(result: IpfilterResult): number {
  const { bytes } = result.packet;
  const pseudo = [...bytes.subarray(12, 20), 0, bytes[9]!, ...lengthBytes(bytes.length - 20)];
  return sum([...bytes.subarray(0, 20)]) + sum([...pseudo, ...bytes.subarray(20)]);
}

function lengthBytes(length: number): [number, number] {
  return [length >>> 8, length & 255];
}

function sum(bytes: readonly number[]): number {
  let total = 0;
  bytes.forEach((byte, i) => {
    total += i % 2 === 0 ? byte << 8 : byte;
  });
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}
