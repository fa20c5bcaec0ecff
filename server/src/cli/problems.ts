/** Problems as lines of text, for `check` and for the notes that `walk` and `test` write to stderr. */
import type { Snapshot } from '../analysis/snapshot';
import { allProblems } from '../features/diagnostics';
import type { Problem } from '../syntax/problem';
import type { Style } from '../text/terminal';
import type { CommandIo } from './io';
import { severityStyle } from './style';

export interface FileProblem {
  readonly uri: string;
  readonly problem: Problem;
}

/** Everything there is to say about some files. */
export function problemsAndFindings(snapshot: Snapshot, uris: readonly string[]): FileProblem[] {
  return uris.flatMap((uri) => allProblems(snapshot, uri).map((problem) => ({ uri, problem })));
}

/** `A/ipf.conf:3:7: error: ... [ipf/unknown-word]`, lines and columns from 1, as compilers write. */
export function problemLine(io: CommandIo, snapshot: Snapshot, style: Style, found: FileProblem): string {
  const { uri, problem } = found;
  const at = snapshot.files.get(uri)?.lines.positionAt(problem.range.start) ?? { line: 0, character: 0 };
  const place = `${io.pathOf(uri)}:${at.line + 1}:${at.character + 1}`;
  const severity = severityStyle(style, problem.severity);
  return `${style('bold', place)}: ${severity}: ${problem.message} ${style('dim', `[${problem.code}]`)}`;
}

/**
 * A walk through files with errors is a walk through another policy than the one meant, so errors are told
 * beside it. True when there are some.
 */
export function tellErrors(
  io: CommandIo,
  snapshot: Snapshot,
  style: Style,
  uris: readonly string[],
): boolean {
  const errors = uris.flatMap((uri) =>
    snapshot.problemsOf(uri).flatMap((problem) => (problem.severity === 'error' ? [{ uri, problem }] : [])),
  );
  if (errors.length === 0) return false;
  for (const found of errors.slice(0, mostErrorsTold)) {
    io.error(`${problemLine(io, snapshot, style, found)}\n`);
  }
  if (errors.length > mostErrorsTold) io.error(`... and ${errors.length - mostErrorsTold} more errors\n`);
  io.error('The rules with errors take no part in what follows.\n');
  return true;
}

const mostErrorsTold = 10;
