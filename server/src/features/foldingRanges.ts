import type { Snapshot } from '../analysis/snapshot';
import { eachInPieces, finish, type Work } from '../text/work';
import { policyFile, visibleRange } from './places';

export interface Fold {
  /** 0-based, both included. */
  readonly startLine: number;
  readonly endLine: number;
  readonly kind: 'comment' | 'region';
}

/** Blocks of comment lines, runs of rules of one group, and statements of several lines. */
export function foldingRanges(snapshot: Snapshot, uri: string): Fold[] {
  return finish(foldingRangesInPieces(snapshot, uri));
}

export function* foldingRangesInPieces(snapshot: Snapshot, uri: string): Work<Fold[]> {
  const policy = policyFile(snapshot, uri);
  if (policy === undefined) return [];
  const { dialect, parse, file } = policy;
  const folds: Fold[] = [];
  let run: { readonly key: string; readonly start: number; end: number } | undefined;
  const close = () => {
    if (run !== undefined && run.end > run.start) {
      const kind = run.key === comment ? 'comment' : 'region';
      folds.push({ startLine: run.start, endLine: run.end, kind });
    }
    run = undefined;
  };
  yield* eachInPieces(parse.statements, (statement, i) => {
    const visible = visibleRange(statement, parse.starts[i]!);
    if (visible.start === visible.end) {
      // A blank line ends a comment block but not the rules of a group.
      if (run?.key === comment) close();
      return;
    }
    const start = file.lines.lineAt(visible.start);
    const end = file.lines.lineAt(Math.max(visible.start, visible.end - 1));
    const isComment = statement.text.trimStart().startsWith(dialect.lineComment);
    const key = isComment ? comment : dialect.symbol(statement)?.parent;
    if (!isComment && end > start) folds.push({ startLine: start, endLine: end, kind: 'region' });
    if (key === undefined) close();
    else if (run?.key === key) run.end = end;
    else {
      close();
      run = { key, start, end };
    }
  });
  close();
  return folds;
}

/** No group is called so: a group's name has no line end. */
const comment = '\n';
