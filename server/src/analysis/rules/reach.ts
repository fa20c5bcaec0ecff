/**
 * Which rules of a filter program never count: those no packet gets to, and those whose every packet a later rule
 * decides anew. It follows the scan of `simulator/scan.ts` (IPFilter's `ipf_scanlist`) with sets of packets in
 * place of one packet, and says nothing where that would be too much work or rests on what nobody can know:
 *
 * - A `quick` rule with `keep state` decides nothing for certain, since without room for the state it does not match.
 * - A head decides what the quick rules of its group decide; what comes out of the group without `quick` goes on.
 * - A rule of a group gets the packets that its heads match and that get to them.
 * - Groups that a `call` or an `icmp-head` may enter get any packet.
 */
import type { FilterChain, FilterProgram, FilterRule } from '../../policy/filter';
import { finish, type Work } from '../../text/work';
import { type Box, intersectBoxes, tidy } from './boxes';
import { Budget, type Cover, CoverList, type Skip } from './chainCover';
import { Space } from './space';

export type Lifelessness =
  | { readonly kind: 'never-reached'; readonly rule: FilterRule; readonly covers: readonly FilterRule[] }
  | { readonly kind: 'always-overridden'; readonly rule: FilterRule; readonly covers: readonly FilterRule[] }
  /** A rule of a group none of whose heads is ever reached. */
  | {
      readonly kind: 'group-never-entered';
      readonly rule: FilterRule;
      readonly heads: readonly FilterRule[];
    };

export interface ReachResult {
  readonly lifeless: readonly Lifelessness[];
  /** Pairs of rules looked at: what the work was. */
  readonly visited: number;
}

const results = new WeakMap<FilterProgram, ReachResult>();

/** Memoised by program. */
export function lifelessRules(program: FilterProgram): ReachResult {
  return finish(lifelessRulesWork(program));
}

export function* lifelessRulesWork(program: FilterProgram): Work<ReachResult> {
  let result = results.get(program);
  if (result === undefined) {
    result = yield* analyse(program);
    results.set(program, result);
  }
  return result;
}

/** Rules between two pauses. */
const PIECE = 128;

function* analyse(program: FilterProgram): Work<ReachResult> {
  const budget = new Budget();
  const families = ([4, 6] as const).map((family) => new FamilyReach(program, new Space(family), budget));
  const lifeless: Lifelessness[] = [];
  for (const chain of program.chains.values()) {
    const heads = families[0]!.headsOf(chain.name);
    // What nothing leads to is another finding.
    if (!isEntry(program, chain) && heads.length === 0 && !families[0]!.isOpen(chain.name)) continue;
    for (const [position, rule] of chain.rules.entries()) {
      if (budget.isSpent) break;
      if (position % PIECE === PIECE - 1) yield;
      const fates: Fate[] = [];
      for (const family of families) {
        const fate = yield* family.fateOf(chain, position);
        fates.push(fate);
        // Alive for one family is alive: most rules need not be looked at for the other.
        if (fate.kind === 'alive') break;
      }
      const fate = joinFates(fates);
      if (fate === undefined) continue;
      const covers = [...fate.covers].sort((a, b) => a - b).map((at) => chain.rules[at]!);
      if (fate.kind === 'not-entered')
        lifeless.push({
          kind: 'group-never-entered',
          rule,
          heads: heads.map((h) => h.chain.rules[h.position]!),
        });
      else lifeless.push({ kind: fate.kind, rule, covers });
    }
  }
  return { lifeless, visited: budget.visited };
}

function isEntry(program: FilterProgram, chain: FilterChain): boolean {
  return Object.values(program.entries).includes(chain.name);
}

interface Fate {
  /** `unmatched`: no packet of the family is meant. */
  readonly kind: 'alive' | 'unmatched' | 'not-entered' | 'never-reached' | 'always-overridden';
  readonly covers: ReadonlySet<number>;
}

/** A rule for both families is lifeless when it is in both. */
function joinFates(
  fates: readonly Fate[],
): { kind: Exclude<Fate['kind'], 'alive' | 'unmatched'>; covers: ReadonlySet<number> } | undefined {
  const meant = fates.filter((f) => f.kind !== 'unmatched');
  const covers = new Set(meant.flatMap((f) => [...f.covers]));
  for (const kind of ['always-overridden', 'never-reached', 'not-entered'] as const) {
    if (meant.some((f) => f.kind === 'alive')) return undefined;
    if (meant.some((f) => f.kind === kind)) return { kind, covers };
  }
  return undefined;
}

interface Domain {
  readonly boxes: readonly Box[];
  /** Some head is for packets of this family, whether they get to it or not. */
  readonly isMeant: boolean;
}

interface Place {
  readonly chain: FilterChain;
  readonly position: number;
}

const NOTHING: ReadonlySet<number> = new Set();
/** A group is entered by more boxes than this: any packet is taken to enter it. */
const MOST_DOMAIN_BOXES = 24;

