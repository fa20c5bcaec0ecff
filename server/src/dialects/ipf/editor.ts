/** What an editor shows of one ipf statement that comes straight from its words: colours, completion, layout, notes. */
import { formatAddress, mask4 } from '../../policy/address';
import type { ParsedStatement } from '../../syntax/statement';
import type { ClassifiedToken, Expectation, InlayNote } from '../dialect';
import { expectationsAt } from '../ipfilter-kit/completion';
import { Cursor } from '../ipfilter-kit/cursor';
import { formatTokens } from '../ipfilter-kit/layout';
import { tokenize } from '../ipfilter-kit/lexer';
import { serviceName } from '../ipfilter-kit/services';
import { readIpfTree, withoutComments } from './parser';
import type { IpfTree, SideNode } from './tree';
import { ipfVocabulary } from './vocabulary';

export function ipfTokens(statement: ParsedStatement<IpfTree>): readonly ClassifiedToken[] {
  const tokens = tokenize(statement.text);
  const cursor = new Cursor(withoutComments(tokens), statement.text.length, 'ipf');
  const marks: ClassifiedToken[] = tokens
    .filter((t) => t.kind === 'comment')
    .map((t) => ({ range: { start: t.start, end: t.end }, kind: 'comment' }));
  cursor.marks = marks;
  readIpfTree(cursor);
  return marks.sort((a, b) => a.range.start - b.range.start);
}

export function expectedInIpf(statement: ParsedStatement<IpfTree>, offset: number): readonly Expectation[] {
  return expectationsAt(statement.text, offset, ipfVocabulary, 'ipf', readIpfTree);
}

/** One blank between words; lists and lines joined by a backslash stay as they are written. */
export function formatIpf(statement: ParsedStatement<IpfTree>): string | undefined {
  if (statement.problems.some((p) => p.severity === 'error')) return undefined;
  return formatTokens(statement.text);
}

export function hintsOfIpf(statement: ParsedStatement<IpfTree>): readonly InlayNote[] {
  const notes: InlayNote[] = [];
  for (const item of statement.tree.items) {
    if (item.kind !== 'rule') continue;
    const numbers = item.protocol?.numbers ?? [6, 17];
    const protocol =
      numbers.length > 1 ? 'both' : numbers[0] === 6 ? 'tcp' : numbers[0] === 17 ? 'udp' : undefined;
    for (const side of [item.source, item.destination]) {
      if (side === undefined) continue;
      if (protocol !== undefined) pushServices(side, protocol, notes);
      pushRanges(side, notes);
    }
  }
  return notes.sort((a, b) => a.offset - b.offset);
}

function pushServices(side: SideNode, protocol: 'tcp' | 'udp' | 'both', notes: InlayNote[]): void {
  for (const port of side.ports) {
    if (port.operator !== '=' && port.operator !== '!=') continue;
    const { value, text, end } = port.first;
    if (value === undefined || !/^\d+$/.test(text)) continue;
    const name = serviceName(value, protocol);
    if (name !== undefined) notes.push({ offset: end, text: name, kind: 'service' });
  }
}

function pushRanges(side: SideNode, notes: InlayNote[]): void {
  for (const address of side.addresses) {
    if (address.kind !== 'network' || address.value.family !== 4) continue;
    const length = address.length;
    if (length === undefined || length === 0 || length === 32) continue;
    const last = (address.value.value | (~mask4(length) >>> 0)) >>> 0;
    notes.push({
      offset: address.end,
      text: `${formatAddress(address.value)} - ${formatAddress({ family: 4, value: last })}`,
      tooltip: `${2 ** (32 - length)} addresses`,
      kind: 'addresses',
    });
  }
}
