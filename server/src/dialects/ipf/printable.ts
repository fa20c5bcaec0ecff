/** Every rule of a file in canonical form, in file order and identical ones included: what `ipf -nv` prints. */
import type { AddressFamily } from '../../policy/address';
import type { Parse } from '../../syntax/statement';
import { formatNetwork } from '../ipfilter-kit/addresses';
import type { PoolNode } from '../ipfilter-kit/sides';
import { expandTemplate } from '../ipfilter-kit/templates';
import { expandRule } from './expand';
import { HeadTests, inheritableOf, withInherited } from './heads';
import { parseIpfStatement } from './parser';
import { type PrintOptions, printRule } from './print';
import type { IpfRule, IpfTree } from './tree';

export interface PrintableRule {
  /** Index of the statement it stands in. */
  readonly statement: number;
  readonly text: string;
  readonly keepsState: boolean;
  /** Tables written in the rule: they are loaded, and printed, before it. */
  readonly pools: readonly string[];
}

export function printableRules(
  parse: Parse<IpfTree>,
  options: PrintOptions & { readonly assumeFamily?: AddressFamily },
): PrintableRule[] {
  const variables = new Map<string, string>();
  const heads = new HeadTests();
  return parse.statements.flatMap((statement, index) =>
    statement.tree.items.flatMap((item) => {
      if (item.kind === 'assignment') variables.set(item.name.text, item.value);
      const items =
        item.kind === 'template'
          ? (expandTemplate(statement, item, variables, 'ipf', parseIpfStatement).tree?.items ?? [])
          : [item];
      return items.flatMap((one) => (one.kind === 'rule' ? printRuleOf(one, index, heads, options) : []));
    }),
  );
}

function printRuleOf(
  rule: IpfRule,
  statement: number,
  heads: HeadTests,
  options: PrintOptions & { readonly assumeFamily?: AddressFamily },
): PrintableRule[] {
  const inherited = heads.of(rule.group?.text);
  const singles = expandRule(rule, options).map((single) => withInherited(single, inherited));
  for (const single of singles) heads.note(rule.head?.text, inheritableOf(single));
  return singles.map((single, position) => ({
    statement,
    text: printRule(single, options),
    keepsState: rule.keepState !== undefined,
    pools: position === 0 ? inlinePools(rule).map(printInline) : [],
  }));
}

function inlinePools(rule: IpfRule): PoolNode[] {
  return [rule.source, rule.destination].flatMap((side) =>
    (side?.addresses ?? []).flatMap((a) => (a.kind === 'pool' && a.inline !== undefined ? [a] : [])),
  );
}

/** A table without a number yet, its entries last to first as the loader's list has them. */
function printInline(pool: PoolNode): string {
  const entries = (pool.inline ?? []).map((e) => `${e.negated ? '! ' : ''}${formatNetwork(e.address)}; `);
  const isHash = pool.type === 'hash';
  const size = isHash ? ` size=${Math.max(1, 2 * entries.length - 1)}` : '';
  return `table role=ipf type=${isHash ? 'hash' : 'tree'} number=${size}\n\t{ ${entries.reverse().join('')}};`;
}
