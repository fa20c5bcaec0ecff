/**
 * Definition, references and highlights of the names that statements define and use: groups, pools, variables,
 * interfaces. A name of a kind is one thing in all files of a gateway, so `group 100` in one of its files and
 * `head 100` in another belong together.
 */
import type { Snapshot } from '../analysis/snapshot';
import type { NameUse } from '../dialects/dialect';
import type { TextRange } from '../text/range';
import { rangeTouches, shiftRange } from '../text/range';
import { policyFile, statementAt } from './places';

export interface NamePlace {
  readonly uri: string;
  readonly range: TextRange;
  readonly role: NameUse['role'];
}

export function definitions(snapshot: Snapshot, uri: string, offset: number): NamePlace[] {
  const name = nameAt(snapshot, uri, offset);
  if (name === undefined) return [];
  const written = usesIn(snapshot, filesSharingNames(snapshot, uri), name).filter(
    (u) => u.role === 'definition',
  );
  return written.length > 0 ? written : networkDefinitions(snapshot, uri, name);
}

export function references(
  snapshot: Snapshot,
  uri: string,
  offset: number,
  includeDefinitions: boolean,
): NamePlace[] {
  const name = nameAt(snapshot, uri, offset);
  if (name === undefined) return [];
  const uses = usesIn(snapshot, filesSharingNames(snapshot, uri), name);
  return includeDefinitions ? uses : uses.filter((u) => u.role === 'reference');
}

export function highlights(snapshot: Snapshot, uri: string, offset: number): NamePlace[] {
  const name = nameAt(snapshot, uri, offset);
  return name === undefined ? [] : usesIn(snapshot, [uri], name);
}

function nameAt(snapshot: Snapshot, uri: string, offset: number): NameUse | undefined {
  const place = statementAt(snapshot, uri, offset);
  return place?.dialect.names(place.statement).find((n) => rangeTouches(n.range, place.relative));
}

function filesSharingNames(snapshot: Snapshot, uri: string): readonly string[] {
  const project = snapshot.projectOf(uri);
  if (project === undefined) return [uri];
  const mine = new Set(project.gatewaysOf(uri));
  const others = project.files.filter((f) => f !== uri && project.gatewaysOf(f).some((g) => mine.has(g)));
  return [uri, ...others];
}

function usesIn(snapshot: Snapshot, uris: readonly string[], wanted: NameUse): NamePlace[] {
  const found: NamePlace[] = [];
  for (const uri of uris) {
    const policy = policyFile(snapshot, uri);
    if (policy === undefined) continue;
    const { dialect, parse } = policy;
    parse.statements.forEach((statement, i) => {
      // Most of a large file's statements do not even hold the text: asking the dialect about each costs more.
      if (!statement.text.includes(wanted.name)) return;
      for (const use of dialect.names(statement)) {
        if (use.kind !== wanted.kind || use.name !== wanted.name) continue;
        found.push({ uri, range: shiftRange(use.range, parse.starts[i]!), role: use.role });
      }
    });
  }
  return found;
}

/** Interfaces are described in the network file. */
function networkDefinitions(snapshot: Snapshot, uri: string, name: NameUse): NamePlace[] {
  const project = snapshot.projectOf(uri);
  if (name.kind !== 'interface' || project === undefined) return [];
  const mine = new Set(project.gatewaysOf(uri));
  return project.network.gateways
    .filter((g) => mine.has(g.name))
    .flatMap((g) => g.interfaces)
    .flatMap((i) =>
      i.name === name.name && i.origin !== undefined
        ? [{ uri: i.origin.file, range: i.origin, role: 'definition' as const }]
        : [],
    );
}
