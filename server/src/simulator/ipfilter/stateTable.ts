/**
 * IPFilter's state table (ip_state.c): entries made by `keep state` rules, and how packets are matched to
 * them. An entry is bound to interfaces as they are met: four slots, one per (direction of the hook, direction
 * of the flow); the creating one is filled at once, the others by the first packet that comes that way, and
 * from then on another interface misses.
 *
 * No time passes between the packets of a walk, so entries do not expire here; the timeout that would run is
 * kept for dumps.
 */
import type { RouteTarget } from '../../policy/filter';
import { getOrInsert } from '../getOrInsert';
import { type AddressValue, CONDITION } from '../packetFacts';
import type { CompiledRule } from '../scan';
import { type Decision, withoutLogFirst } from '../scanDecision';
import type { PacketInfo } from './packetInfo';
import { addressSum, answersQuery, isMulticast6, isSameFlow, portsFit } from './stateMatch';
import { copyForConnection, limitWindows, startWindows } from './stateWindows';
import { TCP } from './tcpFlags';
import {
  advanceTcpStates,
  hasTcpOptions,
  isInWindow,
  newTcpSide,
  readTcpOptions,
  TCP_STATE,
  type TcpSide,
  tcpAcknowledgement,
  tcpHeaderFlags,
  tcpSequence,
} from './tcpWindow';

/** Facts that must stay the same over the life of a state (`FI_CMP`, `FI_ICMPCMP`). */
const COMPARED = 0x5cfe3;
const COMPARED_FOR_ICMP = 0x3;
/** The IPv6 fragment header may come and go. */
const FRAGMENT_HEADER_BIT = 0x8;

export interface StateEntry {
  readonly family: 4 | 6;
  readonly protocol: number;
  source: AddressValue;
  destination: AddressValue;
  /** Changes once, when a packet settles it (`anySourcePort`). */
  sourcePort: number;
  readonly destinationPort: number;
  /** Made by a proxy for a connection to come, whose source port nobody knows yet (`SI_W_SPORT`). */
  anySourcePort: boolean;
  /** Every connection that comes gets a copy of its own (`SI_CLONE`). */
  readonly clones: boolean;
  /** Its proxy gave it up: it goes within a second unless a packet comes (`ipf_state_setpending`). */
  isPending: boolean;
  /** It was so once. */
  wasGivenUp: boolean;
  readonly icmpId: number;
  readonly icmpType: number;
  /** The destination is filled in by the first reply: the packet went to a group of hosts. */
  anyDestination: boolean;
  /** What packets of the state get: the rule's verdict as it was. */
  readonly decision: Decision;
  readonly rule: CompiledRule;
  /** Position of the rule that matched last when it was made, as the log numbers it (`is_rulen`). */
  ruleNumber: number;
  /** By `(out ? 2 : 0) + (reverse ? 1 : 0)`. */
  readonly interfaces: (string | undefined)[];
  /** Compared facts by `[out][reverse]`; 0 until the first packet that way. */
  readonly seen: [[number, number], [number, number]];
  /** IP options by flow direction; the reverse mask is 0 until a reply was seen. */
  readonly options: [number, number];
  readonly optionMasks: [number, number];
  readonly securityClass: number;
  readonly authority: number;
  readonly tcp: [TcpSide, TcpSide];
  readonly tcpStates: [number, number];
  readonly sawSyn: boolean;
  readonly strict: boolean;
  readonly loose: boolean;
  /** By `(reverse ? 2 : 0) + (out ? 1 : 0)`. */
  readonly packets: [number, number, number, number];
  readonly bytes: [number, number, number, number];
  readonly icmpPackets: [number, number, number, number];
  /** A new SYN came while it was closing: matches no more. */
  deleted: boolean;
  /** Half seconds until it would go, were time to pass. */
  timeout: number;
  /** What a `to` with a destination list chose for it: an interface. */
  readonly nextHops: Map<RouteTarget, string>;
  /** TCP state whose timeout runs: that of the side that moved last. */
  tcpQueue: number;
  key: number;
}

