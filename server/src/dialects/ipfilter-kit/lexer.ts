/**
 * The tokens that ipf.conf, ipnat.conf and ippool.conf share. IPFilter's own programs have one lexer for all
 * three, with modes; this one needs none: a word is what no separator cuts, a run of hex digits with two
 * colons is an IPv6 address, and a dash ends a word only when everything before it is digits and dots
 * (`203.1.1.23-203.1.3.45` is a range, `frag-body` a word).
 *
 * A backslash at a line end joins lines, even inside a word; one before a letter makes the word an ordinary
 * name (`\ntp`). Both are rare, so only text with a backslash pays for the offset map they need.
 */

export type TokenKind =
  | 'word'
  | 'number'
  | 'hex'
  | 'address4'
  | 'address6'
  | 'string'
  | 'variable'
  | 'operator'
  | 'comment';

export interface Token {
  readonly kind: TokenKind;
  /** Without quotes, escapes and the `$` of a variable. */
  readonly text: string;
  /** Lower case of `text`, for words that can be keywords; empty for everything else. */
  readonly keyword: string;
  readonly start: number;
  readonly end: number;
}

/** Tokens of one statement, comments included, in order. Any text is read; nothing is dropped but blanks. */
export function tokenize(text: string): Token[] {
  if (text.indexOf('\\') < 0) return scan(text, undefined);
  const { joined, offsets } = joinLines(text);
  return scan(joined, offsets);
}

const BLANK = 1;
const WORD = 2;
const HEX_DIGIT = 4;
const CLASSES = classTable();

function classTable(): Uint8Array {
  const table = new Uint8Array(128);
  for (const c of ' \t\r\n\v\f') table[c.charCodeAt(0)] = BLANK;
  for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.*%?-\\')
    table[c.charCodeAt(0)] = WORD;
  for (const c of '0123456789abcdefABCDEF') table[c.charCodeAt(0)]! |= HEX_DIGIT;
  return table;
}

function classOf(code: number): number {
  // Letters outside ASCII stay together as words, so one problem covers one word.
  return code < 128 ? CLASSES[code]! : WORD;
}

function scan(text: string, offsets: Int32Array | undefined): Token[] {
  const tokens: Token[] = [];
  const length = text.length;
  const push = (kind: TokenKind, value: string, keyword: string, from: number, to: number) => {
    if (offsets === undefined) tokens.push({ kind, text: value, keyword, start: from, end: to });
    else tokens.push({ kind, text: value, keyword, start: offsets[from]!, end: offsets[to - 1]! + 1 });
  };
  let at = 0;
  while (at < length) {
    const code = text.charCodeAt(at);
    const charClass = classOf(code);
    if (charClass === BLANK) {
      at++;
      continue;
    }
    if (charClass & WORD && !(code === DASH && !isWordAfterDash(text, at))) {
      const end = wordEnd(text, at);
      pushWord(text, at, end, push);
      at = end;
      continue;
    }
    const start = at;
    switch (code) {
      case HASH: {
        let end = lineEnd(text, at);
        while (end > at + 1 && classOf(text.charCodeAt(end - 1)) === BLANK) end--;
        push('comment', text.slice(start, end), '', start, end);
        at = lineEnd(text, at);
        break;
      }
      case DOUBLE_QUOTE:
      case SINGLE_QUOTE: {
        const stop = lineEnd(text, at);
        const close = text.indexOf(text[at]!, at + 1);
        const closed = close >= 0 && close < stop;
        const end = closed ? close + 1 : stop;
        push('string', text.slice(start + 1, closed ? close : stop), closed ? '' : '"', start, end);
        at = end;
        break;
      }
      case DOLLAR: {
        const name = /^\$(?:\{([A-Za-z0-9_]*)\}?|([A-Za-z0-9_]+))/.exec(text.slice(at, at + 80));
        const end = at + (name ? name[0].length : 1);
        push('variable', name ? (name[1] ?? name[2] ?? '') : '', '', start, end);
        at = end;
        break;
      }
      default: {
        const address6 = text.startsWith('::', at) ? address6End(text, at) : -1;
        if (address6 > 0) {
          push('address6', text.slice(start, address6), '', start, address6);
          at = address6;
          break;
        }
        const pair = text.slice(at, at + 2);
        const end = at + (TWO_CHARACTER_OPERATORS.has(pair) ? 2 : 1);
        push('operator', text.slice(start, end), '', start, end);
        at = end;
      }
    }
  }
  return tokens;
}

