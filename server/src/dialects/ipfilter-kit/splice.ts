/**
 * What a lowering keeps when an edit touched a few statements: rules and problems before them are the very same,
 * those behind differ by where they stand.
 */
import type { Origin } from '../../policy/origin';
import type { Problem } from '../../syntax/problem';
import type { Parse } from '../../syntax/statement';
import { shiftProblem } from './templates';

/** A piece of the file before the edit that has gone, and how far what stands behind it has moved. */
export interface Gone {
  readonly start: number;
  readonly end: number;
  readonly by: number;
  readonly linesBy: number;
}

export function goneBetween(
  before: Parse<unknown>,
  after: Parse<unknown>,
  {
    first,
    endBefore,
    endAfter,
  }: { readonly first: number; readonly endBefore: number; readonly endAfter: number },
): Gone {
  const end = before.starts[endBefore]!;
  return {
    start: before.starts[first]!,
    end,
    by: after.starts[endAfter]! - end,
    linesBy: lineBreaks(after, first, endAfter) - lineBreaks(before, first, endBefore),
  };
}

export function lineBreaks(parse: Parse<unknown>, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) count += parse.statements[i]!.lineBreakCount;
  return count;
}

interface Placed<Body> {
  readonly body: Body;
  readonly origin: Origin;
}

/** For rules in the order of their places: so the ends of the edit are found by halving. */
export function spliceRules<Body>(
  rules: readonly Placed<Body>[],
  { start, end, by, linesBy }: Gone,
  fresh: readonly Placed<Body>[],
): readonly Placed<Body>[] {
  const before = firstRuleFrom(rules, start);
  const behind = firstRuleFrom(rules, end);
  const isMoved = by !== 0 || linesBy !== 0;
  if (before === behind && fresh.length === 0 && (!isMoved || behind === rules.length)) return rules;
  const spliced = rules.slice(0, before).concat(fresh);
  if (!isMoved) return spliced.concat(rules.slice(behind));
  for (let i = behind; i < rules.length; i++) spliced.push(moved(rules[i]!, by, linesBy));
  return spliced;
}

function moved<Body>({ body, origin }: Placed<Body>, by: number, linesBy: number): Placed<Body> {
  const { file, start, end, line } = origin;
  return { body, origin: { file, start: start + by, end: end + by, line: line + linesBy } };
}

function firstRuleFrom(rules: readonly Placed<unknown>[], offset: number): number {
  let low = 0;
  let high = rules.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rules[middle]!.origin.start < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function spliceProblems(
  problems: readonly Problem[],
  { start, end, by }: Gone,
  fresh: readonly Problem[],
): readonly Problem[] {
  if (problems.length === 0) return fresh;
  const before = problems.filter((p) => p.range.start < start);
  const behind = problems.filter((p) => p.range.start >= end);
  return [...before, ...fresh, ...behind.map((p) => (by === 0 ? p : shiftProblem(p, by)))];
}
