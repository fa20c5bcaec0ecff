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
import type { NatRule } from '../../policy/nat';
import { CONDITION } from '../packetFacts';
import { type CompiledProgram, type CompiledRule, compileProgram } from '../scan';
import { BLOCK, blocked, type Decision, defaultDecision } from '../scanDecision';
import { poolFinder } from '../scanMatch';
import {
  DEFAULT_TUNABLES,
  type HookContext,
  type IpfilterConfig,
  type IpfilterEngine,
  type IpfilterResult,
  type IpfilterTunables,
} from './engineTypes';
import { describeNat, sessionLine } from './explain';
import { FastRoute } from './fastRoute';
import {
  FilterResult,
  nothingToTranslate,
  type Passage,
  reasonOf,
  routeOf,
  uncertaintyOf,
  unseen,
} from './filterResult';
import { FilterStage } from './filterStage';
import { IpIds } from './ipIds';
import type { LogEntry } from './log';
import { type NatOutcome, Translator } from './nat';
import { natDoubt } from './natDoubts';
import { readPacketInfo } from './packetInfo';
import { PacketLog } from './packetLog';
import type { ExpectedState } from './proxies/proxy';
import type { StateEntry } from './stateEntry';
import { StateTable } from './stateTable';
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
  readonly filterStage: FilterStage;
  private readonly tunables: IpfilterTunables;
  private readonly ids = new IpIds();
  private readonly routes = new FastRoute(this);
  private readonly log: PacketLog;
  private readonly addressesOf: (interfaceName: string) => readonly Address[];
  private readonly startDecision: Decision;
  private lazyTranslator: Translator | undefined;
  private carried: Passage | undefined;

  constructor(private readonly config: IpfilterConfig) {
    this.tunables = { ...DEFAULT_TUNABLES, ...config.tunables };
    this.compiled = config.filter === undefined ? undefined : compileProgram(config.filter);
    this.states = new StateTable(this.tunables);
    this.addressesOf = config.addressesOf ?? (() => []);
    this.startDecision = defaultDecision(
      this.tunables.defaultPass ?? config.filter?.defaultVerdict ?? 'pass',
    );
    this.log = new PacketLog(config.log);
    const { compiled, addressesOf, startDecision } = this;
    this.filterStage = new FilterStage(
      {
        compiled,
        addressesOf,
        startDecision,
        pools: poolFinder(config.pools ?? [], 'ipf'),
        linear: config.linear === true,
        countHits: config.countHits === true,
      },
      this.states,
      this.log,
    );
  }

  get translates(): boolean {
    return this.config.nat !== undefined;
  }

  get translator(): Translator {
    this.lazyTranslator ??= new Translator({
      table: this.config.nat,
      pools: poolFinder(this.config.pools ?? [], 'nat'),
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
    return this.filterStage.hitsOf(rule);
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
    this.filterStage.judge(passage);
    this.log.ofVerdict(passage);
    this.carried = passage;
    return this.filterResult(passage, false);
  }

  check(packet: Packet, context: HookContext): IpfilterResult {
    const passage = this.passageOf(packet, context, 'whole');
    if (typeof passage === 'number') return unseen(packet, passage);
    const { info } = passage;
    if (!info.out && !this.arrive(passage)) return this.filterResult(passage, true);
    this.filterStage.judge(passage);
    if (info.out && passage.decision.action === 'pass') {
      this.filterStage.account(passage);
      if (this.leave(passage)) this.renumber(passage);
    }
    this.log.ofVerdict(passage);
    if (this.config.routes === true) this.routes.follow(passage);
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
    if (!this.translates) return nothingToTranslate(packet, this.startDecision);
    const passage = this.passageOf(packet, context, 'nat');
    if (typeof passage === 'number') return unseen(packet, passage);
    if (context.direction === 'in') this.arrive(passage);
    else this.leave(passage);
    this.carried = passage;
    return this.natResult(passage);
  }

  private arrive(passage: Passage): boolean {
    if (!this.translates) return true;
    return this.settleNat(passage, this.translator.arrive(passage.info));
  }

  private leave(passage: Passage): boolean {
    if (!this.translates) return true;
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

  private renumber(passage: Passage): void {
    const { info } = passage;
    if (!this.tunables.updateIpId || info.family !== 4 || this.ids.renumber(info)) return;
    passage.decision = blocked(passage.decision);
    passage.dropCode = 6;
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
