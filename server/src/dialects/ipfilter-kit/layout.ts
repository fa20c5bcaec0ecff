/** Layout of one statement: single blanks between words, comments and line ends kept. */
import { tokenize } from './lexer';

/**
 * The statement with single blanks, or undefined when there is nothing to change or when it spans lines: how a
 * long rule is broken is its author's.
 */
export function formatTokens(text: string): string | undefined {
  const lineEnd = /(?:\r\n|\r|\n)?$/.exec(text)![0];
  const body = text.slice(0, text.length - lineEnd.length);
  if (/[\r\n\\]/.test(body)) return undefined;
  const tokens = tokenize(body);
  if (tokens.length === 0) return body === '' ? undefined : lineEnd;
  const indent = /^[ \t]*/.exec(body)![0];
  let out = tokens.length === 1 && tokens[0]!.kind === 'comment' ? indent : '';
  let at = tokens[0]!.start;
  for (const token of tokens) {
    // Blanks are made one, never added or removed: `port=80` and `port = 80` are both fine.
    if (token.start > at) out += token.kind === 'comment' && out !== '' ? body.slice(at, token.start) : ' ';
    out += body.slice(token.start, token.end);
    at = token.end;
  }
  return out + lineEnd === text ? undefined : out + lineEnd;
}
