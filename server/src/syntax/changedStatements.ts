import type { Parse, ParsedStatement } from './statement';

/** Which statements two parses do not share: those from `first` up to the ends; before and behind all are the same. */
export interface ChangedStatements {
  readonly first: number;
  readonly endBefore: number;
  readonly endAfter: number;
}

/** By identity, as a reparse shares what an edit did not touch. Costs two comparisons of references a statement. */
export function changedStatements<Tree>(before: Parse<Tree>, after: Parse<Tree>): ChangedStatements {
  const a: readonly ParsedStatement<Tree>[] = before.statements;
  const b: readonly ParsedStatement<Tree>[] = after.statements;
  const shorter = Math.min(a.length, b.length);
  let first = 0;
  while (first < shorter && a[first] === b[first]) first++;
  let shared = 0;
  while (shared < shorter - first && a[a.length - 1 - shared] === b[b.length - 1 - shared]) shared++;
  return { first, endBefore: a.length - shared, endAfter: b.length - shared };
}
