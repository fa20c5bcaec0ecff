/**
 * Carries the commands of a file out, in their order, on empty databases: what is left is what the kernel holds
 * after `setkey -f`. A statement that setkey or the kernel would refuse takes no part, and neither does one that
 * asks a resolver, so a walk never rests on an entry that might not be there.
 */
import type { Problem } from '../../syntax/problem';
import type { Parse, ParsedStatement } from '../../syntax/statement';
import type { TextRange } from '../../text/range';
import type { Lowered, LowerScope } from '../dialect';
import { forEachStatement } from '../statementOrigin';
import { Databases } from './databases';
import { effectOf } from './effects';
import type { SetkeyTree } from './tree';

export function lowerSetkey(parse: Parse<SetkeyTree>, scope: LowerScope): Lowered {
  const problems: Problem[] = [];
  const databases = new Databases();
  let exited: TextRange | undefined;
  forEachStatement(parse, scope.file, (statement, start, originOf) => {
    const { command } = statement.tree;
    if (command.kind === 'blank' || command.kind === 'comment') return;
    const content = contentRange(statement);
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

/** The statement without the blanks and comments around it. */
function contentRange(statement: ParsedStatement<SetkeyTree>): { start: number; end: number } {
  const { tokens } = statement.tree;
  const words = tokens.filter((t) => t.kind !== 'comment');
  const semicolon = statement.text.lastIndexOf(';');
  const last = words[words.length - 1]?.range.end ?? statement.text.trimEnd().length;
  const comment = tokens.find((t) => t.kind === 'comment' && t.range.start >= last);
  const hasTerminator = semicolon >= last && (comment === undefined || semicolon < comment.range.start);
  return { start: words[0]?.range.start ?? 0, end: hasTerminator ? semicolon + 1 : last };
}
