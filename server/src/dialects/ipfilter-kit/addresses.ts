/**
 * Addresses as the three IPFilter languages write them: `10.0.0.1`, `128.16/16`, `1/32`, `10.0.0.0/0xffffff00`,
 * `10.0.0.0 mask 255.255.255.0`, IPv6 prefixes, host names. What is written is kept next to what it means, so a
 * message can quote it and a printer can normalise it.
 */
import {
  type Address,
  type AddressFamily,
  address4,
  address6,
  formatAddress,
  fullLength,
  mask4,
  parseAddress,
} from '../../policy/address';
import type { AddressSet, Match } from '../../policy/match';
import type { Cursor } from './cursor';
import type { Token } from './lexer';

/** A written address with its mask; host bits are cleared when the mask is contiguous or not. */
export interface NetworkNode {
  readonly kind: 'network';
  readonly start: number;
  readonly end: number;
  readonly value: Address;
  readonly mask: Address;
  /** Mask length, absent when the mask has holes. */
  readonly length: number | undefined;
  /** Written as one number: `0/32` and `0/0` are of no family. */
  readonly isNumber?: boolean;
}

export interface HostNode {
  readonly kind: 'host';
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly maskLength: number | undefined;
}

/**
 * Reads an address literal at the cursor with an optional mask. Undefined, with the problem reported, when the
 * literal is impossible; the caller has checked that a literal stands there (`startsAddress`).
 */
export function readNetwork(cursor: Cursor, code: string): NetworkNode | undefined {
  const token = cursor.advance('address');
  const address = addressOf(token, cursor, code);
  let family: AddressFamily = address?.family ?? (token.kind === 'address6' ? 6 : 4);
  // `0/128` is the IPv6 way to write `0/32`.
  const isZero6 = token.text === '0' && Number(cursor.tokens[cursor.index + 1]?.text) > 32;
  if (isZero6) family = 6;
  const written = isZero6 ? address6(0n) : address;
  const mask = readMask(cursor, family, code);
  if (written === undefined || mask === 'bad') return undefined;
  const end = cursor.previous.end;
  const full = family === 4 ? 32 : 128;
  let effective = mask ?? { mask: fullMask(family), length: full };
  if (effective.length === undefined && cursor.dialect === 'ipf') {
    // ipf counts the bits of a mask, and one with holes counts as none (`count4bits`, `ntomask`).
    cursor.report(
      'ipf/mask-holes',
      `ipf knows no masks with holes: ${formatAddress(effective.mask)} is taken for /0, so this is every address.`,
      { start: token.start, end },
      'warning',
    );
    effective = { mask: lengthMask(4, 0), length: 0 };
  }
  const value = maskAddress(written, effective.mask);
  // `10/8` is complained about already.
  const isShort = token.kind === 'number' && Number(token.text) < 256;
  if (value.value !== written.value && effective.length !== undefined && !isShort)
    reportHostBits(cursor, written, value, effective.length, { token, end });
  return {
    kind: 'network',
    start: token.start,
    end,
    value,
    mask: effective.mask,
    length: effective.length,
    ...(token.kind === 'number' ? { isNumber: true } : {}),
  };
}

/** Bits behind the mask are cleared when the file is loaded: one host was written, its network is meant. */
function reportHostBits(
  cursor: Cursor,
  written: Address,
  network: Address,
  length: number,
  { token, end }: { token: Token; end: number },
): void {
  const host = `${formatAddress(written)}/${fullLength(written.family)}`;
  cursor.report(
    'net/host-bits-set',
    `${formatAddress(written)} has bits behind its mask, and IPFilter clears them: this is the network ${formatAddress(network)}/${length}. Write that, or ${host} for the one address.`,
    { start: token.start, end },
    'warning',
    [
      {
        title: `Write the network ${formatAddress(network)}`,
        edits: [{ start: token.start, end: token.end, text: formatAddress(network) }],
      },
      { title: `Write the address ${host}`, edits: [{ start: token.start, end, text: host }] },
    ],
  );
}

export function startsAddress(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    (token.kind === 'address4' ||
      token.kind === 'address6' ||
      token.kind === 'number' ||
      token.kind === 'hex')
  );
}

