import type { Dialect, NameUse } from '../dialects/dialect';
import type { ParsedStatement } from '../syntax/statement';

const known = new WeakMap<readonly NameUse[], readonly NameUse[]>();
const nothing: readonly NameUse[] = [];

/** The names a statement defines, ranges relative to it. Statements share their lists of names, so that most ask once. */
export function definitionsOf(dialect: Dialect, statement: ParsedStatement<unknown>): readonly NameUse[] {
  const names = dialect.names(statement);
  if (names.length === 0) return nothing;
  let found = known.get(names);
  if (found === undefined) {
    const defined = names.filter((n) => n.role === 'definition');
    found = defined.length === 0 ? nothing : defined;
    known.set(names, found);
  }
  return found;
}
