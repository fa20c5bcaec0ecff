/**
 * The filter of one gateway: who decides about a packet (the fragment cache, the state table or the rules), and
 * what it leaves there for the packets after it.
 */
import { groupChainName } from '../../policy/filter';
import { CONDITION, type PacketFacts } from '../packetFacts';
import { type CompiledProgram, type CompiledRule, type ScanHooks, ScanRun } from '../scan';
import {
  blocked,
  type Decision,
  NO_MATCH,
  withoutAnswer,
  withoutKeepState,
  withoutLogFirst,
} from '../scanDecision';
import type { MatchSurroundings } from '../scanMatch';
import type { Passage } from './filterResult';
import { FragmentCache } from './fragments';
import type { PacketLog } from './packetLog';
import type { StateEntry } from './stateEntry';
import type { StateTable } from './stateTable';

export interface FilterConfig extends Pick<MatchSurroundings, 'pools' | 'addressesOf'> {
  readonly compiled: CompiledProgram | undefined;
  /** The verdict when no rule matches. */
  readonly startDecision: Decision;
  /** Walk every rule instead of asking the index. */
  readonly linear: boolean;
  readonly countHits: boolean;
}

export class FilterStage {
  private readonly fragments = new FragmentCache<{ rule: CompiledRule; decision: Decision }>();
  private readonly hits: Map<CompiledRule, number> | undefined;
  private readonly packetsByRule = new Map<CompiledRule, number>();

  constructor(
    private readonly config: FilterConfig,
    private readonly states: StateTable,
    private readonly log: PacketLog,
  ) {
    this.hits = config.countHits ? new Map() : undefined;
  }

  hitsOf(rule: CompiledRule): number {
    return this.hits?.get(rule) ?? 0;
  }

  /** From the auth table to `keep state`: who decides about the packet. */
  judge(passage: Passage): void {
    const { info } = passage;
    if (!info.out) this.account(passage);
    const known = this.byFragment(passage) ?? this.byState(passage);
    if (known === undefined || passage.decision.noMatch) this.byRules(passage);
    // A packet in the queue for authentication is out of the engine's hands (`fin_m` is gone).
    if (passage.decision.action === 'auth') passage.dropCode = 9;
    else if (passage.decision.keepState && !info.has(CONDITION.state)) this.keepState(passage);
  }

  private byFragment(passage: Passage): Decision | undefined {
    const { info } = passage;
    if (!info.has(CONDITION.fragment) || this.fragments.isEmpty) return undefined;
    const known = this.fragments.find(info);
    if (known === undefined) return undefined;
    passage.rule = known.rule;
    passage.stateUse = 'fragment';
    let decision = known.rule.decision;
    if (decision.keepState) {
      info.conditions |= CONDITION.state;
      decision = withoutKeepState(decision);
    }
    if (decision.logFirst) decision = withoutLogFirst(decision);
    passage.decision = decision;
    return decision;
  }

  private byState(passage: Passage): Decision | undefined {
    const { info } = passage;
    if (this.states.isEmpty) return undefined;
    const hit = this.states.check(info, (entry) => this.judgeIcmpError(entry, passage));
    if (hit === undefined) return undefined;
    const { entry } = hit;
    passage.rule = entry.rule;
    passage.state = entry;
    passage.stateUse = hit.byQuotedPacket ? 'quoted' : 'used';
    passage.decision = hit.decision;
    passage.ruleNumber = entry.ruleNumber;
    passage.groupBuffer = entry.rule.chain.group ?? '';
    if (entry.decision.answer?.kind === 'icmp') passage.icmpCode = entry.decision.answer.code;
    if (info.has(CONDITION.fragment) && entry.decision.action === 'pass')
      this.keepFragment(passage, entry.decision);
    return passage.decision;
  }

  /** `icmp-head`: a group that has the last word about ICMP errors of a state. */
  private judgeIcmpError(entry: StateEntry, passage: Passage): boolean {
    const { info } = passage;
    const group = entry.rule.rule.body.keepState?.icmpHead;
    if (group === undefined || this.config.compiled === undefined) return true;
    // Groups are found by name alone, so rules of either direction can be in it.
    const chain =
      this.config.compiled.chains.get(groupChainName(info.out ? 'out' : 'in', group)) ??
      this.config.compiled.chains.get(groupChainName(info.out ? 'in' : 'out', group));
    if (chain === undefined) return true;
    const run = new ScanRun(
      this.config.compiled,
      info,
      this.hooks(passage, false, () => true),
    );
    return run.scanChain(chain, this.config.startDecision).action !== 'block';
  }

