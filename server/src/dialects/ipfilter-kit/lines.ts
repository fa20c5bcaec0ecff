/** Logical lines: what a backslash, an open list or a word that begins nothing joins to the line before. */
import { lineEndAfter } from '../../syntax/source';

/** End of the line at `start` and of those that a backslash joins to it. A comment is never joined. */
export function endOfLogicalLine(text: string, start: number): number {
  let end = lineEndAfter(text, start);
  while (end < text.length && endsWithBackslash(text, end) && !hasComment(text, start, end))
    end = lineEndAfter(text, end);
  return end;
}

function endsWithBackslash(text: string, end: number): boolean {
  let at = end - 1;
  if (text.charCodeAt(at) === 10) at--;
  if (text.charCodeAt(at) === 13) at--;
  return text.charCodeAt(at) === 92;
}

function hasComment(text: string, start: number, end: number): boolean {
  const hash = text.indexOf('#', start);
  return hash >= 0 && hash < end;
}

/** Offset of the first character that is no blank, -1 when there is none. */
export function firstInk(text: string, start: number, end: number): number {
  for (let at = start; at < end; at++) if (text.charCodeAt(at) > 32) return at;
  return -1;
}

/**
 * Whether the line at `at` goes on with the statement that began at `start`: it begins with one of the words that
 * no statement begins with, closes a list, or a list is still open.
 */
export function nextLineContinues(
  text: string,
  start: number,
  at: number,
  continuationWords: ReadonlySet<string>,
  starters: ReadonlySet<string>,
): boolean {
  const lineEnd = lineEndAfter(text, at);
  const ink = firstInk(text, at, lineEnd);
  if (ink < 0) return false;
  const code = text.charCodeAt(ink);
  // { } ( ) ,
  if (code === 123 || code === 125 || code === 40 || code === 41 || code === 44) return true;
  // ->
  if (code === 45 && text.charCodeAt(ink + 1) === 62) return true;
  const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
  if (isLetter) {
    let end = ink + 1;
    while (end < lineEnd && /[A-Za-z0-9-]/.test(text[end]!)) end++;
    const word = text.slice(ink, end).toLowerCase();
    if (continuationWords.has(word)) return !isAssignment(text, end, lineEnd);
    if (starters.has(word)) return false;
  } else if (code === 35 || code === 64 || code === 36) return false;
  return hasOpenList(text, start, at);
}

function isAssignment(text: string, from: number, to: number): boolean {
  const ink = firstInk(text, from, to);
  return ink >= 0 && text[ink] === '=';
}

function hasOpenList(text: string, start: number, end: number): boolean {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 123 || code === 40) depth++;
    else if (code === 125 || code === 41) depth--;
    else if (code === 35) at = lineEndAfter(text, at) - 1;
    else if (code === 34 || code === 39) {
      const stop = lineEndAfter(text, at);
      const close = text.indexOf(text[at]!, at + 1);
      at = close >= 0 && close < stop ? close : stop - 1;
    }
  }
  return depth > 0;
}
