/**
 * Where an ipf.conf statement ends. A statement is a line, with the lines a backslash joins to it. IPFilter's
 * own parser takes a line end for a blank, so a rule may go on in the next line: a next line that begins with a
 * word no statement can begin with (`from`, `keep`, ...), or that closes a list left open, belongs to the one
 * before it. Every other line begins a new statement, which is what keeps one broken line from spoiling the next.
 */
import { lineEndAfter } from '../../syntax/source';
import type { StatementGrammar } from '../../syntax/statement';
import { parseIpfStatement } from './parser';
import type { IpfTree } from './tree';

export const ipfGrammar: StatementGrammar<IpfTree> = {
  statementEnd: ipfStatementEnd,
  parseStatement: parseIpfStatement,
};

const CONTINUATION_WORDS = new Set(
  (
    'in out quick on from to all proto flags keep with and head group port inet inet6 family tos ttl icmp-type ' +
    'code dup-to route-to reply-to fastroute in-via out-via set-tag match-tag pps age rule-ttl comment ' +
    'return-rst return-icmp return-icmp-as-dest'
  ).split(' '),
);

function ipfStatementEnd(text: string, start: number): number {
  let end = joinedLineEnd(text, start);
  const first = firstInk(text, start, end);
  if (first < 0 || text[first] === '#') return end;
  while (end < text.length && continuesBefore(text, start, end)) end = joinedLineEnd(text, end);
  return end;
}

/** End of the line at `start` and of those that a backslash joins to it. A comment is never joined. */
function joinedLineEnd(text: string, start: number): number {
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
function firstInk(text: string, start: number, end: number): number {
  for (let at = start; at < end; at++) if (text.charCodeAt(at) > 32) return at;
  return -1;
}

function continuesBefore(text: string, start: number, at: number): boolean {
  const lineEnd = lineEndAfter(text, at);
  const ink = firstInk(text, at, lineEnd);
  if (ink < 0) return false;
  const code = text.charCodeAt(ink);
  // { } ( ) ,
  if (code === 123 || code === 125 || code === 40 || code === 41 || code === 44) return true;
  const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
  if (isLetter) {
    let end = ink + 1;
    while (end < lineEnd && /[A-Za-z0-9-]/.test(text[end]!)) end++;
    const word = text.slice(ink, end).toLowerCase();
    if (CONTINUATION_WORDS.has(word)) return !isAssignment(text, end, lineEnd);
    if (STARTERS.has(word)) return false;
  } else if (code === 35 || code === 64 || code === 36) return false;
  return hasOpenList(text, start, at);
}

const STARTERS = new Set('pass block log count skip auth preauth call nomatch decapsulate set'.split(' '));

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
