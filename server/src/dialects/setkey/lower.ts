/**
 * Carries the commands of a file out, in their order, on empty databases: what is left is what the kernel holds
 * after `setkey -f`. A statement that setkey or the kernel would refuse takes no part, and neither does one that
 * asks a resolver, so a walk never rests on an entry that might not be there.
 */
import type { Problem } from '../../syntax/problem';
import type { Parse } from '../../syntax/statement';
import type { TextRange } from '../../text/range';
import { finish, type Work } from '../../text/work';
import type { Lowered, LowerScope } from '../dialect';
import { eachStatement, PIECE } from '../statementOrigin';
import { Databases } from './databases';
import { stepOf } from './effects';
import { strayBlankIn } from './lexer';
import type { SetkeyTree } from './tree';

export function lowerSetkey(parse: Parse<SetkeyTree>, scope: LowerScope): Lowered {
  return finish(lowerSetkeyInPieces(parse, scope));
}

export function* lowerSetkeyInPieces(parse: Parse<SetkeyTree>, scope: LowerScope): Work<Lowered> {
  const problems: Problem[] = [];
  const databases = new Databases();
  let exited: TextRange | undefined;
  let stray: number | undefined;
  for (const { statement, start, originOf, index } of eachStatement(parse, scope.file)) {
    if (index % PIECE === PIECE - 1) yield;
    // Once: in a file with such line ends every line has one.
    if (stray === undefined && exited === undefined) {
      const at = strayBlankIn(statement.text);
      if (at !== undefined) {
        stray = start + at;
        problems.push(strayBlank(statement.text[at]!, stray));
      }
    }
    const step = stepOf(statement);
    if (step === undefined) continue;
    const { content, effect } = step;
    const range = { start: start + content.start, end: start + content.end };
    if (exited !== undefined) {
      problems.push(neverCarriedOut(range, exited, scope.file));
      continue;
    }
    if (step.isExit) exited = range;
    if (effect === undefined) continue;
    problems.push(...databases.apply(effect, { origin: originOf(content.start, content.end), start }));
  }
  problems.push(...databases.policiesWithoutAssociation());
  return { policy: { ipsec: databases.result() }, problems };
}

function strayBlank(mark: string, at: number): Problem {
  const what = mark === '\r' ? 'a carriage return' : mark === '\f' ? 'a form feed' : 'a vertical tab';
  const remedy = mark === '\r' ? 'Save the file with LF line ends.' : 'Remove it.';
  return {
    code: 'setkey/stray-blank',
    severity: 'error',
    range: { start: at, end: at + 1 },
    message: `setkey knows space, tab and newline only: at ${what} it stops with a syntax error and carries nothing out behind it. ${remedy}`,
  };
}

function neverCarriedOut(range: TextRange, exited: TextRange, file: string): Problem {
  return {
    code: 'setkey/after-exit',
    severity: 'hint',
    range,
    tag: 'unnecessary',
    message: 'setkey has stopped reading at the `exit` before; this statement is never carried out.',
    related: [{ file, range: exited, message: 'Reading stops here.' }],
  };
}
