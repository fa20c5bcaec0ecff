/**
 * ipnat rules as the kernel holds them (`ipnat_t`, ip_nat.h): which list they are in, what their addresses and
 * ports count up from. The counters move while packets pass, so every engine has its own set; what a rule
 * takes and how it is described comes from the shared policy.
 *
 * Rules are looked up by the mask length of their address, longest first, and in file order within one length
 * (`ipf_nat_checkout`, `ipf_nat_checkin`). Addresses are bigints here: allocation is rare and the arithmetic
 * is the same for both families.
 */
import { type Address, prefixBounds } from '../../policy/address';
import { intervalsContain } from '../../policy/intervals';
import type { NatRule, NatRuleBody, NatSelector, NatTarget } from '../../policy/nat';
import { type AddressValue, addressOf } from '../packetFacts';
import { mask6, type PoolFinder } from '../scanMatch';
import type { DestinationLists } from './destinationLists';
import type { PacketInfo } from './packetInfo';

/** Protocols a packet is translated as, and a rule asks for (`IPN_TCP`, `IPN_UDP`, `IPN_ICMPERR`, `IPN_ICMPQUERY`). */
export const NAT_FLAG = { tcp: 1, udp: 2, tcpUdp: 3, icmpError: 4, icmpQuery: 8 } as const;

/** Ports that map-block and `portmap auto` share out: those below are left alone. */
export const FIRST_BLOCK_PORT = 1024;
const USABLE_PORTS = 65536 - FIRST_BLOCK_PORT;

export type NatMode = 'map' | 'map-block' | 'rdr' | 'bimap' | 'rewrite' | 'divert';

/** One side of the translation: where the addresses come from, and the next one to try (`nat_addr_t`). */
export interface NatAddresses {
  readonly kind: 'network' | 'range' | 'split' | 'list' | 'none';
  readonly address: bigint;
  /** Mask; the last address of a range; the second of a split. */
  readonly mask: bigint;
  readonly list?: string | undefined;
  next: bigint;
}

export interface LoadedNatRule {
  readonly rule: NatRule;
  /** Place in the file, from 0. */
  readonly position: number;
  readonly mode: NatMode;
  readonly family: 4 | 6;
  /** 0: any protocol. */
  readonly protocol: number;
  /** TCP and UDP bits of `NAT_FLAG`; 0 takes every protocol. */
  readonly protocolFlags: number;
  /** Name of the interface a packet must come in by, and go out by; undefined: any. */
  readonly interfaces: readonly [string | undefined, string | undefined];
  readonly source: SideTest;
  readonly destination: SideTest;
  readonly newSource: NatAddresses;
  readonly newDestination: NatAddresses;
  /** Mask of the addresses taken: `~sourceMask` are the host bits. */
  readonly sourceMask: bigint;
  readonly destinationMask: bigint;
  readonly auto: boolean;
  readonly sequential: boolean;
  readonly firstSourcePort: number;
  readonly lastSourcePort: number;
  nextSourcePort: number;
  /** First port of the destination range taken, 0 without one. */
  readonly oldPort: number;
  readonly oldLastPort: number;
  readonly fixedPort: boolean;
  readonly firstPort: number;
  readonly lastPort: number;
  nextPort: number;
  /** Addresses of the inside that share one outside address, and ports each of them has. */
  readonly addressesPerAddress: number;
  readonly portsPerAddress: number;
  /** Which of its four parameters a rewrite changes next. */
  step: number;
  hits: number;
  bytes: number;
  /** Named by the rule and not there. */
  readonly undefinedTable: string | undefined;
}

/** Does an address and port of a packet satisfy one side of the rule? */
export interface SideTest {
  /** Mask length it is looked up under. */
  readonly length: number;
  matches(info: PacketInfo): boolean;
}

export function allOnes(family: 4 | 6): bigint {
  return family === 4 ? 0xffffffffn : (1n << 128n) - 1n;
}

export function fromBig(family: 4 | 6, value: bigint): AddressValue {
  return family === 4 ? Number(value & 0xffffffffn) : value & ((1n << 128n) - 1n);
}

