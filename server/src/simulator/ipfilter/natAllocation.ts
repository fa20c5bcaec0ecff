/**
 * Choosing the new addresses and ports of a session: `ipf_nat_newmap`, `ipf_nat_newrdr` and
 * `ipf_nat_newrewrite` of ip_nat.c. A rule that finds none fails, and the next rule is tried. The order in
 * which candidates come up is part of the behaviour, so the counters step exactly as the kernel's do.
 */
import type { Address } from '../../policy/address';
import type { AddressValue } from '../packetFacts';
import type { DestinationLists } from './destinationLists';
import {
  allOnes,
  FIRST_BLOCK_PORT,
  fromBig,
  type LoadedNatRule,
  NAT_FLAG,
  type NatAddresses,
} from './natRules';
import {
  type HostMapping,
  type NatSession,
  type NewSession,
  queryOf,
  type SessionTable,
} from './natSessions';
import type { PacketInfo } from './packetInfo';

export interface Allocator {
  readonly table: SessionTable;
  /** A 32-bit random number. */
  random(): number;
  addressesOf(interfaceName: string): readonly Address[];
  readonly lists: DestinationLists;
}

/** `move`: a round-robin rule may be put behind the others now. */
export interface Allocation {
  readonly session: NewSession;
  readonly rule: LoadedNatRule;
  readonly move: boolean;
}

/** Tries are bounded in the kernel by arithmetic that wraps; this is far beyond any of it. */
const MOST_TRIES = 200_000;

/** New source for a packet that leaves (`ipf_nat_newmap`). */
export function allocateMap(
  rule: LoadedNatRule,
  info: PacketInfo,
  flags: number,
  on: Allocator,
): Allocation | undefined {
  const { family, newSource } = rule;
  const full = allOnes(family);
  const source = BigInt(info.source);
  const isQuery = (flags & NAT_FLAG.icmpQuery) !== 0;
  const isTcpUdp = (flags & NAT_FLAG.tcpUdp) !== 0;
  const sourcePort = isQuery ? info.icmpId : info.sourcePort;
  const startAddress = newSource.next;
  const startPort = rule.nextSourcePort;
  let mapping: HostMapping | undefined;
  let address = 0n;
  let port = 0;
  for (let tries = 0; ; tries++) {
    if (tries > MOST_TRIES) return undefined;
    port = 0;
    address = newSource.next;
    if (tries === 0) {
      mapping = on.table.mapping(rule, info.source, info.destination, fromBig(family, address), 0);
      address = BigInt(mapping.mapped);
    } else if (tries === 1 && mapping !== undefined) {
      on.table.release(mapping);
      mapping = undefined;
    }
    const fail = (): undefined => {
      if (mapping !== undefined) on.table.release(mapping);
      return undefined;
    };
    if (newSource.mask === full && rule.nextSourcePort === 0 && tries > 0) return fail();

    if (rule.mode === 'bimap' && rule.sourceMask === newSource.mask) {
      address = newSource.address | hostPart(source, rule.sourceMask, family);
    } else if (rule.mode === 'map-block' && family === 4) {
      if (tries >= rule.portsPerAddress || (tries > 0 && !isTcpUdp)) return fail();
      const host = source & (full ^ rule.sourceMask);
      address = newSource.address + ((host / BigInt(rule.addressesPerAddress)) & (full ^ newSource.mask));
      if (isTcpUdp) port = blockPort(rule, sourcePort + tries, host);
    } else if (newSource.address === 0n && newSource.mask === full) {
      const own = on.addressesOf(info.interface).find((a) => a.family === family);
      if (tries > 0) return fail();
      address = BigInt(own?.value ?? 0);
    } else if (newSource.address === 0n && newSource.mask === 0n) {
      if (tries > 0) return fail();
      address = source;
    } else if (newSource.mask !== full && rule.nextSourcePort === 0 && tries > 0) newSource.next++;

    // The arithmetic of blocks is not compiled in for IPv6: the port stays what it is, if it can.
    if (isTcpUdp && rule.mode !== 'map-block' && rule.auto && family === 6) port = sourcePort;
    else if (isTcpUdp && rule.mode !== 'map-block' && rule.auto) {
      if (tries > 0 && rule.portsPerAddress !== 0 && tries % rule.portsPerAddress === 0) return fail();
      if (rule.portsPerAddress !== 0) {
        port = blockPort(rule, sourcePort + (tries % rule.portsPerAddress), source);
      }
    } else if (rule.mode !== 'map-block' && (flags & 7) !== 0 && rule.nextSourcePort !== 0) {
      port = nextSourcePort(rule, on);
    }
    wrapSource(rule, full);
    if (port === 0 && (flags & (7 | NAT_FLAG.icmpQuery)) !== 0) port = sourcePort;

    const taken = on.table.findArriving({
      ...queryOf(info),
      source: info.destination,
      destination: fromBig(family, address),
      // Short packets are translated without their ports, and looked up with them.
      sourcePort: isPortProtocol(info.protocol) ? info.destinationPort : 0,
      // The kernel swaps the bytes of ICMP ids here, so clashes of ids are as good as never seen.
      destinationPort: isQuery ? swapBytes(port) : isTcpUdp ? port : 0,
    });
    if (taken === undefined) break;
    const wrapped =
      rule.nextSourcePort !== 0 &&
      startPort === rule.nextSourcePort &&
      newSource.next !== 0n &&
      startAddress === newSource.next;
    if (wrapped) return fail();
  }
  const newAddress = fromBig(family, address);
  mapping ??= on.table.mapping(rule, info.source, info.destination, newAddress, 0);
  const session = sessionFor(rule, info, flags, 'out', mapping, {
    newSource: newAddress,
    newDestination: info.destination,
    newSourcePort: isTcpUdp ? port : 0,
    newDestinationPort: isTcpUdp ? info.destinationPort : 0,
    newIcmpId: isQuery ? port : 0,
  });
  return { session, rule, move: false };
}

