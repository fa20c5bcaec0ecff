/** Notes behind words in the part of a file that the editor shows: each kind can be switched off. */
import type { Project, Snapshot } from '../analysis/snapshot';
import type { InlayNote } from '../dialects/dialect';
import type { FilterProgram } from '../policy/filter';
import { statementIndexAt } from '../syntax/statement';
import type { TextRange } from '../text/range';
import { finish, type Work } from '../text/work';
import { type PolicyFile, policyFile, visibleRange } from './places';
import { defaultSettings, type Settings } from './settings';
import { shownSteps } from './traceView';
import { type AskedWalk, findWalk } from './walks';

export type InlayHint = Pick<InlayNote, 'offset' | 'text' | 'tooltip'> & {
  readonly kind: InlayNote['kind'] | 'hit';
};

/** Offsets absolute, in order. `selected`: the packet that hints of hits are about. */
export function inlayHints(...asked: Parameters<typeof inlayHintsInPieces>): InlayHint[] {
  return finish(inlayHintsInPieces(...asked));
}

export function* inlayHintsInPieces(
  snapshot: Snapshot,
  uri: string,
  part: TextRange,
  settings: Settings['inlayHints'] = defaultSettings.inlayHints,
  selected?: AskedWalk | null,
): Work<InlayHint[]> {
  const policy = policyFile(snapshot, uri);
  if (policy === undefined || policy.parse.statements.length === 0) return [];
  const hints: InlayHint[] = [];
  const project = snapshot.projectOf(uri);
  if (settings.services || settings.addresses)
    for (const note of yield* notes(policy, part, settings)) hints.push(note);
  if (project !== undefined && settings.ruleNumbers)
    for (const number of ruleNumbers(policy, project, part)) hints.push(number);
  yield;
  if (project !== undefined && settings.hits && selected)
    hints.push(...hits(policy, project, part, selected));
  return hints
    .filter((h) => h.offset >= part.start && h.offset <= part.end)
    .sort((a, b) => a.offset - b.offset);
}

function* notes(
  { dialect, parse }: PolicyFile,
  part: TextRange,
  settings: Settings['inlayHints'],
): Work<InlayHint[]> {
  const found: InlayHint[] = [];
  const wanted = {
    service: settings.services,
    addresses: settings.addresses,
    'rule-number': settings.ruleNumbers,
  };
  const last = statementIndexAt(parse, part.end);
  for (let i = statementIndexAt(parse, part.start); i <= last; i++) {
    if (i % PIECE === PIECE - 1) yield;
    for (const note of dialect.hints?.(parse.statements[i]!) ?? [])
      if (wanted[note.kind]) found.push({ ...note, offset: parse.starts[i]! + note.offset });
  }
  return found;
}

/** Statements between two pauses. */
const PIECE = 128;

/** `@3`: the third rule of its list, as `ipfstat -n` counts; lists of the two directions and groups count by themselves. */
function ruleNumbers({ file, parse }: PolicyFile, project: Project, part: TextRange): InlayHint[] {
  const programs = new Set<FilterProgram>();
  for (const gateway of project.network.gateways)
    if (gateway.filter !== undefined && project.gatewaysOf(file.uri).includes(gateway.name))
      programs.add(gateway.filter);
  // Where several gateways load a file behind different others, its rules have several numbers: none is shown.
  const [program] = programs;
  if (program === undefined || programs.size > 1) return [];
  const found: InlayHint[] = [];
  for (const chain of program.chains.values())
    for (const [position, { origin }] of chain.rules.entries()) {
      if (origin.file !== file.uri || origin.end < part.start || origin.start > part.end) continue;
      const offset = visibleStart(parse, origin.start);
      const tooltip = `Rule ${position + 1} of the list “${chain.title}”.`;
      found.push({ offset, text: `@${position + 1}`, tooltip, kind: 'rule-number' });
    }
  // A statement with lists makes several rules: the first of them is its number.
  const numbered = new Set<number>();
  return found.filter(({ offset }) => numbered.size < numbered.add(offset).size);
}

function visibleStart(parse: PolicyFile['parse'], offset: number): number {
  const i = statementIndexAt(parse, offset);
  return Math.max(offset, visibleRange(parse.statements[i]!, parse.starts[i]!).start);
}

function hits(
  { file, parse }: PolicyFile,
  project: Project,
  part: TextRange,
  selected: AskedWalk,
): InlayHint[] {
  const found = findWalk(project, selected);
  if ('error' in found) return [];
  const { walk } = found;
  const steps = shownSteps(walk.trace);
  const byEnd = new Map<number, number[]>();
  for (const [i, step] of steps.entries())
    for (const origin of step.origins) {
      if (origin.file !== file.uri || origin.end < part.start || origin.start > part.end) continue;
      const at = statementIndexAt(parse, origin.start);
      const { end } = visibleRange(parse.statements[at]!, parse.starts[at]!);
      const numbers = byEnd.get(end) ?? [];
      byEnd.set(end, numbers);
      if (!numbers.includes(i + 1)) numbers.push(i + 1);
    }
  const who = `${walk.request.packet.name}${walk.request.reply ? ' (reply)' : ''}`;
  return [...byEnd].map(([offset, numbers]) => ({
    offset,
    text: `▶ ${numbers.join(', ')}`,
    tooltip: `${who}: step ${numbers.join(', ')} of its walk.`,
    kind: 'hit' as const,
  }));
}
