/**
 * The sessions of address translation (`nat_t`) and how packets find theirs (ip_nat.c, ip_nat6.c). A session
 * is filed twice: by what its packets look like outside (`in`: arriving packets look here) and inside (`out`).
 * Both keys are symmetric sums, so a look-up does not need to know which end of the session it sees.
 */
import type { AddressValue } from '../packetFacts';
import { addressSum, endpointSum, foldOnce, sumDelta } from './natChecksum';
import { type LoadedNatRule, NAT_FLAG } from './natRules';
import type { PacketInfo } from './packetInfo';

/** What stays the same address for one pair of hosts while a rule is in use (`hostmap_t`). */
export interface HostMapping {
  readonly rule: LoadedNatRule;
  readonly source: AddressValue;
  readonly destination: AddressValue;
  readonly mapped: AddressValue;
  readonly port: number;
  uses: number;
}

export interface NatSession {
  readonly rule: LoadedNatRule;
  /** `out`: made by a packet that left; its source was translated. */
  readonly direction: 'in' | 'out';
  /** Bits of `NAT_FLAG`: as what the first packet was translated. */
  readonly flags: number;
  readonly protocol: number;
  /** What its packets have where they come in, and where they go out: differ when they are wrapped. */
  readonly protocols: readonly [arriving: number, leaving: number];
  readonly family: 4 | 6;
  readonly oldSource: AddressValue;
  readonly oldDestination: AddressValue;
  readonly newSource: AddressValue;
  readonly newDestination: AddressValue;
  readonly oldSourcePort: number;
  readonly oldDestinationPort: number;
  readonly newSourcePort: number;
  readonly newDestinationPort: number;
  readonly oldIcmpId: number;
  readonly newIcmpId: number;
  /** Interfaces by which packets come in, and go out. */
  readonly interfaces: [string | undefined, string | undefined];
  readonly mapping: HostMapping | undefined;
  readonly mssClamp: number | undefined;
  /** Delta of transport checksums, and of the IPv4 header's. */
  readonly sumDelta: number;
  readonly headerSumDelta: number;
  /** By direction of the hook: in, out. */
  readonly packets: [number, number];
  readonly bytes: [number, number];
}

export type NewSession = Omit<NatSession, 'sumDelta' | 'headerSumDelta' | 'packets' | 'bytes'>;

