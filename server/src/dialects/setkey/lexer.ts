/**
 * Where a setkey statement ends, and its tokens.
 *
 * A statement runs to its `;`. Blank lines and comment lines between statements are statements of their own, so
 * that an edit in a comment costs nothing and a sample packet in a comment has its own place. setkey itself has
 * no recovery at all: a forgotten `;` makes it read the next command as an argument. An editor has to do better,
 * so a line that begins with a command word starts a new statement whatever came before it.
 *
 * Behind `-P` setkey changes its lexer: everything up to `;` is one policy string with its own small language
 * (ipsec_set_policy(3)), in which `-` separates two addresses, and in which a comment is not skipped.
 */
import { lineEndAfter } from '../../syntax/source';
import { COMMAND_WORDS } from './words';

export type TokenKind = 'word' | 'string' | 'punctuation' | 'unknown' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface LexedStatement {
  /** Without comments; without the closing `;`. */
  readonly tokens: readonly Token[];
  readonly comments: readonly Token[];
  /** Comments behind `-P`, which setkey refuses. */
  readonly commentsInPolicy: readonly Token[];
  /** The closing `;`, when there is one. */
  readonly terminator: Token | undefined;
  /** Backslashes, which setkey refuses; they are left out of `tokens` so that the rest can be read. */
  readonly backslashes: readonly Token[];
  /** Strings that their line does not close. */
  readonly openStrings: readonly Token[];
}

/** End of the statement that begins at `start`; depends on nothing before it. */
export function statementEnd(text: string, start: number): number {
  const lineEnd = lineEndAfter(text, start);
  const firstMark = skipBlanks(text, start, lineEnd);
  if (firstMark === lineEnd || text[firstMark] === '#' || isLineEnd(text, firstMark)) return lineEnd;
  let at = firstMark;
  while (at < text.length) {
    const c = text[at];
    if (c === ';') return endBehindTerminator(text, at + 1);
    if (c === '#') at = contentEnd(text, at);
    else if (c === '"') at = stringEnd(text, at);
    else if (isLineEnd(text, at)) {
      at = lineEndAfter(text, at);
      if (startsWithCommand(text, at)) return at;
    } else at++;
  }
  return text.length;
}

/** Reads the tokens of one statement. Any text gives tokens that cover every mark in it. */
export function lexStatement(text: string): LexedStatement {
  const tokens: Token[] = [];
  const comments: Token[] = [];
  const commentsInPolicy: Token[] = [];
  const backslashes: Token[] = [];
  const openStrings: Token[] = [];
  let terminator: Token | undefined;
  let inPolicy = false;
  let at = 0;
  const token = (kind: TokenKind, end: number): Token => {
    const made = { kind, text: text.slice(at, end), start: at, end };
    at = end;
    return made;
  };
  while (at < text.length) {
    const c = text[at]!;
    if (isBlank(c) || c === '\n' || c === '\r') at++;
    else if (c === '#') {
      const comment = token('unknown', contentEnd(text, at));
      comments.push(comment);
      if (inPolicy && terminator === undefined) commentsInPolicy.push(comment);
    } else if (c === ';') {
      const semicolon = token('punctuation', at + 1);
      if (terminator === undefined) terminator = semicolon;
      else tokens.push(semicolon);
    } else if (c === '\\') backslashes.push(token('unknown', at + 1));
    else if (c === '"') {
      const string = token('string', stringEnd(text, at));
      tokens.push(string);
      if (string.text.length < 2 || !string.text.endsWith('"')) openStrings.push(string);
    } else if (c === '/' || c === '[' || c === ']' || (inPolicy && (c === '-' || c === '+')))
      tokens.push(token('punctuation', at + 1));
    else if (isWordMark(c, inPolicy)) {
      let end = at + 1;
      while (end < text.length && isWordMark(text[end]!, inPolicy)) end++;
      const option = inPolicy || c !== '-' ? 0 : gluedOption(text.slice(at, end));
      const word = token('word', option > 0 ? at + option : end);
      tokens.push(word);
      if (word.text === '-P') inPolicy = true;
    } else {
      let end = at + 1;
      while (end < text.length && isUnknownMark(text[end]!)) end++;
      tokens.push(token('unknown', end));
    }
  }
  return { tokens, comments, commentsInPolicy, terminator, backslashes, openStrings };
}

/**
 * Offset of the first carriage return, form feed or vertical tab that setkey meets: its only blanks are space, tab and
 * newline, and at any other character it stops (token.l: ws, nl). In comments and strings they do no harm.
 */
export function strayBlankIn(text: string): number | undefined {
  if (!/[\r\f\v]/.test(text)) return undefined;
  const marks = /#[^\n]*|"[^"\n]*"|[\r\f\v]/g;
  for (const found of text.matchAll(marks)) if (/^[\r\f\v]/.test(found[0])) return found.index;
  return undefined;
}

/** Options of one statement that take a value; setkey reads it as well without a blank before it: `-r4`. */
const GLUED =
  /^-(?:(?:r|u|lh|ls|bh|bs)(?=\d)|P(?=(?:in|out|fwd)$)|m(?=(?:transport|tunnel|any)$)|[AEC](?=[a-z0-9]+(?:-[a-z0-9-]+)?$)|f(?=[a-z]+-(?:pad|seq)$))/;

/** Length of the option a word begins with, when its value follows at once; 0 for any other word. */
function gluedOption(word: string): number {
  return GLUED.exec(word)?.[0].length ?? 0;
}

/** Whether a character belongs to a word; completion asks where the word at the cursor begins. */
export function isWordMark(c: string, inPolicy: boolean): boolean {
  return inPolicy ? /[A-Za-z0-9:._%,]/.test(c) : /[A-Za-z0-9:._%,+-]/.test(c);
}

function isUnknownMark(c: string): boolean {
  return !/[\sA-Za-z0-9:._%,+\-#;"\\/[\]]/.test(c);
}

/** Behind a `;`: blanks, a comment and the line end still belong to the statement; another command does not. */
function endBehindTerminator(text: string, at: number): number {
  const lineEnd = lineEndAfter(text, at);
  const mark = skipBlanks(text, at, lineEnd);
  return mark === lineEnd || text[mark] === '#' || isLineEnd(text, mark) ? lineEnd : mark;
}

function startsWithCommand(text: string, lineStart: number): boolean {
  let start = lineStart;
  while (start < text.length && isBlank(text[start]!)) start++;
  let end = start;
  while (end < text.length && /[a-z]/.test(text[end]!)) end++;
  if (!COMMAND_WORDS.has(text.slice(start, end))) return false;
  return end >= text.length || isBlank(text[end]!) || text[end] === ';' || isLineEnd(text, end);
}

/** A string ends at its quote; one that its line does not close ends there, so that it cannot swallow the file. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return at + 1;
    if (isLineEnd(text, at)) return at;
  }
  return text.length;
}

function contentEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isLineEnd(text, at)) at++;
  return at;
}

function skipBlanks(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text[at]!)) at++;
  return at;
}

function isBlank(c: string): boolean {
  return c === ' ' || c === '\t' || c === '\f' || c === '\v';
}

function isLineEnd(text: string, at: number): boolean {
  const c = text.charCodeAt(at);
  return c === 10 || c === 13;
}
