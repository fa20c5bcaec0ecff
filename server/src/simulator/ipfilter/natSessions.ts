/**
 * The sessions of address translation (`nat_t`) and how packets find theirs (ip_nat.c, ip_nat6.c). A session
 * is filed twice: by what its packets look like outside (`in`: arriving packets look here) and inside (`out`).
 * Both keys are symmetric sums, so a look-up does not need to know which end of the session it sees.
 */
import { type AddressValue, CONDITION } from '../packetFacts';
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
  /** Ports change once, when a packet settles them (`anySourcePort`). */
  oldSourcePort: number;
  readonly oldDestinationPort: number;
  newSourcePort: number;
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
  /** Made by a proxy for a connection to come, whose source port nobody knows yet (`SI_W_SPORT`). */
  anySourcePort: boolean;
  /** Every connection that comes gets a copy of its own (`SI_CLONE`). */
  readonly clones: boolean;
  /** The proxy that expected it. */
  readonly expectedBy: string | undefined;
  /** A proxy reads its packets (`nat_aps`): short and bad ones do not find it. */
  hasProxy: boolean;
}

type ProxyPart = 'anySourcePort' | 'clones' | 'expectedBy' | 'hasProxy';

export type NewSession = Omit<NatSession, 'sumDelta' | 'headerSumDelta' | 'packets' | 'bytes' | ProxyPart> &
  Partial<Pick<NatSession, ProxyPart>>;

/** Addresses and ports to look a session up by: what a packet has, or would have. */
export interface SessionQuery {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly interface: string;
  readonly source: AddressValue;
  readonly destination: AddressValue;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Short or bad. */
  readonly isUnfit?: boolean;
}

export class SessionTable {
  /** Newest first. */
  readonly sessions: NatSession[] = [];
  readonly mappings: HostMapping[] = [];
  private readonly inside = new Map<number, NatSession[]>();
  private readonly outside = new Map<number, NatSession[]>();
  /** Sessions whose source port is still open. */
  private wildcards = 0;

  /** `ipf_nat_finalise`. */
  add(fresh: NewSession): NatSession {
    const session: NatSession = {
      anySourcePort: false,
      clones: false,
      expectedBy: undefined,
      hasProxy: false,
      ...fresh,
      sumDelta: transportDelta(fresh),
      headerSumDelta:
        foldOnce(sumDelta(addressSum(fresh.oldSource), addressSum(fresh.newSource))) +
        foldOnce(sumDelta(addressSum(fresh.oldDestination), addressSum(fresh.newDestination))),
      packets: [0, 0],
      bytes: [0, 0],
    };
    this.sessions.unshift(session);
    if (session.anySourcePort) this.wildcards++;
    this.file(session);
    return session;
  }

  private file(session: NatSession): void {
    const [inside, outside] = keysOf(session);
    file(this.inside, inside, session);
    file(this.outside, outside, session);
  }

  private unfile(session: NatSession): void {
    const [inside, outside] = keysOf(session);
    unfile(this.inside, inside, session);
    unfile(this.outside, outside, session);
  }

  /**
   * The session that a proxy made for a connection to come, its source port settled by this packet
   * (`find_in_wild_ports` and `find_out_wild_ports`, `ipf_nat_wildok`, `ipf_nat_clone`, `ipf_nat_tabmove`).
   */
  findExpected(query: SessionQuery, out: boolean): NatSession | undefined {
    const session = this.lookForExpected(query, out);
    if (session === undefined) return undefined;
    const settled = session.clones ? this.copyOf(session) : session;
    this.unfile(settled);
    settled.anySourcePort = false;
    if (settled === session) this.wildcards--;
    const port = runsForward(settled, out) ? query.sourcePort : query.destinationPort;
    if (settled.oldSourcePort === 0) {
      settled.oldSourcePort = port;
      settled.newSourcePort = port;
    }
    this.file(settled);
    return settled;
  }

  /** Only looks (`FI_IGNORE`). */
  lookForExpected(query: SessionQuery, out: boolean): NatSession | undefined {
    if (this.wildcards === 0 || (query.protocol !== 6 && query.protocol !== 17)) return undefined;
    const key = plainSum(query.source) + plainSum(query.destination);
    return (out ? this.inside : this.outside).get(key)?.find((s) => {
      if (!s.anySourcePort || s.family !== query.family) return false;
      if (!isOn(s, out ? 1 : 0, query) || s.protocols[out ? 1 : 0] !== query.protocol) return false;
      const forward = runsForward(s, out);
      const [source, destination] = forward
        ? [s.oldSource, s.oldDestination]
        : [s.newDestination, s.newSource];
      if (source !== query.source || destination !== query.destination) return false;
      return s.oldDestinationPort === (forward ? query.destinationPort : query.sourcePort);
    });
  }

  private copyOf(session: NatSession): NatSession {
    const copy: NatSession = {
      ...session,
      clones: false,
      hasProxy: false,
      interfaces: [...session.interfaces],
      packets: [...session.packets],
      bytes: [...session.bytes],
    };
    if (copy.mapping !== undefined) copy.mapping.uses++;
    this.sessions.unshift(copy);
    this.file(copy);
    return copy;
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
    isUnfit: info.has(CONDITION.short | CONDITION.bad),
  };
}

function isOn(session: NatSession, slot: 0 | 1, query: SessionQuery): boolean {
  if (session.hasProxy && query.isUnfit === true) return false;
  const bound = session.interfaces[slot];
  if (bound !== undefined) return bound === query.interface;
  return true;
}

/** A packet that passes this hook goes the way the session's first one went. */
function runsForward(session: NatSession, out: boolean): boolean {
  return (session.direction === 'out') === out;
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

/** Under what a session is filed, inside and outside. */
function keysOf(s: NatSession): [inside: number, outside: number] {
  const [oldPorts, newPorts] = s.anySourcePort ? [0, 0] : portSums(s);
  const before = plainSum(s.oldSource) + plainSum(s.oldDestination) + oldPorts;
  const after = plainSum(s.newSource) + plainSum(s.newDestination) + newPorts;
  return s.direction === 'out' ? [before, after] : [after, before];
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

function unfile(table: Map<number, NatSession[]>, key: number, session: NatSession): void {
  const bucket = table.get(key);
  const index = bucket?.indexOf(session) ?? -1;
  if (index >= 0) bucket!.splice(index, 1);
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
