/**
 * Policy texts that carry their own expectations: a comment line with carets under a word of the line above it,
 * then severity, code and message.
 *
 *       pass in proto tpc all
 *     #               ^^^ error ipf/protocol `tpc` cannot stand here: ...
 *
 * Texts are indented (blanks mean nothing to the languages), so that a caret can stand under a first word.
 * Several marker lines below one another all speak of the line above the first.
 */
import type { Dialect } from '../../server/src/dialects/dialect';
import { LineIndex } from '../../server/src/text/lineIndex';

export interface Marker {
  /** 1-based line. */
  readonly line: number;
  /** The words under the carets. */
  readonly words: string;
  /** 0-based column of the first caret. */
  readonly column: number;
  readonly problem: string;
}

const MARKER = /^(\s*#\s*)(\^+) (.*)$/;

export function parseMarkers(text: string): Marker[] {
  const lines = text.split('\n');
  const markers: Marker[] = [];
  let marked = 0;
  lines.forEach((line, index) => {
    const found = MARKER.exec(line);
    if (found === null) {
      marked = index;
      return;
    }
    const column = found[1]!.length;
    const words = lines[marked]!.slice(column, column + found[2]!.length);
    markers.push({ line: marked + 1, words, column, problem: found[3]! });
  });
  return markers;
}

/** What a dialect finds in a text, in the form of markers: problems of parsing and of lowering. */
export function foundMarkers<Tree>(dialect: Dialect<Tree>, text: string): Marker[] {
  const parse = dialect.parse(text);
  const { problems } = dialect.lower(parse, { file: 'test' });
  const index = new LineIndex(text);
  const all = [
    ...parse.statements.flatMap((statement, i) =>
      statement.problems.map((p) => ({
        ...p,
        range: { start: parse.starts[i]! + p.range.start, end: parse.starts[i]! + p.range.end },
      })),
    ),
    ...problems,
  ];
  return all
    .sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end)
    .map((p) => {
      const at = index.positionAt(p.range.start);
      return {
        line: at.line + 1,
        words: text.slice(p.range.start, p.range.end),
        column: at.character,
        problem: `${p.severity} ${p.code} ${p.message}`,
      };
    });
}
