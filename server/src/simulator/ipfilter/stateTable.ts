/**
 * IPFilter's state table (ip_state.c): entries made by `keep state` rules, and how packets are matched to
 * them. An entry is bound to interfaces as they are met: four slots, one per (direction of the hook, direction
 * of the flow); the creating one is filled at once, the others by the first packet that comes that way, and
 * from then on another interface misses.
 *
 * No time passes between the packets of a walk, so entries do not expire here; the timeout that would run is
 * kept for dumps.
 */
import { getOrInsert } from '../getOrInsert';
import { CONDITION } from '../packetFacts';
import type { CompiledRule } from '../scan';
import type { Decision } from '../scanDecision';
import type { PacketInfo, ReadLimits } from './packetInfo';
import {
  bindInterfaces,
  comparedOptions,
  newStateEntry,
  type StateEntry,
  type StateExpectation,
  type StateFlow,
  type StateRefusal,
  stateInterfaces,
} from './stateEntry';
import { allowsError, readQuoted } from './stateErrors';
import { addressSum, answersQuery, isMulticast6, isSameFlow, portsFit } from './stateMatch';
import { isClosing, renewTimeout, restartTcpTimeout } from './stateTimeouts';
import { copyForConnection } from './stateWindows';
import { TCP } from './tcpFlags';
import {
  advanceTcpStates,
  hasTcpOptions,
  isInWindow,
  readTcpOptions,
  TCP_STATE,
  tcpAcknowledgement,
  tcpHeaderFlags,
  tcpSequence,
} from './tcpWindow';

/** Facts that must stay the same over the life of a state (`FI_CMP`, `FI_ICMPCMP`). */
const COMPARED = 0x5cfe3;
const COMPARED_FOR_ICMP = 0x3;

export interface StateLimits extends ReadLimits {
  /** `state_max`. */
  readonly stateMaximum: number;
}

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
    if (limit === 0 && this.entries.length >= this.limits.stateMaximum) return 'table-full';
    if (limit !== 0 && (this.countByRule.get(rule) ?? 0) >= limit) return 'rule-limit';
    const entry = newStateEntry(info, rule, expected);
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
    bindInterfaces(entry, info, rule);
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
  check(info: PacketInfo, judgeIcmpError: (entry: StateEntry) => boolean): StateHit | undefined {
    if (this.isEmpty) return undefined;
    if (info.has(CONDITION.short | CONDITION.fragmentBody | CONDITION.bad)) return undefined;
    let byQuotedPacket = false;
    let entry = this.lookup(info);
    if (
      entry === undefined &&
      (info.protocol === 1 || info.protocol === 58) &&
      info.has(CONDITION.icmpError)
    ) {
      entry = this.lookupQuoted(info, judgeIcmpError);
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
        const optionMask = comparedOptions(entry.family);
        entry.options[1] = info.options & optionMask;
        entry.optionMasks[1] = optionMask;
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
    if (queue !== undefined) restartTcpTimeout(entry, queue);
    return accepted;
  }

  /** `ipf_checkicmpmatchingstate`: an ICMP error belongs to the state of the packet it quotes. */
  private lookupQuoted(info: PacketInfo, judge: (entry: StateEntry) => boolean): StateEntry | undefined {
    const quoted = readQuoted(info, this.limits);
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
      if (allowsError(info, entry, quoted, judge)) return entry;
    }
    return undefined;
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

function hasPorts(protocol: number): boolean {
  return protocol === 6 || protocol === 17;
}

/**
 * A state whose rule has `match-tag(nat=...)` takes no arriving packet without a tag; the comparison is the wrong way
 * round, so it takes none with the right tag either (`ipf_state_check`).
 */
function takesTag(entry: StateEntry, info: PacketInfo): boolean {
  const wanted = entry.rule.rule.body.matchTag?.nat;
  return info.out || wanted === undefined || (info.tag !== undefined && info.tag !== wanted);
}
