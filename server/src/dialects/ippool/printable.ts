/** Every table of a file in canonical form: what `ippool -nv` prints, up to the first error. */
import type { Problem } from '../../syntax/problem';
import type { Parse } from '../../syntax/statement';
import { expandTemplate } from '../ipfilter-kit/templates';
import { printFileEntry, readPoolFile } from './files';
import { parseIppoolStatement } from './parser';
import { type PrintedEntry, printedEntries, printTable } from './print';
import type { IppoolItem, IppoolTree, PoolTable } from './tree';

export interface PrintablePools {
  readonly tables: readonly { readonly table: PoolTable; readonly text: string }[];
  /** Where ippool stops; the range is relative to the statement. */
  readonly error: { readonly statement: number; readonly problem: Problem } | undefined;
}

/** `readFile`: content of a file that a table names; undefined when there is none. */
export function printablePools(
  parse: Parse<IppoolTree>,
  readFile: (path: string) => string | undefined,
): PrintablePools {
  const variables = new Map<string, string>();
  const tables: { table: PoolTable; text: string }[] = [];
  for (const [index, statement] of parse.statements.entries()) {
    const items: IppoolItem[] = [];
    const problems: Problem[] = [...statement.problems];
    for (const item of statement.tree.items) {
      if (item.kind === 'assignment') variables.set(item.name.text, item.value);
      if (item.kind !== 'template') items.push(item);
      else {
        const expanded = expandTemplate(statement, item, variables, 'ippool', parseIppoolStatement);
        problems.push(...expanded.problems);
        items.push(...(expanded.tree?.items ?? []));
      }
    }
    const problem = problems.find((p) => p.severity === 'error');
    for (const item of items) {
      if (problem !== undefined && item.end > problem.range.start) break;
      if (item.kind === 'table')
        tables.push({ table: item, text: printTable(item, allEntries(item, readFile)) });
    }
    if (problem !== undefined) return { tables, error: { statement: index, problem } };
  }
  return { tables, error: undefined };
}

/** Entries of the table and of the files that it names, in their order. */
export function allEntries(
  table: PoolTable,
  readFile: (path: string) => string | undefined,
): readonly PrintedEntry[] {
  if (table.files.length === 0) return printedEntries(table);
  const own = printedEntries(table);
  const all: PrintedEntry[] = [];
  let from = 0;
  for (const file of table.files) {
    all.push(...own.slice(from, file.position));
    from = file.position;
    const content = readFile(file.path);
    if (content !== undefined) all.push(...readPoolFile(file.format, content).map(printFileEntry));
  }
  return [...all, ...own.slice(from)];
}
