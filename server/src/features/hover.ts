/**
 * What is under the cursor: the word's documentation, the statement in plain words, and the walk that meets
 * it. On a sample packet, in a comment or in the network file: its walk.
 */
import type { Project, Snapshot, WalkResult } from '../analysis/snapshot';
import type { Dialect, VocabularyWord } from '../dialects/dialect';
import type { SamplePacket } from '../simulator/network';
import { code, codeBlock } from '../text/markdown';
import { rangeTouches, shiftRange, type TextRange } from '../text/range';
import { originWithin, type StatementPlace, statementAt, visibleRange } from './places';
import { traceToMarkdown } from './traceText';
import { shownSteps, toTraceView } from './traceView';
import { walksThrough } from './walks';

export interface HoverInfo {
  readonly range: TextRange;
  /** Parts in order, to be set one below the other with a rule between them. */
  readonly markdown: readonly string[];
}

export function hover(snapshot: Snapshot, uri: string, offset: number): HoverInfo | undefined {
  const project = snapshot.projectOf(uri);
  const packet = samplePacketAt(snapshot, project, uri, offset);
  if (project !== undefined && packet !== undefined) {
    const walk = project.walk({ packet, reply: false });
    return { range: packet.origin, markdown: [traceToMarkdown(toTraceView(walk, project, snapshot))] };
  }
  const place = statementAt(snapshot, uri, offset);
  if (place === undefined) return undefined;
  const range = visibleRange(place.statement, place.start);
  if (!rangeTouches(range, offset)) return undefined;
  const word = wordAt(place);
  const explanation = place.dialect.explain(place.statement);
  const parts: string[] = [];
  if (word !== undefined) parts.push(wordDocumentation(word.word, place.dialect));
  if (explanation !== undefined) parts.push(explanation);
  const walks = explanation === undefined ? undefined : walkPart(snapshot, project, place, range);
  if (walks !== undefined) parts.push(walks);
  if (parts.length === 0) return undefined;
  return { range: explanation === undefined && word !== undefined ? word.range : range, markdown: parts };
}

/** Its name or its line: both are the packet to whoever points at them. */
function samplePacketAt(
  snapshot: Snapshot,
  project: Project | undefined,
  uri: string,
  offset: number,
): SamplePacket | undefined {
  const lines = snapshot.files.get(uri)?.lines;
  return project?.packets.find(
    ({ origin }) =>
      origin.file === uri &&
      (rangeTouches(origin, offset) || (offset >= origin.start && lines?.lineAt(offset) === origin.line)),
  );
}

function wordDocumentation(word: VocabularyWord, dialect: Dialect): string {
  return `${codeBlock(word.snippet ?? word.word, dialect.id)}\n${word.documentation}`;
}

/** The vocabulary's word under the cursor; the longest of several words wins (`keep state` over `state`). */
function wordAt(
  place: StatementPlace,
): { readonly word: VocabularyWord; readonly range: TextRange } | undefined {
  const tokens = place.dialect.tokens(place.statement).filter((t) => t.kind !== 'comment');
  const at = tokens.findIndex((t) => t.range.start <= place.relative && place.relative < t.range.end);
  if (at < 0) return undefined;
  const words = wordsOf(place.dialect);
  for (const [from, to] of [
    [at - 1, at + 1],
    [at, at + 1],
    [at - 1, at],
    [at, at],
  ] as const) {
    const first = tokens[from];
    const last = tokens[to];
    if (first === undefined || last === undefined) continue;
    const range = { start: first.range.start, end: last.range.end };
    const written = place.statement.text.slice(range.start, range.end).toLowerCase().replace(/\s+/g, ' ');
    const known = words.get(written);
    if (known === undefined) continue;
    const word = known.find((w) => w.kind === tokens[at]!.kind) ?? known[0]!;
    return { word, range: shiftRange(range, place.start) };
  }
  return undefined;
}

const wordsByDialect = new WeakMap<Dialect, ReadonlyMap<string, readonly VocabularyWord[]>>();

function wordsOf(dialect: Dialect): ReadonlyMap<string, readonly VocabularyWord[]> {
  const known = wordsByDialect.get(dialect);
  if (known !== undefined) return known;
  const words = new Map<string, VocabularyWord[]>();
  for (const word of dialect.vocabulary.words) {
    const key = word.word.toLowerCase();
    words.set(key, [...(words.get(key) ?? []), word]);
  }
  wordsByDialect.set(dialect, words);
  return words;
}

function walkPart(
  snapshot: Snapshot,
  project: Project | undefined,
  place: StatementPlace,
  range: TextRange,
): string | undefined {
  if (project === undefined) return undefined;
  const { uri } = place.file;
  if (project.packets.length === 0) {
    const line = `${place.dialect.lineComment} packet: web: tcp 10.1.0.5:40000 > 198.51.100.7:80 S`;
    return `To see a packet walk through this, write one in a comment: ${code(line)}`;
  }
  const walks = walksThrough(project, uri, range);
  if (walks.length === 0) return noWalk(project);
  const [first, ...others] = walks;
  const view = toTraceView(first!, project, snapshot);
  const marked = new Set<number>();
  for (const [i, step] of shownSteps(first!.trace).entries()) {
    if (step.origins.some((o) => originWithin(o, uri, range))) {
      marked.add(view.steps[i]!.index);
    }
  }
  const table = traceToMarkdown(view, (step) => marked.has(step.index));
  return others.length === 0 ? table : `${table}\n\n${otherWalks(others)}`;
}

function noWalk(project: Project): string {
  const count = project.packets.length;
  return count === 1
    ? `The sample packet “${project.packets[0]!.name}” does not meet this.`
    : `None of the ${count} sample packets meets this.`;
}

function otherWalks(others: readonly WalkResult[]): string {
  const names = others.map((w) => `“${w.request.packet.name}”${w.request.reply ? ' (reply)' : ''}`);
  const shown = names.slice(0, 5).join(', ');
  const rest = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return `Also met by ${shown}${rest}.`;
}
