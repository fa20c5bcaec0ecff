/** ippool.conf to address pools. */
import type { PoolEntry } from '../../policy/match';
import type { AddressPool } from '../../policy/policy';
import type { Problem } from '../../syntax/problem';
import type { Parse, ParsedStatement } from '../../syntax/statement';
import type { TextRange } from '../../text/range';
import type { Lowered, LowerScope } from '../dialect';
import { expandTemplate, isMisread, shiftProblem } from '../ipfilter-kit/templates';
import { forEachStatement } from '../statementOrigin';
import { readPoolFile } from './files';
import { parseIppoolStatement } from './parser';
import { printTable } from './print';
import { allEntries } from './printable';
import type { IppoolTree, PoolEntryNode, PoolFileNode, PoolTable } from './tree';

export interface IppoolLowerOptions {
  /** Content of a file that a table names; undefined when it is not there or when files are not read. */
  readonly readFile?: (path: string) => string | undefined;
}

export function lowerIppool(
  parse: Parse<IppoolTree>,
  scope: LowerScope,
  options: IppoolLowerOptions = {},
): Lowered {
  const pools: AddressPool[] = [];
  const problems: Problem[] = [];
  const variables = new Map<string, string>();
  const known = new Map<string, TextRange>();
  forEachStatement(parse, scope.file, (statement, start, originOf) => {
    for (const { table, range } of tablesOf(statement, variables, problems, start)) {
      const origin = originOf(range.start, range.end);
      const name = table.name?.text ?? '';
      // A hash and a tree of one name do not meet; `pool` rules look for trees, `hash` rules for hashes.
      const key = `${table.role}/${table.type}/${name}`;
      const place = { start: start + (table.name?.start ?? 0), end: start + (table.name?.end ?? 0) };
      const first = known.get(key);
      if (first !== undefined)
        problems.push({
          code: 'ippool/duplicate-table',
          severity: 'warning',
          range: place,
          message: `There is a ${table.type} \`${name}\` for ${table.role} above already.`,
          related: [{ file: scope.file, range: first, message: 'is the first of that name' }],
        });
      else known.set(key, place);
      const entries = entriesOf(table, options, problems, start);
      pools.push({
        type: table.type === 'tree' ? 'pool' : table.type,
        name,
        role: table.role,
        entries,
        ...(table.policy === undefined ? {} : { selection: table.policy }),
        text: printTable(
          table,
          allEntries(table, (path) => options.readFile?.(path)),
        ),
        origin,
      });
    }
  });
  return { policy: { pools }, problems };
}

function tablesOf(
  statement: ParsedStatement<IppoolTree>,
  variables: Map<string, string>,
  problems: Problem[],
  start: number,
): { table: PoolTable; range: { start: number; end: number } }[] {
  return statement.tree.items.flatMap((item) => {
    switch (item.kind) {
      case 'assignment':
        variables.set(item.name.text, item.value);
        return [];
      case 'table':
        return isMisread(statement.problems, item) ? [] : [{ table: item, range: item }];
      case 'template': {
        const expanded = expandTemplate(statement, item, variables, 'ippool', parseIppoolStatement);
        problems.push(...expanded.problems.map((p) => shiftProblem(p, start)));
        return (expanded.tree?.items ?? []).flatMap((inner) =>
          inner.kind === 'table' && !isMisread(expanded.inside, inner)
            ? [{ table: inner, range: { start: item.start, end: item.end } }]
            : [],
        );
      }
      default: {
        const impossible: never = item;
        return impossible;
      }
    }
  });
}

function entriesOf(
  table: PoolTable,
  options: IppoolLowerOptions,
  problems: Problem[],
  start: number,
): readonly PoolEntry[] {
  const entries: PoolEntry[] = [];
  let from = 0;
  for (const file of table.files) {
    for (const entry of table.entries.slice(from, file.position)) entries.push(entryOf(table, entry));
    from = file.position;
    entries.push(...entriesOfFile(file, options, problems, start));
  }
  for (const entry of table.entries.slice(from)) entries.push(entryOf(table, entry));
  return entries;
}

function entriesOfFile(
  file: PoolFileNode,
  options: IppoolLowerOptions,
  problems: Problem[],
  start: number,
): readonly PoolEntry[] {
  const content = options.readFile?.(file.path);
  if (content !== undefined)
    return readPoolFile(file.format, content).map(({ address, length, negated }) => ({
      address,
      length,
      negated,
    }));
  problems.push({
    code: 'ippool/entries-elsewhere',
    severity: 'warning',
    range: { start: start + file.start, end: start + file.end },
    message: `The entries are in \`${file.path}\`, which is not read here: rules that look into this table find them missing.`,
  });
  return [];
}

function entryOf(table: PoolTable, { address, negated, group, interface: on }: PoolEntryNode): PoolEntry {
  const named = group ?? table.group;
  return {
    address: address.value,
    length: address.length ?? (address.value.family === 4 ? 32 : 128),
    negated,
    ...(named === undefined ? {} : { group: named.text }),
    ...(on === undefined ? {} : { interface: on.text }),
  };
}
