/**
 * One gateway's IPFilter: `ipf_check` of fil.c with its parts apart, so that a platform's stage table can call
 * address translation and filter as separate stages (`natIn`, `filter`, `natOut`), and `check` runs them in
 * IPFilter's own order for `ipftest`. The engine object is the mutable half: state table, sessions, fragment
 * caches, counters of rules. Making one is cheap; the compiled rules are shared (see `scan.ts`).
 *
 * What a stage learns of a packet (that it was translated, which way its session runs, which rule passed it)
 * belongs to the later stages of the same hook: it is remembered with the bytes until they come back.
 */
import { decodePacket } from '../../packet/decode';
import type { Packet } from '../../packet/packet';
import type { Address } from '../../policy/address';
import { groupChainName, type RouteTarget } from '../../policy/filter';
import type { NatRule } from '../../policy/nat';
import { CONDITION, type PacketFacts } from '../packetFacts';
import { type CompiledProgram, type CompiledRule, compileProgram, type ScanHooks, ScanRun } from '../scan';
import {
  BLOCK,
  blocked,
  blockedAtOnce,
  blocksUnlogged,
  type Decision,
  defaultDecision,
  logsInTheEnd,
  NO_MATCH,
  withoutAnswer,
  withoutKeepState,
  withoutLogFirst,
} from '../scanDecision';
import { type PoolFinder, poolFinder } from '../scanMatch';
import {
  DEFAULT_TUNABLES,
  type HookContext,
  type IpfilterConfig,
  type IpfilterEngine,
  type IpfilterResult,
  type IpfilterTunables,
} from './engineTypes';
import { describeNat, sessionLine } from './explain';
import {
  FilterResult,
  nothingToTranslate,
  type Passage,
  reasonOf,
  routeOf,
  uncertaintyOf,
  unseen,
} from './filterResult';
import { FragmentCache } from './fragments';
import { type LogEntry, logEntryOf } from './log';
import { type NatOutcome, Translator } from './nat';
import { addDelta, sumDelta } from './natChecksum';
import { natDoubt } from './natDoubts';
import { type PacketInfo, readPacketInfo } from './packetInfo';
import type { ExpectedState } from './proxies/proxy';
import { type StateEntry, StateTable } from './stateTable';
import { expectedPacket, expectedRule, tunnelPacket, tunnelRule } from './tunnelState';

export type {
  DropCode,
  HookContext,
  IpfilterConfig,
  IpfilterEngine,
  IpfilterResult,
  IpfilterTunables,
  SentPacket,
} from './engineTypes';

export function createIpfilterEngine(config: IpfilterConfig): IpfilterEngine {
  return new Engine(config);
}

class Engine implements IpfilterEngine {
  readonly compiled: CompiledProgram | undefined;
  readonly states: StateTable;
  private readonly tunables: IpfilterTunables;
  private readonly filterPools: PoolFinder;
  private readonly fragments = new FragmentCache<{ rule: CompiledRule; decision: Decision }>();
  private readonly ids = new FragmentCache<number>();
  private readonly addressesOf: (interfaceName: string) => readonly Address[];
  private readonly hits: Map<CompiledRule, number> | undefined;
  private readonly packetsByRule = new Map<CompiledRule, number>();
  private readonly startDecision: Decision;
  private lazyTranslator: Translator | undefined;
  private carried: Passage | undefined;
  private nextId = 0;

  constructor(private readonly config: IpfilterConfig) {
    this.tunables = { ...DEFAULT_TUNABLES, ...config.tunables };
    this.compiled = config.filter === undefined ? undefined : compileProgram(config.filter);
    this.states = new StateTable({ maximum: this.tunables.stateMaximum });
    this.filterPools = poolFinder(config.pools ?? [], ['ipf']);
    this.addressesOf = config.addressesOf ?? (() => []);
    this.hits = config.countHits === true ? new Map() : undefined;
    this.startDecision = defaultDecision(
      this.tunables.defaultPass ?? config.filter?.defaultVerdict ?? 'pass',
    );
  }

