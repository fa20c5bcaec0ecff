import { Shared } from '../policy/sharing';
import type { ParsedStatement } from '../syntax/statement';
import type { NameUse } from './dialect';

/**
 * The names of a statement, as one object with those of every statement that has the same names at the same places:
 * every statement of a file keeps them, and many thousand rules differ in an address only.
 */
export function sharedNames(names: readonly NameUse[]): readonly NameUse[] {
  if (names.length === 0) return none;
  let key = '';
  for (const { kind, name, role, range } of names)
    key += `${kind} ${role === 'definition' ? '=' : ''}${name} ${range.start} ${range.end}\0`;
  return known.get(key, () => names);
}

const none: readonly never[] = [];
const known = new Shared<readonly NameUse[]>();

/** Those that the grammar put into the statement's summary. */
export function namesOf({ summary }: ParsedStatement<unknown>): readonly NameUse[] {
  return summary as readonly NameUse[];
}
