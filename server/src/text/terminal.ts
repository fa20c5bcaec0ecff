/** Text for a terminal: colours as a function, so that plain text needs no second renderer, and lines of 100 columns. */

/** Puts colours around words when the output is a terminal; the identity otherwise. */
export type Style = (kind: 'bold' | 'dim' | 'good' | 'bad' | 'warn' | 'changed', text: string) => string;

export const plainStyle: Style = (_, text) => text;

export const columns = 100;

/** Breaks at blanks; escape sequences of a terminal style do not count towards the width. */
export function wrap(text: string, firstIndent: number, restIndent: number): string[] {
  const lines: string[] = [];
  let line = ' '.repeat(firstIndent);
  let empty = true;
  for (const word of text.split(/\s+/)) {
    if (word === '') continue;
    if (!empty && visibleLength(line) + 1 + visibleLength(word) > columns) {
      lines.push(line);
      line = ' '.repeat(restIndent);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  if (!empty) lines.push(line);
  return lines;
}

function visibleLength(text: string): number {
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) === 27) {
      const end = text.indexOf('m', at);
      if (end < 0) break;
      at = end;
    } else length++;
  }
  return length;
}