/** How a proxy's entry differs from one that a packet made. */
export interface StateExpectation {
  readonly clones: boolean;
  /** Made as if its packet had passed; otherwise it stands for none (`FI_IGNORE`). */
  readonly counted: boolean;
}

export interface StateLimits {
  /** `state_max`. */
  readonly maximum: number;
}

export type StateRefusal =
  | 'bad-packet'
  | 'out-of-window'
  | 'table-full'
  | 'rule-limit'
  | 'not-a-query'
  | 'reset'
  | 'exists'
  | 'source-limit';

/** Timeouts in half seconds (`ipf_main_soft_create`, fil.c). */
const TIMEOUT = { udp: 240, udpReply: 24, icmp: 120, icmpReply: 12, other: 120 } as const;
const TCP_TIMEOUT = [
  /* listen */ 480, /* synSent */ 480, /* synReceived */ 480, /* halfEstablished */ 480,
  /* established */ 864000, /* closeWait */ 28800, /* finWait1 */ 28800, /* closing */ 480, /* lastAck */ 60,
  /* finWait2 */ 480, /* timeWait */ 480, /* closed */ 60,
];

export interface StateHit {
  readonly entry: StateEntry;
  readonly decision: Decision;
  /** An ICMP error about a packet of the state. */
  readonly byQuotedPacket: boolean;
}

export class StateTable {
  /** Newest first, as dumps show them. */
  entries: StateEntry[] = [];
  private readonly buckets = new Map<number, StateEntry[]>();
  private readonly countByRule = new Map<CompiledRule, number>();
  private readonly sourcesByRule = new Map<CompiledRule, Map<string, number>>();
  private wildcards = 0;

  constructor(private readonly limits: StateLimits) {}

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** `ipf_state_add`: the new entry, or why there is none. */
  add(info: PacketInfo, rule: CompiledRule, expected?: StateExpectation): StateEntry | StateRefusal {
    if (info.has(CONDITION.short | CONDITION.state | CONDITION.fragmentBody | CONDITION.bad))
      return 'bad-packet';
    if (info.has(CONDITION.outOfWindow) && (info.tcpFlags & TCP.syn) === 0) return 'out-of-window';
    const options = rule.rule.body.keepState;
    const limit = options?.limit ?? 0;
    if (limit === 0 && this.entries.length >= this.limits.maximum) return 'table-full';
    if (limit !== 0 && (this.countByRule.get(rule) ?? 0) >= limit) return 'rule-limit';
    const entry = this.entryFor(info, rule, expected);
    if (typeof entry === 'string') return entry;
    const bucket = this.buckets.get(entry.key);
    if (bucket?.some((e) => isSameFlow(e, entry))) return 'exists';
    if (!this.countSource(info, rule)) return 'source-limit';

    if (expected?.counted !== false) {
      entry.packets[info.out ? 1 : 0] = 1;
      entry.bytes[info.out ? 1 : 0] = info.totalLength;
      entry.seen[info.out ? 1 : 0][0] = info.conditions & COMPARED & ~CONDITION.outOfWindow;
      info.packetNumber = 1;
    }
    this.bindInterfaces(entry, info, rule);
    this.insert(entry);
    this.countByRule.set(rule, (this.countByRule.get(rule) ?? 0) + 1);
    if (info.protocol === 6) this.age(entry, info);
    info.conditions |= CONDITION.state;
    return entry;
  }

  private insert(entry: StateEntry): void {
    this.entries.unshift(entry);
    if (entry.anyDestination || entry.anySourcePort) this.wildcards++;
    this.file(entry);
  }

  private file(entry: StateEntry): void {
    const bucket = this.buckets.get(entry.key);
    if (bucket === undefined) this.buckets.set(entry.key, [entry]);
    else bucket.unshift(entry);
  }

  private unfile(entry: StateEntry): void {
    const bucket = this.buckets.get(entry.key);
    const index = bucket?.indexOf(entry) ?? -1;
    if (index >= 0) bucket!.splice(index, 1);
  }

