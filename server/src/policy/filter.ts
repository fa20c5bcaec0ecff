/**
 * The decision program every filter language is lowered to: named chains of rules, each rule a match, what it
 * does to the verdict, what else it asks for, and where control goes next. Last-match (`ipf`, `pf`, `npf`),
 * first-match (`nft`, `iptables`), groups, anchors and chains are all ways to fill in `next`, so scanning,
 * dead-rule analysis and the classifier are written once, in `simulator/` and `analysis/`.
 */
import type { Address } from './address';
import type { Match } from './match';
import type { Origin } from './origin';

/** Which engine's semantics of state, fragments and scanning apply. */
export type FilterSemantics = 'ipfilter';

export interface FilterProgram {
  readonly semantics: FilterSemantics;
  readonly chains: ReadonlyMap<string, FilterChain>;
  /** Chain that is scanned first, per purpose. Absent: nothing to scan. */
  readonly entries: Readonly<Partial<Record<FilterEntry, string>>>;
  /** The verdict before any rule matched. */
  readonly defaultVerdict: 'pass' | 'block';
}

export type FilterEntry = 'in' | 'out' | 'account-in' | 'account-out';

export interface FilterChain {
  readonly name: string;
  /** What its users call it: `in`, `group 100`. */
  readonly title: string;
  readonly direction: 'in' | 'out';
  readonly rules: readonly FilterRule[];
}

/** A rule at its place. `body` is shared by all parses that hold the same statement; only the origin moves. */
export interface FilterRule {
  readonly body: FilterRuleBody;
  readonly origin: Origin;
}

export interface FilterRuleBody {
  readonly match: Match;
  /** What a match sets the verdict to; absent leaves it as it was (`log`, `skip`, `count`). */
  readonly verdict?: FilterVerdict;
  readonly next: Control;
  readonly keepState?: KeepState;
  readonly keepFragments?: { readonly strict: boolean; readonly limit?: number; readonly age?: number };
  readonly log?: LogRequest;
  readonly route?: RouteRequest;
  /** The rule as the language's canonical printer writes it: titles and explanations use it. */
  readonly text: string;
  /** Clauses that were parsed and that nothing here evaluates; a walk that matches the rule says so. */
  readonly unmodelled?: readonly string[];
  /** Packets a second after which the rule no longer matches (`pps`). */
  readonly packetsPerSecond?: number;
  readonly setTag?: { readonly nat?: string; readonly log?: number };
  readonly matchTag?: { readonly nat?: string; readonly log?: number };
  /**
   * Interfaces that state of this rule is bound to, by place: the rule's own (`on a`), the second of `on a,b`,
   * and those of `in-via`/`out-via`. The rule's own interface is tested by `match` as well.
   */
  readonly interfaces?: readonly (string | undefined)[];
}

/**
 * Name of the chain that holds the rules of a group. Groups of the two directions, and of accounting rules, are
 * different chains even when they have one name.
 */
export function groupChainName(entry: FilterEntry, group: string): string {
  return `${entry} group ${group}`;
}

/** The group whose rules a chain holds; undefined for a chain that is no group. */
export function groupOfChain(name: string): string | undefined {
  return / group (.*)$/.exec(name)?.[1];
}

export type FilterVerdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'block'; readonly answer?: BlockAnswer }
  /** IPFilter's `nomatch` action: dropped as if no rule had matched. */
  | { readonly kind: 'nomatch' }
  | { readonly kind: 'auth' }
  | { readonly kind: 'preauth' }
  | { readonly kind: 'account' }
  | { readonly kind: 'decapsulate' };

export type BlockAnswer =
  | { readonly kind: 'rst' }
  | { readonly kind: 'icmp'; readonly code: number; readonly asDestination: boolean };

export type Control =
  | { readonly kind: 'continue' }
  /** `quick`, or any first-match verdict. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'skip'; readonly count: number }
  /**
   * IPFilter's `head`: scan `chain` starting from this rule's result; a result found there replaces it, its
   * lack of `quick` included. `stop`: the head itself is quick.
   */
  | { readonly kind: 'head'; readonly chain: string; readonly stop: boolean }
  | {
      readonly kind: 'call';
      readonly function: string;
      readonly argument: string;
      readonly stop: boolean;
      /** `call now`: when the rule is looked at, not when it has matched last. */
      readonly now?: boolean;
    };

export interface KeepState {
  readonly limit?: number;
  readonly strict?: boolean;
  readonly loose?: boolean;
  readonly newIsn?: boolean;
  readonly noIcmpErrors?: boolean;
  readonly sync?: boolean;
  readonly noLog?: boolean;
  /** Seconds, forward and reverse. */
  readonly age?: readonly [forward: number, reverse: number];
  /** Group whose rules judge ICMP errors of this state. */
  readonly icmpHead?: string;
  readonly maxSources?: number;
  readonly maxPerSource?: { readonly count: number; readonly length: number };
  readonly rpc?: boolean;
}

export interface LogRequest {
  readonly first: boolean;
  readonly body: boolean;
  readonly orBlock: boolean;
  /** `facility.priority`, as written. */
  readonly level?: string;
}

export interface RouteRequest {
  readonly to?: RouteTarget;
  readonly duplicateTo?: RouteTarget;
  readonly replyTo?: RouteTarget;
  readonly fastroute?: boolean;
}

export interface RouteTarget {
  readonly interface: string;
  readonly nextHop?: Address;
  readonly list?: string;
}

/** Joins what several files load into one engine, in load order (`ipf -f a -f b`). */
export function mergeFilterPrograms(programs: readonly FilterProgram[]): FilterProgram | undefined {
  if (programs.length <= 1) return programs[0];
  const chains = new Map<string, FilterChain>();
  let entries: FilterProgram['entries'] = {};
  for (const program of programs) {
    entries = { ...entries, ...program.entries };
    for (const [name, chain] of program.chains) {
      const known = chains.get(name);
      chains.set(name, known ? { ...known, rules: [...known.rules, ...chain.rules] } : chain);
    }
  }
  return { ...programs[0]!, chains, entries };
}
