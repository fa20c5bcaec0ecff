/** Names anywhere in the files that are known: rules by their groups and tables, everything of the network files. */
import type { Snapshot } from '../analysis/snapshot';
import type { TextRange } from '../text/range';
import { eachInPieces, finish, type Work } from '../text/work';
import { networkOutline, type OutlineEntry, type OutlineKind } from './documentSymbols';
import { fileLabel, policyFile, visibleRange } from './places';

export interface FoundSymbol {
  readonly name: string;
  readonly kind: OutlineKind;
  readonly uri: string;
  readonly range: TextRange;
  /** The file, as its gateway folder calls it. */
  readonly container: string;
}

/** Entries whose name holds the letters of `query` in order, or whose detail holds it as it is; at most `most`. */
export function workspaceSymbols(snapshot: Snapshot, query: string, most = 500): FoundSymbol[] {
  return finish(workspaceSymbolsInPieces(snapshot, query, most));
}

export function* workspaceSymbolsInPieces(
  snapshot: Snapshot,
  query: string,
  most = 500,
): Work<FoundSymbol[]> {
  const found: FoundSymbol[] = [];
  const wanted = query.toLowerCase();
  for (const file of snapshot.files.values()) {
    const container = fileLabel(file.uri, snapshot.projectOf(file.uri)?.folder ?? file.folder);
    const add = (entry: Pick<OutlineEntry, 'name' | 'detail' | 'kind' | 'range'>) => {
      if (
        found.length >= most ||
        !(matches(entry.name, wanted) || entry.detail.toLowerCase().includes(wanted))
      )
        return;
      found.push({ name: entry.name, kind: entry.kind, uri: file.uri, range: entry.range, container });
    };
    const visit = (entries: readonly OutlineEntry[]) => {
      for (const entry of entries) {
        add(entry);
        visit(entry.children);
      }
    };
    if (file.dialect === undefined) visit(networkOutline(file));
    const policy = policyFile(snapshot, file.uri);
    if (policy === undefined) continue;
    yield* eachInPieces(policy.parse.statements, (statement, i) => {
      if (found.length >= most || !matches(statement.text, wanted)) return;
      const symbol = policy.dialect.symbol(statement);
      if (symbol !== undefined)
        add({
          ...symbol,
          name: symbol.name || symbol.kind,
          range: visibleRange(statement, policy.parse.starts[i]!),
        });
    });
    if (found.length >= most) break;
  }
  return found;
}

function matches(text: string, wanted: string): boolean {
  const lower = text.toLowerCase();
  let at = 0;
  for (const letter of wanted) {
    at = lower.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