  private entryFor(
    info: PacketInfo,
    rule: CompiledRule,
    expected: StateExpectation | undefined,
  ): StateEntry | StateRefusal {
    const anyDestination =
      info.family === 4
        ? info.has(CONDITION.multicast | CONDITION.broadcast | CONDITION.linkCast)
        : info.protocol === 58 && isMulticast6(info.destination);
    let key = info.protocol + addressSum(info.source) + (anyDestination ? 0 : addressSum(info.destination));
    let icmpId = 0;
    let icmpType = 0;
    let sourcePort = 0;
    let destinationPort = 0;
    let sawSyn = false;
    const tcp: [TcpSide, TcpSide] = [newTcpSide(), newTcpSide()];
    switch (info.protocol) {
      case 1:
        if (![8, 13, 15, 17].includes(info.icmpType)) return 'not-a-query';
        icmpType = info.icmpType;
        icmpId = info.icmpId;
        key += icmpId;
        break;
      case 58:
        if (![128, 130, 133, 135, 139].includes(info.icmpType)) return 'not-a-query';
        icmpType = info.icmpType;
        if (icmpType === 128) {
          icmpId = info.icmpId;
          key += icmpId;
        }
        break;
      case 6:
        if ((tcpHeaderFlags(info) & TCP.rst) !== 0) return 'reset';
        sourcePort = info.sourcePort;
        destinationPort = info.destinationPort;
        if (expected === undefined) key += sourcePort + destinationPort;
        if (expected?.counted === false) limitWindows(info, tcp);
        else sawSyn = startWindows(info, tcp);
        break;
      case 17:
        sourcePort = info.sourcePort;
        destinationPort = info.destinationPort;
        if (expected === undefined) key += sourcePort + destinationPort;
        break;
    }
    const { decision } = rule;
    const forget = info.family === 6 ? ~FRAGMENT_HEADER_BIT : ~0;
    return {
      family: info.family,
      protocol: info.protocol,
      source: info.source,
      destination: info.destination,
      sourcePort,
      destinationPort,
      anySourcePort: expected !== undefined,
      clones: expected?.clones === true,
      isPending: false,
      wasGivenUp: false,
      icmpId,
      icmpType,
      anyDestination,
      decision: decision.logFirst ? withoutLogFirst(decision) : decision,
      rule,
      ruleNumber: -1,
      interfaces: [undefined, undefined, undefined, undefined],
      seen: [
        [0, 0],
        [0, 0],
      ],
      options: [info.options & forget, 0],
      optionMasks: [forget, 0],
      securityClass: info.securityClass,
      authority: info.authority,
      tcp,
      tcpStates: [0, 0],
      sawSyn,
      strict: decision.stateOptions?.strict === true,
      loose: decision.stateOptions?.loose === true,
      packets: [0, 0, 0, 0],
      bytes: [0, 0, 0, 0],
      icmpPackets: [0, 0, 0, 0],
      deleted: false,
      nextHops: new Map(),
      timeout: firstTimeout(info, rule),
      tcpQueue: TCP_STATE.listen,
      key,
    };
  }

  /** The slot of the creating packet gets its interface, the others what the rule names for them. */
  private bindInterfaces(entry: StateEntry, info: PacketInfo, rule: CompiledRule): void {
    const named = stateInterfaces(rule);
    const own = info.out ? 2 : 0;
    const opposite = info.out ? 0 : 2;
    entry.interfaces[own] = named[0] === '-' || info.interface === '' ? undefined : info.interface;
    entry.interfaces[own + 1] = named[1];
    entry.interfaces[opposite] = named[2];
    entry.interfaces[opposite + 1] = named[3];
  }

  /** `max-srcs` and `max-per-src` (`ipf_ht_node_add`, fil.c). */
  private countSource(info: PacketInfo, rule: CompiledRule): boolean {
    const options = rule.rule.body.keepState;
    const most = options?.maxSources ?? 0;
    if (most === 0) return true;
    const sources = getOrInsert(this.sourcesByRule, rule, () => new Map<string, number>());
    const length = options?.maxPerSource?.length ?? (info.family === 4 ? 32 : 128);
    const bits = info.family === 4 ? 32 : 128;
    const network = String(BigInt(info.source) >> BigInt(bits - length));
    const count = sources.get(network);
    if (count === undefined && sources.size >= most) return false;
    const perSource = options?.maxPerSource?.count ?? 0;
    if (perSource !== 0 && (count ?? 0) >= perSource) return false;
    sources.set(network, (count ?? 0) + 1);
    return true;
  }

