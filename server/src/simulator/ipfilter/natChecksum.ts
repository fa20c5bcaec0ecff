/**
 * Checksum arithmetic of address translation, exactly as ip_nat.c does it: deltas are worked out once per
 * session and added to the checksum fields of every packet, so a checksum that was wrong stays wrong and the
 * two zeros of one's complement come out as they do in the kernel. All values are 32-bit unsigned words.
 */
import type { AddressValue } from '../packetFacts';

/** What must be added to a checksum when the summed value goes from `before` to `after` (`CALC_SUMD`). */
export function sumDelta(before: number, after: number): number {
  const a = foldTwice(before);
  let b = foldTwice(after);
  // In one's complement minus 1 is ~1, which two's complement misses by one.
  if (a > b) b--;
  const delta = (b - a) >>> 0;
  return ((delta & 0xffff) + (delta >>> 16)) >>> 0;
}

/** `(sumd & 0xffff) + (sumd >> 16)`. */
export function foldOnce(sum: number): number {
  const word = sum >>> 0;
  return (word & 0xffff) + (word >>> 16);
}

function foldTwice(sum: number): number {
  return foldOnce(foldOnce(sum));
}

/** Sum of an address's 16-bit words, folded once per 32 bits as the kernel's `LONG_SUM` does. */
export function addressSum(value: AddressValue): number {
  if (typeof value === 'number') return foldOnce(value);
  let sum = 0;
  for (let rest = value; rest > 0n; rest >>= 16n) sum += Number(rest & 0xffffn);
  return sum;
}

/** `LONG_SUM(address + port)` for IPv4; the plain sum for IPv6. */
export function endpointSum(value: AddressValue, port: number): number {
  if (typeof value === 'number') return foldOnce((value + port) >>> 0);
  return addressSum(value) + port;
}

/** The checksum with a delta added (`ipf_fix_outcksum`, `ipf_fix_datacksum`). */
export function addDelta(checksum: number, delta: number): number {
  if (delta >>> 0 === 0) return checksum;
  let sum = ((~checksum & 0xffff) + (delta >>> 0)) >>> 0;
  sum = (sum >>> 16) + (sum & 0xffff);
  sum = (sum >>> 16) + (sum & 0xffff);
  return ~sum & 0xffff;
}

/** The checksum with a delta taken away again (`ipf_fix_incksum`). */
export function removeDelta(checksum: number, delta: number): number {
  if (delta >>> 0 === 0) return checksum;
  let sum = (~checksum & 0xffff) + (~delta & 0xffff);
  sum = (sum >>> 16) + (sum & 0xffff);
  sum = (sum >>> 16) + (sum & 0xffff);
  return ~sum & 0xffff;
}

/** The four bytes of a word in the other order. */
export function swapLong(value: number): number {
  return (
    (((value & 0xff) << 24) |
      ((value & 0xff00) << 8) |
      ((value >>> 8) & 0xff00) |
      ((value >>> 24) & 0xff)) >>>
    0
  );
}
