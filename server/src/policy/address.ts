/**
 * IP addresses, prefixes and sets of them, in the form that matching wants: an IPv4 address is a number, an
 * IPv6 address a bigint, and a set is sorted disjoint intervals per family. Everything a policy says about
 * addresses (masks with holes apart, see `MaskedAddress` in `match.ts`) is lowered to this once, so that the
 * simulator, the dead-rule analysis and the classifier compare plain intervals.
 */

export type AddressFamily = 4 | 6;

export type Address =
  | { readonly family: 4; readonly value: number }
  | { readonly family: 6; readonly value: bigint };

export interface Prefix {
  readonly address: Address;
  /** 0..32 or 0..128. Bits behind it may be set in `address` (an interface's own address with its mask). */
  readonly length: number;
}

export function address4(value: number): Address {
  return { family: 4, value: value >>> 0 };
}

export function address6(value: bigint): Address {
  return { family: 6, value };
}

/** Reads dotted decimal or RFC 4291 text. No zone index, no leading or trailing blanks; undefined otherwise. */
export function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseAddress6(text) : parseAddress4(text);
}

function parseAddress4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return { family: 4, value };
}

function parseAddress6(text: string): Address | undefined {
  if (!/^[0-9a-fA-F:.]+$/.test(text)) return undefined;
  let body = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const v4 = parseAddress4(dotted[2]!);
    if (v4?.family !== 4) return undefined;
    body = `${dotted[1]}${(v4.value >>> 16).toString(16)}:${(v4.value & 0xffff).toString(16)}`;
  }
  const halves = body.split('::');
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string) => (half === '' ? [] : half.split(':'));
  const head = groupsOf(halves[0]!);
  const tail = halves.length === 2 ? groupsOf(halves[1]!) : [];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array<string>(missing).fill('0'), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = (value << 16n) | BigInt(Number.parseInt(group, 16));
  }
  return { family: 6, value };
}

/** Dotted decimal, or the RFC 5952 form of an IPv6 address. */
export function formatAddress(address: Address): string {
  if (address.family === 4) {
    const v = address.value;
    return `${v >>> 24}.${(v >>> 16) & 255}.${(v >>> 8) & 255}.${v & 255}`;
  }
  const groups: number[] = [];
  for (let i = 7; i >= 0; i--) groups.push(Number((address.value >> BigInt(16 * i)) & 0xffffn));
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      bestStart = i;
      bestLength = length;
    }
  }
  const hex = groups.map((g) => g.toString(16));
  if (bestStart < 0) return hex.join(':');
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`;
}

/** Reads `address` or `address/length`; a bare address is a full-length prefix. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const full = address.family === 4 ? 32 : 128;
  if (slash < 0) return { address, length: full };
  const lengthText = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(lengthText) || Number(lengthText) > full) return undefined;
  return { address, length: Number(lengthText) };
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`;
}

export function fullLength(family: AddressFamily): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** Lowest and highest address of a prefix, host bits cleared and set. */
export function prefixBounds(prefix: Prefix): { first: Address; last: Address } {
  const { address, length } = prefix;
  if (address.family === 4) {
    const mask = mask4(length);
    return { first: address4(address.value & mask), last: address4((address.value & mask) | ~mask) };
  }
  const host = (1n << BigInt(128 - length)) - 1n;
  const base = address.value & ~host;
  return { first: address6(base), last: address6(base | host) };
}

/** Network mask of an IPv4 prefix length, as an unsigned 32-bit number. */
export function mask4(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (prefix.address.family !== address.family) return false;
  if (prefix.address.family === 4 && address.family === 4) {
    const mask = mask4(prefix.length);
    return (prefix.address.value & mask) >>> 0 === (address.value & mask) >>> 0;
  }
  const { first, last } = prefixBounds(prefix);
  return compareAddresses(first, address) <= 0 && compareAddresses(address, last) <= 0;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}

/** Numeric order within a family; IPv4 sorts before IPv6. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

/** The host bits cleared, as routing and selectors read a prefix. */
export function normalizePrefix(prefix: Prefix): Prefix {
  return { address: prefixBounds(prefix).first, length: prefix.length };
}

/** Address from network-order bytes (4 or 16 of them). */
export function addressFromBytes(bytes: Uint8Array, offset: number, family: AddressFamily): Address {
  if (family === 4) {
    return address4(
      (bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!,
    );
  }
  let value = 0n;
  for (let i = 0; i < 16; i++) value = (value << 8n) | BigInt(bytes[offset + i]!);
  return address6(value);
}

export function writeAddress(bytes: Uint8Array, offset: number, address: Address): void {
  if (address.family === 4) {
    for (let i = 0; i < 4; i++) bytes[offset + i] = (address.value >>> (24 - 8 * i)) & 255;
    return;
  }
  let rest = address.value;
  for (let i = 15; i >= 0; i--) {
    bytes[offset + i] = Number(rest & 255n);
    rest >>= 8n;
  }
}