class FamilyReach {
  private readonly heads = new Map<string, Place[]>();
  private readonly open = new Set<string>();
  private allOpen = false;
  private readonly domains = new Map<string, Domain | undefined>();
  private readonly deciding = new Map<string, CoverList>();
  private readonly overriding = new Map<string, CoverList>();

  constructor(
    private readonly program: FilterProgram,
    private readonly space: Space,
    private readonly budget: Budget,
  ) {
    for (const chain of program.chains.values())
      chain.rules.forEach(({ body }, position) => {
        if (body.next.kind === 'head') {
          const places = this.heads.get(body.next.chain);
          if (places === undefined) this.heads.set(body.next.chain, [{ chain, position }]);
          else places.push({ chain, position });
        }
        if (body.next.kind === 'call') this.allOpen = true;
        const { icmpHead } = body.keepState ?? {};
        if (icmpHead !== undefined)
          for (const name of program.chains.keys()) if (name.endsWith(` ${icmpHead}`)) this.open.add(name);
      });
  }

  headsOf(chain: string): readonly Place[] {
    return this.heads.get(chain) ?? [];
  }

  /** Entered in other ways than by a head. */
  isOpen(chain: string): boolean {
    return this.allOpen || this.open.has(chain);
  }

  *fateOf(chain: FilterChain, position: number): Work<Fate> {
    const { body } = chain.rules[position]!;
    const meant = this.space.atMost(body.match);
    if (meant.length === 0) return { kind: 'unmatched', covers: NOTHING };
    const domain = yield* this.domainOf(chain);
    if (domain !== undefined && domain.boxes.length === 0)
      return { kind: domain.isMeant ? 'not-entered' : 'unmatched', covers: NOTHING };
    const target = domain === undefined ? meant : this.intersect(meant, domain.boxes);
    // The heads are for other packets than the rule; no other rule is to blame.
    if (target.length === 0) return { kind: 'unmatched', covers: NOTHING };
    const before = new Set<number>();
    const deciding = yield* this.decidingIn(chain);
    const reached = deciding.subtractFrom(target, position, 'before', this.budget, before);
    if (reached?.length === 0) return { kind: 'never-reached', covers: before };
    if (!canBeOverridden(this.program, chain, chain.rules[position]!))
      return { kind: 'alive', covers: NOTHING };
    const after = new Set<number>();
    const overriding = yield* this.overridingIn(chain);
    const kept = overriding.subtractFrom(reached ?? target, position, 'after', this.budget, after);
    return kept?.length === 0
      ? { kind: 'always-overridden', covers: after }
      : { kind: 'alive', covers: NOTHING };
  }

  /** Packets that enter a list; undefined: any. */
  private *domainOf(chain: FilterChain): Work<Domain | undefined> {
    if (isEntry(this.program, chain) || this.isOpen(chain.name)) return undefined;
    if (this.domains.has(chain.name)) return this.domains.get(chain.name);
    // Groups that lead back to themselves end here.
    this.domains.set(chain.name, undefined);
    const boxes: Box[] = [];
    let isMeant = false;
    for (const { chain: outer, position } of this.headsOf(chain.name)) {
      const outerDomain = yield* this.domainOf(outer);
      const own = this.space.atMost(outer.rules[position]!.body.match);
      const target = outerDomain === undefined ? own : this.intersect(own, outerDomain.boxes);
      isMeant ||= own.length > 0 && (target.length > 0 || outerDomain?.isMeant === true);
      const cover = yield* this.decidingIn(outer);
      boxes.push(...(cover.subtractFrom(target, position, 'before', this.budget, new Set()) ?? target));
      if (boxes.length > MOST_DOMAIN_BOXES) return undefined;
    }
    const domain = { boxes, isMeant };
    this.domains.set(chain.name, domain);
    return domain;
  }

  private intersect(a: readonly Box[], b: readonly Box[]): readonly Box[] {
    return a.flatMap((x) =>
      b.flatMap((y) => {
        const both = intersectBoxes(x, y);
        return (both === undefined ? undefined : tidy(both, this.space.family)) ?? [];
      }),
    );
  }

  private *decidingIn(chain: FilterChain): Work<CoverList> {
    let list = this.deciding.get(chain.name);
    if (list === undefined) {
      const covers: Cover[] = [];
      for (const [position, rule] of chain.rules.entries()) {
        for (const box of this.decidedBy(rule, [chain])) covers.push({ position, box });
        if (position % PIECE === PIECE - 1) yield;
      }
      list = yield* CoverList.of(this.space, covers, this.skipsIn(chain));
      this.deciding.set(chain.name, list);
    }
    return list;
  }

  private *overridingIn(chain: FilterChain): Work<CoverList> {
    let list = this.overriding.get(chain.name);
    if (list === undefined) {
      const covers: Cover[] = [];
      for (const [position, rule] of chain.rules.entries()) {
        if (setsVerdictForCertain(rule))
          for (const box of this.space.atLeast(rule.body.match)) covers.push({ position, box });
        if (position % PIECE === PIECE - 1) yield;
      }
      list = yield* CoverList.of(this.space, covers, this.skipsIn(chain));
      this.overriding.set(chain.name, list);
    }
    return list;
  }

