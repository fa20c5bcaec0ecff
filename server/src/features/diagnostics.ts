import type { Snapshot } from '../analysis/snapshot';
import type { Problem } from '../syntax/problem';

/** What the editor shows about one file. A limit keeps a file of random bytes from flooding the editor. */
export function diagnostics(snapshot: Snapshot, uri: string): readonly Problem[] {
  const problems = snapshot.problemsOf(uri);
  return problems.length <= mostShown ? problems : problems.slice(0, mostShown);
}

const mostShown = 1000;