/** What a `bimap` keeps of an address. For IPv6 the third of its four words goes by the mask of the first. */
function hostPart(address: bigint, mask: bigint, family: 4 | 6): bigint {
  const host = address & (allOnes(family) ^ mask);
  if (family === 4) return host;
  const third = (address >> 32n) & (0xffffffffn ^ (mask >> 96n)) & 0xffffffffn;
  return (host & ~(0xffffffffn << 32n)) | (third << 32n);
}

function isPortProtocol(protocol: number): boolean {
  return protocol === 6 || protocol === 17;
}

function blockPort(rule: LoadedNatRule, wanted: number, host: bigint): number {
  if (rule.portsPerAddress === 0) return 0;
  const block = Number(host % BigInt(rule.addressesPerAddress));
  return (
    (((wanted & 0xffff) % rule.portsPerAddress) + rule.portsPerAddress * block + FIRST_BLOCK_PORT) & 0xffff
  );
}

function nextSourcePort(rule: LoadedNatRule, on: Allocator): number {
  const width = rule.lastSourcePort - rule.firstSourcePort + 1;
  const port = rule.sequential ? rule.nextSourcePort : ((on.random() >>> 0) % width) + rule.firstSourcePort;
  rule.nextSourcePort++;
  if (rule.nextSourcePort > rule.lastSourcePort) {
    rule.nextSourcePort = rule.firstSourcePort;
    if (rule.newSource.mask !== allOnes(rule.family)) rule.newSource.next++;
  }
  return port & 0xffff;
}

/** Behind the last address comes the first again. */
function wrapSource(rule: LoadedNatRule, full: bigint): void {
  const { newSource } = rule;
  if (newSource.kind === 'range') {
    if (newSource.next > newSource.mask) newSource.next = newSource.address;
  } else if (newSource.mask !== full && ((newSource.next + 1n) & newSource.mask) > newSource.address) {
    newSource.next = newSource.address + 1n;
  }
}

