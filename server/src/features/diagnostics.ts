import type { Snapshot } from '../analysis/snapshot';
import type { Problem } from '../syntax/problem';

/** What the editor shows of a file. A limit keeps a file of random bytes from flooding the editor. */
export function diagnostics(problems: readonly Problem[], findings: readonly Problem[]): readonly Problem[] {
  const all = findings.length === 0 ? problems : [...problems, ...findings];
  return all.length <= mostShown ? all : all.slice(0, mostShown);
}

/** All there is to say about a file, by place: what `gatewalk check` reports. */
export function allProblems(snapshot: Snapshot, uri: string): readonly Problem[] {
  return [...snapshot.problemsOf(uri), ...snapshot.findingsOf(uri)].sort(
    (a, b) => a.range.start - b.range.start || a.range.end - b.range.end,
  );
}

const mostShown = 1000;
