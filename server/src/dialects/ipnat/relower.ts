/**
 * Lowering after an edit, as `ipf/relower.ts` does it: only the statements that the two parses do not share are looked
 * at, unless the edit touches what reaches beyond its rule (variables, twins).
 */
import type { NatRule } from '../../policy/nat';
import { changedStatements } from '../../syntax/changedStatements';
import type { Problem } from '../../syntax/problem';
import type { Parse, ParsedStatement } from '../../syntax/statement';
import { finish, type Work } from '../../text/work';
import type { Lowered, LowerScope } from '../dialect';
import { goneBetween, lineBreaks, spliceProblems, spliceRules } from '../ipfilter-kit/splice';
import { shiftProblem } from '../ipfilter-kit/templates';
import { forEachStatement } from '../statementOrigin';
import { DEFAULT_LOWER_OPTIONS, type LoweringMemory, lowerStatement, lowerWithMemory } from './lower';
import type { IpnatTree } from './tree';

interface Remembered extends LoweringMemory {
  readonly parse: Parse<IpnatTree>;
}

/** The last lowering of each file, the most recently used last. It only saves work. */
const lastByFile = new Map<string, Remembered>();
const mostFiles = 8;
/** Larger edits (a paste, another branch) are lowered whole. */
const mostChanged = 200;

export function relowerIpnat(parse: Parse<IpnatTree>, scope: LowerScope): Lowered {
  return finish(relowerIpnatInPieces(parse, scope));
}

export function* relowerIpnatInPieces(parse: Parse<IpnatTree>, scope: LowerScope): Work<Lowered> {
  const last = lastByFile.get(scope.file);
  if (last?.parse === parse) return last.lowered;
  const memory =
    (last === undefined ? undefined : afterEdit(last, parse, scope)) ??
    (yield* lowerWithMemory(parse, scope));
  lastByFile.delete(scope.file);
  lastByFile.set(scope.file, { ...memory, parse });
  if (lastByFile.size > mostFiles) lastByFile.delete(lastByFile.keys().next().value!);
  return memory.lowered;
}

/** Undefined when the edit reaches further than the rules it touches. `last` is used up when it succeeds. */
function afterEdit(last: Remembered, parse: Parse<IpnatTree>, scope: LowerScope): LoweringMemory | undefined {
  const { nat } = last.lowered.policy;
  if (!last.isPlain || nat === undefined) return undefined;
  const change = changedStatements(last.parse, parse);
  const { first, endBefore, endAfter } = change;
  if (endBefore - first > mostChanged || endAfter - first > mostChanged) return undefined;
  const removed = plainIdentities(last.parse.statements.slice(first, endBefore));
  const added = plainIdentities(parse.statements.slice(first, endAfter));
  if (removed === undefined || added === undefined) return undefined;
  const leaving = new Set(removed);
  if (new Set(added).size !== added.length) return undefined;
  if (added.some((identity) => last.identities.has(identity) && !leaving.has(identity))) return undefined;
  for (const identity of removed) last.identities.delete(identity);
  for (const identity of added) last.identities.add(identity);

  const rules: NatRule[] = [];
  const problems: Problem[] = [];
  const part: Parse<IpnatTree> = {
    ...parse,
    statements: parse.statements.slice(first, endAfter),
    starts: parse.starts.slice(first, endAfter + 1),
  };
  const visit: Parameters<typeof forEachStatement<IpnatTree>>[2] = (statement, start, originOf) => {
    const lowered = lowerStatement(statement, new Map(), DEFAULT_LOWER_OPTIONS);
    problems.push(...lowered.problems.map((p) => shiftProblem(p, start)));
    for (const { body, range } of lowered.rules)
      rules.push({ body, origin: originOf(range.start, range.end) });
  };
  forEachStatement(part, scope.file, visit, lineBreaks(parse, 0, first));
  const gone = goneBetween(last.parse, parse, change);
  return {
    ...last,
    lowered: {
      policy: { nat: { ...nat, rules: spliceRules(nat.rules, gone, rules) } },
      problems: spliceProblems(last.lowered.problems, gone, problems),
    },
  };
}

/** What tells the rules of some statements apart; undefined when variables are set or used there. */
function plainIdentities(statements: readonly ParsedStatement<IpnatTree>[]): string[] | undefined {
  const identities: string[] = [];
  for (const statement of statements) {
    const { rules, isPlain } = lowerStatement(statement, new Map(), DEFAULT_LOWER_OPTIONS);
    if (!isPlain) return undefined;
    for (const { identity } of rules) identities.push(identity);
  }
  return identities;
}