  /** `ipf_state_check`: the state a packet belongs to, its counters and window moved on. */
  check(
    info: PacketInfo,
    judgeIcmpError: (entry: StateEntry) => boolean,
    readQuoted: QuoteReader,
  ): StateHit | undefined {
    if (this.isEmpty) return undefined;
    if (info.has(CONDITION.short | CONDITION.fragmentBody | CONDITION.bad)) return undefined;
    let byQuotedPacket = false;
    let entry = this.lookup(info);
    if (
      entry === undefined &&
      (info.protocol === 1 || info.protocol === 58) &&
      info.has(CONDITION.icmpError)
    ) {
      entry = this.lookupQuoted(info, judgeIcmpError, readQuoted);
      byQuotedPacket = entry !== undefined;
    }
    if (entry === undefined || !takesTag(entry, info)) return undefined;
    const slot = (info.reverse ? 2 : 0) + (info.out ? 1 : 0);
    entry.packets[slot]!++;
    entry.bytes[slot]! += info.totalLength;
    info.packetNumber = entry.packets[slot]! + entry.icmpPackets[slot]!;
    if (!byQuotedPacket) renewTimeout(entry, info.reverse);
    info.conditions |= CONDITION.state;
    return { entry, decision: entry.decision, byQuotedPacket };
  }

  private lookup(info: PacketInfo): StateEntry | undefined {
    const source = addressSum(info.source);
    const destination = addressSum(info.destination);
    let key = info.protocol + source + destination;
    switch (info.protocol) {
      case 1:
      case 58:
        return this.lookupIcmp(info, key);
      case 6:
      case 17:
        break;
      default:
        return this.lookupOther(info, this.groupKey(info, key));
    }
    const ports = info.sourcePort + info.destinationPort;
    key = this.groupKey(info, key) + ports;
    let outOfWindow = 0;
    const keys = [key];
    if (this.wildcards > 0) {
      // A reply to a packet that went to a group comes from a host nobody named.
      keys.push(key - ports, info.protocol + (info.out ? destination : source) + ports);
    }
    for (let attempt = 0; attempt < keys.length; attempt++) {
      // A copy that a wildcard's match makes goes into the bucket that is walked.
      const bucket = this.buckets.get(keys[attempt]!) ?? [];
      for (const candidate of attempt > 0 ? [...bucket] : bucket) {
        if (candidate.protocol !== info.protocol || candidate.family !== info.family) continue;
        info.conditions &= ~CONDITION.outOfWindow;
        const entry = this.matchFlow(info, candidate, true, COMPARED);
        if (entry === undefined) continue;
        if (info.protocol === 6 && !this.acceptSegment(info, entry)) {
          outOfWindow |= info.conditions & CONDITION.outOfWindow;
          continue;
        }
        if (attempt > 0 && !entry.anyDestination && !entry.anySourcePort) this.refile(entry, info);
        return entry;
      }
    }
    info.conditions |= outOfWindow;
    return undefined;
  }

  private groupKey(info: PacketInfo, key: number): number {
    if (info.family !== 4) return key;
    if (!info.has(CONDITION.multicast | CONDITION.broadcast | CONDITION.linkCast)) return key;
    return key - addressSum(info.out ? info.destination : info.source);
  }

  private refile(entry: StateEntry, info: PacketInfo): void {
    this.unfile(entry);
    entry.key =
      info.protocol +
      addressSum(info.source) +
      addressSum(info.destination) +
      info.sourcePort +
      info.destinationPort;
    this.file(entry);
  }

  private lookupOther(info: PacketInfo, key: number): StateEntry | undefined {
    return this.buckets
      .get(key)
      ?.find(
        (e) =>
          e.protocol === info.protocol &&
          e.family === info.family &&
          this.matchFlow(info, e, false, COMPARED) !== undefined,
      );
  }

