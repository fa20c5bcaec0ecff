/**
 * Files as sequences of statements, and what an edit costs.
 *
 * Every dialect says where a statement ends (a logical line, or text up to a `;`); the statements tile the
 * file without gaps, so nothing the user wrote is lost. A parsed statement knows no absolute position: its
 * tree and problems count from its own start. That is what lets an edit keep every statement it did not
 * touch: only the starts of those behind it move, and one typed character re-parses one statement, in a
 * file of any length. (The whole design is measured against this; `parsedCount` is what tests assert.)
 *
 * A statement is read when something of it is asked for first. Trees are many times larger than their text and seldom
 * asked for again, so a file keeps those of some statements, the ones read last; another one is read again from its
 * text when somebody asks. A file of usual length keeps them all. What is small and often asked for, a grammar puts
 * into a statement's summary, which always stays.
 */
import { diffAsOneEdit, type TextEdit } from '../text/edit';
import type { TextRange } from '../text/range';
import type { Problem } from './problem';

/** One parsed statement. Immutable, and the key under which everything derived from it is memoised. */
export interface ParsedStatement<Tree> {
  readonly text: string;
  /** Read again from the text when it is not at hand: equal each time, not always the same object. */
  readonly tree: Tree;
  /** Ranges relative to the start of the statement. */
  readonly problems: readonly Problem[];
  /** What the grammar wants at hand of every statement; undefined when it wants nothing. */
  readonly summary: unknown;
  /** Line ends inside `text`: lets absolute lines be summed without looking at the text again. */
  readonly lineBreakCount: number;
}

export interface Parse<Tree> {
  readonly text: string;
  readonly statements: readonly ParsedStatement<Tree>[];
  /** Offset of each statement, one more entry than statements: the last is the length of the text. */
  readonly starts: Float64Array | readonly number[];
  /** How many statements are new in this parse, so that they have to be read. */
  readonly parsedCount: number;
}

export interface StatementGrammar<Tree> {
  /**
   * End of the statement that begins at `start` (`start < text.length`); must be greater than `start` and
   * depend on nothing before `start`, so that the boundaries behind an edit can be found again.
   */
  statementEnd(text: string, start: number): number;
  /** Reads one statement. Never throws. */
  parseStatement(text: string): { readonly tree: Tree; readonly problems: readonly Problem[] };
  /** A few words about a statement that has just been read; small, as it is kept for every statement. */
  summarize?(statement: ParsedStatement<Tree>): unknown;
}

/** Parses `text`; with a `previous` parse of an older text, reuses all statements the change did not touch. */
export function parseStatements<Tree>(
  grammar: StatementGrammar<Tree>,
  text: string,
  previous?: Parse<Tree>,
): Parse<Tree> {
  if (previous === undefined) return parseAll(grammar, text);
  const edit = diffAsOneEdit(previous.text, text);
  if (edit === undefined) return { ...previous, parsedCount: 0 };
  return reparse(grammar, text, previous, edit);
}

/** The trees of one file that are at hand: those read last, up to a length of text. */
class TreeStore<Tree> {
  private kept: LazyStatement<Tree>[] = [];
  private oldest = 0;
  private keptLength = 0;

  constructor(readonly grammar: StatementGrammar<Tree>) {}

  keep(statement: LazyStatement<Tree>): void {
    this.kept.push(statement);
    this.keptLength += statement.text.length;
    // The one that was just asked for always stays.
    while (this.keptLength > MOST_KEPT_LENGTH && this.oldest < this.kept.length - 1) {
      const dropped = this.kept[this.oldest++]!;
      this.keptLength -= dropped.text.length;
      dropped.drop();
    }
    if (this.oldest > 1000 && this.oldest * 2 > this.kept.length) {
      this.kept = this.kept.slice(this.oldest);
      this.oldest = 0;
    }
  }
}

/** Characters: some thousand statements, and a few megabytes of trees. */
const MOST_KEPT_LENGTH = 1 << 18;

class LazyStatement<Tree> implements ParsedStatement<Tree> {
  /** In a box, since a tree may be anything. */
  private box: { readonly tree: Tree } | undefined = undefined;
  /** Undefined: not read yet. */
  private found: readonly Problem[] | undefined = undefined;
  private told: unknown = undefined;

  constructor(
    readonly text: string,
    readonly lineBreakCount: number,
    readonly store: TreeStore<Tree>,
  ) {}

  get tree(): Tree {
    return (this.box ?? this.read()).tree;
  }

  get problems(): readonly Problem[] {
    if (this.found === undefined) this.read();
    return this.found!;
  }

  get summary(): unknown {
    if (this.found === undefined) this.read();
    return this.told;
  }

  drop(): void {
    this.box = undefined;
  }