/** New destination for a packet that arrives (`ipf_nat_newrdr`). */
export function allocateRdr(
  matched: LoadedNatRule,
  info: PacketInfo,
  flags: number,
  on: Allocator,
): Allocation | undefined {
  let rule = matched;
  const { family } = rule;
  const full = allOnes(family);
  const { body } = rule.rule;
  const isQuery = (flags & NAT_FLAG.icmpQuery) !== 0;
  const isTcpUdp = (flags & NAT_FLAG.tcpUdp) !== 0;
  const isIcmp = info.protocol === 1 || info.protocol === 58;
  const hasPorts = isPortProtocol(info.protocol);
  const oldPort = isIcmp ? info.icmpId : hasPorts ? info.destinationPort : 0;
  let move = true;
  let sticky: HostMapping | undefined;
  if ((body.roundRobin || rule.newDestination.kind === 'split') && body.sticky) {
    sticky = on.table.findMapping(info.source, info.destination, oldPort);
    if (sticky !== undefined) {
      rule = sticky.rule;
      move = false;
      // The IPv6 code never gives back what it looked up.
      if (family === 6) sticky.uses += rule.rule.body.roundRobin ? 1 : 2;
    }
  }
  const target = rule.newDestination;
  let address: bigint;
  if (target.kind === 'split') {
    address = target.next;
    // The kernel reads a field of the mapping that it never fills, so the address comes out as none.
    if (sticky !== undefined && !rule.rule.body.roundRobin) address = 0n;
    // Nor does it take turns while a mapping is known.
    else if (sticky === undefined || family === 4) {
      if (target.address === address) {
        target.next = target.mask;
        move = false;
      } else target.next = target.address;
    }
  } else if (target.address === 0n && target.mask === full) {
    address = BigInt(on.addressesOf(info.interface).find((a) => a.family === family)?.value ?? 0);
  } else if (target.address === 0n && target.mask === 0n) {
    address = BigInt(info.destination);
  } else if (rule.mode === 'bimap' && target.mask === rule.destinationMask) {
    address = target.address | hostPart(BigInt(info.destination), target.mask, family);
  } else address = target.address;

  const newPort = redirectPort(rule, oldPort);
  if (address === 0n) {
    if (newPort === oldPort) return undefined;
    address = BigInt(info.destination);
  }
  const newAddress = fromBig(family, address);
  const taken = on.table.findLeaving({
    ...queryOf(info),
    source: newAddress,
    destination: info.source,
    sourcePort: hasPorts ? newPort : 0,
    destinationPort: hasPorts ? info.sourcePort : isIcmp ? info.icmpType | (info.icmpCode << 8) : 0,
  });
  if (taken !== undefined) return undefined;
  const mapping = rule.rule.body.sticky
    ? on.table.mapping(rule, info.source, info.destination, newAddress, oldPort)
    : undefined;
  const session = sessionFor(rule, info, flags, 'in', mapping, {
    newSource: info.source,
    newDestination: newAddress,
    newSourcePort: isTcpUdp ? info.sourcePort : 0,
    newDestinationPort: isTcpUdp ? newPort : 0,
    newIcmpId: isQuery ? newPort : 0,
  });
  return { session, rule, move };
}

function redirectPort(rule: LoadedNatRule, oldPort: number): number {
  if (rule.nextPort === 0) return oldPort;
  if (!rule.fixedPort && rule.oldPort !== rule.oldLastPort) {
    return (oldPort - rule.oldPort + rule.lastPort) & 0xffff;
  }
  const port = rule.nextPort;
  rule.nextPort++;
  if (rule.nextPort > rule.lastPort) rule.nextPort = rule.firstPort;
  return port;
}

/** Both ends at once (`ipf_nat_newrewrite`): each try changes one of four parameters. */
export function allocateRewrite(
  rule: LoadedNatRule,
  info: PacketInfo,
  flags: number,
  on: Allocator,
): Allocation | undefined {
  const { family, newSource, newDestination } = rule;
  const full = allOnes(family);
  const isTcpUdp = (flags & NAT_FLAG.tcpUdp) !== 0;
  const isQuery = (flags & NAT_FLAG.icmpQuery) !== 0;
  const countsPorts = (flags & 7) !== 0;
  let source = BigInt(info.source);
  let destination = BigInt(info.destination);
  let sourcePort = isTcpUdp ? info.sourcePort : 0;
  let destinationPort = isTcpUdp ? info.destinationPort : 0;
  let sourceSearch = true;
  let destinationSearch = true;
  let taken: NatSession | undefined;
  for (let tries = 0; ; tries++) {
    let changed = false;
    const nothingLeft =
      !sourceSearch && rule.nextSourcePort === 0 && !destinationSearch && rule.nextPort === 0;
    if (nothingLeft && tries > 0) return undefined;
    const nextSource = nextAddress(newSource, source, info, on);
    if (nextSource === undefined) return undefined;
    source = nextSource;
    if (newSource.mask === full || newSource.mask === 0n || newSource.kind === 'list') {
      sourceSearch = false;
      if (rule.step === 0) rule.step = 1;
    } else if (rule.step === 0) {
      newSource.next++;
      rule.step++;
      changed = true;
    }
    if (countsPorts) {
      if (rule.nextSourcePort !== 0) sourcePort = rule.nextSourcePort;
      if (rule.step === 1 && !changed && taken !== undefined) {
        rule.nextSourcePort++;
        rule.step++;
        changed = true;
        if (rule.nextSourcePort > rule.lastSourcePort) rule.nextSourcePort = rule.firstSourcePort;
      }
    } else rule.step = 2;
    rule.step &= 3;
    const nextDestination = nextAddress(newDestination, destination, info, on);
    if (nextDestination === undefined) return undefined;
    destination = nextDestination;
    if (newDestination.mask === full || newDestination.mask === 0n) {
      destinationSearch = false;
      if (rule.step === 2) rule.step = 3;
    } else if (rule.step === 2 && !changed && taken !== undefined) {
      changed = true;
      rule.step++;
      newDestination.next++;
    }
    if (countsPorts) {
      if (rule.nextPort !== 0) destinationPort = rule.nextPort;
      if (rule.step === 3 && !changed) {
        rule.nextPort++;
        rule.step++;
        if (rule.nextPort > rule.lastPort) rule.nextPort = rule.firstPort;
      }
    } else if (rule.step === 3) rule.step = 0;

    const query = {
      ...queryOf(info),
      source: fromBig(family, destination),
      destination: fromBig(family, source),
      sourcePort: isTcpUdp ? destinationPort : 0,
      destinationPort: isTcpUdp ? sourcePort : isQuery ? info.icmpId : 0,
    };
    taken = info.out ? on.table.findArriving(query) : on.table.findLeaving(query);
    if (taken !== undefined && tries > 8) return undefined;
    rule.step &= 3;
    if (taken === undefined) break;
  }
  const session = sessionFor(rule, info, flags, info.out ? 'out' : 'in', undefined, {
    newSource: fromBig(family, source),
    newDestination: fromBig(family, destination),
    newSourcePort: isTcpUdp ? sourcePort : 0,
    newDestinationPort: isTcpUdp ? destinationPort : 0,
    newIcmpId: isQuery ? info.icmpId : 0,
  });
  return { session, rule, move: false };
}

