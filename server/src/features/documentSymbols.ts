/**
 * The outline. A statement that belongs to a group stands below it: below the statement that opens the group
 * when there is one, else below an entry made for it.
 */
import type { Named } from '../analysis/network/networkFile';
import { readNetworkFile } from '../analysis/network/readNetworkFile';
import type { Snapshot } from '../analysis/snapshot';
import type { SourceFile } from '../analysis/sourceFile';
import { NETWORK_FILE_NAME } from '../analysis/workspace';
import type { StatementSymbol } from '../dialects/dialect';
import { formatAddress, formatPrefix } from '../policy/address';
import type { TextRange } from '../text/range';
import { eachInPieces, finish, type Work } from '../text/work';
import { policyFile, visibleRange } from './places';

export type OutlineKind =
  | StatementSymbol['kind']
  | 'section'
  | 'gateway'
  | 'interface'
  | 'network'
  | 'host'
  | 'packet'
  | 'expectation';

export interface OutlineEntry {
  readonly name: string;
  readonly detail: string;
  readonly kind: OutlineKind;
  /** With everything below it. */
  readonly range: TextRange;
  /** The name itself; absent: the range. */
  readonly nameRange?: TextRange;
  readonly children: readonly OutlineEntry[];
}

export function documentSymbols(snapshot: Snapshot, uri: string): readonly OutlineEntry[] {
  return finish(documentSymbolsInPieces(snapshot, uri));
}

export function* documentSymbolsInPieces(snapshot: Snapshot, uri: string): Work<readonly OutlineEntry[]> {
  const policy = policyFile(snapshot, uri);
  const source = snapshot.files.get(uri);
  if (policy === undefined) return source?.name === NETWORK_FILE_NAME ? networkOutline(source) : [];
  const { dialect, parse } = policy;
  const top: GrowingEntry[] = [];
  const groups = new Map<string, GrowingEntry>();
  yield* eachInPieces(parse.statements, (statement, i) => {
    const symbol = dialect.symbol(statement);
    if (symbol === undefined) return;
    const range = visibleRange(statement, parse.starts[i]!);
    const entry: GrowingEntry = { ...symbol, name: symbol.name || symbol.kind, range, children: [] };
    const parent = symbol.parent === undefined ? undefined : groups.get(symbol.parent);
    if (parent !== undefined) {
      parent.children.push(entry);
      // Only an entry made for the group grows; a rule that opens one keeps its own place.
      if (parent.made) parent.range = { start: parent.range.start, end: range.end };
    } else if (symbol.parent !== undefined) {
      const made: GrowingEntry = {
        name: symbol.parent,
        detail: 'group',
        kind: 'group',
        range,
        children: [entry],
        made: true,
      };
      groups.set(symbol.parent, made);
      top.push(made);
    } else top.push(entry);
    if (symbol.kind !== 'group') return;
    for (const { name, role } of dialect.names(statement)) {
      if (role === 'definition' && !groups.has(name)) groups.set(name, entry);
    }
  });
  return top;
}

/** The sections of a network file with their entries. */
export function networkOutline(file: SourceFile): readonly OutlineEntry[] {
  if (file.name !== NETWORK_FILE_NAME) return [];
  const read = readNetworkFile(file);
  const leaf = (kind: OutlineKind, { name, origin }: Named, detail: string): OutlineEntry => ({
    name: name || kind,
    detail,
    kind,
    range: { start: origin.start, end: origin.end },
    children: [],
  });
  const sections: OutlineEntry[] = [];
  const addSection = (name: string, children: readonly OutlineEntry[]) => {
    const first = children[0];
    if (first !== undefined)
      sections.push({
        name,
        detail: '',
        kind: 'section',
        range: spanOf(children),
        nameRange: first.range,
        children,
      });
  };
  addSection(
    'gateways',
    read.gateways.map((gateway) => {
      const children = gateway.interfaces.map((i) =>
        leaf('interface', i, i.addresses.map(formatPrefix).join(', ')),
      );
      const own = leaf('gateway', gateway, gateway.platform);
      return { ...own, nameRange: own.range, range: spanOf([own, ...children]), children };
    }),
  );
  addSection(
    'networks',
    read.networks.map((n) =>
      leaf('network', n, n.kind === 'internet' ? 'internet' : n.prefixes.map(formatPrefix).join(', ')),
    ),
  );
  addSection(
    'hosts',
    read.hosts.map((h) => leaf('host', h, h.addresses.map(formatAddress).join(', '))),
  );
  addSection(
    'packets',
    read.packets.map((p) => leaf('packet', p, p.notation)),
  );
  addSection(
    'expect',
    read.expectations.map((e) =>
      leaf('expectation', { name: e.packet.name, origin: e.origin }, e.reply ? 'reply' : ''),
    ),
  );
  return sections.sort((a, b) => a.range.start - b.range.start);
}

function spanOf(entries: readonly OutlineEntry[]): TextRange {
  return {
    start: Math.min(...entries.map((e) => e.range.start)),
    end: Math.max(...entries.map((e) => e.range.end)),
  };
}

interface GrowingEntry extends OutlineEntry {
  range: TextRange;
  readonly children: GrowingEntry[];
  readonly made?: true;
}
