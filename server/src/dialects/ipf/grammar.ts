/**
 * Where an ipf.conf statement ends. A statement is a line, with the lines a backslash joins to it. IPFilter's
 * own parser takes a line end for a blank, so a rule may go on in the next line: a next line that begins with a
 * word no statement can begin with (`from`, `keep`, ...), or that closes a list left open, belongs to the one
 * before it. Every other line begins a new statement, which is what keeps one broken line from spoiling the next.
 */
import type { StatementGrammar } from '../../syntax/statement';
import { endOfLogicalLine, firstInk, nextLineContinues } from '../ipfilter-kit/lines';
import { sharedNames } from '../statementNames';
import { namesOfIpf } from './explain';
import { parseIpfStatement } from './parser';
import type { IpfTree } from './tree';

export const ipfGrammar: StatementGrammar<IpfTree> = {
  statementEnd: ipfStatementEnd,
  parseStatement: parseIpfStatement,
  summarize: (statement) => sharedNames(namesOfIpf(statement)),
};

const CONTINUATION_WORDS = new Set(
  (
    'in out quick on from to all proto flags keep with and head group port inet inet6 family tos ttl icmp-type ' +
    'code dup-to route-to reply-to fastroute in-via out-via set-tag match-tag pps age rule-ttl comment ' +
    'return-rst return-icmp return-icmp-as-dest'
  ).split(' '),
);

function ipfStatementEnd(text: string, start: number): number {
  let end = endOfLogicalLine(text, start);
  const first = firstInk(text, start, end);
  if (first < 0 || text[first] === '#') return end;
  while (end < text.length && nextLineContinues(text, start, end, CONTINUATION_WORDS, STARTERS))
    end = endOfLogicalLine(text, end);
  return end;
}

const STARTERS = new Set('pass block log count skip auth preauth call nomatch decapsulate set'.split(' '));