  private lookupIcmp(info: PacketInfo, base: number): StateEntry | undefined {
    const withId = info.protocol === 1 || info.icmpType === 128 || info.icmpType === 129;
    const key = this.groupKey(info, base) + (withId ? info.icmpId : 0);
    const toGroup = info.protocol === 58 && isMulticast6(info.destination);
    const keys = [toGroup ? key - addressSum(info.destination) : key];
    if (info.protocol === 58 && this.wildcards > 0) keys.push(keys[0]! - addressSum(info.source));
    for (const k of keys) {
      for (const entry of this.buckets.get(k) ?? []) {
        if (entry.protocol !== info.protocol || entry.family !== info.family) continue;
        if (this.matchFlow(info, entry, false, COMPARED) === undefined) continue;
        if (info.protocol === 1 && info.icmpId !== entry.icmpId) continue;
        if (answersQuery(info, entry)) return entry;
      }
    }
    return undefined;
  }

  /**
   * `ipf_matchsrcdst`: does the packet belong to the entry, one way or the other? Sets `info.reverse`, binds
   * an empty interface slot, and fills in a host that answered for a group or a port that was open. The answer
   * is the entry itself, or the copy that it left for this connection.
   */
  private matchFlow(
    info: PacketInfo,
    master: StateEntry,
    withPorts: boolean,
    compared: number,
  ): StateEntry | undefined {
    if (master.deleted) return undefined;
    let reverse = master.destination !== info.destination;
    if (!reverse && withPorts && !portsFit(master, info.sourcePort, info.destinationPort)) reverse = true;
    const slot = (info.out ? 2 : 0) + (reverse ? 1 : 0);
    const bound = master.interfaces[slot];
    if (bound !== undefined && bound !== info.interface) return undefined;
    const { anyDestination } = master;
    if (!reverse) {
      if (!anyDestination && master.destination !== info.destination) return undefined;
      if (master.source !== info.source) return undefined;
      if (withPorts && !portsFit(master, info.sourcePort, info.destinationPort)) return undefined;
    } else {
      if (!anyDestination && master.destination !== info.source) return undefined;
      if (master.source !== info.destination) return undefined;
      if (withPorts && !portsFit(master, info.destinationPort, info.sourcePort)) return undefined;
    }
    if (anyDestination) this.fillDestination(info, master, reverse);
    const way = reverse ? 1 : 0;
    const before = master.seen[info.out ? 1 : 0][way];
    const facts = info.conditions & compared;
    if (before !== 0 && facts !== (before & compared)) return undefined;
    if ((info.options & master.optionMasks[way]) !== master.options[way]) return undefined;
    if (info.securityClass !== master.securityClass || info.authority !== master.authority) return undefined;
    const entry = withPorts && master.anySourcePort ? this.settlePort(info, master, reverse) : master;
    if (before === 0) {
      entry.seen[info.out ? 1 : 0][way] = facts;
      if (reverse && entry.optionMasks[1] === 0) {
        const forget = entry.family === 6 ? ~FRAGMENT_HEADER_BIT : ~0;
        entry.options[1] = info.options & forget;
        entry.optionMasks[1] = forget;
      }
    }
    if (bound === undefined && stateInterfaces(entry.rule)[0] !== '-')
      entry.interfaces[slot] = info.interface;
    info.reverse = reverse;
    return entry;
  }

  /** The first packet of a connection that a proxy expected tells its source port. */
  private settlePort(info: PacketInfo, master: StateEntry, reverse: boolean): StateEntry {
    let entry = master;
    if (master.clones) {
      entry = copyForConnection(info, master);
      this.insert(entry);
      if (entry.protocol === 6) this.age(entry, info);
    }
    this.wildcards--;
    entry.anySourcePort = false;
    entry.sourcePort = reverse ? info.destinationPort : info.sourcePort;
    if (entry.protocol === 6) {
      const [side] = entry.tcp;
      side.end = reverse ? tcpAcknowledgement(info) : tcpSequence(info);
      side.maxEnd = (side.end + 1) >>> 0;
    }
    return entry;
  }