/** The address of one literal token; reports and returns undefined when it is impossible. */
export function addressOf(token: Token, cursor: Cursor, code: string): Address | undefined {
  const range = { start: token.start, end: token.end };
  if (token.kind === 'address6') {
    const address = parseAddress(token.text);
    if (address === undefined)
      cursor.report(
        code,
        `\`${token.text}\` is not an IPv6 address: eight groups of up to four hex digits, one \`::\` at most.`,
        range,
      );
    return address;
  }
  if (token.kind === 'hex' || token.kind === 'number') {
    const value = Number(token.text);
    if (value > 0xffffffff) {
      cursor.report(code, `\`${token.text}\` does not fit in an IPv4 address of 32 bits.`, range);
      return undefined;
    }
    if (token.kind === 'hex' && cursor.dialect !== 'ipf') {
      cursor.report(
        code,
        `${LOADERS[cursor.dialect] ?? 'IPFilter'} reads no addresses in hex. Write ${formatAddress(address4(value))}.`,
        range,
      );
      return undefined;
    }
    return cursor.dialect === 'ipf'
      ? addressInMachineOrder(cursor, token, value)
      : bigEndian(cursor, token, value, code);
  }
  const parts = token.text.split('.');
  const wrong = parts.find((part) => Number(part) > 255);
  if (wrong !== undefined) {
    cursor.report(
      code,
      `\`${token.text}\` is not an IPv4 address: ${wrong} is more than 255, the most one byte holds.`,
      range,
    );
    return undefined;
  }
  if (parts.length > 4) {
    cursor.report(
      code,
      `\`${token.text}\` is not an IPv4 address: it has ${parts.length} bytes, not four.`,
      range,
    );
    return undefined;
  }
  if (parts.length < 4 && cursor.dialect !== 'ipf') {
    cursor.report(
      code,
      `\`${token.text}\` is not an IPv4 address: ${LOADERS[cursor.dialect] ?? 'IPFilter'} wants all four bytes.`,
      range,
    );
    return undefined;
  }
  let value = 0;
  // `128.16` fills from the left: 128.16.0.0.
  for (let i = 0; i < 4; i++) value = value * 256 + Number(parts[i] ?? 0);
  return address4(value);
}

const LOADERS: Readonly<Record<string, string>> = { ipnat: 'ipnat', ippool: 'ippool' };

/**
 * ipf stores a number as its machine does (`in4_addr = $1` in ipf_y.y, without htonl): on the little-endian machines
 * of today its lowest byte comes first.
 */
function addressInMachineOrder(cursor: Cursor, token: Token, value: number): Address {
  const swapped =
    ((value & 0xff) * 0x1000000 + ((value & 0xff00) << 8) + ((value >>> 8) & 0xff00) + (value >>> 24)) >>> 0;
  if (swapped !== value)
    cursor.report(
      'ipf/address-short',
      `ipf stores \`${token.text}\` in the byte order of its machine: ${formatAddress(address4(swapped))} on little-endian ones, ${formatAddress(address4(value))} on others. Write all four bytes.`,
      { start: token.start, end: token.end },
      'warning',
    );
  return address4(swapped);
}

function bigEndian(cursor: Cursor, token: Token, value: number, code: string): Address {
  if (value > 0 && value < 256)
    cursor.report(
      `${code}-short`,
      `IPFilter reads \`${token.text}\` as 0.0.0.${value}. Write all four bytes, for example ${value}.0.0.0.`,
      { start: token.start, end: token.end },
      'warning',
    );
  return address4(value);
}

