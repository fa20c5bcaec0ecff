/**
 * Where an ipnat.conf statement ends: at its line, with the lines a backslash joins to it and those that begin
 * with a word no statement begins with (`->`, `from`, `portmap`, ...). `rewrite` and `divert` end at their `;`.
 */

import type { StatementGrammar } from '../../syntax/statement';
import { endOfLogicalLine, firstInk, nextLineContinues } from '../ipfilter-kit/lines';
import { sharedNames } from '../statementNames';
import { namesOfIpnat } from './explain';
import { parseIpnatStatement } from './parser';
import type { IpnatTree } from './tree';

export const ipnatGrammar: StatementGrammar<IpnatTree> = {
  statementEnd: ipnatStatementEnd,
  parseStatement: parseIpnatStatement,
  summarize: (statement) => sharedNames(namesOfIpnat(statement)),
};

const CONTINUATION_WORDS = new Set(
  (
    'from to in out on proto port ports portmap icmpidmap proxy range auto sequential round-robin frag age sticky ' +
    'mssclamp tag purge src dst tcp udp tcp/udp tcpudp inet inet6'
  ).split(' '),
);

const STARTERS = new Set('map map-block rdr bimap rewrite divert no'.split(' '));

function ipnatStatementEnd(text: string, start: number): number {
  let end = endOfLogicalLine(text, start);
  const first = firstInk(text, start, end);
  if (first < 0 || text[first] === '#') return end;
  const needsSemicolon = /^(?:rewrite|divert)\b/i.test(text.slice(first, first + 8));
  while (end < text.length) {
    const open = needsSemicolon && text.slice(start, end).indexOf(';') < 0;
    if (
      !nextLineContinues(text, start, end, CONTINUATION_WORDS, STARTERS) &&
      !(open && !beginsOther(text, end))
    )
      break;
    end = endOfLogicalLine(text, end);
  }
  return end;
}

/** Whether the line at `at` begins something of its own, or nothing. */
function beginsOther(text: string, at: number): boolean {
  const word = /^[ \t]*([#$\r\n]|[A-Za-z0-9-]*)/.exec(text.slice(at, at + 80));
  const first = word?.[1]?.toLowerCase() ?? '';
  return first === ''
    ? !/^[ \t]*->/.test(text.slice(at, at + 80))
    : /^[#$\r\n]/.test(first) || STARTERS.has(first);
}
