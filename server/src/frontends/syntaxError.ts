import type { Parse } from '../syntax/statement';
import type { TextRange } from '../text/range';

/** The first error of a file as the real programs report it: they stop there. */
export function syntaxErrorOf(
  parse: Parse<unknown>,
): { readonly statement: number; readonly message: string } | undefined {
  for (const [index, statement] of parse.statements.entries()) {
    const problem = statement.problems.find((p) => p.severity === 'error');
    if (problem !== undefined)
      return { statement: index, message: syntaxErrorAt(parse, index, problem.range) };
  }
  return undefined;
}

/** `where` is relative to the statement. */
export function syntaxErrorAt(parse: Parse<unknown>, statement: number, where: TextRange): string {
  let line = 1;
  for (const before of parse.statements.slice(0, statement)) line += before.lineBreakCount;
  const { text } = parse.statements[statement]!;
  line += text.slice(0, where.start).split('\n').length - 1;
  return `syntax error error at "${text.slice(where.start, where.end)}", line ${line}\n`;
}