function maskOf(family: 4 | 6, length: number): bigint {
  if (family === 6) return mask6(length);
  return length === 0 ? 0n : (0xffffffffn << BigInt(32 - length)) & 0xffffffffn;
}

export interface NatTables {
  readonly pools: PoolFinder;
  readonly lists: Pick<DestinationLists, 'has'>;
}

export interface NatSurroundings extends NatTables {
  addressesOf(interfaceName: string): readonly Address[];
}

export function loadNatRule(rule: NatRule, position: number, around: NatSurroundings): LoadedNatRule {
  const { body } = rule;
  const family = body.family ?? familyOf(rule);
  const mode = body.kind;
  const ports = body.ports;
  const protocols =
    ports !== undefined && 'protocols' in ports && ports.protocols.length > 0
      ? ports.protocols
      : body.protocols;
  const protocolFlags =
    (protocols.includes(6) ? NAT_FLAG.tcp : 0) | (protocols.includes(17) ? NAT_FLAG.udp : 0);
  const newSource = addressesFor(mode === 'bimap' || mode !== 'rdr' ? body.newSource : undefined, family);
  const sourceSide = sideAddresses(body.source, family);
  const destinationSide = sideAddresses(body.destination, family);
  // A bimap is a map and the rdr that undoes it.
  const newDestination =
    mode === 'bimap'
      ? {
          kind: 'network' as const,
          address: sourceSide.address,
          mask: sourceSide.mask,
          next: sourceSide.address,
        }
      : addressesFor(body.newDestination, family);
  const range = ports?.kind === 'range' ? ports : undefined;
  const ids = body.icmpIds;
  const auto = ports?.kind === 'auto' || (ports?.kind === 'block' && ports.auto);
  const firstSourcePort = range?.first ?? ids?.first ?? (auto ? 1024 : 0);
  const lastSourcePort = range?.last ?? ids?.last ?? (auto ? 65535 : 0);
  const target = body.newDestinationPorts ?? (ports?.kind === 'destination' ? ports : undefined);
  const taken = body.destination.ports;
  const oldPort = taken?.[0]?.[0] ?? 0;
  const lastPort = target === undefined || target.fixed ? 0 : (target.last ?? target.port);
  const oldLastPort = taken?.[taken.length - 1]?.[1] ?? (target?.fixed === true ? oldPort : lastPort);
  const blocks = blockSizes(mode, auto, ports?.kind === 'block' ? ports.portsPerAddress : 0, {
    sourceMask: sourceSide.mask,
    newMask: newSource.mask,
    family,
  });
  const first = nameOf(body.interfaces[0]);
  const source: SideTest = {
    length: sourceSide.length,
    matches: sideTest(body.source, 'source', family, around, mode === 'map'),
  };
  const destination: SideTest = {
    length: destinationSide.length,
    matches: sideTest(body.destination, 'destination', family, around, mode === 'rdr'),
  };
  const fromOutside: SideTest = {
    length: bitCount(newSource.mask),
    matches: (info) => (BigInt(info.destination) & newSource.mask) === newSource.address,
  };
  return {
    rule,
    undefinedTable: undefinedTable(rule, around),
    position,
    mode,
    family,
    protocol: protocolFor(body, protocols, family),
    protocolFlags,
    interfaces: [first, body.interfaces.length > 1 ? nameOf(body.interfaces[1]) : first],
    source,
    destination: mode === 'bimap' ? fromOutside : destination,
    newSource,
    newDestination,
    sourceMask: sourceSide.mask,
    destinationMask: mode === 'bimap' ? newSource.mask : destinationSide.mask,
    auto,
    sequential: range?.sequential === true || ids?.sequential === true,
    firstSourcePort,
    lastSourcePort,
    nextSourcePort: mode === 'map-block' ? 0 : firstSourcePort,
    oldPort,
    oldLastPort,
    fixedPort: target?.fixed === true,
    firstPort: target?.port ?? 0,
    lastPort,
    nextPort: target?.port ?? 0,
    addressesPerAddress: blocks.addressesPerAddress,
    portsPerAddress: blocks.portsPerAddress,
    step: 0,
    hits: 0,
    bytes: 0,
  };
}

