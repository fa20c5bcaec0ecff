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
import type { SetkeyTree } from './tree';

export function lowerSetkey(parse: Parse<SetkeyTree>, scope: LowerScope): Lowered {
  return finish(lowerSetkeyInPieces(parse, scope));
}

export function* lowerSetkeyInPieces(parse: Parse<SetkeyTree>, scope: LowerScope): Work<Lowered> {
  const problems: Problem[] = [];
  const databases = new Databases();
  let exited: TextRange | undefined;
  for (const { statement, start, originOf, index } of eachStatement(parse, scope.file)) {
    if (index % PIECE === PIECE - 1) yield;
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
