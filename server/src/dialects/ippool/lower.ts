/** ippool.conf to address pools. */
import type { PoolEntry } from '../../policy/match';
import type { AddressPool } from '../../policy/policy';
import type { Problem } from '../../syntax/problem';
import type { Parse, ParsedStatement } from '../../syntax/statement';
import type { Lowered, LowerScope } from '../dialect';
import { WELL_KNOWN_HOSTS } from '../ipfilter-kit/hosts';
import { expandTemplate, isMisread, shiftProblem } from '../ipfilter-kit/templates';
import { forEachStatement } from '../statementOrigin';
import { printFileEntry, readPoolFile } from './files';
import { parseIppoolStatement } from './parser';
import { printTable } from './print';
import type { IppoolTree, PoolTable } from './tree';

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
  const known = new Map<string, string>();
  forEachStatement(parse, scope.file, (statement, start, originOf) => {
    for (const { table, range } of tablesOf(statement, variables, problems, start)) {
      const origin = originOf(range.start, range.end);
      const name = table.name?.text ?? '';
      // A hash and a tree of one name do not meet; `pool` rules look for trees, `hash` rules for hashes.
      const key = `${table.role}/${table.type}/${name}`;
      if (known.has(key))
        problems.push({
          code: 'ippool/duplicate-table',
          severity: 'warning',
          range: { start: start + (table.name?.start ?? 0), end: start + (table.name?.end ?? 0) },
          message: `There is a ${table.type} \`${name}\` for ${table.role} above already.`,
        });
      known.set(key, name);
      const entries = entriesOf(table, options, problems, start);
      pools.push({
        type: table.type === 'tree' ? 'pool' : table.type,
        name,
        role: table.role,
        entries,
        ...(table.policy === undefined ? {} : { selection: table.policy }),
        text: table.from === undefined ? printTable(table) : printTable(table, entries.map(printFileEntry)),
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
  if (table.from !== undefined) {
    const content = options.readFile?.(table.from.path);
    if (content !== undefined) return readPoolFile(table.from.format, content);
    problems.push({
      code: 'ippool/entries-elsewhere',
      severity: 'warning',
      range: { start: start + table.from.start, end: start + table.from.end },
      message: `The entries are in \`${table.from.path}\`, which is not read here: rules that look into this table find it empty.`,
    });
    return [];
  }
  return table.entries.flatMap((entry): PoolEntry[] => {
    const group = entry.group ?? table.group;
    const common = {
      negated: entry.negated,
      ...(group === undefined ? {} : { group: group.text }),
      ...(entry.interface === undefined ? {} : { interface: entry.interface.text }),
    };
    if (entry.address.kind === 'network')
      return [
        {
          address: entry.address.value,
          length: entry.address.length ?? (entry.address.value.family === 4 ? 32 : 128),
          ...common,
        },
      ];
    const address = WELL_KNOWN_HOSTS.get(entry.address.name.toLowerCase());
    if (address !== undefined) return [{ address, length: 32, ...common }];
    problems.push({
      code: 'ippool/host-name',
      severity: 'warning',
      range: { start: start + entry.address.start, end: start + entry.address.end },
      message: `\`${entry.address.name}\` is a host name: what address it gets when the file is loaded is not known here, so the entry is left out. Write the address.`,
    });
    return [];
  });
}
