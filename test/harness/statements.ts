import type { Parse, ParsedStatement } from '../../server/src/syntax/statement';

/** Everything that is read from the statements of a parse: statements read it when they are asked. */
export function readAll(parse: Parse<unknown>): ParsedStatement<unknown>[] {
  return parse.statements.map(({ text, tree, problems, summary, lineBreakCount }) => ({
    text,
    tree,
    problems,
    summary,
    lineBreakCount,
  }));
}
