import type { ClassifiedToken } from '../dialect';
import { Cursor } from './cursor';
import { tokenize } from './lexer';
import { withoutComments } from './statements';

/** The words of a statement with what the grammar took them for, comments included, in order. */
export function classify(
  text: string,
  dialect: string,
  read: (cursor: Cursor) => unknown,
): ClassifiedToken[] {
  const tokens = tokenize(text);
  const marks: ClassifiedToken[] = tokens
    .filter((t) => t.kind === 'comment')
    .map((t) => ({ range: { start: t.start, end: t.end }, kind: 'comment' }));
  const cursor = new Cursor(withoutComments(tokens), text.length, dialect);
  cursor.marks = marks;
  read(cursor);
  return marks.sort((a, b) => a.range.start - b.range.start);
}