  /** An entry that such a packet would match; nothing is changed (`FI_IGNORE`). */
  has(flow: StateFlow): boolean {
    const base = flow.protocol + addressSum(flow.source) + addressSum(flow.destination);
    const ports = flow.sourcePort + flow.destinationPort;
    return [base + ports, base].some((key) =>
      this.buckets.get(key)?.some((e) => {
        if (e.protocol !== flow.protocol || e.family !== flow.family || e.deleted) return false;
        if (e.source === flow.source && e.destination === flow.destination)
          return portsFit(e, flow.sourcePort, flow.destinationPort);
        return (
          e.source === flow.destination &&
          e.destination === flow.source &&
          portsFit(e, flow.destinationPort, flow.sourcePort)
        );
      }),
    );
  }

  /** `ipf_state_setpending`. */
  giveUp(entry: StateEntry): void {
    entry.isPending = true;
    entry.wasGivenUp = true;
    entry.timeout = 1;
  }

  private fillDestination(info: PacketInfo, entry: StateEntry, reverse: boolean): void {
    if (reverse) entry.destination = info.source;
    else if (!info.has(CONDITION.multicast | CONDITION.linkCast)) entry.destination = info.destination;
    else return;
    entry.anyDestination = false;
    this.wildcards--;
  }

  /** `ipf_state_tcp`: window and states. False when the segment does not fit the connection. */
  private acceptSegment(info: PacketInfo, entry: StateEntry): boolean {
    let forward = !info.reverse;
    if (entry.sawSyn && forward && entry.sourcePort !== info.sourcePort) forward = false;
    const from = entry.tcp[forward ? 0 : 1];
    const to = entry.tcp[forward ? 1 : 0];
    const flags = tcpHeaderFlags(info);
    if ((flags & (TCP.syn | TCP.ack)) === TCP.syn) {
      if (entry.tcpStates[0] > TCP_STATE.established && entry.tcpStates[1] > TCP_STATE.established) {
        entry.tcpStates[forward ? 0 : 1] = TCP_STATE.closed;
        entry.deleted = true;
        return false;
      }
    }
    if (!entry.loose && !isInWindow(info, from, to, entry)) return false;
    if (!this.age(entry, info)) return false;
    const plain = flags & ~(TCP.fin | TCP.ecn | TCP.cwr);
    if ((plain === (TCP.syn | TCP.ack) || plain === TCP.syn) && hasTcpOptions(info)) {
      if (!readTcpOptions(info, from)) info.conditions |= CONDITION.bad;
    }
    return true;
  }

  private age(entry: StateEntry, info: PacketInfo): boolean {
    const { accepted, queue } = advanceTcpStates(info, entry.tcpStates, entry.sawSyn);
    if (queue !== undefined && entry.rule.rule.body.keepState?.age === undefined) {
      entry.isPending = false;
      entry.tcpQueue = queue;
      entry.timeout = TCP_TIMEOUT[queue] ?? 0;
    }
    return accepted;
  }

  /** `ipf_checkicmpmatchingstate`: an ICMP error belongs to the state of the packet it quotes. */
  private lookupQuoted(
    info: PacketInfo,
    judge: (entry: StateEntry) => boolean,
    readQuoted: QuoteReader,
  ): StateEntry | undefined {
    const quoted = readQuoted(info);
    if (quoted === undefined) return undefined;
    const { protocol } = quoted;
    // Extension headers are not stepped over here, and no state is kept under their numbers.
    if (info.family === 6 && quoted.byte(quoted.start + 6) !== protocol) return undefined;
    let key = protocol + addressSum(quoted.source) + addressSum(quoted.destination);
    const isIcmp = protocol === 1;
    // Quoted ICMPv6 queries are looked up under the type of their reply, which no state is kept under.
    if (protocol === 58) return undefined;
    if (isIcmp) {
      if (quoted.has(CONDITION.icmpError)) return undefined;
      key += quoted.icmpId;
    } else if (protocol === 6 || protocol === 17) {
      quoted.sourcePort = quoted.word(quoted.dataStart);
      quoted.destinationPort = quoted.word(quoted.dataStart + 2);
      key += quoted.sourcePort + quoted.destinationPort;
    } else if (info.family === 4) return undefined;
    quoted.conditions &= ~(CONDITION.bad | CONDITION.short);
    for (const entry of [...(this.buckets.get(key) ?? [])]) {
      if (entry.protocol !== protocol || entry.family !== info.family) continue;
      if ((isIcmp || info.family === 6) && entry.decision.stateOptions?.noIcmpErrors === true) continue;
      if (this.matchFlow(quoted, entry, hasPorts(protocol), COMPARED_FOR_ICMP) === undefined) continue;
      if (this.allowsError(info, entry, quoted, judge)) return entry;
    }
    return undefined;
  }

