/** What an editor shows of one ipf statement that comes straight from its words: colours, completion, layout, notes. */
import type { ParsedStatement } from '../../syntax/statement';
import type { ClassifiedToken, Expectation, InlayNote } from '../dialect';
import { classify } from '../ipfilter-kit/colours';
import { expectationsAt } from '../ipfilter-kit/completion';
import { formatTokens } from '../ipfilter-kit/layout';
import { pushSideNotes, serviceProtocolOf } from '../ipfilter-kit/notes';
import { readIpfTree } from './parser';
import type { IpfTree } from './tree';
import { ipfVocabulary } from './vocabulary';

export function ipfTokens(statement: ParsedStatement<IpfTree>): readonly ClassifiedToken[] {
  return classify(statement.text, 'ipf', readIpfTree);
}

export function expectedInIpf(statement: ParsedStatement<IpfTree>, offset: number): readonly Expectation[] {
  return expectationsAt(statement.text, offset, ipfVocabulary, 'ipf', readIpfTree);
}

/** One blank between words; a statement with problems or over several lines stays as it is written. */
export function formatIpf(statement: ParsedStatement<IpfTree>): string | undefined {
  return statement.problems.some((p) => p.severity === 'error') ? undefined : formatTokens(statement.text);
}

export function hintsOfIpf(statement: ParsedStatement<IpfTree>): readonly InlayNote[] {
  const notes: InlayNote[] = [];
  for (const item of statement.tree.items) {
    if (item.kind !== 'rule') continue;
    const protocol = serviceProtocolOf(item.protocol?.numbers ?? []);
    for (const side of [item.source, item.destination])
      if (side !== undefined) pushSideNotes(side, protocol, notes);
  }
  return notes.sort((a, b) => a.offset - b.offset);
}
