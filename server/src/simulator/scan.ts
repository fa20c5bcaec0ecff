/**
 * The interpreter of filter programs: which rule decides about a packet. It follows IPFilter's
 * `ipf_scanlist` (fil.c): every match replaces the verdict so far, `quick` ends the list, a group head scans
 * its group and takes over its result (lack of `quick` included), `skip` jumps within the list and never
 * changes the verdict.
 *
 * A program is compiled once (closures and an index per chain, see `scanMatch.ts` and `scanIndex.ts`) and
 * shared by all engines; what one scan needs of its own is a `ScanRun`. Tests that answer "maybe" are taken
 * as the run is told to take them, and the run remembers that it had to.
 */

import {
  type FilterChain,
  type FilterEntry,
  type FilterProgram,
  type FilterRule,
  groupChainName,
  groupOfChain,
} from '../policy/filter';
import { getOrInsert } from './getOrInsert';
import type { PacketFacts } from './packetFacts';
import { type Decision, decisionOf, logsAtOnce } from './scanDecision';
import { type ChainIndex, indexChain } from './scanIndex';
import { compileMatch, MAYBE, type MatchSurroundings, NO, type Test } from './scanMatch';

/** Groups nest this deep; what lies deeper is not looked at (`fin_depth`, fil.c). */
const DEPTH_LIMIT = 16;
/** Shorter lists are walked in order: looking candidates up would cost more. */
const INDEX_FROM_RULES = 8;

export interface CompiledRule {
  readonly rule: FilterRule;
  /** Position in its chain, from 0, counting every rule. */
  readonly position: number;
  readonly chain: CompiledChain;
  readonly test: Test;
  readonly decision: Decision;
}

/** Rules are compiled when a scan meets them first: after an edit few of a long list ever are. */
export class CompiledChain {
  private readonly made: (CompiledRule | undefined)[];
  private chainIndex: ChainIndex | undefined;
  /** Undefined: the rules are in no group. */
  readonly group: string | undefined;

  constructor(readonly chain: FilterChain) {
    this.made = new Array(chain.rules.length);
    this.group = groupOfChain(chain.name);
  }

  get length(): number {
    return this.made.length;
  }

  get index(): ChainIndex {
    this.chainIndex ??= indexChain(this.chain);
    return this.chainIndex;
  }

  /** All of them, compiled. */
  get rules(): readonly CompiledRule[] {
    return this.chain.rules.map((_, position) => this.ruleAt(position));
  }

  ruleAt(position: number): CompiledRule {
    const known = this.made[position];
    if (known !== undefined) return known;
    const rule = this.chain.rules[position]!;
    const compiled: CompiledRule = {
      rule,
      position,
      chain: this,
      test: getOrInsert(compiledTests, rule.body, () => compileMatch(rule.body.match)),
      decision: decisionOf(rule.body, this.chain.direction),
    };
    this.made[position] = compiled;
    return compiled;
  }
}

export interface CompiledProgram {
  readonly program: FilterProgram;
  readonly chains: ReadonlyMap<string, CompiledChain>;
}

const compiledPrograms = new WeakMap<FilterProgram, CompiledProgram>();

/** Memoised: the same program is compiled once however many walks ask. */
export function compileProgram(program: FilterProgram): CompiledProgram {
  const known = compiledPrograms.get(program);
  if (known !== undefined) return known;
  const chains = new Map<string, CompiledChain>();
  for (const [name, chain] of program.chains) chains.set(name, new CompiledChain(chain));
  const compiled: CompiledProgram = { program, chains };
  compiledPrograms.set(program, compiled);
  return compiled;
}

/** Bodies are shared between parses, so their closures are kept as long as the statement lives. */
const compiledTests = new WeakMap<FilterRule['body'], Test>();

/** One packet's way through the lists, and what was noticed on it. */
export class ScanRun {
  /** The rule that matched last (`fin_fr`): where state, logging and explanations look. */
  lastRule: CompiledRule | undefined;
  /** Rules whose tests were evaluated. */
  visitedRules = 0;
  /** Why some test could not be answered; empty when all could. */
  readonly doubts: string[] = [];
  /** Code an ICMP answer of the verdict carries (`fin_icode`). */
  icmpCode: number | undefined;
  /** Position of the rule that matched last in its list, as the log numbers it (`fin_rule`); -1: none has. */
  ruleNumber = -1;
  /**
   * The buffer with its group's name (`fin_group`), up to the first zero byte; `\xff`: no rule has matched. A name is
   * copied over it without its end, so the tail of a longer one before it stays.
   */
  groupBuffer = '\xff';
  private noted: CompiledChain | undefined;
  depth = 0;
  private pending: string[] = [];
  private readonly around: MatchSurroundings;
  private readonly scratch: Int32Array[] = [];

