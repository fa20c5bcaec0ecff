import type { Parse } from '../syntax/statement';

/** The first error of a file as the real programs report it: they stop there. */
export function syntaxErrorOf(
  parse: Parse<unknown>,
): { readonly statement: number; readonly message: string } | undefined {
  let line = 1;
  for (const [index, statement] of parse.statements.entries()) {
    const problem = statement.problems.find((p) => p.severity === 'error');
    if (problem !== undefined) {
      const before = statement.text.slice(0, problem.range.start).split('\n').length - 1;
      const word = statement.text.slice(problem.range.start, problem.range.end);
      return { statement: index, message: `syntax error error at "${word}", line ${line + before}\n` };
    }
    line += statement.lineBreakCount;
  }
  return undefined;
}