  /** `above`: the lists that lead here. A group that leads back to itself decides nothing by what it holds. */
  private *decidedIn(chain: FilterChain, above: readonly FilterChain[]): Generator<Box> {
    const path = [...above, chain];
    for (const rule of chain.rules) yield* this.decidedBy(rule, path);
  }

  /** Packets with which the scan of the rule's list ends at the rule, for certain. */
  private decidedBy(rule: FilterRule, path: readonly FilterChain[]): readonly Box[] {
    const { body } = rule;
    if (!isPlain(rule)) return [];
    const own = this.space.atLeast(body.match);
    if (body.next.kind === 'stop')
      return body.verdict !== undefined && body.keepState === undefined ? own : [];
    if (body.next.kind !== 'head') return [];
    const group = this.program.chains.get(body.next.chain);
    const ownEnds = body.next.stop && body.verdict !== undefined && body.keepState === undefined;
    if (group === undefined || group.rules.length === 0) return ownEnds ? own : [];
    if (path.length > DEEPEST || this.leadsTo(group, path)) return [];
    if (ownEnds && group.rules.every((r) => this.keepsQuick(r))) return own;
    if (group.rules.some((r) => r.body.next.kind === 'skip')) return [];
    // What an earlier rule of the group lets go on without `quick` may still end further down: both are in here.
    const inGroup: Box[] = [];
    let count = 0;
    for (const box of this.decidedIn(group, path)) {
      inGroup.push(box);
      count += this.intersect(own, [box]).length;
      if (count > MOST_GROUP_BOXES) return [];
    }
    return this.intersect(own, inGroup);
  }

  /** Is one of the lists entered again from the group? */
  private leadsTo(group: FilterChain, path: readonly FilterChain[], seen = new Set<FilterChain>()): boolean {
    if (path.includes(group)) return true;
    if (seen.has(group)) return false;
    seen.add(group);
    const next = [...path, group];
    return group.rules.some(({ body }) => {
      const inner = body.next.kind === 'head' ? this.program.chains.get(body.next.chain) : undefined;
      return inner !== undefined && this.leadsTo(inner, next, seen);
    });
  }

  /** In the group of a quick head: does the result stay quick whatever this rule does? */
  private keepsQuick({ body }: FilterRule): boolean {
    if (body.next.kind === 'head' || body.next.kind === 'call') return false;
    return body.verdict === undefined || body.verdict.kind === 'decapsulate' || body.next.kind === 'stop';
  }

  private skipsIn(chain: FilterChain): readonly Skip[] {
    return chain.rules.flatMap(({ body }, position) =>
      body.next.kind === 'skip' && body.next.count > 0
        ? [{ position, last: position + body.next.count, boxes: this.space.atMost(body.match) }]
        : [],
    );
  }
}

const MOST_GROUP_BOXES = 512;
/** Groups within groups are followed this far; the engine's own limit is 16. */
const DEEPEST = 4;

/** Nothing about when the rule matches is left to chance. */
function isPlain({ body }: FilterRule): boolean {
  return (
    (body.unmodelled === undefined || body.unmodelled.length === 0) &&
    body.matchTag === undefined &&
    body.packetsPerSecond === undefined &&
    body.verdict?.kind !== 'decapsulate'
  );
}

/** Every packet that matches leaves with the verdict of this rule, or of one behind it. */
function setsVerdictForCertain(rule: FilterRule): boolean {
  const { body } = rule;
  if (!isPlain(rule) || body.verdict === undefined) return false;
  if (body.next.kind === 'skip' || body.next.kind === 'call') return false;
  const isQuick = body.next.kind === 'stop' || (body.next.kind === 'head' && body.next.stop);
  return !(isQuick && body.keepState !== undefined);
}

/**
 * Rules that do nothing but set a verdict which a later one may replace. Accounting counts every match. Where a
 * quick head's verdict stands until a rule of the group replaces it, a `log` rule ends the scan of the group: there
 * even a verdict that is replaced has let the scan go on.
 */
function canBeOverridden(program: FilterProgram, chain: FilterChain, { body }: FilterRule): boolean {
  if (body.next.kind !== 'continue' || body.verdict === undefined) return false;
  if (chain.name.startsWith('account')) return false;
  return isEntry(program, chain) || everyRuleDecides(chain);
}

const decidedThroughout = new WeakMap<FilterChain, boolean>();

/** Asked of every rule of a group, so it is worked out once. */
function everyRuleDecides(chain: FilterChain): boolean {
  let decides = decidedThroughout.get(chain);
  if (decides === undefined) {
    decides = chain.rules.every((r) => r.body.verdict !== undefined);
    decidedThroughout.set(chain, decides);
  }
  return decides;
}