/** `divert`: packets are sent wrapped in UDP; two sessions cannot share the ends (`ipf_nat_newdivert`). */
export function allocateDivert(
  rule: LoadedNatRule,
  info: PacketInfo,
  flags: number,
  on: Allocator,
): Allocation | undefined {
  const ends = {
    newSource: fromBig(rule.family, rule.newSource.address),
    newDestination: fromBig(rule.family, rule.newDestination.address),
    newSourcePort: rule.firstSourcePort,
    newDestinationPort: rule.firstPort,
    newIcmpId: 0,
  };
  const query = {
    ...queryOf(info),
    protocol: 17,
    source: ends.newDestination,
    destination: ends.newSource,
    // The ports are not swapped for the way back, so sessions clash only if both are the same.
    sourcePort: ends.newSourcePort,
    destinationPort: ends.newDestinationPort,
  };
  if ((info.out ? on.table.findArriving(query) : on.table.findLeaving(query)) !== undefined) return undefined;
  const session = sessionFor(rule, info, flags, info.out ? 'out' : 'in', undefined, ends);
  return {
    session: { ...session, protocols: info.out ? [17, info.protocol] : [info.protocol, 17] },
    rule,
    move: false,
  };
}

/** `ipf_nat_nextaddr`: ranges are refused here, whatever the manual says. */
function nextAddress(from: NatAddresses, old: bigint, info: PacketInfo, on: Allocator): bigint | undefined {
  const full = allOnes(info.family);
  switch (from.kind) {
    case 'list': {
      const node = on.lists.select('nat', from.list ?? '', info);
      return node === undefined ? undefined : BigInt(node.address.value);
    }
    case 'range':
    case 'split':
      return undefined;
    case 'none':
      return old;
    case 'network':
      if (from.address === 0n && from.mask === 0n) return old;
      if (from.address === 0n && from.mask === full) {
        return BigInt(on.addressesOf(info.interface).find((a) => a.family === info.family)?.value ?? 0);
      }
      return from.next;
  }
}

function swapBytes(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8);
}

interface NewEnds {
  readonly newSource: AddressValue;
  readonly newDestination: AddressValue;
  readonly newSourcePort: number;
  readonly newDestinationPort: number;
  readonly newIcmpId: number;
}

function sessionFor(
  rule: LoadedNatRule,
  info: PacketInfo,
  flags: number,
  direction: 'in' | 'out',
  mapping: HostMapping | undefined,
  ends: NewEnds,
): NewSession {
  const isTcpUdp = (flags & NAT_FLAG.tcpUdp) !== 0;
  return {
    rule,
    direction,
    flags,
    protocol: info.protocol,
    protocols: [info.protocol, info.protocol],
    family: info.family,
    oldSource: info.source,
    oldDestination: info.destination,
    oldSourcePort: isTcpUdp ? info.sourcePort : 0,
    oldDestinationPort: isTcpUdp ? info.destinationPort : 0,
    oldIcmpId: (flags & NAT_FLAG.icmpQuery) !== 0 ? info.icmpId : 0,
    interfaces: [rule.interfaces[0], rule.interfaces[1]],
    mapping,
    mssClamp: rule.rule.body.mssClamp,
    ...ends,
  };
}
