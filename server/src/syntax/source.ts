/** Text helpers that more than one dialect's statement grammar needs. */

/** Offset behind the line end at or after `start`; the text's length on the last line. CR, LF and CR LF end a line. */
export function lineEndAfter(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 10) return at + 1;
    if (c === 13) return text.charCodeAt(at + 1) === 10 ? at + 2 : at + 1;
  }
  return text.length;
}