/** 0 for any and for TCP and UDP together, which the flags tell. */
function protocolFor(body: NatRuleBody, protocols: readonly number[], family: 4 | 6): number {
  if (protocols.length === 1) return protocols[0]!;
  if (protocols.length === 0 && body.icmpIds !== undefined) return family === 4 ? 1 : 58;
  return 0;
}

function nameOf(name: string | undefined): string | undefined {
  return name === undefined || name === '*' || name === '-' ? undefined : name;
}

function familyOf(rule: NatRule): 4 | 6 {
  for (const side of [rule.body.source, rule.body.destination]) {
    if (side.address.kind === 'masked') return side.address.value.family;
  }
  for (const target of [rule.body.newSource, rule.body.newDestination]) {
    if (target?.kind === 'network') return target.address.family;
  }
  return 4;
}

/** The inside and outside shares of map-block and `portmap auto` (`nat_setgroupmap`, ipnat's library). */
function blockSizes(
  mode: NatMode,
  auto: boolean,
  portsWanted: number,
  masks: { sourceMask: bigint; newMask: bigint; family: 4 | 6 },
): { addressesPerAddress: number; portsPerAddress: number } {
  if (mode !== 'map-block' && !auto) return { addressesPerAddress: 0, portsPerAddress: 0 };
  const full = allOnes(masks.family);
  if (masks.newMask === masks.sourceMask) return { addressesPerAddress: 1, portsPerAddress: 0 };
  if (auto) {
    // The field has 16 bits, so insides of /16 and wider wrap.
    let inside = (full ^ masks.sourceMask) & 0xffffn;
    if (masks.newMask !== full) inside /= (full ^ masks.newMask) + 1n;
    const addressesPerAddress = Number((inside + 1n) & 0xffffn) || 1;
    return { addressesPerAddress, portsPerAddress: Math.floor(USABLE_PORTS / addressesPerAddress) };
  }
  const portsPerAddress = portsWanted || 1;
  return { addressesPerAddress: Math.floor(USABLE_PORTS / portsPerAddress), portsPerAddress };
}

function addressesFor(target: NatTarget | undefined, family: 4 | 6): NatAddresses {
  const full = allOnes(family);
  switch (target?.kind) {
    case undefined:
      return { kind: 'none', address: 0n, mask: 0n, next: 0n };
    case 'interface':
      return { kind: 'network', address: 0n, mask: full, next: 0n };
    case 'keep':
      return { kind: 'network', address: 0n, mask: 0n, next: 0n };
    case 'network': {
      const mask = maskOf(family, target.length);
      const address = BigInt(target.address.value) & mask;
      if (address === 0n && (mask === full || mask === 0n))
        return { kind: 'network', address, mask, next: 0n };
      return { kind: 'network', address, mask, next: mask === full ? address : address + 1n };
    }
    case 'range': {
      const address = BigInt(target.first.value);
      return { kind: 'range', address, mask: BigInt(target.last.value), next: address };
    }
    case 'alternate': {
      const address = BigInt(target.addresses[0]?.value ?? 0);
      return { kind: 'split', address, mask: BigInt(target.addresses[1]?.value ?? 0), next: address };
    }
    case 'list':
      return { kind: 'list', address: 0n, mask: 0n, next: 0n, list: target.name };
  }
}

function sideAddresses(side: NatSelector, family: 4 | 6): { address: bigint; mask: bigint; length: number } {
  if (side.address.kind !== 'masked') return { address: 0n, mask: 0n, length: 0 };
  const mask = BigInt(side.address.mask.value);
  const length = side.address.length ?? bitCount(mask);
  return { address: BigInt(side.address.value.value) & mask & allOnes(family), mask, length };
}

export function bitCount(mask: bigint): number {
  let count = 0;
  for (let rest = mask; rest > 0n; rest >>= 1n) count += Number(rest & 1n);
  return count;
}