  private read(): { readonly tree: Tree } {
    const { grammar } = this.store;
    const { tree, problems } = grammar.parseStatement(this.text);
    const box = { tree };
    this.box = box;
    this.store.keep(this);
    if (this.found === undefined) {
      this.found = problems.length === 0 ? NO_PROBLEMS : problems;
      this.told = grammar.summarize?.(this);
    }
    return box;
  }
}

const NO_PROBLEMS: readonly Problem[] = [];

function parseAll<Tree>(grammar: StatementGrammar<Tree>, text: string): Parse<Tree> {
  const store = new TreeStore(grammar);
  const statements: ParsedStatement<Tree>[] = [];
  const starts: number[] = [];
  let at = 0;
  while (at < text.length) {
    const end = grammar.statementEnd(text, at);
    starts.push(at);
    const piece = text.slice(at, end);
    statements.push(new LazyStatement(piece, countLineBreaks(piece), store));
    at = end;
  }
  starts.push(text.length);
  return { text, statements, starts, parsedCount: statements.length };
}

function reparse<Tree>(
  grammar: StatementGrammar<Tree>,
  text: string,
  previous: Parse<Tree>,
  edit: TextEdit,
): Parse<Tree> {
  const shift = text.length - previous.text.length;
  const oldCount = previous.statements.length;
  const store = storeOf(grammar, previous);
  // The statement before the edited one may end elsewhere now (a removed line end joins two), so begin there.
  const first = Math.max(0, statementIndexAt(previous, edit.start) - 1);
  const fresh: ParsedStatement<Tree>[] = [];
  const freshStarts: number[] = [];
  let parsedCount = 0;
  let at = oldCount === 0 ? 0 : previous.starts[first]!;
  let old = first;
  let resumeAt = oldCount;
  while (at < text.length) {
    // Past the edit, an old boundary that lines up means everything behind it is as it was.
    while (old < oldCount && previous.starts[old]! + shift < at) old++;
    if (old < oldCount && previous.starts[old]! >= edit.end && previous.starts[old]! + shift === at) {
      resumeAt = old;
      break;
    }
    const end = grammar.statementEnd(text, at);
    const piece = text.slice(at, end);
    // Before the edit the same text at the same place is the same statement.
    const kept = sameStatement(previous, at, piece, edit.start);
    freshStarts.push(at);
    if (kept !== undefined) fresh.push(kept);
    else {
      fresh.push(new LazyStatement(ownText(piece), countLineBreaks(piece), store));
      parsedCount++;
    }
    at = end;
  }
  if (at >= text.length) resumeAt = oldCount;
  const tail = oldCount - resumeAt;
  const statements = previous.statements.slice(0, first).concat(fresh, previous.statements.slice(resumeAt));
  const starts = new Float64Array(statements.length + 1);
  for (let i = 0; i < first; i++) starts[i] = previous.starts[i]!;
  for (let i = 0; i < freshStarts.length; i++) starts[first + i] = freshStarts[i]!;
  for (let i = 0; i < tail; i++) starts[first + fresh.length + i] = previous.starts[resumeAt + i]! + shift;
  starts[statements.length] = text.length;
  return { text, statements, starts, parsedCount };
}

function sameStatement<Tree>(
  previous: Parse<Tree>,
  at: number,
  piece: string,
  editStart: number,
): ParsedStatement<Tree> | undefined {
  if (at > editStart) return undefined;
  const index = statementIndexAt(previous, at);
  const candidate = previous.statements[index];
  return candidate !== undefined && previous.starts[index] === at && candidate.text === piece
    ? candidate
    : undefined;
}

function storeOf<Tree>(grammar: StatementGrammar<Tree>, previous: Parse<Tree>): TreeStore<Tree> {
  const [any] = previous.statements;
  return any instanceof LazyStatement && any.store.grammar === grammar
    ? (any.store as TreeStore<Tree>)
    : new TreeStore(grammar);
}

/**
 * A copy. Engines keep a piece of a text as a view of all of it: a statement for each of a thousand edits would keep
 * a thousand texts of the whole file.
 */
function ownText(piece: string): string {
  return JSON.parse(JSON.stringify(piece)) as string;
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 10 || (c === 13 && text.charCodeAt(at + 1) !== 10)) count++;
  }
  return count;
}

/** Index of the statement that holds an offset (the last one for the end of the text, 0 for an empty file). */
export function statementIndexAt(parse: Parse<unknown>, offset: number): number {
  let low = 0;
  let high = Math.max(0, parse.statements.length - 1);
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (parse.starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function statementRange(parse: Parse<unknown>, index: number): TextRange {
  return { start: parse.starts[index]!, end: parse.starts[index + 1]! };
}