  constructor(
    readonly compiled: CompiledProgram,
    readonly packet: PacketFacts,
    readonly hooks: ScanHooks,
  ) {
    this.around = {
      pools: hooks.pools,
      addressesOf: hooks.addressesOf,
      doubt: (reason) => this.pending.push(reason),
    };
  }

  /** Scans the chain of a program entry; `start` is the verdict when nothing matches. */
  scanEntry(name: string | undefined, start: Decision): Decision {
    const chain = name === undefined ? undefined : this.compiled.chains.get(name);
    this.lastRule = undefined;
    return chain === undefined ? start : this.scanChain(chain, start);
  }

  scanChain(chain: CompiledChain, start: Decision): Decision {
    if (chain.length === 0) return start;
    if (this.depth >= DEPTH_LIMIT) {
      // The kernel leaves the group's first rule standing as the one that matched.
      this.lastRule = chain.ruleAt(0);
      return start;
    }
    this.depth++;
    this.lastRule = undefined;
    const result =
      this.hooks.linear === true || chain.length < INDEX_FROM_RULES
        ? this.scanAll(chain, start)
        : this.scanCandidates(chain, start);
    this.depth--;
    return result;
  }

  private scanAll(chain: CompiledChain, start: Decision): Decision {
    let verdict = start;
    let skippedTo = -1;
    for (let i = 0; i < chain.length; i++) {
      if (i <= skippedTo) continue;
      const rule = chain.ruleAt(i);
      if (!this.matches(rule)) continue;
      if (rule.decision.action === 'skip') {
        skippedTo = this.applySkip(rule);
        continue;
      }
      const outcome = this.apply(rule, verdict);
      verdict = outcome.verdict;
      if (outcome.stop) break;
    }
    return verdict;
  }

  private scanCandidates(chain: CompiledChain, start: Decision): Decision {
    const { index } = chain;
    let scratch = this.scratch[this.depth];
    if (scratch === undefined || scratch.length < index.capacity) {
      scratch = takeScratch(this.depth, index.capacity);
      this.scratch[this.depth] = scratch;
    }
    const count = index.candidates(this.packet, scratch);
    let verdict = start;
    let skippedTo = -1;
    for (let i = 0; i < count; i++) {
      const position = scratch[i]!;
      if (position <= skippedTo) continue;
      const rule = chain.ruleAt(position);
      if (!this.matches(rule)) continue;
      if (rule.decision.action === 'skip') {
        skippedTo = this.applySkip(rule);
        continue;
      }
      const outcome = this.apply(rule, verdict);
      verdict = outcome.verdict;
      if (outcome.stop) break;
    }
    return verdict;
  }

  private matches(rule: CompiledRule): boolean {
    this.visitedRules++;
    const answer = rule.test(this.packet, this.around);
    if (this.pending.length > 0) this.settleDoubts(answer === MAYBE);
    if (answer === NO) return false;
    if (answer === MAYBE && !this.hooks.assumeMaybe) return false;
    const wanted = rule.rule.body.matchTag?.nat;
    return wanted === undefined || rule.chain.chain.direction === 'out' || this.packet.tag === wanted;
  }

  private settleDoubts(matter: boolean): void {
    if (matter) {
      for (const reason of this.pending) if (!this.doubts.includes(reason)) this.doubts.push(reason);
    }
    this.pending = [];
  }

  private applySkip(rule: CompiledRule): number {
    this.lastRule = rule;
    this.hooks.matched?.(rule);
    this.ruleNumber = rule.position;
    return rule.position + rule.decision.skip;
  }

