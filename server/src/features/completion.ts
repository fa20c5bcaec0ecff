/**
 * What can stand at the cursor, as the dialect's grammar says, with what the network file knows: where an
 * interface may stand, the gateway's own interfaces are offered.
 */
import type { Snapshot } from '../analysis/snapshot';
import type { Dialect, Expectation } from '../dialects/dialect';
import type { ParsedStatement } from '../syntax/statement';
import { shiftRange } from '../text/range';
import { policyFile, statementAt } from './places';

/** `replace` ranges are absolute. */
export function completion(snapshot: Snapshot, uri: string, offset: number): readonly Expectation[] {
  const policy = policyFile(snapshot, uri);
  if (policy === undefined) return [];
  const place = statementAt(snapshot, uri, offset);
  // Behind the last line end a new statement begins, of which nothing is written yet.
  const fresh =
    place === undefined ||
    (place.relative === place.statement.text.length && /[\r\n]$/.test(place.statement.text));
  const statement = fresh ? emptyStatement(policy.dialect) : place.statement;
  if (statement === undefined) return [];
  const start = fresh ? offset : place.start;
  const expected = policy.dialect.expected(statement, fresh ? 0 : place.relative);
  const absolute = expected.map((e) => ({ ...e, replace: shiftRange(e.replace, start) }));
  return [...absolute, ...interfacesWhereExpected(snapshot, uri, absolute)];
}

function emptyStatement(dialect: Dialect): ParsedStatement<unknown> | undefined {
  return dialect.parse('\n').statements[0];
}

function interfacesWhereExpected(
  snapshot: Snapshot,
  uri: string,
  expected: readonly Expectation[],
): Expectation[] {
  const slot = expected.find((e) => e.kind === 'interface');
  const project = snapshot.projectOf(uri);
  if (slot === undefined || project === undefined) return [];
  const offered = new Set(expected.map((e) => e.insert));
  const mine = new Set(project.gatewaysOf(uri));
  return project.network.gateways
    .filter((g) => mine.has(g.name))
    .flatMap((gateway) =>
      gateway.interfaces
        .filter((i) => !offered.has(i.name))
        .map((i) => ({
          label: i.name,
          insert: i.name,
          kind: 'interface' as const,
          detail: i.segment === undefined ? gateway.name : `${gateway.name}, to ${i.segment}`,
          replace: slot.replace,
        })),
    );
}
