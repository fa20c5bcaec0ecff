/** The canonical text of a table: what `ippool -nv` prints, two lines without a line end. */
import { formatAddress } from '../../policy/address';
import { formatNetwork, type HostNode, type NetworkNode } from '../ipfilter-kit/addresses';
import type { PoolEntryNode, PoolTable } from './tree';

/** An entry as it is printed: of a tree, a table, or a file that a table reads. */
export interface PrintedEntry {
  readonly negated: boolean;
  readonly text: string;
}

export function printTable(
  table: PoolTable,
  entries: readonly PrintedEntry[] = printedEntries(table),
): string {
  if (entries.length === 0) return `${printHead(table, 0)}\n\t{; };`;
  const body = entries.map((e) => `${e.negated ? '! ' : ''}${e.text}; `).join('');
  return `${printHead(table, entries.length)}\n\t{ ${body}};`;
}

function printHead(table: PoolTable, count: number): string {
  const name = table.name?.text ?? '';
  if (table.type === 'dstlist') {
    // The printer writes `weighting` for what the grammar calls `weighted`.
    const policy = table.policy === 'weighted connection' ? 'weighting connection' : table.policy;
    const selection = policy === undefined ? '' : ` policy ${policy};`;
    return `pool ${table.role}/dstlist (name ${name};${selection})`;
  }
  const label = `${table.isNumbered ? 'number' : 'name'}=${name}`;
  const first = table.form === 'group-map' ? `group-map ${table.direction}` : 'table';
  const type = table.form === 'group-map' ? '' : ` type=${table.type}`;
  const sizes = table.type === 'hash' ? printSizes(table, count) : '';
  return `${first} role=${table.role}${type} ${label}${sizes}`;
}

/** Without a size the loader makes room for twice the entries; in the `pool` form it forgets the one given. */
function printSizes(table: PoolTable, count: number): string {
  const size = table.form === 'pool' ? undefined : table.size?.value;
  const seed = table.seed === undefined ? '' : ` seed=${table.seed.value}`;
  return ` size=${size ?? Math.max(1, 2 * count - 1)}${seed}`;
}

export function printedEntries(table: PoolTable): PrintedEntry[] {
  return table.entries.map((entry) => ({ negated: entry.negated, text: printEntry(table, entry) }));
}

function printEntry(table: PoolTable, entry: PoolEntryNode): string {
  if (table.type === 'dstlist') {
    const address =
      entry.address.kind === 'network' ? formatAddress(entry.address.value) : entry.address.name;
    return `${entry.interface === undefined ? '' : `${entry.interface.text}:`}${address}`;
  }
  const group = table.form === 'group-map' ? (entry.group ?? table.group) : undefined;
  return `${printAddress(entry.address, entry.text)}${group === undefined ? '' : `, group=${group.text}`}`;
}

function printAddress(address: NetworkNode | HostNode, text: string): string {
  if (address.kind === 'host')
    return address.maskLength === undefined ? address.name : `${address.name}/${address.maskLength}`;
  // A bare number is printed as it is written: `0/0`, `1/32`.
  return /^\d+$/.test(text) && address.length !== undefined
    ? `${text}/${address.length}`
    : formatNetwork(address);
}
