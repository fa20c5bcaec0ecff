/**
 * What a state entry is (`ipstate_t`), and how one begins: who it stands for, under which key it is looked up,
 * what its packets may look like and which interfaces they use.
 */
import type { RouteTarget } from '../../policy/filter';
import { type AddressValue, CONDITION } from '../packetFacts';
import type { CompiledRule } from '../scan';
import { type Decision, withoutLogFirst } from '../scanDecision';
import type { PacketInfo } from './packetInfo';
import { addressSum, isMulticast6 } from './stateMatch';
import { firstTimeout } from './stateTimeouts';
import { limitWindows, startWindows } from './stateWindows';
import { TCP } from './tcpFlags';
import { newTcpSide, TCP_STATE, type TcpSide, tcpHeaderFlags } from './tcpWindow';

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

/** Addresses and ports of a packet that might come. */
export interface StateFlow {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly source: AddressValue;
  readonly destination: AddressValue;
  readonly sourcePort: number;
  readonly destinationPort: number;
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

/** The entry that a packet makes under a rule, not yet in any table; or why there is none. */
export function newStateEntry(
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
  const optionMask = comparedOptions(info.family);
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
    options: [info.options & optionMask, 0],
    optionMasks: [optionMask, 0],
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

/** IP options that are compared over an entry's life. */
export function comparedOptions(family: 4 | 6): number {
  return family === 6 ? ~FRAGMENT_HEADER_BIT : ~0;
}

/** The slot of the creating packet gets its interface, the others what the rule names for them. */
export function bindInterfaces(entry: StateEntry, info: PacketInfo, rule: CompiledRule): void {
  const named = stateInterfaces(rule);
  const own = info.out ? 2 : 0;
  const opposite = info.out ? 0 : 2;
  entry.interfaces[own] = named[0] === '-' || info.interface === '' ? undefined : info.interface;
  entry.interfaces[own + 1] = named[1];
  entry.interfaces[opposite] = named[2];
  entry.interfaces[opposite + 1] = named[3];
}

/** Interfaces a rule names for state: its own, and those for the other three ways. */
export function stateInterfaces(rule: CompiledRule): readonly (string | undefined)[] {
  return rule.rule.body.interfaces ?? [];
}
