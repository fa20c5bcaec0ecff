import type { Snapshot } from '../analysis/snapshot';
import type { Signature } from '../dialects/dialect';
import { statementAt } from './places';

/** The form of the statement under the cursor with the part the cursor is in. */
export function signatureHelp(snapshot: Snapshot, uri: string, offset: number): Signature | undefined {
  const place = statementAt(snapshot, uri, offset);
  if (place === undefined) return undefined;
  // Behind the line end the next statement begins.
  const { statement, relative } = place;
  const lineEnd = /(?:\r\n|\r|\n)$/.exec(statement.text);
  if (lineEnd !== null && relative > lineEnd.index) return undefined;
  return place.dialect.signature?.(statement, relative);
}