/** `/24`, `/0xffffff00`, `/255.255.255.0`, or `mask M`; undefined when there is none, 'bad' when reported. */
export function readMask(
  cursor: Cursor,
  family: AddressFamily,
  code: string,
): { mask: Address; length: number | undefined } | undefined | 'bad' {
  const isWord = !cursor.isOperator('/');
  if (isWord && !cursor.is('mask') && !(cursor.dialect === 'ipnat' && cursor.is('netmask'))) return undefined;
  cursor.advance(isWord ? 'keyword' : 'operator');
  const full = family === 4 ? 32 : 128;
  const token = cursor.current;
  if (token === undefined || !startsAddress(token)) {
    cursor.offer('number');
    cursor.unexpected(code, `a mask length from 0 to ${full}${family === 4 ? ' or a mask' : ''}`);
    return 'bad';
  }
  cursor.advance('number');
  const range = { start: token.start, end: token.end };
  if (token.kind === 'number') {
    if (isWord && cursor.dialect !== 'ipf')
      cursor.report(
        code,
        `Behind \`mask\` stands a mask such as 255.255.255.0; write \`/${token.text}\`.`,
        range,
      );
    const length = Number(token.text);
    if (length > full) {
      cursor.report(
        code,
        `The mask length ${token.text} is more than ${full}, the bits of an IPv${family} address.`,
        range,
      );
      return 'bad';
    }
    return { mask: lengthMask(family, length), length };
  }
  if (family === 6) return readMask6(cursor, token, code);
  // A mask in hex is a number like any other, highest byte first, in every one of the languages.
  const mask = token.kind === 'hex' ? address4(Number(token.text) >>> 0) : addressOf(token, cursor, code);
  if (mask === undefined) return 'bad';
  if (mask.family !== 4) {
    cursor.report(code, `\`${token.text}\` is a mask for IPv6, and the address is one of IPv4.`, range);
    return 'bad';
  }
  return { mask, length: maskLength4(mask.value) };
}

/** `/ffff:ffff::`, the mask of an IPv6 address written out. */
function readMask6(cursor: Cursor, token: Token, code: string): { mask: Address; length: number } | 'bad' {
  const mask = token.kind === 'address6' ? parseAddress(token.text) : undefined;
  const length = mask?.family === 6 ? maskLength6(mask.value) : undefined;
  if (length === undefined) {
    cursor.report(code, `An IPv6 mask is a length from 0 to 128, not \`${token.text}\`.`, {
      start: token.start,
      end: token.end,
    });
    return 'bad';
  }
  return { mask: lengthMask(6, length), length };
}

function maskLength6(mask: bigint): number | undefined {
  for (let length = 0; length <= 128; length++) {
    const whole = lengthMask(6, length);
    if (whole.family === 6 && whole.value === mask) return length;
  }
  return undefined;
}

/** The 33 masks of IPv4 exist once: a large file names them many times over. */
const MASKS_4: readonly Address[] = Array.from({ length: 33 }, (_, length) => address4(mask4(length)));

export function lengthMask(family: AddressFamily, length: number): Address {
  if (family === 4) return MASKS_4[length]!;
  return address6(((1n << BigInt(length)) - 1n) << BigInt(128 - length));
}

export function fullMask(family: AddressFamily): Address {
  return lengthMask(family, family === 4 ? 32 : 128);
}

export function maskAddress(address: Address, mask: Address): Address {
  if (address.family === 4 && mask.family === 4) {
    const masked = (address.value & mask.value) >>> 0;
    return masked === address.value ? address : address4(masked);
  }
  if (address.family === 6 && mask.family === 6) return address6(address.value & mask.value);
  return address;
}

/** Length of a contiguous IPv4 mask, undefined for one with holes. */
export function maskLength4(mask: number): number | undefined {
  const inverted = ~mask >>> 0;
  return (inverted & (inverted + 1)) === 0 ? Math.clz32(inverted) : undefined;
}

/** `1.2.3.0/24`; a mask with holes in dotted form. */
export function formatNetwork(node: {
  readonly value: Address;
  readonly mask: Address;
  readonly length: number | undefined;
}): string {
  return `${formatAddress(node.value)}/${node.length ?? formatAddress(node.mask)}`;
}

/** The match of one network on one field. */
export function networkMatch(
  field: 'source' | 'destination',
  node: { readonly value: Address; readonly mask: Address; readonly length: number | undefined },
): Match {
  if (node.length === undefined) return { kind: 'masked', field, value: node.value, mask: node.mask };
  return { kind: 'address', field, set: networkSet(node.value, node.length) };
}

/** One for all sets: nearly all are of one family. */
const NONE_OF_FAMILY: readonly never[] = [];

export function networkSet(value: Address, length: number): AddressSet {
  if (value.family === 4) {
    const host = length === 0 ? 0xffffffff : 2 ** (32 - length) - 1;
    return { v4: [[value.value, value.value + host]], v6: NONE_OF_FAMILY };
  }
  return { v4: NONE_OF_FAMILY, v6: [[value.value, value.value + ((1n << BigInt(128 - length)) - 1n)]] };
}