  get translator(): Translator {
    this.lazyTranslator ??= new Translator({
      table: this.config.nat,
      pools: poolFinder(this.config.pools ?? [], ['nat']),
      allPools: this.config.pools ?? [],
      addressesOf: this.addressesOf,
      random: this.config.random ?? (() => 0),
      limits: this.tunables,
      openState: (rule, source, destination, out) => this.openTunnel(rule, source, destination, out),
      proxyStates: {
        expectState: (expected) => this.expectState(expected),
        hasState: (flow) => this.states.has(flow),
        giveUpState: (state) => this.states.giveUp(state),
      },
      say: this.config.proxyNote,
    });
    return this.lazyTranslator;
  }

  private openTunnel(rule: NatRule, source: number, destination: number, out: boolean): void {
    const info = tunnelPacket(source, destination, out, this.tunables);
    if (info !== undefined) this.states.add(info, tunnelRule(rule));
  }

  private expectState(expected: ExpectedState): StateEntry | undefined {
    const { session, clones, counted } = expected;
    const rule = expectedRule(session.rule.rule, expected.word);
    const made = this.states.add(expectedPacket(expected), rule, { clones, counted });
    return typeof made === 'string' ? undefined : made;
  }

  hitsOf(rule: CompiledRule): number {
    return this.hits?.get(rule) ?? 0;
  }

  natIn(packet: Packet, context: HookContext): IpfilterResult {
    return this.translateOnly(packet, { ...context, direction: 'in' });
  }

  natOut(packet: Packet, context: HookContext): IpfilterResult {
    return this.translateOnly(packet, { ...context, direction: 'out' });
  }

  filter(packet: Packet, context: HookContext): IpfilterResult {
    const passage = this.passageOf(packet, context, 'filter');
    if (typeof passage === 'number') return unseen(packet, passage);
    this.runFilter(passage);
    this.logVerdict(passage);
    this.carried = passage;
    return this.filterResult(passage, false);
  }

  check(packet: Packet, context: HookContext): IpfilterResult {
    const passage = this.passageOf(packet, context, 'whole');
    if (typeof passage === 'number') return unseen(packet, passage);
    const { info } = passage;
    if (!info.out && !this.arrive(passage)) return this.filterResult(passage, true);
    this.runFilter(passage);
    if (info.out && passage.decision.action === 'pass') {
      this.account(passage);
      if (this.leave(passage) && this.tunables.updateIpId && info.family === 4) this.updateIpId(passage);
    }
    this.logVerdict(passage);
    if (this.config.routes === true) this.followRoutes(passage);
    return this.filterResult(passage, true);
  }

  /**
   * `ipf_check`'s first part: read the packet, look at its TTL. A number when there is no reading it: the
   * conditions found until then.
   */
  private passageOf(
    packet: Packet,
    context: HookContext,
    stage: 'nat' | 'filter' | 'whole',
  ): Passage | number {
    const { carried } = this;
    // Translation is first on the way in and last on the way out: what comes first begins anew.
    const continues = stage === (context.direction === 'in' ? 'filter' : 'nat');
    if (
      continues &&
      carried !== undefined &&
      carried.info.bytes === packet.bytes &&
      carried.info.interface === context.interface &&
      carried.info.out === (context.direction === 'out')
    ) {
      return carried;
    }
    const { bytes } = packet;
    if ((bytes[0] ?? 0) >>> 4 === 6 && bytes[4] === 0 && bytes[5] === 0) return linkConditions(context);
    const info = readPacketInfo(
      bytes,
      {
        out: context.direction === 'out',
        interface: context.interface,
        linkConditions: linkConditions(context),
      },
      this.tunables,
    );
    if (info === undefined) return 0;
    if (info.lost) return info.conditions;
    info.inInterface = info.out ? context.otherInterface : context.interface;
    info.outInterface = info.out ? context.interface : context.otherInterface;
    if (!info.out && info.ttl < this.tunables.minimumTtl) info.conditions |= CONDITION.lowTtl;
    return {
      info,
      packet,
      decision: this.startDecision,
      rule: undefined,
      state: undefined,
      stateUse: 'none',
      refusal: undefined,
      dropCode: 0,
      nat: undefined,
      visitedRules: 0,
      doubts: [],
      alternative: undefined,
      icmpCode: undefined,
      rateExceeded: false,
      sent: [],
      taken: false,
      ruleNumber: -1,
      groupBuffer: '\xff',
      logged: NOTHING_LOGGED,
    };
  }

