/**
 * Groups as calls: a rule that heads a group calls it, the rules of a group may call others. Asked per group; what a
 * statement defines and belongs to is remembered under it.
 */
import type { Snapshot } from '../analysis/snapshot';
import type { Dialect } from '../dialects/dialect';
import { Shared } from '../policy/sharing';
import type { ParsedStatement } from '../syntax/statement';
import { shiftRange, type TextRange } from '../text/range';
import { eachInPieces, type Work } from '../text/work';
import { policyFile, statementAt, visibleRange } from './places';

export interface GroupItem {
  readonly group: string;
  /** Rules in it. */
  readonly count: number;
  readonly uri: string;
  /** Of its first head, or of its first rule where nothing heads it. */
  readonly range: TextRange;
  readonly nameRange: TextRange;
}

export interface GroupCall {
  readonly item: GroupItem;
  /** The heads, in the file of the caller. */
  readonly from: readonly TextRange[];
}

/** The list that is looked at first, which belongs to no group. */
const TOP = '';

/** The group named at a place, else the group its statement belongs to. */
export function groupAt(snapshot: Snapshot, uri: string, offset: number): GroupItem | undefined {
  const place = statementAt(snapshot, uri, offset);
  if (place === undefined) return undefined;
  const named = place.dialect
    .names(place.statement)
    .find((n) => n.kind === 'group' && n.range.start <= place.relative && place.relative <= n.range.end);
  const group = named?.name ?? place.dialect.symbol(place.statement)?.parent;
  return group === undefined ? undefined : itemOf(snapshot, uri, group);
}

/** Which groups' rules head this one. */
export function callers(snapshot: Snapshot, uri: string, group: string): GroupCall[] {
  const calls = new Map<string, { item: GroupItem; from: TextRange[] }>();
  for (const { file, parent, range } of headsIn(snapshot, uri).filter((h) => h.group === group)) {
    const key = `${parent}\n${file}`;
    const item = parent === TOP ? topItem(file, range) : itemOf(snapshot, file, parent);
    if (item === undefined) continue;
    const call = calls.get(key) ?? { item: { ...item, uri: file }, from: [] };
    call.from.push(range);
    calls.set(key, call);
  }
  return [...calls.values()];
}

/** Which groups the rules of this one head. */
export function callees(snapshot: Snapshot, uri: string, group: string): GroupCall[] {
  const calls = new Map<string, { item: GroupItem; from: TextRange[] }>();
  for (const head of headsIn(snapshot, uri).filter((h) => h.parent === group)) {
    const item = itemOf(snapshot, uri, head.group);
    if (item === undefined) continue;
    const call = calls.get(head.group) ?? { item, from: [] };
    call.from.push(head.range);
    calls.set(head.group, call);
  }
  return [...calls.values()];
}

interface Head {
  readonly file: string;
  readonly group: string;
  readonly parent: string;
  readonly range: TextRange;
  readonly nameRange: TextRange;
}

function headsIn(snapshot: Snapshot, uri: string): Head[] {
  const heads: Head[] = [];
  for (const file of filesSharing(snapshot, uri)) {
    const policy = policyFile(snapshot, file);
    policy?.parse.statements.forEach((statement, i) => {
      const start = policy.parse.starts[i]!;
      const { parent, defined } = groupsOf(policy.dialect, statement);
      for (const { name, range } of defined)
        heads.push({
          file,
          group: name,
          parent: parent ?? TOP,
          range: visibleRange(statement, start),
          nameRange: shiftRange(range, start),
        });
    });
  }
  return heads;
}

function itemOf(snapshot: Snapshot, uri: string, group: string): GroupItem | undefined {
  const head = headsIn(snapshot, uri).find((h) => h.group === group);
  let count = 0;
  let first: { uri: string; range: TextRange } | undefined;
  for (const file of filesSharing(snapshot, uri)) {
    const policy = policyFile(snapshot, file);
    policy?.parse.statements.forEach((statement, i) => {
      if (groupsOf(policy.dialect, statement).parent !== group) return;
      count++;
      first ??= { uri: file, range: visibleRange(statement, policy.parse.starts[i]!) };
    });
  }
  if (head !== undefined)
    return { group, count, uri: head.file, range: head.range, nameRange: head.nameRange };
  return first === undefined ? undefined : { group, count, ...first, nameRange: first.range };
}

function topItem(uri: string, range: TextRange): GroupItem {
  return { group: TOP, count: 0, uri, range, nameRange: range };
}

function filesSharing(snapshot: Snapshot, uri: string): string[] {
  const project = snapshot.projectOf(uri);
  const mine = new Set(project?.gatewaysOf(uri));
  const others = project?.files.filter((f) => f !== uri && project.gatewaysOf(f).some((g) => mine.has(g)));
  return [uri, ...(others ?? [])];
}

interface Groups {
  readonly parent: string | undefined;
  readonly defined: readonly { readonly name: string; readonly range: TextRange }[];
}

const known = new WeakMap<ParsedStatement<unknown>, Groups>();
/** Of statements that define no group: one for each group they may be in. */
const plain = new Shared<Groups>();

/** So that nothing here takes long: what a long file's statements belong to is asked once, with pauses. */
export function* prepareGroups(snapshot: Snapshot, uri: string): Work<void> {
  for (const file of filesSharing(snapshot, uri)) {
    const policy = policyFile(snapshot, file);
    if (policy === undefined) continue;
    yield* eachInPieces(policy.parse.statements, (statement) => groupsOf(policy.dialect, statement));
  }
}

function groupsOf(dialect: Dialect, statement: ParsedStatement<unknown>): Groups {
  let groups = known.get(statement);
  if (groups === undefined) {
    const parent = dialect.symbol(statement)?.parent;
    const defined = dialect
      .names(statement)
      .filter((n) => n.kind === 'group' && n.role === 'definition')
      .map(({ name, range }) => ({ name, range }));
    groups =
      defined.length === 0 ? plain.get(parent ?? '', () => ({ parent, defined })) : { parent, defined };
    known.set(statement, groups);
  }
  return groups;
}
