/**
 * The Internet checksum, in full (RFC 1071) and updated from what changed (RFC 1624). NAT updates checksums
 * the second way, as kernels do: a checksum that was wrong before stays wrong by the same amount, and a first
 * fragment keeps a right one although most of the bytes it covers are elsewhere.
 */
import { type Address, writeAddress } from '../policy/address';
import { read16, write16 } from './bytes';

/** One's-complement sum of 16-bit words, not yet folded; an odd last byte counts as the high half of a word. */
export function sumRange(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let at = start;
  for (; at + 1 < end; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  if (at < end) sum += bytes[at]! << 8;
  return sum;
}

/** Adds the carries back in until 16 bits are left. */
export function foldSum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}

/** The value for a checksum field whose own bytes counted as 0 in `sum`. */
export function checksumOf(sum: number): number {
  return 0xffff - foldSum(sum);
}

/**
 * Sum of the pseudo-header that TCP, UDP and ICMPv6 cover (RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1).
 * `length` is that of transport header and payload, in bytes.
 */
export function pseudoHeaderSum(
  source: Address,
  destination: Address,
  protocol: number,
  length: number,
): number {
  const addresses = new Uint8Array(32);
  writeAddress(addresses, 0, source);
  writeAddress(addresses, 16, destination);
  return sumRange(addresses, 0, 32) + pseudoHeaderTail(protocol, length);
}

/** The same, with the two addresses read where they stand side by side in an IP header. */
export function pseudoHeaderSumAt(
  bytes: Uint8Array,
  sourceAt: number,
  family: 4 | 6,
  protocol: number,
  length: number,
): number {
  const addressesLength = family === 4 ? 8 : 32;
  return sumRange(bytes, sourceAt, sourceAt + addressesLength) + pseudoHeaderTail(protocol, length);
}

function pseudoHeaderTail(protocol: number, length: number): number {
  return protocol + (length >>> 16) + (length & 0xffff);
}

/**
 * Puts `replacement` at `at` and gives what the one's-complement sum over a range gains by it, always a
 * positive number. `rangeStart` is any even-numbered byte of the summed range: it decides which half of a
 * word each byte is.
 */
export function replaceBytes(
  bytes: Uint8Array,
  at: number,
  replacement: Uint8Array,
  rangeStart: number,
): number {
  let gain = 0;
  for (let i = 0; i < replacement.length; i++) {
    const shift = ((at + i - rangeStart) & 1) === 0 ? 8 : 0;
    // 0xffff is 0 in one's complement; it keeps the gain positive, which RFC 1624 needs to avoid "minus zero".
    gain += 0xffff + (replacement[i]! - bytes[at + i]!) * (1 << shift);
    bytes[at + i] = replacement[i]!;
  }
  return gain;
}

/** RFC 1624, equation 3: the checksum after the sum it covers gained `gain` (from `replaceBytes`). */
export function updateChecksum(checksum: number, gain: number): number {
  return gain === 0 ? checksum : checksumOf(0xffff - checksum + gain);
}

/** Updates the 16-bit checksum field at `at` in place. */
export function updateChecksumAt(bytes: Uint8Array, at: number, gain: number): void {
  if (gain !== 0) write16(bytes, at, updateChecksum(read16(bytes, at), gain));
}
