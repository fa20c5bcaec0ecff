/**
 * Lowering after an edit. Most edits change a rule or two of a file that may have 100,000: then the rules before
 * the edit are the very same objects, those behind it differ by where they stand, and only the statements that
 * the two parses do not share are looked at. The result is what `lowerIpf` makes of the whole file; whenever an
 * edit touches what reaches beyond its rule (variables, heads of groups, twins), the whole file is lowered.
 */
import type { FilterChain, FilterProgram, FilterRule } from '../../policy/filter';
import { changedStatements } from '../../syntax/changedStatements';
import type { Problem } from '../../syntax/problem';
import type { Parse, ParsedStatement } from '../../syntax/statement';
import { finish, type Work } from '../../text/work';
import type { Lowered, LowerScope } from '../dialect';
import { type Gone, goneBetween, lineBreaks, spliceProblems, spliceRules } from '../ipfilter-kit/splice';
import { shiftProblem } from '../ipfilter-kit/templates';
import { forEachStatement } from '../statementOrigin';
import { HeadTests } from './heads';
import {
  type IpfLowerOptions,
  type LoweringMemory,
  lowerOptionsFor,
  lowerStatement,
  lowerWithMemory,
  type PlacedRule,
} from './lower';
import type { IpfTree } from './tree';

interface Remembered extends LoweringMemory {
  readonly parse: Parse<IpfTree>;
}

/**
 * The last lowering of each file, the most recently used last. It only saves work: what is answered depends on
 * the parse alone.
 */
const lastByFile = new Map<string, Remembered>();
const mostFiles = 8;
/** Larger edits (a paste, another branch) are lowered whole. */
const mostChanged = 200;

export function relowerIpf(parse: Parse<IpfTree>, scope: LowerScope): Lowered {
  return finish(relowerIpfInPieces(parse, scope));
}

export function* relowerIpfInPieces(parse: Parse<IpfTree>, scope: LowerScope): Work<Lowered> {
  const last = lastByFile.get(scope.file);
  if (last?.parse === parse) return last.lowered;
  const memory =
    (last === undefined ? undefined : afterEdit(last, parse, scope)) ??
    (yield* lowerWithMemory(parse, scope, lowerOptionsFor(scope.file)));
  lastByFile.delete(scope.file);
  lastByFile.set(scope.file, { ...memory, parse });
  if (lastByFile.size > mostFiles) lastByFile.delete(lastByFile.keys().next().value!);
  return memory.lowered;
}

/** Undefined when the edit reaches further than the rules it touches. `last` is used up when it succeeds. */
function afterEdit(last: Remembered, parse: Parse<IpfTree>, scope: LowerScope): LoweringMemory | undefined {
  const program = last.lowered.policy.filter;
  if (!last.isPlain || program === undefined) return undefined;
  const change = changedStatements(last.parse, parse);
  const { first, endBefore, endAfter } = change;
  if (endBefore - first > mostChanged || endAfter - first > mostChanged) return undefined;
  const gone = goneBetween(last.parse, parse, change);

  const heads = new HeadTests();
  for (const { start, placed } of last.heads) {
    if (start < gone.start) heads.note(placed.more.head, placed.more.inheritable);
  }
  const options = lowerOptionsFor(scope.file);
  const removed = standaloneRules(last.parse.statements.slice(first, endBefore), heads, last, options);
  const added = standaloneRules(parse.statements.slice(first, endAfter), heads, last, options);
  if (removed === undefined || added === undefined) return undefined;
  if (!exchangeIdentities(last.identities, removed, added)) return undefined;

  const fresh = placeAgain(parse, scope.file, first, endAfter, heads);
  const lowered: Lowered = {
    policy: { filter: spliceProgram(program, gone, fresh.rules) },
    problems: spliceProblems(last.lowered.problems, gone, fresh.problems),
  };
  return {
    ...last,
    lowered,
    heads: last.heads.map((h) => (h.start < gone.end ? h : { ...h, start: h.start + gone.by })),
  };
}

