import type { Origin } from '../policy/origin';
import type { Parse } from '../syntax/statement';

/**
 * Calls `visit` for every statement with its absolute start and a function that makes origins in it. Lines are
 * summed on the way, so lowering 100,000 statements never searches a line index.
 */
export function forEachStatement<Tree>(
  parse: Parse<Tree>,
  file: string,
  visit: (
    statement: Parse<Tree>['statements'][number],
    start: number,
    originOf: (relativeStart: number, relativeEnd: number) => Origin,
    index: number,
  ) => void,
  /** Line of the first statement, when the parse is a part of a file. */
  firstLineOfAll = 0,
): void {
  let line = firstLineOfAll;
  parse.statements.forEach((statement, index) => {
    const start = parse.starts[index]!;
    const firstLine = line;
    const originOf = (relativeStart: number, relativeEnd: number): Origin => ({
      file,
      start: start + relativeStart,
      end: start + relativeEnd,
      line: firstLine + lineBreaksBefore(statement.text, relativeStart),
    });
    visit(statement, start, originOf, index);
    line += statement.lineBreakCount;
  });
}

function lineBreaksBefore(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
