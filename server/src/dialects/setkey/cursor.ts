/**
 * Walks over the tokens of one statement. The first token that does not fit becomes the statement's one syntax
 * problem; from then on every read answers emptily, so that rules are written without a test after each word
 * and one slip never gives a cascade. What could have stood at the end of the tokens is collected on the way
 * (`offers`), which is how completion knows the grammar without a second description of it.
 */

import type { Fix, Problem, Severity } from '../../syntax/problem';
import { closestWord } from '../../text/closestWord';
import type { TextRange } from '../../text/range';
import type { ClassifiedToken } from '../dialect';
import type { LexedStatement, Token } from './lexer';
import type { Written } from './tree';

/** Places of the grammar that completion knows words for. */
export type Slot =
  | 'command'
  | 'address-option'
  | 'tagged'
  | 'host'
  | 'range'
  | 'port'
  | 'prefix-length'
  | 'sa-protocol'
  | 'spi'
  | 'extension'
  | 'mode'
  | 'extension-flag'
  | 'number'
  | 'algorithm-option'
  | 'encryption'
  | 'authentication'
  | 'authentication-option'
  | 'compression'
  | 'raw-cpi'
  | 'key'
  | 'upper-protocol'
  | 'upper-detail'
  | 'policy-option'
  | 'direction'
  | 'priority'
  | 'action'
  | 'request-protocol'
  | 'request-mode'
  | 'request-endpoints'
  | 'level'
  | 'string'
  | 'end';

export class Cursor {
  readonly problems: Problem[] = [];
  readonly classified: ClassifiedToken[] = [];
  readonly offers = new Set<Slot>();
  private index = 0;
  private failed = false;
  private readonly end: Token;

  constructor(private readonly lexed: LexedStatement) {
    const last = lexed.tokens[lexed.tokens.length - 1];
    const at = lexed.terminator?.start ?? last?.end ?? 0;
    this.end = { kind: 'end', text: '', start: at, end: at };
  }

  get hasFailed(): boolean {
    return this.failed;
  }

  /** The token at hand; an empty `end` token behind the last one and after a syntax problem. */
  get current(): Token {
    return this.failed ? this.end : (this.lexed.tokens[this.index] ?? this.end);
  }

  /** Asked as a method, because the answer changes with every token taken. */
  atEnd(): boolean {
    return this.current.kind === 'end';
  }

  get previous(): Token {
    return this.lexed.tokens[Math.max(0, this.index - 1)] ?? this.end;
  }

  /** Says what could stand here; kept only when the tokens are used up. */
  offer(...slots: Slot[]): void {
    if (!this.failed && this.index >= this.lexed.tokens.length)
      for (const slot of slots) this.offers.add(slot);
  }

  take(kind: ClassifiedToken['kind'] | undefined): Token {
    const token = this.current;
    if (token.kind === 'end') return token;
    if (kind !== undefined) this.classified.push({ range: { start: token.start, end: token.end }, kind });
    this.index++;
    return token;
  }

  is(text: string): boolean {
    return this.current.kind !== 'end' && this.current.text === text;
  }

  accept(text: string, kind: ClassifiedToken['kind']): boolean {
    if (!this.is(text)) return false;
    this.take(kind);
    return true;
  }

  /** The statement's syntax problem, at the token at hand; later ones are dropped. */
  fail(code: string, expected: string, candidates: Iterable<string> = []): void {
    if (this.failed) return;
    const token = this.current;
    if (token.kind === 'end') {
      const before = this.previous;
      const range = before.kind === 'end' ? { start: 0, end: 0 } : { start: before.start, end: before.end };
      const where = this.lexed.terminator === undefined ? 'the statement ends' : '`;` comes';
      this.problem(
        code,
        'error',
        range,
        `Expected ${expected} behind \`${before.text}\`, but ${where} here.`,
      );
    } else {
      const meant = closestWord(token.text, candidates);
      const fixes: Fix[] | undefined =
        meant === undefined
          ? undefined
          : [
              {
                title: `Replace by \`${meant}\``,
                edits: [{ start: token.start, end: token.end, text: meant }],
                preferred: true,
              },
            ];
      const guess = meant === undefined ? '' : ` Did you mean \`${meant}\`?`;
      this.problem(
        code,
        'error',
        { start: token.start, end: token.end },
        `Expected ${expected}, but found \`${token.text}\`.${guess}`,
        fixes,
      );
    }
    this.failed = true;
  }

  problem(
    code: string,
    severity: Severity,
    range: TextRange,
    message: string,
    fixes?: readonly Fix[],
    tag?: Problem['tag'],
  ): void {
    this.problems.push({
      code: `setkey/${code}`,
      severity,
      range: { start: range.start, end: range.end },
      message,
      ...(fixes === undefined ? {} : { fixes }),
      ...(tag === undefined ? {} : { tag }),
    });
  }
}

export function written<T>(value: T, token: { readonly start: number; readonly end: number }): Written<T> {
  return { value, start: token.start, end: token.end };
}

/** Reads one of a fixed list of words; the first of the list stands in when it fails. */
export function takeOneOf<W extends string>(
  cursor: Cursor,
  words: readonly W[],
  what: string,
  code: string,
  kind: ClassifiedToken['kind'],
): Written<W> {
  const found = words.find((w) => cursor.is(w));
  if (found === undefined) {
    cursor.fail(code, `${what} (${listWords(words)})`, words);
    return written(words[0]!, cursor.current);
  }
  return written(found, cursor.take(kind));
}

/** `` `a`, `b` or `c` ``. */
export function listWords(words: readonly string[]): string {
  const quoted = words.map((w) => `\`${w}\``);
  return quoted.length <= 1
    ? quoted.join('')
    : `${quoted.slice(0, -1).join(', ')} or ${quoted[quoted.length - 1]}`;
}

/** Reads a decimal or `0x` number in a range; `first` stands in when it fails. */
export function takeNumber(
  cursor: Cursor,
  what: string,
  code: string,
  first: number,
  last: number,
  hexAllowed = false,
): Written<number> {
  const token = cursor.current;
  const isNumber = /^\d+$/.test(token.text) || (hexAllowed && /^0[xX][0-9a-fA-F]+$/.test(token.text));
  if (!isNumber) {
    cursor.fail(code, what);
    return written(first, token);
  }
  cursor.take('number');
  const value = Number(token.text);
  if (value < first || value > last) {
    cursor.problem(
      code,
      'error',
      token,
      `${capitalized(what)} must be between ${first} and ${last}; \`${token.text}\` is not.`,
    );
    return written(first, token);
  }
  return written(value, token);
}

export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
