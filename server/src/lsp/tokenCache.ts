/**
 * Semantic tokens as changes. What was sent is not kept; kept is how many tokens every statement had and where its
 * first and last stand in it, so that an edit costs the tokens of the statements it touched, wherever in the file
 * they are: statements are shared between the parses of before and after, and the encoding of one depends only on the
 * place of the token in front of it.
 */
import type { SemanticTokens, SemanticTokensDelta, SemanticTokensEdit } from 'vscode-languageserver';
import type { PolicyFile } from '../features/places';
import type { DeadStatements } from '../features/semanticTokens';
import { changedStatements } from '../syntax/changedStatements';
import type { Parse } from '../syntax/statement';
import type { Work } from '../text/work';
import { encodeTokens, origin, type TokenPlace } from './semanticTokenEncoding';

interface Sent {
  readonly resultId: string;
  readonly parse: Parse<unknown>;
  readonly dead: DeadStatements;
  readonly places: TokenPlaces;
}

/** Statements between two pauses. */
const PIECE = 256;

export class TokenCache {
  private readonly sent = new Map<string, Sent>();
  private count = 0;
  /** Statements whose words the last answer classified. */
  classifiedCount = 0;

  *full(policy: PolicyFile, dead: DeadStatements): Work<SemanticTokens> {
    this.classifiedCount = 0;
    const { statements } = policy.parse;
    const places = new TokenPlaces(statements.length);
    const data: number[] = [];
    let last: TokenPlace = origin;
    for (let i = 0; i < statements.length; i++) {
      last = this.encode(policy, i, dead, last, data, places);
      if (i % PIECE === PIECE - 1) yield;
    }
    return { resultId: this.remember(policy, dead, places), data };
  }

  /** The change against what was sent as `previousId`; all of it when that is not the last that was sent. */
  *delta(
    policy: PolicyFile,
    dead: DeadStatements,
    previousId: string,
  ): Work<SemanticTokens | SemanticTokensDelta> {
    const old = this.sent.get(policy.file.uri);
    if (old === undefined || old.resultId !== previousId) return yield* this.full(policy, dead);
    this.classifiedCount = 0;
    const { statements } = policy.parse;
    const { first, endBefore, endAfter } = changedStatements(old.parse, policy.parse);
    const moved = endAfter - endBefore;
    const flipped = flippedStatements(policy, old.dead, dead);
    const places = new TokenPlaces(statements.length);
    places.copy(old.places, 0, first, 0);
    const edits: SemanticTokensEdit[] = [];
    const rewrite = (i: number, by: number) => {
      const data: number[] = [];
      this.encode(policy, i, dead, places.lastBefore(policy, i), data, places);
      edits.push({ start: old.places.before[i - by]! * 5, deleteCount: data.length, data });
    };
    for (const i of flipped) if (i < first) rewrite(i, 0);
    let end = endAfter;
    if (endBefore > first || endAfter > first) {
      const data: number[] = [];
      let last = places.lastBefore(policy, first);
      for (let i = first; i < end; i++) last = this.encode(policy, i, dead, last, data, places);
      // The first token behind the change counts from the last one in it.
      let next = nextWithTokens(old.places, end - moved) + moved;
      const isFlipped = new Set(flipped);
      while (next < statements.length && isFlipped.has(next)) {
        places.copy(old.places, end - moved, next - moved, moved);
        last = this.encode(policy, next, dead, last, data, places);
        end = next + 1;
        next = nextWithTokens(old.places, end - moved) + moved;
      }
      const start = old.places.before[first]! * 5;
      let deleteCount = old.places.before[end - moved]! * 5 - start;
      if (next < statements.length) {
        const place = old.places.firstOf(policy, next - moved, next);
        data.push(
          place.line - last.line,
          place.line === last.line ? place.character - last.character : place.character,
        );
        deleteCount += 2;
      }
      edits.push({ start, deleteCount, data });
    }
    places.copy(old.places, end - moved, statements.length - moved, moved);
    for (const i of flipped) if (i >= end) rewrite(i, moved);
    return { resultId: this.remember(policy, dead, places), edits };
  }

