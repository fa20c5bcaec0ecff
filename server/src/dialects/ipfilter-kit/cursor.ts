/**
 * Reading position of the IPFilter grammars. Besides the tokens it keeps two listeners that cost nothing when
 * absent: a marker, which classifies every consumed token (editor colours), and a probe, which records what
 * the grammar asked for at the end of a cut-off text (completion). So colours and completion come from the
 * one grammar and cannot disagree with it.
 */
import type { Fix, Problem, Severity } from '../../syntax/problem';
import { closestWord } from '../../text/closestWord';
import type { TextRange } from '../../text/range';
import type { ClassifiedToken } from '../dialect';
import type { Token } from './lexer';

/** What a place can hold that is no fixed word. */
export type Slot =
  | 'interface'
  | 'address'
  | 'port'
  | 'number'
  | 'protocol'
  | 'group'
  | 'pool'
  | 'icmp-type'
  | 'icmp-code'
  | 'tcp-flags'
  | 'string'
  | 'name';

export interface Probe {
  readonly words: Set<string>;
  readonly slots: Set<Slot>;
}

export class Cursor {
  index = 0;
  readonly problems: Problem[] = [];
  marks: ClassifiedToken[] | undefined;
  probe: Probe | undefined;
  readonly tokens: readonly Token[];

  /** `dialect` begins the codes of the problems that shared parts of the grammar report. */
  constructor(
    tokens: readonly Token[],
    readonly textLength: number,
    readonly dialect: string,
  ) {
    this.tokens = tokens;
  }

  code(name: string): string {
    return `${this.dialect}/${name}`;
  }

  /** A fresh cursor over the same text less its last tokens. */
  without(count: number): Cursor {
    return new Cursor(this.tokens.slice(0, -count), this.textLength, this.dialect);
  }

  get current(): Token | undefined {
    return this.tokens[this.index];
  }

  get atEnd(): boolean {
    return this.index >= this.tokens.length;
  }

  /** The previous token; only valid after something was consumed. */
  get previous(): Token {
    return this.tokens[this.index - 1]!;
  }

  /** Whether the current token is this keyword. Asking tells the probe that it could stand here. */
  is(word: string): boolean {
    const token = this.tokens[this.index];
    if (token !== undefined) return token.keyword === word;
    this.probe?.words.add(word);
    return false;
  }

  isOneOf(words: { has(word: string): boolean; keys(): Iterable<string> }): boolean {
    const token = this.tokens[this.index];
    if (token !== undefined) return token.keyword !== '' && words.has(token.keyword);
    if (this.probe) for (const word of words.keys()) this.probe.words.add(word);
    return false;
  }

  isOperator(text: string): boolean {
    const token = this.tokens[this.index];
    return token !== undefined && token.kind === 'operator' && token.text === text;
  }

  /** Consumes the current token as this keyword when it is one. */
  take(word: string, as: ClassifiedToken['kind'] = 'keyword'): boolean {
    if (!this.is(word)) return false;
    this.advance(as);
    return true;
  }

  takeOperator(text: string): boolean {
    if (!this.isOperator(text)) return false;
    this.advance('operator');
    return true;
  }

  /** Consumes one token whatever it is. Call only when `current` is there. */
  advance(as: ClassifiedToken['kind']): Token {
    const token = this.tokens[this.index++]!;
    this.marks?.push({ range: { start: token.start, end: token.end }, kind: as });
    return token;
  }

  /** Tells the probe what the next token could be besides words. */
  offer(slot: Slot): void {
    if (this.index >= this.tokens.length) this.probe?.slots.add(slot);
  }

  /** The current token's range; an empty one behind the last token at the end. */
  here(): TextRange {
    const token = this.tokens[this.index];
    if (token !== undefined) return { start: token.start, end: token.end };
    const last = this.tokens[this.tokens.length - 1];
    // A missing word is shown on the word it should follow: an empty range is invisible in an editor.
    return last === undefined ? { start: 0, end: this.textLength } : { start: last.start, end: last.end };
  }

  report(code: string, message: string, range: TextRange, severity: Severity = 'error', fixes?: Fix[]): void {
    this.problems.push(
      fixes === undefined ? { code, severity, range, message } : { code, severity, range, message, fixes },
    );
  }

  /** One problem at the current token: what stands there, what was expected. */
  unexpected(code: string, expected: string, candidates?: Iterable<string>): void {
    const token = this.current;
    if (token === undefined) {
      const last = this.tokens[this.tokens.length - 1];
      const behind = last === undefined ? '' : ` after \`${last.text}\``;
      this.report(code, `The rule ends${behind} where ${expected} is expected.`, this.here());
      return;
    }
    const near =
      candidates !== undefined && token.kind === 'word' ? closestWord(token.text, candidates) : undefined;
    const range = { start: token.start, end: token.end };
    if (near === undefined || near === token.keyword) {
      this.report(code, `\`${token.text}\` cannot stand here: ${expected} is expected.`, range);
      return;
    }
    this.report(
      code,
      `\`${token.text}\` cannot stand here: ${expected} is expected. Did you mean \`${near}\`?`,
      range,
      'error',
      [{ title: `Change to \`${near}\``, edits: [{ ...range, text: near }], preferred: true }],
    );
  }
}
