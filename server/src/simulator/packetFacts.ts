/**
 * What a filter rule can ask of a packet, worked out once per packet. The interpreter and the index of
 * decision programs (`scan*.ts`) see packets only through this, so every engine brings its own way of reading
 * headers (IPFilter's `ipf_makefrip` is `ipfilter/packetInfo.ts`) and its own idea of `short` or `bad`.
 *
 * Plain fields and one word of bits: this is read for every rule of every packet.
 */
import type { Address } from '../policy/address';
import type { PacketCondition } from '../policy/match';

/** IPv4 addresses as unsigned numbers, IPv6 addresses as bigints: `===` and `<` compare both. */
export type AddressValue = number | bigint;

export interface PacketFacts {
  readonly family: 4 | 6;
  readonly source: AddressValue;
  readonly destination: AddressValue;
  readonly protocol: number;
  readonly tos: number;
  readonly ttl: number;
  /** Bytes, IP header included. */
  readonly totalLength: number;
  /** `conditionBit`s of what holds. */
  readonly conditions: number;
  /** Ports may be compared: TCP or UDP, first fragment or whole, with ports in it. */
  readonly portsReadable: boolean;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tcpFlags: number;
  /** ICMP type and code may be compared. */
  readonly icmpReadable: boolean;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** IP options by `ipOptionBit`, IPv6 extension headers by `ipv6HeaderBit`. */
  readonly options: number;
  /** Classification of the security option (RFC 1108), one bit a level. */
  readonly securityClass: number;
  readonly interface: string;
  readonly inInterface?: string | undefined;
  readonly outInterface?: string | undefined;
  /** Tag a translation rule put on the packet. */
  readonly tag?: string | undefined;
  /** The packet itself, for tests of its bytes. */
  readonly wire?: PacketWire;
}

export interface PacketWire {
  readonly bytes: Uint8Array;
  /** Offset of the IP header. */
  readonly start: number;
  /** Bytes, as the headers say. */
  readonly length: number;
}

/** IPFilter's own bits (`FI_*` of ip_fil.h) where it has them: what `ipftest -v` prints can be compared. */
export const CONDITION = {
  tcpOrUdp: 0x0001,
  options: 0x0002,
  fragment: 0x0004,
  short: 0x0008,
  translated: 0x0010,
  multicast: 0x0020,
  broadcast: 0x0040,
  linkCast: 0x0080,
  state: 0x0100,
  badTranslation: 0x0200,
  bad: 0x0400,
  outOfWindow: 0x0800,
  icmpError: 0x1000,
  fragmentBody: 0x2000,
  badSource: 0x4000,
  lowTtl: 0x8000,
  extensionHeaders: 0x10000,
  icmpQuery: 0x80000,
  authHeader: 0x200000,
} as const;

export function conditionBit(condition: PacketCondition): number {
  switch (condition) {
    case 'ip-options':
      return CONDITION.options;
    case 'short':
      return CONDITION.short;
    case 'fragment':
      return CONDITION.fragment;
    case 'fragment-body':
      return CONDITION.fragmentBody;
    case 'low-ttl':
      return CONDITION.lowTtl;
    case 'multicast':
      return CONDITION.multicast;
    case 'broadcast':
      return CONDITION.broadcast;
    case 'mbcast':
      return CONDITION.linkCast;
    case 'bad':
      return CONDITION.bad;
    case 'nat':
      return CONDITION.translated;
    case 'bad-nat':
      return CONDITION.badTranslation;
    case 'bad-source':
      return CONDITION.badSource;
    case 'out-of-window':
      return CONDITION.outOfWindow;
    case 'in-state':
      return CONDITION.state;
    case 'auth-header':
      return CONDITION.authHeader;
    case 'ipv6-headers':
      return CONDITION.extensionHeaders;
    default:
      return assertNever(condition);
  }
}

/** Option numbers of RFC 791 and its relatives, in the order of IPFilter's own bits (`ipopts` of fil.c). */
const IP_OPTIONS = [1, 7, 10, 11, 12, 15, 68, 82, 130, 131, 133, 134, 136, 137, 147, 142, 144, 145, 205];

/** The bit a rule tests for an option; 0 for an option nobody knows. */
export function ipOptionBit(option: number): number {
  const index = IP_OPTIONS.indexOf(option);
  return index < 0 ? 0 : 1 << index;
}

const IPV6_HEADERS: Readonly<Record<string, number>> = {
  hopopts: 0x01,
  ipv6: 0x02,
  routing: 0x04,
  frag: 0x08,
  esp: 0x10,
  ah: 0x20,
  none: 0x40,
  dstopts: 0x80,
  mobility: 0x100,
};

export function ipv6HeaderBit(name: string): number {
  return IPV6_HEADERS[name] ?? 0;
}

/** Bits of extension headers by protocol number. */
export const IPV6_HEADER_BITS: ReadonlyMap<number, number> = new Map([
  [0, 0x01],
  [41, 0x02],
  [43, 0x04],
  [44, 0x08],
  [50, 0x10],
  [51, 0x20],
  [59, 0x40],
  [60, 0x80],
  [135, 0x100],
]);

export function addressOf(family: 4 | 6, value: AddressValue): Address {
  return family === 4 ? { family: 4, value: Number(value) } : { family: 6, value: BigInt(value) };
}

export function assertNever(value: never): never {
  throw new Error(`Unexpected value ${JSON.stringify(value)}.`);
}
