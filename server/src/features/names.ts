/**
 * Definition, references, highlights and new names of what statements and network files define and use: groups,
 * pools, variables, interfaces, hosts, networks, gateways, packets. A name of a kind is one thing in all files of a
 * gateway, so `group 100` in one of its files and `head 100` in another belong together; an interface is one thing
 * in its gateway's policy files, in the network file and in packet lines.
 */
import { yamlScalar } from '../analysis/network/yamlPlaces';
import type { Project, Snapshot } from '../analysis/snapshot';
import type { NameUse } from '../dialects/dialect';
import type { TextEdit } from '../text/edit';
import type { TextRange } from '../text/range';
import { rangeTouches, shiftRange } from '../text/range';
import { eachInPieces, finish, type Work } from '../text/work';
import { definitionsOf } from './definedNames';
import { networkNames } from './networkNames';
import { policyFile, statementAt } from './places';

export interface NamePlace {
  readonly uri: string;
  readonly range: TextRange;
  readonly role: NameUse['role'];
}

export function definitions(snapshot: Snapshot, uri: string, offset: number): NamePlace[] {
  const name = nameAt(snapshot, uri, offset);
  return name === undefined
    ? []
    : finish(usesOf(snapshot, name, { role: 'definition' })).filter((u) => u.role === 'definition');
}

export function references(...asked: Parameters<typeof referencesInPieces>): NamePlace[] {
  return finish(referencesInPieces(...asked));
}

export function* referencesInPieces(
  snapshot: Snapshot,
  uri: string,
  offset: number,
  includeDefinitions: boolean,
): Work<NamePlace[]> {
  const name = nameAt(snapshot, uri, offset);
  if (name === undefined) return [];
  const uses = yield* usesOf(snapshot, name);
  return includeDefinitions ? uses : uses.filter((u) => u.role === 'reference');
}

export function highlights(snapshot: Snapshot, uri: string, offset: number): NamePlace[] {
  return finish(highlightsInPieces(snapshot, uri, offset));
}

export function* highlightsInPieces(snapshot: Snapshot, uri: string, offset: number): Work<NamePlace[]> {
  const name = nameAt(snapshot, uri, offset);
  return name === undefined ? [] : yield* usesOf(snapshot, name, { uri });
}

export interface Renameable {
  readonly range: TextRange;
  readonly name: string;
}

/** The name at a place as it would be renamed, or why it can't be. Undefined: there is no name. */
export function prepareRename(
  snapshot: Snapshot,
  uri: string,
  offset: number,
): Renameable | { readonly error: string } | undefined {
  const found = nameAt(snapshot, uri, offset);
  if (found === undefined) return undefined;
  if (!(found.kind in nameForms))
    return { error: `This ${found.kind} can't be renamed: other systems know it by this name.` };
  const written = snapshot.files.get(uri)?.text.slice(found.range.start, found.range.end) ?? '';
  const at = written.indexOf(found.name);
  if (at < 0) return { error: `“${written}” is not written as the name “${found.name}” that it stands for.` };
  const start = found.range.start + at;
  return { range: { start, end: start + found.name.length }, name: found.name };
}

/** Edits by URI, or why there are none. */
export function rename(...asked: Parameters<typeof renameInPieces>): Renamed {
  return finish(renameInPieces(...asked));
}

type Renamed = ReadonlyMap<string, TextEdit[]> | { readonly error: string };

export function* renameInPieces(
  snapshot: Snapshot,
  uri: string,
  offset: number,
  newName: string,
): Work<Renamed> {
  const prepared = prepareRename(snapshot, uri, offset);
  const found = nameAt(snapshot, uri, offset);
  if (prepared === undefined || found === undefined)
    return { error: 'There is no name here that could be changed.' };
  if ('error' in prepared) return prepared;
  const form = nameForms[found.kind]!;
  if (!form.pattern.test(newName))
    return { error: `“${newName}” is not a name for a ${found.kind}: ${form.rule}` };
  const others = { ...found, name: newName };
  if (
    newName !== found.name &&
    (yield* usesOf(snapshot, others, { role: 'definition' })).some((u) => u.role === 'definition')
  )
    return { error: `There is a ${found.kind} “${newName}” already: both would become one.` };
  const edits = new Map<string, TextEdit[]>();
  for (const place of yield* usesOf(snapshot, found)) {
    const file = snapshot.files.get(place.uri);
    const written = file?.text.slice(place.range.start, place.range.end) ?? '';
    const at = written.indexOf(found.name);
    if (at < 0) continue;
    const isKey = file?.dialect === undefined && at === 0 && written.length === found.name.length;
    const start = place.range.start + at;
    const edit = {
      start,
      end: start + found.name.length,
      text: isKey ? yamlName(newName, place.uri, snapshot, start) : newName,
    };
    const inFile = edits.get(place.uri);
    if (inFile === undefined) edits.set(place.uri, [edit]);
    else inFile.push(edit);
  }
  return edits;
}

