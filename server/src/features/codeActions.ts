import type { Snapshot } from '../analysis/snapshot';
import type { Fix, Problem } from '../syntax/problem';
import type { TextRange } from '../text/range';
import { allProblems } from './diagnostics';

export interface FixOffer {
  readonly problem: Problem;
  readonly fix: Fix;
}

/** The fixes of the problems and findings that a selection touches. */
export function codeActions(snapshot: Snapshot, uri: string, selection: TextRange): FixOffer[] {
  return allProblems(snapshot, uri)
    .filter((p) => p.range.start <= selection.end && selection.start <= p.range.end)
    .flatMap((problem) => (problem.fixes ?? []).map((fix) => ({ problem, fix })));
}
