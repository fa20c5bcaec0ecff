/**
 * Every rule of a file in canonical form, in file order and identical ones included: what `ipnat -nv` prints. ipnat
 * stops at the first error, so what stands behind it is not printed.
 */
import type { Problem } from '../../syntax/problem';
import type { Parse } from '../../syntax/statement';
import { expandTemplate } from '../ipfilter-kit/templates';
import { printAsIpnat } from './asIpnat';
import { parseIpnatStatement } from './parser';
import type { PrintOptions } from './print';
import type { IpnatItem, IpnatRule, IpnatTree } from './tree';

export interface PrintableNatFile {
  readonly rules: readonly string[];
  /** Where ipnat stops; the range is relative to the statement. */
  readonly error: { readonly statement: number; readonly problem: Problem } | undefined;
}

/** What the kernel refuses, and ipnat reads. */
const KERNEL_ERRORS: ReadonlySet<string> = new Set(['ipnat/unknown-proxy']);

export function printableNatRules(parse: Parse<IpnatTree>, options: PrintOptions): PrintableNatFile {
  const rules: string[] = [];
  const error = readRules(parse, (rule) => rules.push(printAsIpnat(rule, options)));
  return { rules, error };
}

/** Where ipnat stops reading a file. */
export function firstNatError(parse: Parse<IpnatTree>): PrintableNatFile['error'] {
  return readRules(parse, () => {});
}

function readRules(parse: Parse<IpnatTree>, take: (rule: IpnatRule) => void): PrintableNatFile['error'] {
  const variables = new Map<string, string>();
  for (const [index, statement] of parse.statements.entries()) {
    const items: IpnatItem[] = [];
    const problems: Problem[] = [...statement.problems];
    for (const item of statement.tree.items) {
      if (item.kind === 'assignment') variables.set(item.name.text, item.value);
      if (item.kind !== 'template') items.push(item);
      else {
        const expanded = expandTemplate(statement, item, variables, 'ipnat', parseIpnatStatement);
        problems.push(...expanded.problems);
        items.push(...(expanded.tree?.items ?? []));
      }
    }
    const problem = problems.find((p) => p.severity === 'error' && !KERNEL_ERRORS.has(p.code));
    for (const item of items) {
      if (problem !== undefined && item.end > problem.range.start) break;
      if (item.kind === 'rule') take(item);
    }
    if (problem !== undefined) return { statement: index, problem };
  }
  return undefined;
}
