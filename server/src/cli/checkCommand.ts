import type { PlaceView } from '../../../protocol/src/traceView';
import type { Snapshot } from '../analysis/snapshot';
import { placeOf } from '../features/places';
import type { Severity } from '../syntax/problem';
import { type CommandIo, type ExitCode, exit } from './io';
import { loadPaths } from './load';
import { type FileProblem, problemLine, problemsAndFindings } from './problems';
import { toSarif } from './sarif';
import { styleFor } from './style';

export type CheckFormat = 'text' | 'json' | 'sarif';

/** `gatewalk check`: all findings of the named files, or of the files below the named folders. */
export async function checkCommand(
  io: CommandIo,
  paths: readonly string[],
  format: CheckFormat,
): Promise<ExitCode> {
  const { snapshot, uris } = await loadPaths(io, paths);
  const found = problemsAndFindings(snapshot, uris);
  switch (format) {
    case 'text':
      io.out(asText(io, snapshot, uris, found));
      break;
    case 'json':
      io.out(`${JSON.stringify(asJson(io, snapshot, uris, found), undefined, 2)}\n`);
      break;
    case 'sarif':
      io.out(`${JSON.stringify(toSarif(io, snapshot, uris, found), undefined, 2)}\n`);
      break;
  }
  const failing = found.some(({ problem: { severity } }) => severity === 'error' || severity === 'warning');
  return failing ? exit.findings : exit.fine;
}

function asText(
  io: CommandIo,
  snapshot: Snapshot,
  uris: readonly string[],
  found: readonly FileProblem[],
): string {
  const style = styleFor(io.colours);
  const lines = found.map((f) => `${problemLine(io, snapshot, style, f)}\n`);
  return `${lines.join('')}${summary(uris.length, found)}\n`;
}

function summary(fileCount: number, found: readonly FileProblem[]): string {
  const files = fileCount === 1 ? '1 file' : `${fileCount} files`;
  if (found.length === 0) return `${files} checked, nothing found.`;
  const kinds: [Severity, string, string][] = [
    ['error', 'error', 'errors'],
    ['warning', 'warning', 'warnings'],
    ['information', 'note', 'notes'],
    ['hint', 'hint', 'hints'],
  ];
  const counts = kinds.flatMap(([severity, one, many]) => {
    const count = found.filter((f) => f.problem.severity === severity).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return `${files} checked: ${counts.join(', ')}.`;
}

/** What `gatewalk check --format json` writes. Places as in `docs/walk.schema.json`: lines from 0. */
export interface CheckReport {
  readonly version: 1;
  readonly files: readonly string[];
  readonly problems: readonly CheckProblem[];
}

export interface CheckProblem {
  readonly path: string;
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place: PlaceView;
  readonly related: readonly { readonly message: string; readonly place: PlaceView }[];
  /** A packet, in one-line notation, that shows the finding. */
  readonly witness?: string;
}

function asJson(
  io: CommandIo,
  snapshot: Snapshot,
  uris: readonly string[],
  found: readonly FileProblem[],
): CheckReport {
  const place = (file: string, range: { start: number; end: number }) =>
    placeOf(snapshot, { file, ...range, line: 0 }, io.workingFolder);
  return {
    version: 1,
    files: uris.map((uri) => io.pathOf(uri)),
    problems: found.flatMap(({ uri, problem }): CheckProblem[] => {
      const at = place(uri, problem.range);
      if (at === undefined) return [];
      return [
        {
          path: io.pathOf(uri),
          code: problem.code,
          severity: problem.severity,
          message: problem.message,
          place: at,
          related: (problem.related ?? []).flatMap((r) => {
            const other = place(r.file, r.range);
            return other === undefined ? [] : [{ message: r.message, place: other }];
          }),
          ...(problem.witness !== undefined && { witness: problem.witness }),
        },
      ];
    }),
  };
}
