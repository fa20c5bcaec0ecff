/**
 * Where an ippool.conf statement ends: behind the brace that closes its list and the `;` after it. A line that
 * begins with `table`, `pool` or `group-map` ends one that was left open, so a missing brace costs one table.
 */
import { lineEndAfter } from '../../syntax/source';
import type { StatementGrammar } from '../../syntax/statement';
import { firstInk } from '../ipfilter-kit/lines';
import { sharedNames } from '../statementNames';
import { namesOfIppool } from './editor';
import { parseIppoolStatement } from './parser';
import type { IppoolTree } from './tree';

export const ippoolGrammar: StatementGrammar<IppoolTree> = {
  statementEnd: ippoolStatementEnd,
  parseStatement: parseIppoolStatement,
  summarize: (statement) => sharedNames(namesOfIppool(statement)),
};

const STARTS = /^[ \t]*(?:table|pool|group-map)\b/i;

function ippoolStatementEnd(text: string, start: number): number {
  let end = lineEndAfter(text, start);
  const first = firstInk(text, start, end);
  if (first < 0 || text[first] === '#' || !STARTS.test(text.slice(start, end))) return end;
  while (end < text.length && !isClosed(text, start, end)) {
    const next = lineEndAfter(text, end);
    if (STARTS.test(text.slice(end, next))) break;
    end = next;
  }
  return end;
}

/** Whether the braces that the statement opened are closed again. */
function isClosed(text: string, start: number, end: number): boolean {
  let depth = 0;
  let opened = false;
  for (let at = start; at < end; at++) {
    switch (text[at]) {
      case '{':
        depth++;
        opened = true;
        break;
      case '}':
        depth--;
        break;
      case '#':
        at = lineEndAfter(text, at) - 1;
        break;
      case '"': {
        const close = text.indexOf('"', at + 1);
        if (close >= 0 && close < end) at = close;
        break;
      }
    }
  }
  return opened && depth <= 0;
}
