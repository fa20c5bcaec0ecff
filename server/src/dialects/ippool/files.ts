/** Entries that a table takes from another file: one address a line, or the answer of a whois server. */
import { type Address, address4, formatAddress, mask4, parseAddress } from '../../policy/address';
import type { PoolEntry } from '../../policy/match';
import { lengthMask, maskAddress, maskLength4 } from '../ipfilter-kit/addresses';
import type { PrintedEntry } from './print';
import type { PoolFileNode } from './tree';

/** An entry with the address as it is written, which is what ippool prints. */
export interface FileEntry extends PoolEntry {
  readonly written: Address;
}

export function readPoolFile(format: PoolFileNode['format'], content: string): FileEntry[] {
  const lines = content.split('\n');
  const last = lines.pop();
  // ippool drops the whole list when the last line is not ended (`load_file`, lib/load_file.c).
  if (format === 'addresses' && last !== '') return [];
  if (last !== undefined && last !== '') lines.push(last);
  return lines.flatMap((line) => {
    const entry = format === 'whois' ? whoisEntry(line) : addressEntry(line);
    return entry === undefined ? [] : [entry];
  });
}

/**
 * `!10.0.0.0/8`, `#` begins a comment. Without a length, or with 0, the bytes that are written are the network
 * (`alist_new`, lib/alist_new.c).
 */
function addressEntry(line: string): FileEntry | undefined {
  const text = line.replace(/#.*/, '').trim();
  const negated = text.startsWith('!');
  const [name = '', slash] = text.replace(/^!+/, '').trim().split('/');
  const length = slash === undefined ? undefined : Number.parseInt(slash, 10) || 0;
  if (name.includes(':')) {
    const written = parseAddress(name);
    if (written?.family !== 6 || (length ?? 0) > 128) return undefined;
    return entryOf(written, length ?? 128, negated);
  }
  const written = numericAddress(name);
  if (written === undefined || (length ?? 0) > 32) return undefined;
  return entryOf(written, length || 8 * name.split('.').length, negated);
}

/** One to four numbers, the last one filling the bytes that are left (inet_aton). */
function numericAddress(text: string): Address | undefined {
  if (!/^\d+(?:\.\d+){0,3}$/.test(text)) return undefined;
  const parts = text.split('.').map(Number);
  const last = parts.pop()!;
  if (parts.some((part) => part > 255) || last >= 2 ** (8 * (4 - parts.length))) return undefined;
  return address4(parts.reduce((sum, part, i) => sum + part * 2 ** (24 - 8 * i), 0) + last);
}

/** `Example Corp EXAMPLE (NET-192-0-2-0-1) 192.0.2.0 - 192.0.2.255`; a range that is no network is left out. */
function whoisEntry(line: string): FileEntry | undefined {
  const found = /^[^(]*\([^)]*\) (\d+\.\d+\.\d+\.\d+) - (\d+\.\d+\.\d+\.\d+)/.exec(line);
  if (found === null) return undefined;
  const first = parseAddress(found[1]!);
  const last = parseAddress(found[2]!);
  if (first?.family !== 4 || last?.family !== 4) return undefined;
  const length = maskLength4(~(first.value ^ last.value) >>> 0);
  return length === undefined ? undefined : entryOf(first, length, false);
}

function entryOf(written: Address, length: number, negated: boolean): FileEntry {
  const mask = written.family === 4 ? address4(mask4(length)) : lengthMask(6, length);
  return { address: maskAddress(written, mask), length, negated, written };
}

export function printFileEntry({ written, length, negated }: FileEntry): PrintedEntry {
  const isSmall = written.family === 4 && written.value < 256;
  return { negated, text: `${isSmall ? written.value : formatAddress(written)}/${length}` };
}