/** In a packet line a name stands bare whatever YAML would want of it alone; names need no quotes but for words YAML reads otherwise. */
function yamlName(name: string, uri: string, snapshot: Snapshot, start: number): string {
  const before = snapshot.files.get(uri)?.text.slice(Math.max(0, start - 40), start) ?? '';
  return /\bon\s+$/.test(before) ? name : yamlScalar(name);
}

const plainForm = { pattern: /^[A-Za-z0-9_][\w.-]*$/, rule: 'use letters, digits, “-”, “_” and “.”.' };
const nameForms: Readonly<Record<string, { readonly pattern: RegExp; readonly rule: string }>> = {
  group: { pattern: /^[A-Za-z0-9_][\w-]*$/, rule: 'use a number, or letters, digits, “-” and “_”.' },
  pool: { pattern: /^[A-Za-z0-9_][\w-]*$/, rule: 'use a number, or letters, digits, “-” and “_”.' },
  variable: { pattern: /^[A-Za-z_]\w*$/, rule: 'begin with a letter, and use letters, digits and “_”.' },
  interface: { pattern: /^[A-Za-z][\w.:]*$/, rule: 'begin with a letter, as in fxp0.' },
  gateway: plainForm,
  host: plainForm,
  network: plainForm,
  packet: plainForm,
};

/** A name, and where it means one thing. */
interface Name {
  readonly kind: string;
  readonly name: string;
  readonly range: TextRange;
  readonly project: Project | undefined;
  /** Policy files that share it, the asked one first. */
  readonly policyFiles: readonly string[];
  /** Gateways whose interface it is. */
  readonly gateways: readonly string[] | undefined;
}

function nameAt(snapshot: Snapshot, uri: string, offset: number): Name | undefined {
  const project = snapshot.projectOf(uri);
  const place = statementAt(snapshot, uri, offset);
  const use = place?.dialect.names(place.statement).find((n) => rangeTouches(n.range, place.relative));
  if (place !== undefined && use !== undefined) {
    const gateways = project?.gatewaysOf(uri) ?? [];
    return {
      kind: use.kind,
      name: use.name,
      range: shiftRange(use.range, place.start),
      project,
      policyFiles: [
        uri,
        ...(project === undefined ? [] : filesOf(project, gateways)).filter((f) => f !== uri),
      ],
      gateways,
    };
  }
  if (project === undefined) return undefined;
  const found = networkNames(snapshot, project).find((n) => n.uri === uri && rangeTouches(n.range, offset));
  if (found === undefined) return undefined;
  const { kind, name, range, gateways } = found;
  return {
    kind,
    name,
    range,
    project,
    gateways,
    // Only interfaces are named in both.
    policyFiles: kind === 'interface' ? filesOf(project, gateways ?? []) : [],
  };
}

function filesOf(project: Project, gateways: readonly string[]): string[] {
  const mine = new Set(gateways);
  return project.files.filter((f) => project.gatewaysOf(f).some((g) => mine.has(g)));
}

/** Everywhere, or in one file; with `role`, at least those that define it. */
function* usesOf(
  snapshot: Snapshot,
  wanted: Name,
  { uri: only, role }: { readonly uri?: string; readonly role?: 'definition' } = {},
): Work<NamePlace[]> {
  const { kind, name, project, gateways } = wanted;
  const inPolicies = yield* usesIn(
    snapshot,
    wanted.policyFiles.filter((uri) => only === undefined || uri === only),
    wanted,
    role,
  );
  if (project === undefined) return inPolicies;
  const inNetwork = networkNames(snapshot, project).filter(
    (n) =>
      n.kind === kind &&
      n.name === name &&
      (only === undefined || n.uri === only) &&
      (n.gateways === undefined || n.gateways.some((g) => gateways?.includes(g) !== false)),
  );
  return [...inPolicies, ...inNetwork.map(({ uri, range, role }) => ({ uri, range, role }))];
}

function* usesIn(
  snapshot: Snapshot,
  uris: readonly string[],
  wanted: Pick<Name, 'kind' | 'name'>,
  role: 'definition' | undefined,
): Work<NamePlace[]> {
  const found: NamePlace[] = [];
  for (const uri of uris) {
    const policy = policyFile(snapshot, uri);
    if (policy === undefined) continue;
    const { dialect, parse } = policy;
    yield* eachInPieces(parse.statements, (statement, i) => {
      const uses = role === undefined ? dialect.names(statement) : definitionsOf(dialect, statement);
      for (const use of uses) {
        if (use.kind !== wanted.kind || use.name !== wanted.name) continue;
        found.push({ uri, range: shiftRange(use.range, parse.starts[i]!), role: use.role });
      }
    });
  }
  return found;
}