/**
 * `ipf_nat_match`. The `!` before the side a rule is filed under is lost when the kernel loads it
 * (`ipf_nat_siocaddnat` clears the flag), so `negationLost` ignores it here too.
 */
function sideTest(
  side: NatSelector,
  field: 'source' | 'destination',
  family: 4 | 6,
  around: NatSurroundings,
  negationLost: boolean,
): (info: PacketInfo) => boolean {
  const holds = addressTest(side, field, family, around);
  const negated = side.negated && !negationLost;
  const isUnknown = undefinedPool(side, around) !== undefined;
  const { ports } = side;
  return (info) => {
    if (!isUnknown && holds(info) === negated) return false;
    if (ports === undefined) return true;
    if (!info.portsReadable || info.has(0x8)) return false;
    return intervalsContain(ports, field === 'source' ? info.sourcePort : info.destinationPort);
  };
}

function undefinedPool({ address }: NatSelector, around: NatTables): string | undefined {
  if (address.kind !== 'pool' || around.pools.find(address.pool) !== undefined) return undefined;
  return `${address.pool.type}/${address.pool.name}`;
}

function undefinedList(target: NatTarget | undefined, around: NatTables): string | undefined {
  if (target?.kind !== 'list' || around.lists.has('nat', target.name)) return undefined;
  return `dstlist/${target.name}`;
}

/** A table or list that the rule names and nobody defines: IPFilter refuses such a rule. */
export function undefinedTable({ body }: NatRule, around: NatTables): string | undefined {
  return (
    undefinedPool(body.source, around) ??
    undefinedPool(body.destination, around) ??
    undefinedList(body.newSource, around) ??
    undefinedList(body.newDestination, around)
  );
}

function addressTest(
  side: NatSelector,
  field: 'source' | 'destination',
  family: 4 | 6,
  around: NatSurroundings,
): (info: PacketInfo) => boolean {
  const { address } = side;
  switch (address.kind) {
    case 'any':
      return () => true;
    case 'masked': {
      if (family === 4) {
        const mask = Number(address.mask.value);
        const wanted = (Number(address.value.value) & mask) >>> 0;
        return (info) => (Number(info[field]) & mask) >>> 0 === wanted;
      }
      const mask = BigInt(address.mask.value);
      const wanted = BigInt(address.value.value) & mask;
      return (info) => (BigInt(info[field]) & mask) === wanted;
    }
    case 'range': {
      const first = address.first.value;
      const last = address.last.value;
      return (info) => info[field] >= first && info[field] <= last;
    }
    case 'interface': {
      const { of } = address;
      return (info) => {
        const own = around.addressesOf(of.name).find((a) => a.family === family);
        if (own === undefined) return false;
        const bounds = prefixBounds({ address: own, length: of.length ?? (family === 4 ? 32 : 128) });
        return info[field] >= bounds.first.value && info[field] <= bounds.last.value;
      };
    }
    case 'pool': {
      const { pool } = address;
      return (info) => around.pools.find(pool)?.contains(info.family, info[field]) === true;
    }
  }
}

/** Rules of one direction by mask length, longest first; `round-robin` moves a used rule behind the others. */
export class NatRuleList {
  private readonly byLength = new Map<number, LoadedNatRule[]>();
  private lengths: number[] = [];

  add(rule: LoadedNatRule, length: number): void {
    const list = this.byLength.get(length);
    if (list === undefined) {
      this.byLength.set(length, [rule]);
      this.lengths = [...this.byLength.keys()].sort((a, b) => b - a);
    } else list.push(rule);
  }

  rotate(rule: LoadedNatRule, length: number): void {
    const list = this.byLength.get(length);
    const index = list?.indexOf(rule) ?? -1;
    if (list === undefined || index < 0) return;
    list.splice(index, 1);
    list.push(rule);
  }

  get isEmpty(): boolean {
    return this.lengths.length === 0;
  }

  /** The lists to try, in order. */
  lists(): readonly (readonly LoadedNatRule[])[] {
    return this.lengths.map((length) => [...this.byLength.get(length)!]);
  }
}

export function natAddress(family: 4 | 6, value: AddressValue): Address {
  return addressOf(family, value);
}
