import type { Snapshot } from '../analysis/snapshot';
import type { ClassifiedToken } from '../dialects/dialect';
import { statementIndexAt } from '../syntax/statement';
import { shiftRange, type TextRange } from '../text/range';
import { policyFile } from './places';

/** Classified words of a file, or of the part the editor shows; ranges absolute, in order. */
export function semanticTokens(snapshot: Snapshot, uri: string, part?: TextRange): ClassifiedToken[] {
  const policy = policyFile(snapshot, uri);
  if (policy === undefined || policy.parse.statements.length === 0) return [];
  const { dialect, parse } = policy;
  const first = part === undefined ? 0 : statementIndexAt(parse, part.start);
  const last = part === undefined ? parse.statements.length - 1 : statementIndexAt(parse, part.end);
  const found: ClassifiedToken[] = [];
  for (let i = first; i <= last; i++) {
    const start = parse.starts[i]!;
    for (const token of dialect.tokens(parse.statements[i]!)) {
      found.push({ kind: token.kind, range: shiftRange(token.range, start) });
    }
  }
  return found;
}