/** Addresses and ports to look a session up by: what a packet has, or would have. */
export interface SessionQuery {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly interface: string;
  readonly source: AddressValue;
  readonly destination: AddressValue;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export class SessionTable {
  /** Newest first. */
  readonly sessions: NatSession[] = [];
  readonly mappings: HostMapping[] = [];
  private readonly inside = new Map<number, NatSession[]>();
  private readonly outside = new Map<number, NatSession[]>();

  /** `ipf_nat_finalise`. */
  add(fresh: NewSession): NatSession {
    const session: NatSession = {
      ...fresh,
      sumDelta: transportDelta(fresh),
      headerSumDelta:
        foldOnce(sumDelta(addressSum(fresh.oldSource), addressSum(fresh.newSource))) +
        foldOnce(sumDelta(addressSum(fresh.oldDestination), addressSum(fresh.newDestination))),
      packets: [0, 0],
      bytes: [0, 0],
    };
    this.sessions.unshift(session);
    const [oldPorts, newPorts] = portSums(session);
    const before = plainSum(session.oldSource) + plainSum(session.oldDestination) + oldPorts;
    const after = plainSum(session.newSource) + plainSum(session.newDestination) + newPorts;
    file(this.inside, session.direction === 'out' ? before : after, session);
    file(this.outside, session.direction === 'out' ? after : before, session);
    return session;
  }

  /** `ipf_nat_inlookup`: the session an arriving packet belongs to. */
  findArriving(query: SessionQuery): NatSession | undefined {
    return this.outside
      .get(keyOf(query))
      ?.find((s) => isOn(s, 0, query) && s.protocols[0] === query.protocol && matchesArriving(s, query));
  }

  /** `ipf_nat_outlookup`: the session a leaving packet belongs to. */
  findLeaving(query: SessionQuery): NatSession | undefined {
    return this.inside
      .get(keyOf(query))
      ?.find((s) => isOn(s, 1, query) && s.protocols[1] === query.protocol && matchesLeaving(s, query));
  }

  /** `ipf_nat_hostmap` without a rule: only looks. */
  findMapping(source: AddressValue, destination: AddressValue, port: number): HostMapping | undefined {
    return this.mappings.find(
      (m) => m.source === source && m.destination === destination && (port === 0 || port === m.port),
    );
  }

  /** `ipf_nat_hostmap`: the mapping of this rule for two hosts, made when there is none; counts the use. */
  mapping(
    rule: LoadedNatRule,
    source: AddressValue,
    destination: AddressValue,
    mapped: AddressValue,
    port: number,
  ): HostMapping {
    const known = this.mappings.find(
      (m) =>
        m.rule === rule &&
        m.source === source &&
        m.destination === destination &&
        (port === 0 || port === m.port),
    );
    if (known !== undefined) {
      known.uses++;
      return known;
    }
    const fresh: HostMapping = { rule, source, destination, mapped, port, uses: 1 };
    this.mappings.unshift(fresh);
    return fresh;
  }

  release(mapping: HostMapping): void {
    mapping.uses--;
    if (mapping.uses > 0) return;
    const index = this.mappings.indexOf(mapping);
    if (index >= 0) this.mappings.splice(index, 1);
  }
}

/** How a packet looks itself up: ICMP queries by their id in the destination port's place. */
export function queryOf(info: PacketInfo): SessionQuery {
  const isIcmp = info.protocol === 1 || info.protocol === 58;
  const hasPorts = info.protocol === 6 || info.protocol === 17;
  return {
    family: info.family,
    protocol: info.protocol,
    interface: info.interface,
    source: info.source,
    destination: info.destination,
    sourcePort: hasPorts ? info.sourcePort : 0,
    destinationPort: hasPorts ? info.destinationPort : isIcmp ? info.icmpId : 0,
  };
}

function isOn(session: NatSession, slot: 0 | 1, query: SessionQuery): boolean {
  const bound = session.interfaces[slot];
  if (bound !== undefined) return bound === query.interface;
  return true;
}

/** Binds a session of an any-interface rule to the interface it is met on first. */
export function bindSession(session: NatSession, slot: 0 | 1, interfaceName: string): void {
  session.interfaces[slot] ??= interfaceName;
}

function matchesArriving(s: NatSession, q: SessionQuery): boolean {
  if (s.family !== q.family) return false;
  return s.direction === 'in'
    ? s.oldSource === q.source && s.oldDestination === q.destination && matchesOldPorts(s, q)
    : s.newDestination === q.source && s.newSource === q.destination && matchesNewPorts(s, q);
}

function matchesLeaving(s: NatSession, q: SessionQuery): boolean {
  if (s.family !== q.family) return false;
  return s.direction === 'in'
    ? s.newDestination === q.source && s.newSource === q.destination && matchesNewPorts(s, q)
    : s.oldSource === q.source && s.oldDestination === q.destination && matchesOldPorts(s, q);
}

function matchesOldPorts(s: NatSession, q: SessionQuery): boolean {
  if ((s.flags & NAT_FLAG.tcpUdp) !== 0) {
    return s.oldSourcePort === q.sourcePort && s.oldDestinationPort === q.destinationPort;
  }
  return !isIcmp(q.protocol) || s.oldIcmpId === q.destinationPort;
}

/** The query runs against the session: its source is the session's new destination. */
function matchesNewPorts(s: NatSession, q: SessionQuery): boolean {
  if ((s.flags & NAT_FLAG.tcpUdp) !== 0) {
    return s.newDestinationPort === q.sourcePort && s.newSourcePort === q.destinationPort;
  }
  return !isIcmp(q.protocol) || s.newIcmpId === q.destinationPort;
}

function isIcmp(protocol: number): boolean {
  return protocol === 1 || protocol === 58;
}

function portSums(s: NewSession): [number, number] {
  const wrapped = s.newSourcePort + s.newDestinationPort;
  if (s.rule.mode === 'divert' && (s.flags & NAT_FLAG.tcpUdp) === 0) return [s.oldIcmpId, wrapped];
  if ((s.flags & NAT_FLAG.tcpUdp) !== 0) {
    return [s.oldSourcePort + s.oldDestinationPort, s.newSourcePort + s.newDestinationPort];
  }
  if ((s.flags & NAT_FLAG.icmpQuery) !== 0) return [s.oldIcmpId, s.newIcmpId];
  return [0, 0];
}

function keyOf(q: SessionQuery): number {
  return plainSum(q.source) + plainSum(q.destination) + q.sourcePort + q.destinationPort;
}

function plainSum(value: AddressValue): number {
  if (typeof value === 'number') return value;
  let sum = 0;
  for (let rest = value; rest > 0n; rest >>= 32n) sum += Number(rest & 0xffffffffn);
  return sum;
}

function file(table: Map<number, NatSession[]>, key: number, session: NatSession): void {
  const bucket = table.get(key);
  if (bucket === undefined) table.set(key, [session]);
  else bucket.unshift(session);
}

/** ICMP checksums cover no addresses, ICMPv6 ones do. */
function transportDelta(s: NewSession): number {
  if (s.protocol === 1) return foldOnce(sumDelta(foldOnce(s.oldIcmpId), foldOnce(s.newIcmpId)));
  const isQuery = s.protocol === 58;
  const source = sumDelta(
    endpointSum(s.oldSource, isQuery ? s.oldIcmpId : s.oldSourcePort),
    endpointSum(s.newSource, isQuery ? s.newIcmpId : s.newSourcePort),
  );
  const destination = sumDelta(
    endpointSum(s.oldDestination, isQuery ? 0 : s.oldDestinationPort),
    endpointSum(s.newDestination, isQuery ? 0 : s.newDestinationPort),
  );
  return foldOnce(source) + foldOnce(destination);
}
