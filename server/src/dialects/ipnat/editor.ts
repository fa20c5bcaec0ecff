/** What an editor shows of one ipnat statement that comes straight from its words. */
import type { ParsedStatement } from '../../syntax/statement';
import type { ClassifiedToken, Expectation, InlayNote } from '../dialect';
import { classify } from '../ipfilter-kit/colours';
import { expectationsAt } from '../ipfilter-kit/completion';
import { formatTokens } from '../ipfilter-kit/layout';
import { pushServiceNote, pushSideNotes, serviceProtocolOf } from '../ipfilter-kit/notes';
import { protocolsOf } from './meaning';
import { readIpnatTree } from './parser';
import type { IpnatTree } from './tree';
import { ipnatVocabulary } from './vocabulary';

export function ipnatTokens(statement: ParsedStatement<IpnatTree>): readonly ClassifiedToken[] {
  return classify(statement.text, 'ipnat', readIpnatTree);
}

export function expectedInIpnat(
  statement: ParsedStatement<IpnatTree>,
  offset: number,
): readonly Expectation[] {
  return expectationsAt(statement.text, offset, ipnatVocabulary, 'ipnat', readIpnatTree);
}

/** One blank between words; a statement with problems or over several lines stays as it is written. */
export function formatIpnat(statement: ParsedStatement<IpnatTree>): string | undefined {
  return statement.problems.some((p) => p.severity === 'error') ? undefined : formatTokens(statement.text);
}

export function hintsOfIpnat(statement: ParsedStatement<IpnatTree>): readonly InlayNote[] {
  const notes: InlayNote[] = [];
  for (const item of statement.tree.items) {
    if (item.kind !== 'rule') continue;
    const protocol = serviceProtocolOf(protocolsOf(item));
    for (const side of [item.source, item.destination])
      if (side !== undefined) pushSideNotes(side, protocol, notes);
    if (protocol === undefined) continue;
    for (const span of [item.takenPorts, item.destinationPorts])
      if (span !== undefined && span.last === undefined) pushServiceNote(span.first, protocol, notes);
  }
  return notes.sort((a, b) => a.offset - b.offset);
}
