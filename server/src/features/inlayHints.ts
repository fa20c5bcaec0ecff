import type { Snapshot } from '../analysis/snapshot';
import type { InlayNote } from '../dialects/dialect';
import { statementIndexAt } from '../syntax/statement';
import type { TextRange } from '../text/range';
import { policyFile } from './places';

/** Notes behind words in the part of a file that the editor shows; offsets absolute. */
export function inlayHints(snapshot: Snapshot, uri: string, part: TextRange): InlayNote[] {
  const policy = policyFile(snapshot, uri);
  if (policy?.dialect.hints === undefined || policy.parse.statements.length === 0) return [];
  const { dialect, parse } = policy;
  const notes: InlayNote[] = [];
  for (let i = statementIndexAt(parse, part.start); i <= statementIndexAt(parse, part.end); i++) {
    const start = parse.starts[i]!;
    for (const note of dialect.hints?.(parse.statements[i]!) ?? []) {
      const offset = start + note.offset;
      if (offset >= part.start && offset <= part.end) notes.push({ ...note, offset });
    }
  }
  return notes;
}
