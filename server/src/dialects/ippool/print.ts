/** The canonical text of a table: what `ippool -nv` prints, two lines without a line end. */
import { formatAddress, parseAddress } from '../../policy/address';
import { formatNetwork } from '../ipfilter-kit/addresses';
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
    const selection = table.policy === undefined ? '' : ` policy ${printPolicy(table.policy)};`;
    return `pool ${table.role}/dstlist (name ${name};${selection})`;
  }
  const first = table.form === 'group-map' ? `group-map ${table.direction}` : 'table';
  const type = table.form === 'group-map' ? '' : ` type=${table.type}`;
  const sizes = table.type === 'hash' ? printSizes(table, count) : '';
  return `${first} role=${table.role}${type} ${label(name, table.type)}=${name}${sizes}`;
}

/** The printer goes by the first character, and takes a tree without a name for one that will get a number. */
function label(name: string, type: PoolTable['type']): string {
  if (name === '') return type === 'tree' ? 'number' : 'name';
  return /^\d/.test(name) ? 'number' : 'name';
}

/** It writes `weighting` for what the grammar calls `weighted`, and does not know the policies that hash. */
function printPolicy(policy: string): string {
  if (policy === 'weighted connection') return 'weighting connection';
  return policy.endsWith('hash') ? '' : policy;
}

/** Without a size the loader makes room for twice the entries; in the `pool` form it forgets what is given. */
function printSizes(table: PoolTable, count: number): string {
  const { size, seed } = table.form === 'pool' ? { size: undefined, seed: undefined } : table;
  return ` size=${size?.value || Math.max(1, 2 * count - 1)}${seed?.value ? ` seed=${seed.value}` : ''}`;
}

export function printedEntries(table: PoolTable): PrintedEntry[] {
  return table.entries.map((entry) => ({ negated: entry.negated, text: printEntry(table, entry) }));
}

function printEntry(table: PoolTable, entry: PoolEntryNode): string {
  if (table.type === 'dstlist')
    return `${entry.interface === undefined ? '' : `${entry.interface.text}:`}${formatAddress(entry.address.value)}`;
  const group = table.form === 'group-map' ? (entry.group ?? table.group)?.text : undefined;
  // A group of the map's own name is not printed.
  return `${printAddress(entry)}${group === undefined || group === table.name?.text ? '' : `, group=${group}`}`;
}

/** As it is written, host bits included: the kernel clears them. Small numbers stay numbers (lib/printip.c). */
function printAddress({ address, text }: PoolEntryNode): string {
  const written = /^\d+$/.test(text) ? address.value : (parseAddress(text) ?? address.value);
  const mask = address.length ?? formatAddress(address.mask);
  if (/^\d+$/.test(text)) return Number(text) < 256 ? `${text}/${mask}` : formatNetwork(address);
  if (written.family === 4 && written.value < 256) return `${written.value}/${mask}`;
  return `${formatAddress(written)}/${mask}`;
}
