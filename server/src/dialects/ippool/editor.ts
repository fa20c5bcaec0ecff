/** What an editor shows of one ippool statement. */
import type { ParsedStatement } from '../../syntax/statement';
import type { ClassifiedToken, Expectation, FileLink, InlayNote, NameUse, StatementSymbol } from '../dialect';
import { formatNetwork } from '../ipfilter-kit/addresses';
import { classify } from '../ipfilter-kit/colours';
import { expectationsAt } from '../ipfilter-kit/completion';
import { formatTokens } from '../ipfilter-kit/layout';
import { pushNetworkNote } from '../ipfilter-kit/notes';
import { readIppoolTree } from './parser';
import type { IppoolTree, PoolTable } from './tree';
import { ippoolVocabulary } from './vocabulary';

export function ippoolTokens(statement: ParsedStatement<IppoolTree>): readonly ClassifiedToken[] {
  return classify(statement.text, 'ippool', readIppoolTree);
}

export function expectedInIppool(
  statement: ParsedStatement<IppoolTree>,
  offset: number,
): readonly Expectation[] {
  return expectationsAt(statement.text, offset, ippoolVocabulary, 'ippool', readIppoolTree);
}

export function formatIppool(statement: ParsedStatement<IppoolTree>): string | undefined {
  return statement.problems.some((p) => p.severity === 'error') ? undefined : formatTokens(statement.text);
}

export function hintsOfIppool(statement: ParsedStatement<IppoolTree>): readonly InlayNote[] {
  const notes: InlayNote[] = [];
  for (const item of statement.tree.items) {
    if (item.kind !== 'table') continue;
    const { name, entries } = item;
    if (name !== undefined && entries.length >= 5)
      notes.push({ offset: name.end, text: `${entries.length} entries`, kind: 'addresses' });
    for (const { address } of entries) pushNetworkNote(address, notes);
  }
  return notes;
}

export function namesOfIppool(statement: ParsedStatement<IppoolTree>): readonly NameUse[] {
  const names: NameUse[] = [];
  const use = (kind: string, name: string, at: { start: number; end: number }, role: NameUse['role']) => {
    names.push({ kind, name, role, range: { start: at.start, end: at.end } });
  };
  for (const item of statement.tree.items) {
    switch (item.kind) {
      case 'assignment':
        use('variable', item.name.text, item.name, 'definition');
        break;
      case 'template':
        for (const variable of item.variables) use('variable', variable.text, variable, 'reference');
        break;
      case 'table':
        if (item.name !== undefined) use('pool', item.name.text, item.name, 'definition');
        if (item.group !== undefined) use('group', item.group.text, item.group, 'reference');
        for (const entry of item.entries) {
          if (entry.interface !== undefined)
            use('interface', entry.interface.text, entry.interface, 'reference');
          if (entry.group !== undefined) use('group', entry.group.text, entry.group, 'reference');
        }
        break;
      default: {
        const impossible: never = item;
        return impossible;
      }
    }
  }
  return names.sort((a, b) => a.range.start - b.range.start);
}

export function symbolOfIppool(statement: ParsedStatement<IppoolTree>): StatementSymbol | undefined {
  const item = statement.tree.items[0];
  if (item === undefined) return undefined;
  if (item.kind === 'assignment') return { name: item.name.text, detail: item.value, kind: 'variable' };
  if (item.kind === 'template')
    return { name: statement.text.slice(item.start, item.end).trim(), detail: '', kind: 'pool' };
  return {
    name: item.name?.text ?? '',
    detail: `${item.role}/${item.form === 'group-map' ? `group-map ${item.direction}` : item.type}`,
    kind: 'pool',
  };
}

export function explainIppool(statement: ParsedStatement<IppoolTree>): string | undefined {
  const parts = statement.tree.items.flatMap((item) => (item.kind === 'table' ? [explainTable(item)] : []));
  return parts.length === 0 ? undefined : parts.join('\n\n');
}

const ROLE_WORDS = {
  ipf: 'filter rules',
  nat: 'NAT rules',
  auth: 'authentication rules',
  count: 'accounting rules',
  all: 'all rules',
} as const;

function explainTable(table: PoolTable): string {
  const users = ROLE_WORDS[table.role];
  const name = table.name?.text ?? '';
  const number = table.entries.length;
  const own = `${number} ${number === 1 ? 'entry' : 'entries'}`;
  const paths = table.files.map((file) => `\`${file.path}\``).join(' and ');
  const count = paths === '' ? own : `${number === 0 ? '' : `${own} and `}entries from ${paths}`;
  if (table.form === 'group-map')
    return `A group map for packets ${table.direction === 'in' ? 'coming in' : 'going out'}, with ${count}: \`call now srcgrpmap/${name}\` looks the address up and scans the group it gives.`;
  switch (table.type) {
    case 'tree': {
      const not = table.entries.find((e) => e.negated && e.address.kind === 'network');
      const exception =
        not?.address.kind === 'network'
          ? ` Entries with \`!\` (${formatNetwork(not.address)}) are left out of it.`
          : '';
      return `A table of addresses for ${users}, with ${count}; the longest prefix that holds an address decides.${exception} Rules name it \`pool/${name}\`.`;
    }
    case 'hash':
      return `A hash table of addresses for ${users}, with ${count}. Rules name it \`hash/${name}\`.`;
    case 'dstlist':
      return `A destination list for ${users}, with ${count}${table.policy === undefined ? '' : `, chosen by ${table.policy}`}. Rules name it \`dstlist/${name}\`.`;
    default: {
      const impossible: never = table.type;
      return impossible;
    }
  }
}

/** Files that tables take their entries from; a whois answer has no place of its own. */
export function linksOfIppool(statement: ParsedStatement<IppoolTree>): readonly FileLink[] {
  return statement.tree.items.flatMap((item) => {
    if (item.kind !== 'table') return [];
    return item.files.flatMap(({ path, start, end }) =>
      /^https?:/.test(path) ? [] : [{ path, range: { start, end } }],
    );
  });
}
