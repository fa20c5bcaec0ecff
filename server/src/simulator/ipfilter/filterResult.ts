/** A packet's way through one hook of the engine, and what the filter says of it in the end. */
import type { Packet } from '../../packet/packet';
import type { BlockAnswer } from '../../policy/filter';
import type { Origin } from '../../policy/origin';
import { CONDITION } from '../packetFacts';
import type { CompiledRule } from '../scan';
import { BLOCK_UNSEEN, type Decision } from '../scanDecision';
import type { Fragment, ReasonCode } from '../trace';
import type { DropCode, IpfilterResult, SentPacket } from './engineTypes';
import { describeFilter, stateLine } from './explain';
import type { LogEntry } from './log';
import type { NatOutcome } from './nat';
import type { PacketInfo } from './packetInfo';
import type { StateEntry, StateRefusal } from './stateEntry';

/** What happened to a packet on its way through one hook so far. */
export interface Passage {
  readonly info: PacketInfo;
  readonly packet: Packet;
  decision: Decision;
  rule: CompiledRule | undefined;
  state: StateEntry | undefined;
  stateUse: 'none' | 'made' | 'used' | 'quoted' | 'refused' | 'fragment';
  refusal: StateRefusal | undefined;
  dropCode: DropCode;
  nat: NatOutcome | undefined;
  visitedRules: number;
  doubts: readonly string[];
  alternative: Decision | undefined;
  icmpCode: number | undefined;
  rateExceeded: boolean;
  sent: SentPacket[];
  taken: boolean;
  /** Of the rule that matched last, as the log names it (`fin_rule`, `fin_group`). */
  ruleNumber: number;
  groupBuffer: string;
  logged: readonly LogEntry[];
}

interface FilterResultParts {
  readonly packet: Packet;
  readonly verdict: 'pass' | 'block' | 'drop';
  readonly reason: ReasonCode | undefined;
  readonly dropCode: DropCode | undefined;
  readonly answer: BlockAnswer | undefined;
  readonly route: IpfilterResult['route'];
  readonly sent: readonly SentPacket[];
  readonly taken: boolean;
  readonly uncertain: string | undefined;
  readonly quiet: boolean;
}

/** Sentences and lines are put together only when somebody reads them: most packets are merely counted. */
export class FilterResult implements IpfilterResult {
  readonly packet: Packet;
  readonly verdict: 'pass' | 'block' | 'drop';
  readonly reason: ReasonCode | undefined;
  readonly dropCode: DropCode | undefined;
  readonly answer: BlockAnswer | undefined;
  readonly route: IpfilterResult['route'];
  readonly sent: readonly SentPacket[];
  readonly taken: boolean;
  readonly uncertain: string | undefined;
  readonly quiet: boolean;
  readonly visitedRules: number;
  readonly decision: Decision;
  readonly conditions: number;
  readonly changed: boolean;
  readonly logged: readonly LogEntry[];
  private readonly rule: CompiledRule | undefined;
  private readonly state: StateEntry | undefined;
  private readonly passage: Passage;

  constructor(passage: Passage, parts: FilterResultParts) {
    this.packet = parts.packet;
    this.verdict = parts.verdict;
    this.reason = parts.reason;
    this.dropCode = parts.dropCode;
    this.answer = parts.answer;
    this.route = parts.route;
    this.sent = parts.sent;
    this.taken = parts.taken;
    this.uncertain = parts.uncertain;
    this.quiet = parts.quiet;
    this.visitedRules = passage.visitedRules;
    this.decision = passage.decision;
    // The kernel takes the bit away before a copy of the packet may pass again (`ipf_check`).
    this.conditions = passage.info.conditions & ~CONDITION.state;
    this.changed = passage.nat?.kind === 'translated';
    this.logged = passage.logged;
    this.rule = passage.rule;
    this.state = passage.state;
    this.passage = { ...passage };
  }

  get said(): readonly Fragment[] {
    return describeFilter(this.passage);
  }

  get origins(): readonly Origin[] {
    const nat = this.passage.nat?.kind === 'failed' ? [this.passage.nat.rule.rule.origin] : [];
    return this.rule === undefined ? nat : [...nat, this.rule.rule.origin];
  }

  get entry(): string | undefined {
    return this.state === undefined ? undefined : stateLine(this.state);
  }
}

export function reasonOf(passage: Passage): ReasonCode {
  if (passage.nat?.kind === 'failed') return 'nat-failed';
  return passage.rule === undefined ? 'filter-default' : 'filter-rule';
}

export function uncertaintyOf(passage: Passage): string | undefined {
  const reasons = [...(passage.rule?.rule.body.unmodelled ?? [])];
  const { alternative, decision } = passage;
  if (alternative !== undefined && alternative.action !== decision.action) reasons.push(...passage.doubts);
  if (passage.stateUse === 'used' && passage.state?.wasGivenUp === true) {
    reasons.push('when this state goes, which its proxy has given up for a newer connection');
  }
  if (hasNewSequenceNumbers(passage)) reasons.push('the sequence numbers that `newisn` gives the connection');
  return reasons.length === 0 ? undefined : `not modelled: ${reasons.join(', ')}`;
}

/** All packets of such a connection are changed but an arriving one that begins it (`ipf_fixinisn`, `ipf_fixoutisn`). */
function hasNewSequenceNumbers({ state, stateUse, info }: Passage): boolean {
  if (state?.decision.stateOptions?.newIsn !== true || info.protocol !== 6) return false;
  return info.out || stateUse !== 'made';
}

export function routeOf(rule: CompiledRule | undefined, info: PacketInfo): IpfilterResult['route'] {
  const route = rule?.rule.body.route;
  if (route === undefined) return undefined;
  const to = info.reverse ? route.replyTo : route.to;
  if (to === undefined && route.duplicateTo === undefined) return undefined;
  return {
    ...(to === undefined ? {} : { to }),
    ...(route.duplicateTo === undefined ? {} : { duplicateTo: route.duplicateTo }),
  };
}

/** Translation where there are no rules for it. */
export function nothingToTranslate(packet: Packet, decision: Decision): IpfilterResult {
  return {
    packet,
    verdict: 'pass',
    said: [{ kind: 'text', text: 'No translation rules are loaded.' }],
    origins: [],
    visitedRules: 0,
    quiet: true,
    changed: false,
    decision,
    conditions: 0,
  };
}

/** A packet whose headers cannot be read (`ipf_makefrip` fails), or an IPv6 jumbogram. `conditions`: found so far. */
export function unseen(packet: Packet, conditions: number): IpfilterResult {
  const isJumbogram = (packet.bytes[0] ?? 0) >>> 4 === 6 && packet.bytes[4] === 0 && packet.bytes[5] === 0;
  return {
    packet,
    verdict: 'drop',
    reason: 'malformed',
    dropCode: isJumbogram ? 3 : 4,
    said: [{ kind: 'text', text: 'The packet is cut off inside its headers, so IPFilter drops it unseen.' }],
    origins: [],
    visitedRules: 0,
    quiet: false,
    changed: false,
    decision: BLOCK_UNSEEN,
    conditions,
  };
}
