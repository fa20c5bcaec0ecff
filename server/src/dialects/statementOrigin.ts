import type { Origin } from '../policy/origin';
import type { Parse } from '../syntax/statement';

export interface StatementInFile<Tree> {
  readonly statement: Parse<Tree>['statements'][number];
  /** Offset of the statement. */
  readonly start: number;
  readonly index: number;
  readonly originOf: (relativeStart: number, relativeEnd: number) => Origin;
}

/**
 * Every statement with its absolute start and a function that makes origins in it. Lines are summed on the way, so
 * lowering 100,000 statements never searches a line index.
 */
export function* eachStatement<Tree>(
  parse: Parse<Tree>,
  file: string,
  /** Line of the first statement, when the parse is a part of a file. */
  firstLineOfAll = 0,
): Generator<StatementInFile<Tree>> {
  let line = firstLineOfAll;
  for (let index = 0; index < parse.statements.length; index++) {
    const statement = parse.statements[index]!;
    const start = parse.starts[index]!;
    const firstLine = line;
    yield {
      statement,
      start,
      index,
      originOf: (relativeStart, relativeEnd) => ({
        file,
        start: start + relativeStart,
        end: start + relativeEnd,
        line: firstLine + lineBreaksBefore(statement.text, relativeStart),
      }),
    };
    line += statement.lineBreakCount;
  }
}

export function forEachStatement<Tree>(
  parse: Parse<Tree>,
  file: string,
  visit: (
    statement: StatementInFile<Tree>['statement'],
    start: number,
    originOf: StatementInFile<Tree>['originOf'],
  ) => void,
  firstLineOfAll = 0,
): void {
  for (const { statement, start, originOf } of eachStatement(parse, file, firstLineOfAll))
    visit(statement, start, originOf);
}

/** Statements lowered between two pauses. */
export const PIECE = 64;

function lineBreaksBefore(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
