import type { Parse } from '../syntax/statement';
import type { TextRange } from '../text/range';

/** `where` is relative to the statement. */
export function syntaxErrorAt(parse: Parse<unknown>, statement: number, where: TextRange): string {
  let line = 1;
  for (const before of parse.statements.slice(0, statement)) line += before.lineBreakCount;
  const { text } = parse.statements[statement]!;
  line += text.slice(0, where.start).split('\n').length - 1;
  return `syntax error error at "${text.slice(where.start, where.end)}", line ${line}\n`;
}