  private apply(rule: CompiledRule, before: Decision): { verdict: Decision; stop: boolean } {
    let matched = rule;
    if (rule.decision.callsNow) {
      const called = this.call(rule);
      if (called === undefined) return { verdict: before, stop: false };
      matched = called;
    }
    this.lastRule = matched;
    let { decision } = matched;
    if (logsAtOnce(decision)) decision = this.hooks.log?.(matched, this) ?? decision;
    this.hooks.matched?.(matched);
    this.ruleNumber = rule.position;
    if (this.noted !== matched.chain) this.noteGroup(matched.chain);
    let verdict = decision.setsVerdict ? decision : before;
    if (matched.decision.answer?.kind === 'icmp') this.icmpCode = matched.decision.answer.code;
    const next = matched.rule.body.next;
    if (next.kind === 'head') {
      const group = this.compiled.chains.get(next.chain);
      if (group !== undefined && group.length > 0) {
        const inGroup = this.scanChain(group, verdict);
        if (this.lastRule === undefined) {
          this.lastRule = matched;
          this.ruleNumber = rule.position;
        } else verdict = inGroup;
      }
    }
    if (!verdict.quick) return { verdict, stop: false };
    if (verdict.keepState && verdict.action !== 'auth' && !this.hooks.inState()) {
      this.lastRule = matched;
      // A quick rule whose state cannot be made does not match.
      if (!this.hooks.addState(matched, this)) return { verdict: before, stop: false };
    }
    return { verdict, stop: true };
  }

  private noteGroup(chain: CompiledChain): void {
    this.noted = chain;
    const { group } = chain;
    this.groupBuffer =
      group === undefined ? `\0${this.groupBuffer.slice(1)}` : group + this.groupBuffer.slice(group.length);
  }

  /** `call now srcgrpmap/N`, `dstgrpmap/N`: the group is chosen by address (`ipf_srcgrpmap`, fil.c). */
  private call(rule: CompiledRule): CompiledRule | undefined {
    const next = rule.rule.body.next;
    if (next.kind !== 'call') return undefined;
    this.hooks.matched?.(rule);
    const byDestination = next.function.startsWith('dst');
    const value = byDestination ? this.packet.destination : this.packet.source;
    const group = this.hooks.groupFor(next.argument, this.packet.family, value);
    const chain = group === undefined ? undefined : this.groupChain(group, rule);
    if (chain === undefined) return undefined;
    const kept = this.lastRule;
    this.scanChain(chain, rule.decision);
    const found = this.lastRule;
    if (found === undefined) this.lastRule = kept;
    return found;
  }

  private groupChain(group: string, rule: CompiledRule): CompiledChain | undefined {
    return this.compiled.chains.get(groupChainName(entryOfChain(rule.chain.chain), group));
  }

  /** A call that is not `now` is made for the rule that matched last (`ipf_firewall`). */
  callLast(rule: CompiledRule, before: Decision): Decision {
    const next = rule.rule.body.next;
    if (next.kind !== 'call' || next.now === true) return before;
    const byDestination = next.function.startsWith('dst');
    const value = byDestination ? this.packet.destination : this.packet.source;
    const group = this.hooks.groupFor(next.argument, this.packet.family, value);
    const chain = group === undefined ? undefined : this.groupChain(group, rule);
    if (chain === undefined) return before;
    const verdict = this.scanChain(chain, before);
    if (this.lastRule === undefined) this.lastRule = rule;
    return verdict;
  }
}

function entryOfChain(chain: FilterChain): FilterEntry {
  return chain.name.startsWith('account') ? `account-${chain.direction}` : chain.direction;
}

/** What a scan may ask of, and do to, the engine it runs in. */
export interface ScanHooks {
  readonly pools: MatchSurroundings['pools'];
  addressesOf: MatchSurroundings['addressesOf'];
  /** The packet already belongs to a state. */
  inState(): boolean;
  /** Makes the state a `keep state` rule asks for; false when it cannot be. */
  addState(rule: CompiledRule, run: ScanRun): boolean;
  /** Writes what a `log` rule asks for; a decision in answer takes the place of the rule's own. */
  readonly log?: ((rule: CompiledRule, run: ScanRun) => Decision | undefined) | undefined;
  /** Group that a `group-map` gives for an address. */
  groupFor(map: string, family: 4 | 6, value: PacketFacts['source']): string | undefined;
  /** Counts hits. */
  matched?(rule: CompiledRule): void;
  /** What "maybe" is taken for. */
  readonly assumeMaybe: boolean;
  /** Walk every rule, without the index: what the index is compared with. */
  readonly linear?: boolean;
}

const sharedScratch: Int32Array[] = [];

/** Scans never overlap at one depth, so the arrays are shared by all engines. */
function takeScratch(depth: number, length: number): Int32Array {
  let scratch = sharedScratch[depth];
  if (scratch === undefined || scratch.length < length) {
    scratch = new Int32Array(Math.max(length, 64));
    sharedScratch[depth] = scratch;
  }
  return scratch;
}
