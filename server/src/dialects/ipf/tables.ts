/** Lists of addresses in a rule, as tables of ippool.conf: the same packets match, by one look-up in place of a rule each. */
import type { ParsedStatement } from '../../syntax/statement';
import type { TableCandidate } from '../dialect';
import type { NetworkNode } from '../ipfilter-kit/addresses';
import type { SideNode } from '../ipfilter-kit/sides';
import type { IpfTree } from './tree';

export function tablesOfIpf(statement: ParsedStatement<IpfTree>): readonly TableCandidate[] {
  if (statement.problems.some((p) => p.severity === 'error')) return [];
  return statement.tree.items.flatMap((item) =>
    item.kind === 'rule'
      ? [item.source, item.destination].flatMap((side) => candidateOf(statement.text, side) ?? [])
      : [],
  );
}

function candidateOf(text: string, side: SideNode | undefined): TableCandidate | undefined {
  if (side === undefined || side.addresses.length < 2) return undefined;
  const networks = side.addresses.filter((a): a is NetworkNode => a.kind === 'network');
  if (networks.length !== side.addresses.length) return undefined;
  const start = text.lastIndexOf('{', networks[0]!.start);
  const end = text.indexOf('}', networks.at(-1)!.end) + 1;
  if (start < side.start || end === 0) return undefined;
  const entries = networks.map((n) => text.slice(n.start, n.end).trim());
  // A table takes `address/length` only.
  if (!entries.every((e) => /^[0-9a-f.:]+(?:\/\d+)?$/i.test(e))) return undefined;
  return {
    range: { start, end },
    entryCount: entries.length,
    fileName: 'ippool.conf',
    reference: (name) => `pool/${name}`,
    table: (name) => `table role = ipf type = tree name = ${name}\n\t{ ${entries.join('; ')}; };\n`,
  };
}