/** The rules of some statements, if each of them stands for itself. */
function standaloneRules(
  statements: readonly ParsedStatement<IpfTree>[],
  heads: HeadTests,
  last: Remembered,
  options: IpfLowerOptions,
): PlacedRule[] | undefined {
  const rules: PlacedRule[] = [];
  for (const statement of statements) {
    const lowered = lowerStatement(statement, new Map(), heads, options);
    if (!lowered.isPlain) return undefined;
    for (const rule of lowered.rules) {
      const { head, icmpHead, calls, collection, insertAt } = rule.more;
      const reachesOut = head !== undefined || icmpHead !== undefined || calls;
      const isOutOfOrder = collection !== 0 || insertAt !== undefined;
      const isLost = rule.group !== undefined && !last.groups.isLedTo(rule.list.chain, rule.group.text);
      if (reachesOut || isOutOfOrder || isLost) return undefined;
      rules.push(rule);
    }
  }
  return rules;
}

/** False, and nothing done, when a rule would have a twin, or a chain would begin or end to exist. */
function exchangeIdentities(
  identities: ReadonlyMap<string, Set<string>>,
  removed: readonly PlacedRule[],
  added: readonly PlacedRule[],
): boolean {
  const keyOf = ({ list, identity }: PlacedRule) => `${list.chain}\0${identity}`;
  const leaving = new Set(removed.map(keyOf));
  const coming = new Set(added.map(keyOf));
  if (coming.size !== added.length) return false;
  for (const rule of added) {
    const known = identities.get(rule.list.chain);
    if (known === undefined) return false;
    if (known.has(rule.identity) && !leaving.has(keyOf(rule))) return false;
  }
  for (const [chain, known] of identities) {
    const less = removed.filter((r) => r.list.chain === chain).length;
    const more = added.filter((r) => r.list.chain === chain).length;
    if (known.size - less + more === 0) return false;
  }
  for (const { list, identity } of removed) identities.get(list.chain)!.delete(identity);
  for (const { list, identity } of added) identities.get(list.chain)!.add(identity);
  return true;
}

interface Placed {
  readonly rules: ReadonlyMap<string, readonly FilterRule[]>;
  readonly problems: readonly Problem[];
}

/** The statements from `first` to `end` with their places in the file. */
function placeAgain(
  parse: Parse<IpfTree>,
  file: string,
  first: number,
  end: number,
  heads: HeadTests,
): Placed {
  const rules = new Map<string, FilterRule[]>();
  const problems: Problem[] = [];
  const part: Parse<IpfTree> = {
    ...parse,
    statements: parse.statements.slice(first, end),
    starts: parse.starts.slice(first, end + 1),
  };
  const visit: Parameters<typeof forEachStatement<IpfTree>>[2] = (statement, start, originOf) => {
    const lowered = lowerStatement(statement, new Map(), heads, lowerOptionsFor(file));
    problems.push(...lowered.problems.map((p) => shiftProblem(p, start)));
    for (const { list, body, start: from, end } of lowered.rules) {
      const rule = { body, origin: originOf(from, end) };
      const known = rules.get(list.chain);
      if (known === undefined) rules.set(list.chain, [rule]);
      else known.push(rule);
    }
  };
  forEachStatement(part, file, visit, lineBreaks(parse, 0, first));
  return { rules, problems };
}

function spliceProgram(
  program: FilterProgram,
  gone: Gone,
  fresh: ReadonlyMap<string, readonly FilterRule[]>,
): FilterProgram {
  const chains = new Map<string, FilterChain>();
  for (const [name, chain] of program.chains) {
    const rules = spliceRules(chain.rules, gone, fresh.get(name) ?? []);
    chains.set(name, rules === chain.rules ? chain : { ...chain, rules });
  }
  return { ...program, chains };
}
