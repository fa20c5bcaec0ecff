/**
 * What can stand at the cursor, as the dialect's grammar says, with what the network file knows: where an
 * interface may stand, the gateway's own interfaces are offered; where an address may, those of networks and hosts;
 * where a group or a pool is named, those there are. In the network file and in packet lines: keys, names and words.
 */
import type { Project, Snapshot } from '../analysis/snapshot';
import { NETWORK_FILE_NAME } from '../analysis/workspace';
import { dialects } from '../dialects';
import type { Dialect, Expectation } from '../dialects/dialect';
import { formatAddress, formatPrefix } from '../policy/address';
import type { ParsedStatement } from '../syntax/statement';
import { shiftRange, type TextRange } from '../text/range';
import { definitionsOf } from './definedNames';
import { completionInNetworkFile } from './networkCompletion';
import { packetLineCompletion } from './packetCompletion';
import { policyFile, statementAt } from './places';

/** `replace` ranges are absolute. */
export function completion(snapshot: Snapshot, uri: string, offset: number): readonly Expectation[] {
  const file = snapshot.files.get(uri);
  if (file?.name === NETWORK_FILE_NAME) return completionInNetworkFile(snapshot, file, offset);
  const policy = policyFile(snapshot, uri);
  if (policy === undefined || file === undefined) return [];
  const line = file.lines.lineAt(offset);
  const lineStart = file.lines.lineStart(line);
  const comment = packetComment(
    file.text.slice(lineStart, file.lines.lineEnd(line)),
    policy.dialect.lineComment,
  );
  if (comment !== undefined && offset >= lineStart + comment)
    return packetLineCompletion(snapshot.projectOf(uri), file.text, lineStart + comment, offset);
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
  const before = fresh ? '' : statement.text.slice(0, place.relative);
  return [
    // A slot without words of its own stands for the names below.
    ...absolute.filter((e) => e.insert !== ''),
    ...namesWhereExpected(snapshot, uri, absolute),
    ...(/^\s*\S*$/.test(before) && absolute.length > 0
      ? snippetsOf(policy.dialect, absolute[0]!.replace)
      : []),
  ];
}

/** The documentation of a word that was offered without it. */
export function completionDocumentation(dialectId: string, word: string): string | undefined {
  const dialect = dialects.find((d) => d.id === dialectId);
  return dialect?.vocabulary.words.find((w) => w.word === word)?.documentation;
}

function packetComment(line: string, introducer: string): number | undefined {
  const found = /^(\s*)(\S+?)\s*packet:/.exec(line);
  return found !== null && found[2]!.replaceAll(introducer, '') === '' ? found[0].length : undefined;
}

function emptyStatement(dialect: Dialect): ParsedStatement<unknown> | undefined {
  return dialect.parse('\n').statements[0];
}

function snippetsOf(dialect: Dialect, replace: TextRange): Expectation[] {
  return (dialect.snippets ?? []).map(({ label, insert, detail }) => ({
    label,
    insert,
    detail,
    isSnippet: true,
    kind: 'snippet',
    replace,
  }));
}

function namesWhereExpected(
  snapshot: Snapshot,
  uri: string,
  expected: readonly Expectation[],
): Expectation[] {
  const project = snapshot.projectOf(uri);
  const offered = new Set(expected.map((e) => e.insert));
  const slots = new Map<string, TextRange>();
  for (const e of expected) {
    const key = e.kind === 'name' ? e.label : e.kind;
    if (!slots.has(key)) slots.set(key, e.replace);
  }
  const found: Expectation[] = [];
  const add = (kind: Expectation['kind'], slot: string, names: readonly (readonly [string, string])[]) => {
    const replace = slots.get(slot);
    if (replace === undefined) return;
    for (const [label, detail] of names) {
      if (offered.has(label)) continue;
      offered.add(label);
      found.push({ label, insert: label, kind, detail, replace });
    }
  };
  if (project !== undefined) {
    add('interface', 'interface', interfacesOf(project, uri));
    add('address', 'address', addressesOf(project));
  }
  for (const kind of ['group', 'pool'])
    if (slots.has(kind)) add('name', kind, definedNames(snapshot, uri, kind));
  return found;
}

function interfacesOf(project: Project, uri: string): (readonly [string, string])[] {
  const mine = new Set(project.gatewaysOf(uri));
  return project.network.gateways
    .filter((g) => mine.has(g.name))
    .flatMap((gateway) =>
      gateway.interfaces.map(
        (i) => [i.name, i.segment === undefined ? gateway.name : `${gateway.name}, to ${i.segment}`] as const,
      ),
    );
}

function addressesOf({ network }: Project): (readonly [string, string])[] {
  return [
    ...network.segments.flatMap((s) =>
      s.prefixes.map((p) => [formatPrefix(p), `network ${s.name}`] as const),
    ),
    ...network.hosts.flatMap((h) => h.addresses.map((a) => [formatAddress(a), `host ${h.name}`] as const)),
    ...network.gateways.flatMap((g) =>
      g.interfaces.flatMap((i) =>
        i.addresses.map((p) => [formatAddress(p.address), `${g.name}, ${i.name}`] as const),
      ),
    ),
  ];
}

/** Of the files of the same gateway; asked statement by statement only where a name of the kind is wanted. */
function definedNames(snapshot: Snapshot, uri: string, kind: string): (readonly [string, string])[] {
  const project = snapshot.projectOf(uri);
  const mine = new Set(project?.gatewaysOf(uri));
  const files = project?.files.filter((f) => f === uri || project.gatewaysOf(f).some((g) => mine.has(g))) ?? [
    uri,
  ];
  const names = new Map<string, string>();
  for (const file of files) {
    const policy = policyFile(snapshot, file);
    for (const statement of policy?.parse.statements ?? []) {
      for (const use of definitionsOf(policy!.dialect, statement))
        if (use.kind === kind && !names.has(use.name)) names.set(use.name, policy!.file.name);
    }
  }
  return [...names];
}
