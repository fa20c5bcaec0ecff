/** What can be done at a selection: fixes of findings, a packet for a rule, an expectation for a packet, a table for a list. */
import type { Project, Snapshot } from '../analysis/snapshot';
import type { Fix, Problem } from '../syntax/problem';
import type { TextEdit } from '../text/edit';
import { shiftRange, type TextRange } from '../text/range';
import { allProblems } from './diagnostics';
import { findPacket } from './findPacket';
import { type EditOffer, makeExpectation, savePacket } from './packetEdits';
import { statementAt, visibleRange } from './places';

export interface FixOffer {
  readonly problem: Problem;
  readonly fix: Fix;
}

/** The fixes of the problems and findings that a selection touches. */
export function codeActions(
  snapshot: Snapshot,
  uri: string,
  selection: TextRange,
  problems: readonly Problem[] = allProblems(snapshot, uri),
): FixOffer[] {
  return problems
    .filter((p) => p.range.start <= selection.end && selection.start <= p.range.end)
    .flatMap((problem) => (problem.fixes ?? []).map((fix) => ({ problem, fix })));
}

export type Refactoring =
  /** Worked out only when it is chosen: it takes walks. */
  | { readonly kind: 'find-packet'; readonly title: string; readonly offset: number }
  | { readonly kind: 'edits'; readonly title: string; readonly files: readonly FileChange[] };

export interface FileChange {
  readonly uri: string;
  /** The file is not there yet. */
  readonly isNew: boolean;
  readonly edits: readonly TextEdit[];
}

export function refactorings(snapshot: Snapshot, uri: string, selection: TextRange): Refactoring[] {
  return [
    ...packetForRule(snapshot, uri, selection),
    ...expectationForPacket(snapshot, uri, selection),
    ...tablesForLists(snapshot, uri, selection),
  ];
}

const metByPackets: ReadonlySet<string> = new Set(['rule', 'group', 'mapping', 'policy', 'association']);

function packetForRule(snapshot: Snapshot, uri: string, selection: TextRange): Refactoring[] {
  const place = statementAt(snapshot, uri, selection.start);
  const symbol = place?.dialect.symbol(place.statement);
  if (symbol === undefined || !metByPackets.has(symbol.kind)) return [];
  return [{ kind: 'find-packet', title: 'Find a packet that hits this rule', offset: selection.start }];
}

/** The packet written down as a sample, or why there is none. */
export function packetForRuleAt(snapshot: Snapshot, uri: string, offset: number): EditOffer {
  const place = statementAt(snapshot, uri, offset);
  if (place === undefined) return { error: 'There is no rule here.' };
  const found = findPacket(snapshot, uri, visibleRange(place.statement, place.start));
  return 'error' in found ? found : savePacket(snapshot, uri, '', found.notation);
}

function expectationForPacket(snapshot: Snapshot, uri: string, selection: TextRange): Refactoring[] {
  const project = snapshot.projectOf(uri);
  const packet = project?.packets.find(
    ({ origin }) => origin.file === uri && origin.start <= selection.end && selection.start <= origin.end,
  );
  if (project === undefined || packet === undefined) return [];
  const offer = makeExpectation(snapshot, project, project.walk({ packet, reply: false }));
  if ('error' in offer) return [];
  return [
    {
      kind: 'edits',
      title: 'Make expectation from this walk',
      files: [{ uri: offer.uri, isNew: false, edits: [offer.edit] }],
    },
  ];
}

function tablesForLists(snapshot: Snapshot, uri: string, selection: TextRange): Refactoring[] {
  const place = statementAt(snapshot, uri, selection.start);
  if (place === undefined) return [];
  const project = snapshot.projectOf(uri);
  // A `skip` counts rules, and one rule in place of several would make it count others.
  if (project !== undefined && rulesAreCounted(project, uri, place)) return [];
  return (place.dialect.tableCandidates?.(place.statement) ?? []).flatMap((candidate): Refactoring[] => {
    const range = shiftRange(candidate.range, place.start);
    if (range.start > selection.end || selection.start > range.end) return [];
    const mine = new Set(project?.gatewaysOf(uri));
    const files = project?.files.filter((f) => project.gatewaysOf(f).some((g) => mine.has(g))) ?? [];
    const holder = files.map((f) => snapshot.files.get(f)).find((f) => f?.name === candidate.fileName);
    // Where a network file lists the policy files, a new one would not be loaded.
    if (holder === undefined && project?.inferred === false) return [];
    const name = freeName(holder?.text ?? '');
    const end = holder?.text.length ?? 0;
    const gap = holder === undefined || holder.text === '' || /[\r\n]$/.test(holder.text) ? '' : '\n';
    return [
      {
        kind: 'edits',
        title: `Extract ${candidate.entryCount} addresses to a pool (one rule in place of ${candidate.entryCount})`,
        files: [
          { uri, isNew: false, edits: [{ ...range, text: candidate.reference(name) }] },
          {
            uri: holder?.uri ?? `${place.file.folder}/${candidate.fileName}`,
            isNew: holder === undefined,
            edits: [{ start: end, end, text: gap + candidate.table(name) }],
          },
        ],
      },
    ];
  });
}

/** The list of rules that the statement's rules stand in has a `skip`. */
function rulesAreCounted(
  project: Project,
  uri: string,
  { start, statement }: { readonly start: number; readonly statement: { readonly text: string } },
): boolean {
  const end = start + statement.text.length;
  return project.network.gateways.some((gateway) =>
    [...(gateway.filter?.chains.values() ?? [])].some(
      (chain) =>
        chain.rules.some((r) => r.body.next.kind === 'skip') &&
        chain.rules.some((r) => r.origin.file === uri && r.origin.start >= start && r.origin.end <= end),
    ),
  );
}

function freeName(text: string): string {
  for (let n = 1; ; n++) if (!new RegExp(`\\bpool${n}\\b`).test(text)) return `pool${n}`;
}
