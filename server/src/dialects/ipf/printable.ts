/**
 * Every rule of a file in canonical form, in file order and identical ones included: what `ipf -nv` prints. ipf stops
 * at the first error, so what stands behind it is not printed.
 */
import type { AddressFamily } from '../../policy/address';
import type { Problem } from '../../syntax/problem';
import type { Parse } from '../../syntax/statement';
import { formatNetwork } from '../ipfilter-kit/addresses';
import type { PoolNode } from '../ipfilter-kit/sides';
import { expandTemplate } from '../ipfilter-kit/templates';
import { expandRule } from './expand';
import { HeadTests, inheritableOf, withInherited } from './heads';
import { parseIpfStatement } from './parser';
import { type PrintOptions, printCounters, printRule } from './print';
import { refusalsOf } from './refusals';
import type { IpfItem, IpfRule, IpfTree } from './tree';

export interface PrintableRule {
  readonly text: string;
  /** What a verbose loader writes behind it. */
  readonly counters: string;
  /** Tables written in the rule: they are loaded, and printed, before it. */
  readonly pools: readonly string[];
}

export interface PrintableFile {
  readonly rules: readonly PrintableRule[];
  /** Where ipf stops; the range is relative to the statement. */
  readonly error: { readonly statement: number; readonly problem: Problem } | undefined;
}

export interface PrintableOptions extends PrintOptions {
  readonly assumeFamily?: AddressFamily;
}

export function printableRules(parse: Parse<IpfTree>, options: PrintableOptions): PrintableFile {
  const heads = new HeadTests();
  const rules: PrintableRule[] = [];
  const error = readRules(parse, options, (rule) => rules.push(...printRuleOf(rule, heads, options)));
  return { rules, error };
}

/** Where ipf stops reading a file. */
export function firstError(
  parse: Parse<IpfTree>,
  options: { readonly assumeFamily?: AddressFamily },
): PrintableFile['error'] {
  return readRules(parse, options, () => {});
}

function readRules(
  parse: Parse<IpfTree>,
  options: { readonly assumeFamily?: AddressFamily },
  take: (rule: IpfRule) => void,
): PrintableFile['error'] {
  const variables = new Map<string, string>();
  for (const [index, statement] of parse.statements.entries()) {
    const { items, problem } = itemsOf(statement, variables, options.assumeFamily);
    for (const item of items) {
      if (item.kind === 'assignment') variables.set(item.name.text, item.value);
      else if (item.kind === 'rule') take(item);
    }
    if (problem !== undefined) return { statement: index, problem };
  }
  return undefined;
}

/** What a statement says up to its first error. */
function itemsOf(
  statement: Parse<IpfTree>['statements'][number],
  variables: ReadonlyMap<string, string>,
  assumed: AddressFamily | undefined,
): { readonly items: readonly IpfItem[]; readonly problem: Problem | undefined } {
  const items: IpfItem[] = [];
  const problems = statement.problems.filter((p) => p.severity === 'error');
  for (const item of statement.tree.items) {
    if (item.kind === 'template') {
      const expanded = expandTemplate(statement, item, variables, 'ipf', parseIpfStatement);
      problems.push(...expanded.problems.filter((p) => p.severity === 'error'));
      for (const one of expanded.tree?.items ?? []) {
        if (one.kind === 'rule') problems.push(...refusalsOf(one, assumed).map(expanded.carryBack));
        items.push(one);
      }
    } else {
      if (item.kind === 'rule') problems.push(...refusalsOf(item, assumed));
      items.push(item);
    }
    if (problems.some((p) => p.range.start < item.end))
      return { items: items.slice(0, -1), problem: firstOf(problems) };
  }
  return { items, problem: firstOf(problems) };
}

function firstOf(problems: readonly Problem[]): Problem | undefined {
  return problems.reduce<Problem | undefined>(
    (first, p) => (first === undefined || p.range.start < first.range.start ? p : first),
    undefined,
  );
}

function printRuleOf(rule: IpfRule, heads: HeadTests, options: PrintableOptions): PrintableRule[] {
  const inherited = heads.of(rule.group?.text);
  const singles = expandRule(rule, options).map((single) => withInherited(single, inherited));
  for (const single of singles) heads.note(rule.head?.text, inheritableOf(single));
  return singles.map((single, position) => ({
    text: printRule(single, options),
    counters: printCounters(rule),
    pools: position === 0 ? inlinePools(rule).map(printInline) : [],
  }));
}

function inlinePools(rule: IpfRule): PoolNode[] {
  return [rule.source, rule.destination].flatMap((side) =>
    (side?.addresses ?? []).flatMap((a) => (a.kind === 'pool' && a.inline !== undefined ? [a] : [])),
  );
}

/** A table that has no number yet. The grammar builds the list of a tree from its end, that of a hash from its start. */
function printInline(pool: PoolNode): string {
  const entries = (pool.inline ?? []).map((e) => `${e.negated ? '! ' : ''}${formatNetwork(e.address)}; `);
  if (pool.type === 'hash') {
    const size = Math.max(1, 2 * entries.length - 1);
    return `table role=ipf type=hash name= size=${size}\n\t{ ${entries.join('')}};`;
  }
  return `table role=ipf type=tree number=\n\t{ ${entries.reverse().join('')}};`;
}
