/**
 * Carries the commands of a file out, in their order, on empty databases: what is left is what the kernel holds
 * after `setkey -f`. A statement that setkey or the kernel would refuse takes no part, and neither does one that
 * asks a resolver, so a walk never rests on an entry that might not be there.
 */
import type { Problem } from '../../syntax/problem';
import type { Parse } from '../../syntax/statement';
import type { TextRange } from '../../text/range';
import type { Lowered, LowerScope } from '../dialect';
import { forEachStatement } from '../statementOrigin';
import { Databases } from './databases';
import { effectOf } from './effects';
import { strayBlankIn } from './lexer';
import type { SetkeyTree } from './tree';

export function lowerSetkey(parse: Parse<SetkeyTree>, scope: LowerScope): Lowered {
  const problems: Problem[] = [];
  const databases = new Databases();
  let exited: TextRange | undefined;
  let stray: number | undefined;
  forEachStatement(parse, scope.file, (statement, start, originOf) => {
    // Once: in a file with such line ends every line has one.
    if (stray === undefined && exited === undefined) {
      const at = strayBlankIn(statement.text);
      if (at !== undefined) {
        stray = start + at;
        problems.push(strayBlank(statement.text[at]!, stray));
      }
    }
    const { command } = statement.tree;
    if (command.kind === 'blank' || command.kind === 'comment') return;
    const { content } = statement.tree;
    const range = { start: start + content.start, end: start + content.end };
    if (exited !== undefined) {
      problems.push(neverCarriedOut(range, exited, scope.file));
      return;
    }
    if (statement.problems.some((p) => p.severity === 'error')) return;
    if (command.kind === 'exit') exited = range;
    const effect = effectOf(statement);
    if (effect === undefined) return;
    problems.push(...databases.apply(effect, { origin: originOf(content.start, content.end), start }));
  });
  problems.push(...databases.policiesWithoutAssociation());
  return { policy: { ipsec: databases.result() }, problems };
}

function strayBlank(mark: string, at: number): Problem {
  const what = mark === '\r' ? 'a carriage return' : mark === '\f' ? 'a form feed' : 'a vertical tab';
  const todo = mark === '\r' ? 'Save the file with LF line ends.' : 'Remove it.';
  return {
    code: 'setkey/stray-blank',
    severity: 'error',
    range: { start: at, end: at + 1 },
    message: `setkey knows space, tab and newline only: at ${what} it stops with a syntax error and carries nothing out behind it. ${todo}`,
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