  private translateOnly(packet: Packet, context: HookContext): IpfilterResult {
    if (this.config.nat === undefined) return nothingToTranslate(packet, this.startDecision);
    const passage = this.passageOf(packet, context, 'nat');
    if (typeof passage === 'number') return unseen(packet, passage);
    if (context.direction === 'in') this.arrive(passage);
    else this.leave(passage);
    this.carried = passage;
    return this.natResult(passage);
  }

  private arrive(passage: Passage): boolean {
    if (this.config.nat === undefined) return true;
    return this.settleNat(passage, this.translator.arrive(passage.info));
  }

  private leave(passage: Passage): boolean {
    if (this.config.nat === undefined) return true;
    const { info, rule } = passage;
    const body = rule?.rule.body;
    const route = info.reverse ? body?.route?.replyTo : body?.route?.to;
    const own = info.interface;
    // `to` has already chosen another interface when translation looks at the packet.
    if (route?.interface !== undefined) info.interface = route.interface;
    const tag = rule === undefined ? undefined : { tag: body?.setTag?.nat ?? body?.matchTag?.nat };
    const outcome = this.translator.leave(info, tag);
    info.interface = own;
    return this.settleNat(passage, outcome);
  }

  private settleNat(passage: Passage, outcome: NatOutcome): boolean {
    passage.nat = outcome;
    if (outcome.kind !== 'failed') return true;
    passage.decision = BLOCK;
    passage.dropCode = passage.info.family === 4 ? 15 : 16;
    passage.info.conditions |= CONDITION.badTranslation;
    return false;
  }

  /** From the auth table to `keep state`: who decides about the packet. */
  private runFilter(passage: Passage): void {
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
    const hit = this.states.check(
      info,
      (entry) => this.judgeIcmpError(entry, passage),
      (packet) => this.readQuoted(packet),
    );
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
    if (group === undefined || this.compiled === undefined) return true;
    // Groups are found by name alone, so rules of either direction can be in it.
    const chain =
      this.compiled.chains.get(groupChainName(info.out ? 'out' : 'in', group)) ??
      this.compiled.chains.get(groupChainName(info.out ? 'in' : 'out', group));
    if (chain === undefined) return true;
    const run = new ScanRun(
      this.compiled,
      info,
      this.hooks(passage, false, () => true),
    );
    return run.scanChain(chain, this.startDecision).action !== 'block';
  }

  /** `ipf_checkicmpmatchingstate` and its IPv6 twin: enough of the quoted packet must be there. */
  private readQuoted(info: PacketInfo): PacketInfo | undefined {
    const quoted = info.dataStart + 8;
    if (info.family === 6) {
      if (info.totalLength < 48) return undefined;
      return info.quote(quoted, info.dataLength - 8, this.tunables);
    }
    if (info.headerLength !== 20 || info.totalLength < 48) return undefined;
    const headerLength = (info.byte(quoted) & 15) << 2;
    if (info.totalLength < 56 + (headerLength - 20)) return undefined;
    const length = info.dataLength - 8;
    if (length <= 0 || headerLength > length) return undefined;
    return info.quote(quoted, length, this.tunables);
  }