  /** `ipf_allowstateicmp`: never more errors than packets that could have caused them. */
  private allowsError(
    info: PacketInfo,
    entry: StateEntry,
    quoted: PacketInfo,
    judge: (entry: StateEntry) => boolean,
  ): boolean {
    if (!judge(entry)) return false;
    const backward = entry.source !== quoted.source;
    info.reverse = !backward;
    const errors = (backward ? 0 : 2) + (info.out ? 1 : 0);
    const causes = (backward ? 2 : 0) + (info.out ? 0 : 1);
    if (entry.decision.stateOptions?.noIcmpErrors === true) return false;
    if (entry.icmpPackets[errors]! > entry.packets[causes]!) return false;
    entry.icmpPackets[errors]!++;
    return true;
  }

  /** `ipf_state_flush(softc, 1, 0)`: what ipftest does after every packet. */
  flushClosing(): void {
    for (const entry of [...this.entries]) {
      if (entry.protocol === 6 && isClosing(entry)) this.remove(entry);
    }
  }

  private remove(entry: StateEntry): void {
    this.entries = this.entries.filter((e) => e !== entry);
    this.unfile(entry);
    if (entry.anyDestination || entry.anySourcePort) this.wildcards--;
    this.countByRule.set(entry.rule, (this.countByRule.get(entry.rule) ?? 1) - 1);
  }
}

/** Reads the packet an ICMP error quotes, as the state look-up wants it; undefined when it is not all there. */
export type QuoteReader = (info: PacketInfo) => PacketInfo | undefined;

function hasPorts(protocol: number): boolean {
  return protocol === 6 || protocol === 17;
}

/** Addresses and ports of a packet that might come. */
export interface StateFlow {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly source: AddressValue;
  readonly destination: AddressValue;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

function isClosing(entry: StateEntry): boolean {
  if (entry.deleted || entry.isPending) return true;
  if (entry.rule.rule.body.keepState?.age !== undefined) {
    return entry.tcpStates[0] > TCP_STATE.established && entry.tcpStates[1] > TCP_STATE.established;
  }
  return entry.tcpQueue >= TCP_STATE.closeWait;
}

function firstTimeout(info: PacketInfo, rule: CompiledRule): number {
  const age = rule.rule.body.keepState?.age;
  if (age !== undefined) return 2 * age[info.reverse ? 1 : 0];
  return info.protocol === 6 ? TCP_TIMEOUT[0]! : laterTimeout(info.protocol, info.reverse);
}

/** TCP entries move with their states; all others with the direction of the packet. */
function renewTimeout(entry: StateEntry, reverse: boolean): void {
  const age = entry.rule.rule.body.keepState?.age;
  if (age !== undefined) entry.timeout = 2 * age[reverse ? 1 : 0];
  else if (entry.protocol !== 6) entry.timeout = laterTimeout(entry.protocol, reverse);
}

function laterTimeout(protocol: number, reverse: boolean): number {
  switch (protocol) {
    case 1:
    case 58:
      return reverse ? TIMEOUT.icmpReply : TIMEOUT.icmp;
    default:
      return reverse ? TIMEOUT.udpReply : TIMEOUT.udp;
  }
}

/**
 * A state whose rule has `match-tag(nat=...)` takes no arriving packet without a tag; the comparison is the wrong way
 * round, so it takes none with the right tag either (`ipf_state_check`).
 */
function takesTag(entry: StateEntry, info: PacketInfo): boolean {
  const wanted = entry.rule.rule.body.matchTag?.nat;
  return info.out || wanted === undefined || (info.tag !== undefined && info.tag !== wanted);
}

/** Interfaces a rule names for state: its own, and those for the other three ways. */
export function stateInterfaces(rule: CompiledRule): readonly (string | undefined)[] {
  return rule.rule.body.interfaces ?? [];
}