const HASH = 35;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const DOLLAR = 36;
const COLON = 58;
const DASH = 45;
const BACKSLASH = 92;
const TWO_CHARACTER_OPERATORS = new Set(['!=', '<=', '>=', '><', '<>', '->']);

function isWordAfterDash(text: string, at: number): boolean {
  return /[A-Za-z_]/.test(text[at + 1] ?? '');
}

function wordEnd(text: string, start: number): number {
  let at = start;
  let numeric = true;
  let hex = true;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const charClass = classOf(code);
    if (!(charClass & WORD)) break;
    if (code === DASH && numeric && !/[A-Za-z_]/.test(text[at + 1] ?? '')) break;
    // `ppp0->`: the arrow is never part of a name.
    if (code === DASH && text.charCodeAt(at + 1) === 62) break;
    if (!(charClass & HEX_DIGIT)) hex = false;
    if (!((code >= 48 && code <= 57) || code === 46)) numeric = false;
  }
  if (hex && text.charCodeAt(at) === COLON) {
    const end = address6End(text, start);
    if (end > 0) return end;
  }
  return at;
}

/** End of an IPv6 address that begins at `start`, or -1: hex groups with two colons or more. */
function address6End(text: string, start: number): number {
  let colons = 0;
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COLON) colons++;
    else if (!(classOf(code) & HEX_DIGIT) && code !== 46) break;
  }
  if (colons < 2 || (at < text.length && classOf(text.charCodeAt(at)) & WORD && text[at] !== '%')) return -1;
  return at;
}

function pushWord(
  text: string,
  start: number,
  end: number,
  push: (kind: TokenKind, value: string, keyword: string, from: number, to: number) => void,
): void {
  const raw = text.slice(start, end);
  if (raw.indexOf('\\') >= 0) {
    push('word', raw.replace(/\\/g, ''), '', start, end);
    return;
  }
  const first = text.charCodeAt(start);
  if (first >= 48 && first <= 57) {
    const kind: TokenKind | undefined = /^\d+$/.test(raw)
      ? 'number'
      : /^0[xX][0-9a-fA-F]+$/.test(raw)
        ? 'hex'
        : /^\d+(\.\d+)+$/.test(raw)
          ? 'address4'
          : undefined;
    if (kind !== undefined) {
      push(kind, raw, '', start, end);
      return;
    }
  }
  if (raw.indexOf(':') >= 0) push('address6', raw, '', start, end);
  else push('word', raw, raw.toLowerCase(), start, end);
}

function lineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return at;
  }
  return text.length;
}

/** Takes out every backslash with the line end behind it; `offsets[i]` is where `joined[i]` stood. */
function joinLines(text: string): { joined: string; offsets: Int32Array } {
  const offsets = new Int32Array(text.length + 1);
  let joined = '';
  let from = 0;
  let count = 0;
  const keep = (to: number) => {
    for (let i = from; i < to; i++) offsets[count++] = i;
    joined += text.slice(from, to);
  };
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) !== BACKSLASH) continue;
    const breakLength = lineBreakLength(text, at + 1);
    if (breakLength === 0) continue;
    keep(at);
    at += breakLength;
    from = at + 1;
  }
  keep(text.length);
  return { joined, offsets };
}

/** Length of the line end at `at`: 0 (none), 1 or 2. */
export function lineBreakLength(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === 10) return 1;
  if (code === 13) return text.charCodeAt(at + 1) === 10 ? 2 : 1;
  return 0;
}