  private byRules(passage: Passage): void {
    const { info } = passage;
    passage.decision = this.startDecision;
    passage.rule = undefined;
    passage.state = undefined;
    passage.stateUse = 'none';
    if (this.compiled === undefined) return;
    const { entries } = this.compiled.program;
    const name = info.out ? entries.out : entries.in;
    const run = new ScanRun(
      this.compiled,
      info,
      this.hooks(passage, false, (rule, { ruleNumber }) => this.addState(passage, rule, ruleNumber)),
    );
    run.ruleNumber = passage.ruleNumber;
    run.groupBuffer = passage.groupBuffer;
    let decision = run.scanEntry(name, this.startDecision);
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
    passage.alternative = run.scanEntry(name, this.startDecision);
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

  private account(passage: Passage): void {
    if (this.compiled === undefined) return;
    const { entries } = this.compiled.program;
    const name = passage.info.out ? entries['account-out'] : entries['account-in'];
    if (name === undefined) return;
    const run = new ScanRun(
      this.compiled,
      passage.info,
      this.hooks(passage, false, () => true),
    );
    run.scanEntry(name, NO_MATCH);
    passage.visitedRules += run.visitedRules;
  }

  /** The final verdict's log entry; a packet that cannot be logged may have to be blocked for it. */
  private logVerdict(passage: Passage): void {
    if (!logsInTheEnd(passage.decision) || this.log(passage, passage.decision, passage)) return;
    if (!blocksUnlogged(passage.decision) || passage.decision.action !== 'pass') return;
    passage.decision = blocked(passage.decision);
    passage.dropCode = 7;
  }

  private logAtOnce(passage: Passage, rule: CompiledRule, run: ScanRun): Decision | undefined {
    const { ruleNumber, groupBuffer } = run;
    if (this.log(passage, rule.decision, { rule, ruleNumber, groupBuffer }) || !blocksUnlogged(rule.decision))
      return undefined;
    passage.dropCode = 1;
    return blockedAtOnce(rule.decision);
  }

  private log(
    passage: Passage,
    decision: Decision,
    { rule, ruleNumber, groupBuffer }: Pick<Passage, 'rule' | 'ruleNumber' | 'groupBuffer'>,
  ): boolean {
    const entry = logEntryOf(passage.info, decision, {
      rule,
      ruleNumber,
      group: groupBuffer,
      reason: passage.dropCode,
    });
    if (this.config.log?.(entry) === false) return false;
    passage.logged = [...passage.logged, entry];
    return true;
  }

  private hooks(passage: Passage, dry: boolean, addState: ScanHooks['addState']): ScanHooks {
    const { hits } = this;
    const { info } = passage;
    const hooks: ScanHooks = {
      pools: this.filterPools,
      addressesOf: this.addressesOf,
      inState: () => info.has(CONDITION.state),
      addState,
      log: dry ? undefined : (rule, run) => this.logAtOnce(passage, rule, run),
      groupFor: (map, family, value) => this.groupFor(map, family, value),
      assumeMaybe: dry,
      linear: this.config.linear === true,
    };
    if (hits === undefined || dry) return hooks;
    return { ...hooks, matched: (rule) => hits.set(rule, (hits.get(rule) ?? 0) + 1) };
  }

  private groupFor(map: string, family: 4 | 6, value: PacketFacts['source']): string | undefined {
    for (const type of ['hash', 'pool'] as const) {
      const entry = this.filterPools.find({ type, name: map })?.find(family, value);
      if (entry !== undefined) return entry.group;
    }
    return undefined;
  }

  /** `ipf_updateipid`: leaving packets get ids of the gateway's own counting; fragments that of their first. */
  private updateIpId(passage: Passage): void {
    const { info } = passage;
    let id: number;
    if (info.fragmentOffset !== 0) {
      const known = this.ids.find(info);
      if (known === undefined) {
        passage.decision = blocked(passage.decision);
        passage.dropCode = 6;
        return;
      }
      id = known;
    } else {
      id = this.nextId;
      this.nextId = (this.nextId + 1) & 0xffff;
      if (info.has(CONDITION.fragment)) this.ids.add(info, id, false);
    }
    const old = info.word(info.start + 4);
    if (old === id) return;
    info.writeWord(info.start + 4, id);
    info.writeWord(info.start + 10, addDelta(info.word(info.start + 10), sumDelta(old, id)));
  }

  private followRoutes(passage: Passage): void {
    const route = routeOf(passage.rule, passage.info);
    if (route?.duplicateTo !== undefined) this.sendBy(passage, route.duplicateTo);
    if (route?.to !== undefined) {
      this.sendBy(passage, route.to);
      passage.taken = true;
    }
  }

  /** `ipf_fastroute`: what leaves by another interface is seen going out there, by state and translation. */
  private sendBy(passage: Passage, target: RouteTarget): void {
    const { info } = passage;
    const { out, interface: own } = info;
    const name = this.interfaceOf(passage, target);
    if (name === undefined) return;
    info.conditions &= ~CONDITION.state;
    if (info.family === 4) info.writeWord(info.start + 10, 0);
    let lost = false;
    if (!out) {
      info.interface = name;
      info.out = true;
      this.account(passage);
      if (passage.decision.answer === undefined) {
        this.states.check(
          info,
          () => true,
          (packet) => this.readQuoted(packet),
        );
      }
      if (this.config.nat !== undefined) {
        const outcome = this.translator.leave(info, undefined);
        lost = outcome.kind === 'failed';
        if (outcome.kind === 'translated' && info.family === 4) info.writeWord(info.start + 10, 0);
      }
    }
    if (!lost)
      passage.sent.push({ packet: decodePacket(info.bytes.slice()), interface: name, direction: 'out' });
    info.interface = own;
    info.out = out;
  }

  /** Where a `to` sends: its interface, or a node of a destination list, the same for all packets of a state. */
  private interfaceOf(passage: Passage, target: RouteTarget): string | undefined {
    if (target.list === undefined) return target.interface;
    const known = passage.state?.nextHops.get(target);
    if (known !== undefined) return known;
    const chosen = this.translator.lists.select(target.list, passage.info)?.interface;
    if (chosen !== undefined) passage.state?.nextHops.set(target, chosen);
    return chosen;
  }

  private packetAfter(passage: Passage): Packet {
    const { info, packet } = passage;
    return info.bytes === packet.bytes ? packet : decodePacket(info.bytes);
  }

  private natResult(passage: Passage): IpfilterResult {
    const outcome = passage.nat!;
    const session = outcome.kind === 'translated' ? outcome.session : undefined;
    const rule =
      session?.rule ??
      (outcome.kind === 'untouched' ? outcome.exemptBy : 'rule' in outcome ? outcome.rule : undefined);
    const failed = outcome.kind === 'failed';
    const { info } = passage;
    return {
      packet: this.packetAfter(passage),
      verdict: failed ? 'drop' : 'pass',
      reason: failed ? 'nat-failed' : undefined,
      dropCode: failed ? passage.dropCode : undefined,
      said: describeNat(outcome, info),
      origins: rule === undefined ? [] : [rule.rule.origin],
      entry: session === undefined ? undefined : sessionLine(session),
      uncertain: this.natDoubt(passage),
      visitedRules: 0,
      quiet: this.translator.rules.length === 0,
      changed: session !== undefined,
      decision: passage.decision,
      conditions: info.conditions,
    };
  }

  private natDoubt({ nat, info }: Passage): string | undefined {
    if (nat === undefined) return undefined;
    const { sessions, hasUnknownProxy } = this.translator;
    return natDoubt(nat, info, { sessions: sessions.sessions, hasUnknownProxy }, this.addressesOf);
  }

  private filterResult(passage: Passage, whole: boolean): IpfilterResult {
    const { info, rule, decision } = passage;
    const passed = decision.action === 'pass';
    const byEngine = !passed && passage.dropCode !== 0;
    return new FilterResult(passage, {
      packet: whole || info.bytes !== passage.packet.bytes ? this.packetAfter(passage) : passage.packet,
      verdict: passed ? 'pass' : byEngine ? 'drop' : 'block',
      reason: passed ? undefined : reasonOf(passage),
      dropCode: passed ? undefined : passage.dropCode,
      answer: !passed && !info.out ? decision.answer : undefined,
      route: routeOf(rule, info),
      sent: passage.sent,
      taken: passage.taken,
      uncertain: uncertaintyOf(passage) ?? (whole ? this.natDoubt(passage) : undefined),
      quiet: this.compiled === undefined && passage.nat === undefined,
    });
  }
}

/** Shared: most packets are not logged. */
const NOTHING_LOGGED: readonly LogEntry[] = [];

function linkConditions(context: HookContext): number {
  switch (context.linkCast) {
    case 'multicast':
      return CONDITION.multicast | CONDITION.linkCast;
    case 'broadcast':
      return CONDITION.broadcast | CONDITION.linkCast;
    default:
      return 0;
  }
}
