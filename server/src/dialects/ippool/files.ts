/** Entries that a table takes from another file: one address a line, or the answer of a whois server. */
import {
  type Address,
  address4,
  formatAddress,
  mask4,
  parseAddress,
  parsePrefix,
  prefixBounds,
} from '../../policy/address';
import type { PoolEntry } from '../../policy/match';
import type { PoolTable } from './tree';

export function readPoolFile(format: NonNullable<PoolTable['from']>['format'], content: string): PoolEntry[] {
  const lines = content.split(/\r\n|[\r\n]/);
  return lines.flatMap((line) => {
    const entry = format === 'whois' ? whoisEntry(line) : addressEntry(line);
    return entry === undefined ? [] : [entry];
  });
}

/** `!10.0.0.0/8`, `#` begins a comment. */
function addressEntry(line: string): PoolEntry | undefined {
  const text = line.replace(/#.*/, '').replace(/;/g, '').trim();
  const negated = text.startsWith('!');
  const prefix = parsePrefix(text.slice(negated ? 1 : 0).trim());
  if (prefix === undefined) return undefined;
  return { address: prefixBounds(prefix).first, length: prefix.length, negated };
}

/** `Example Corp EXAMPLE (NET-192-0-2-0-1) 192.0.2.0 - 192.0.2.255` */
function whoisEntry(line: string): PoolEntry | undefined {
  const found = /\)\s*(\d+\.\d+\.\d+\.\d+)\s*-\s*(\d+\.\d+\.\d+\.\d+)/.exec(line);
  if (found === null) return undefined;
  const first = parseAddress(found[1]!);
  const last = parseAddress(found[2]!);
  if (first?.family !== 4 || last?.family !== 4) return undefined;
  const length = Math.clz32((first.value ^ last.value) >>> 0);
  const address: Address = address4(first.value & mask4(length));
  return { address, length, negated: false };
}

export function printFileEntry(entry: PoolEntry): { negated: boolean; text: string } {
  return { negated: entry.negated, text: `${formatAddress(entry.address)}/${entry.length}` };
}