  forget(uri: string): void {
    this.sent.delete(uri);
  }

  private remember(policy: PolicyFile, dead: DeadStatements, places: TokenPlaces): string {
    const resultId = String(++this.count);
    this.sent.set(policy.file.uri, { resultId, parse: policy.parse, dead, places });
    return resultId;
  }

  private encode(
    { file, parse, dialect }: PolicyFile,
    index: number,
    dead: DeadStatements,
    last: TokenPlace,
    data: number[],
    places: TokenPlaces,
  ): TokenPlace {
    this.classifiedCount++;
    const statement = parse.statements[index]!;
    const start = parse.starts[index]!;
    const from = data.length;
    const tokens = dialect.tokens(statement);
    const end = encodeTokens(file.lines, start, tokens, dead.has(statement), last, data);
    places.before[index + 1] = places.before[index]! + (data.length - from) / 5;
    if (data.length > from) {
      const line = last.line + data[from]!;
      const character = data[from]! === 0 ? last.character + data[from + 1]! : data[from + 1]!;
      places.note(file.lines.positionAt(start), index, { line, character }, end);
    }
    return end;
  }
}

/**
 * How many tokens statements have, and where their first and last stand: lines from the statement's own, columns too
 * in that line, as a line may hold several statements.
 */
class TokenPlaces {
  /** Tokens in front of each statement; one more entry than statements. */
  readonly before: Uint32Array;
  private readonly ends: Uint32Array;

  constructor(count: number) {
    this.before = new Uint32Array(count + 1);
    this.ends = new Uint32Array(4 * count);
  }

  note(start: TokenPlace, index: number, first: TokenPlace, last: TokenPlace): void {
    this.ends[4 * index] = first.line - start.line;
    this.ends[4 * index + 1] = first.character - (first.line === start.line ? start.character : 0);
    this.ends[4 * index + 2] = last.line - start.line;
    this.ends[4 * index + 3] = last.character - (last.line === start.line ? start.character : 0);
  }

  /** Takes over the statements from `from` to `to`, which stand `moved` further on here. */
  copy(other: TokenPlaces, from: number, to: number, moved: number): void {
    this.ends.set(other.ends.subarray(4 * from, 4 * to), 4 * (from + moved));
    const shift = this.before[from + moved]! - other.before[from]!;
    for (let i = from; i < to; i++) this.before[i + moved + 1] = other.before[i + 1]! + shift;
  }

  /** Of the statement that was the one at `index` and is now the one at `now`. */
  firstOf(policy: PolicyFile, index: number, now: number): TokenPlace {
    return this.placeOf(policy, now, this.ends[4 * index]!, this.ends[4 * index + 1]!);
  }

  /** Where the last token in front of a statement is. */
  lastBefore(policy: PolicyFile, index: number): TokenPlace {
    let at = index;
    while (at > 0 && this.before[at - 1] === this.before[index]) at--;
    if (at === 0) return origin;
    return this.placeOf(policy, at - 1, this.ends[4 * at - 2]!, this.ends[4 * at - 1]!);
  }

  private placeOf({ file, parse }: PolicyFile, index: number, line: number, character: number): TokenPlace {
    const start = file.lines.positionAt(parse.starts[index]!);
    return { line: start.line + line, character: line === 0 ? start.character + character : character };
  }
}

/** Statements that came to life or died, in order. Seldom any: found by looking at all only then. */
function flippedStatements({ parse }: PolicyFile, before: DeadStatements, now: DeadStatements): number[] {
  const changed = new Set([...now, ...before].filter((s) => now.has(s) !== before.has(s)));
  if (changed.size === 0) return [];
  return parse.statements.flatMap((s, i) => (changed.has(s) ? [i] : []));
}

/** From `index` on; the number of statements when there is none. */
function nextWithTokens({ before }: TokenPlaces, index: number): number {
  let at = index;
  while (at < before.length - 1 && before[at + 1] === before[at]) at++;
  return at;
}
