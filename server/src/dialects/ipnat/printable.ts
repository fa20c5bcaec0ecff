/** Every rule of a file in canonical form, in file order and identical ones included: what `ipnat -nv` prints. */
import type { Parse } from '../../syntax/statement';
import { expandTemplate } from '../ipfilter-kit/templates';
import { parseIpnatStatement } from './parser';
import { type PrintOptions, printNatRule } from './print';
import type { IpnatTree } from './tree';

export function printableNatRules(
  parse: Parse<IpnatTree>,
  options: PrintOptions,
): { readonly statement: number; readonly text: string }[] {
  const variables = new Map<string, string>();
  return parse.statements.flatMap((statement, index) =>
    statement.tree.items.flatMap((item) => {
      if (item.kind === 'assignment') variables.set(item.name.text, item.value);
      const items =
        item.kind === 'template'
          ? (expandTemplate(statement, item, variables, 'ipnat', parseIpnatStatement).tree?.items ?? [])
          : [item];
      return items.flatMap((one) =>
        one.kind === 'rule' ? [{ statement: index, text: printNatRule(one, options) }] : [],
      );
    }),
  );
}
