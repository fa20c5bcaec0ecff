import type { Dialect, NameUse } from '../dialects/dialect';
import type { ParsedStatement } from '../syntax/statement';

const known = new WeakMap<ParsedStatement<unknown>, readonly NameUse[]>();
const nothing: readonly NameUse[] = [];

/** The names a statement defines, ranges relative to it. Most define none: that is remembered, so a long file is read once. */
export function definitionsOf(dialect: Dialect, statement: ParsedStatement<unknown>): readonly NameUse[] {
  let found = known.get(statement);
  if (found === undefined) {
    const defined = dialect.names(statement).filter((n) => n.role === 'definition');
    found = defined.length === 0 ? nothing : defined;
    known.set(statement, found);
  }
  return found;
}
