import type { Snapshot } from '../analysis/snapshot';
import { statementIndexAt } from '../syntax/statement';
import type { TextEdit } from '../text/edit';
import type { TextRange } from '../text/range';
import { finish, type Work } from '../text/work';
import { policyFile } from './places';

/** The edits that format a file or the statements a selection touches; none where the dialect leaves them. */
export function formatting(snapshot: Snapshot, uri: string, part?: TextRange): TextEdit[] {
  return finish(formattingInPieces(snapshot, uri, part));
}

export function* formattingInPieces(snapshot: Snapshot, uri: string, part?: TextRange): Work<TextEdit[]> {
  const policy = policyFile(snapshot, uri);
  if (policy?.dialect.format === undefined || policy.parse.statements.length === 0) return [];
  const { dialect, parse } = policy;
  const first = part === undefined ? 0 : statementIndexAt(parse, part.start);
  const last = part === undefined ? parse.statements.length - 1 : statementIndexAt(parse, part.end);
  const edits: TextEdit[] = [];
  for (let i = first; i <= last; i++) {
    if (i % PIECE === PIECE - 1) yield;
    const statement = parse.statements[i]!;
    const formatted = dialect.format?.(statement);
    if (formatted === undefined || formatted === statement.text) continue;
    edits.push({ start: parse.starts[i]!, end: parse.starts[i + 1]!, text: formatted });
  }
  return edits;
}

/** Statements between two pauses. */
const PIECE = 128;

/** After a line end was typed: the statement that ends in front of it. */
export function formattingOnLineEnd(snapshot: Snapshot, uri: string, offset: number): TextEdit[] {
  const file = snapshot.files.get(uri);
  if (file === undefined) return [];
  const line = file.lines.lineAt(offset);
  if (line === 0) return [];
  const end = file.lines.lineEnd(line - 1);
  // What the cursor stands in is still being written.
  return formatting(snapshot, uri, { start: file.lines.lineStart(line - 1), end }).filter(
    (e) => e.end <= offset,
  );
}