  private byRules(passage: Passage): void {
    const { info } = passage;
    passage.decision = this.config.startDecision;
    passage.rule = undefined;
    passage.state = undefined;
    passage.stateUse = 'none';
    if (this.config.compiled === undefined) return;
    const { entries } = this.config.compiled.program;
    const name = info.out ? entries.out : entries.in;
    const run = new ScanRun(
      this.config.compiled,
      info,
      this.hooks(passage, false, (rule, { ruleNumber }) => this.addState(passage, rule, ruleNumber)),
    );
    run.ruleNumber = passage.ruleNumber;
    run.groupBuffer = passage.groupBuffer;
    let decision = run.scanEntry(name, this.config.startDecision);
    if (run.lastRule !== undefined) decision = run.callLast(run.lastRule, decision);
    const rule = run.lastRule;
    passage.ruleNumber = run.ruleNumber;
    passage.groupBuffer = run.groupBuffer;
    passage.visitedRules += run.visitedRules;
    passage.icmpCode = run.icmpCode;
    if (run.doubts.length > 0) this.exploreDoubts(passage, name, run);
    if (rule !== undefined && this.isRateExceeded(rule)) {
      decision = withoutAnswer(blocked(decision));
      passage.rateExceeded = true;
      passage.dropCode = 2;
    }
    passage.rule = rule;
    passage.decision = decision;
    if (decision.keepFragments && info.has(CONDITION.fragment)) this.keepFragment(passage, decision);
  }

  /** The same scan with every "maybe" taken as yes; nothing it does is kept. */
  private exploreDoubts(passage: Passage, name: string | undefined, first: ScanRun): void {
    const run = new ScanRun(
      first.compiled,
      passage.info,
      this.hooks(passage, true, () => true),
    );
    passage.alternative = run.scanEntry(name, this.config.startDecision);
    passage.doubts = first.doubts;
    passage.visitedRules += run.visitedRules;
  }

  private isRateExceeded(rule: CompiledRule): boolean {
    const most = rule.rule.body.packetsPerSecond;
    if (most === undefined || most === 0) return false;
    const count = (this.packetsByRule.get(rule) ?? 0) + 1;
    this.packetsByRule.set(rule, count);
    return count > most;
  }

  private keepFragment(passage: Passage, decision: Decision): void {
    if (passage.rule === undefined) return;
    this.fragments.add(passage.info, { rule: passage.rule, decision }, decision.fragmentsInOrder);
  }

  private addState(passage: Passage, rule: CompiledRule, ruleNumber: number): boolean {
    const { info } = passage;
    const made = this.states.add(info, rule);
    if (typeof made === 'string') {
      passage.refusal = made;
      return false;
    }
    made.ruleNumber = ruleNumber;
    passage.state = made;
    passage.stateUse = 'made';
    passage.refusal = undefined;
    if (info.has(CONDITION.fragment)) {
      this.fragments.add(info, { rule, decision: rule.decision }, rule.decision.fragmentsInOrder);
    }
    return true;
  }

  private keepState(passage: Passage): void {
    const { rule } = passage;
    if (rule !== undefined && this.addState(passage, rule, passage.ruleNumber)) return;
    if (passage.decision.action !== 'pass') return;
    passage.decision = blocked(passage.decision);
    passage.dropCode = 5;
    passage.stateUse = 'refused';
  }

  /** The rules that only count. */
  account(passage: Passage): void {
    if (this.config.compiled === undefined) return;
    const { entries } = this.config.compiled.program;
    const name = passage.info.out ? entries['account-out'] : entries['account-in'];
    if (name === undefined) return;
    const run = new ScanRun(
      this.config.compiled,
      passage.info,
      this.hooks(passage, false, () => true),
    );
    run.scanEntry(name, NO_MATCH);
    passage.visitedRules += run.visitedRules;
  }

  private hooks(passage: Passage, dry: boolean, addState: ScanHooks['addState']): ScanHooks {
    const { hits } = this;
    const { info } = passage;
    const hooks: ScanHooks = {
      pools: this.config.pools,
      addressesOf: this.config.addressesOf,
      inState: () => info.has(CONDITION.state),
      addState,
      log: dry ? undefined : (rule, run) => this.log.atOnce(passage, rule, run),
      groupFor: (map, family, value) => this.groupFor(map, family, value),
      assumeMaybe: dry,
      linear: this.config.linear,
    };
    if (hits === undefined || dry) return hooks;
    return { ...hooks, matched: (rule) => hits.set(rule, (hits.get(rule) ?? 0) + 1) };
  }

  private groupFor(map: string, family: 4 | 6, value: PacketFacts['source']): string | undefined {
    return this.config.pools.find({ type: 'hash', name: map })?.find(family, value)?.group;
  }
}
