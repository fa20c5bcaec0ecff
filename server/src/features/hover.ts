/**
 * What is under the cursor: the word's documentation, the statement in plain words, and the walk that meets
 * it. On a sample packet, in a comment or in the network file: its walk.
 */
import type { Project, Snapshot, WalkResult } from '../analysis/snapshot';
import type { Dialect, VocabularyWord } from '../dialects/dialect';
import { formatPrefix } from '../policy/address';
import type { SamplePacket } from '../simulator/network';
import { code, codeBlock } from '../text/markdown';
import { rangeTouches, shiftRange, type TextRange } from '../text/range';
import { definitions } from './names';
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
  const resolved = resolvedNames(snapshot, project, place);
  if (resolved !== undefined) parts.push(resolved);
  const walks = explanation === undefined ? undefined : walkPart(snapshot, project, place, range);
  if (walks !== undefined) parts.push(walks);
  if (parts.length === 0) return undefined;
  return { range: explanation === undefined && word !== undefined ? word.range : range, markdown: parts };
}

/** What names in the statement stand for, and which addresses its networks are: one line each. */
function resolvedNames(
  snapshot: Snapshot,
  project: Project | undefined,
  { file, dialect, statement, start }: StatementPlace,
): string | undefined {
  const lines: string[] = [];
  const mine = new Set(project?.gatewaysOf(file.uri));
  const pools = project?.network.gateways.filter((g) => mine.has(g.name)).flatMap((g) => g.pools) ?? [];
  const seen = new Set<string>();
  for (const { kind, name, role, range } of dialect.names(statement)) {
    if (role === 'definition' || seen.has(`${kind} ${name}`)) continue;
    seen.add(`${kind} ${name}`);
    if (kind === 'pool') {
      const pool = pools.find((p) => p.name === name);
      if (pool === undefined) continue;
      const entries = pool.entries.map((e) => `${e.negated ? '!' : ''}${formatPrefix(e)}`);
      lines.push(`${code(name)}: ${shortList(entries)}`);
    } else if (kind === 'variable') {
      const [definition] = definitions(snapshot, file.uri, start + range.start);
      const other = definition && snapshot.files.get(definition.uri);
      if (definition === undefined || other === undefined) continue;
      const line = other.lines.lineAt(definition.range.start);
      lines.push(code(other.text.slice(other.lines.lineStart(line), other.lines.lineEnd(line)).trim()));
    }
  }
  for (const note of dialect.hints?.(statement) ?? []) {
    if (note.kind !== 'addresses') continue;
    const word = /\S*$/.exec(statement.text.slice(0, note.offset))![0];
    lines.push(`${code(word)}: ${code(note.text)}`);
  }
  return lines.length === 0 ? undefined : lines.join('  \n');
}

function shortList(entries: readonly string[]): string {
  const shown = entries.slice(0, 8).map(code).join(', ');
  return entries.length > 8 ? `${shown} and ${entries.length - 8} more` : shown;
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
  return `${codeBlock(withoutTabStops(word.snippet ?? word.word), dialect.id)}\n${word.documentation}`;
}

/** A snippet as it reads when nothing is filled in: `map ${1:ext0} $0` is `map ext0`. */
function withoutTabStops(snippet: string): string {
  return snippet
    .replace(/\$\{\d+:([^{}]*)\}/g, '$1')
    .replace(/\$\{\d+\|([^,|]*)[^|]*\|\}/g, '$1')
    .replace(/ ?\$(?:\d+|\{\d+\})/g, '');
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
