/**
 * The outline. A statement that belongs to a group stands below it: below the statement that opens the group
 * when there is one, else below an entry made for it.
 */
import type { Snapshot } from '../analysis/snapshot';
import type { StatementSymbol } from '../dialects/dialect';
import type { TextRange } from '../text/range';
import { policyFile, visibleRange } from './places';

export interface OutlineEntry {
  readonly name: string;
  readonly detail: string;
  readonly kind: StatementSymbol['kind'];
  readonly range: TextRange;
  readonly children: readonly OutlineEntry[];
}

export function documentSymbols(snapshot: Snapshot, uri: string): readonly OutlineEntry[] {
  const policy = policyFile(snapshot, uri);
  if (policy === undefined) return [];
  const { dialect, parse } = policy;
  const top: GrowingEntry[] = [];
  const groups = new Map<string, GrowingEntry>();
  parse.statements.forEach((statement, i) => {
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

interface GrowingEntry extends OutlineEntry {
  range: TextRange;
  readonly children: GrowingEntry[];
  readonly made?: true;
}
