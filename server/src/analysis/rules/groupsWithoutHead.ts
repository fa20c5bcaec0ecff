/**
 * `ipf/group-without-head`, `ipf/head-direction`: groups that no rule of the gateway leads to, in whichever of its
 * files. Their rules are loaded and never looked at.
 */
import { type FilterChain, type FilterProgram, type FilterRule, groupOfChain } from '../../policy/filter';
import type { RuleFinding } from './finding';
import { anyWitness, witnessFor } from './witness';

export function groupsWithoutHead(program: FilterProgram): RuleFinding[] {
  const entries = new Set<string>(Object.values(program.entries));
  const groups = [...program.chains.values()].filter(
    (chain) => !entries.has(chain.name) && groupOfChain(chain.name) !== undefined,
  );
  if (groups.length === 0) return [];
  const heads = new Map<string, FilterRule[]>();
  const icmpHeads = new Set<string>();
  for (const { rules } of program.chains.values())
    for (const rule of rules) {
      const { next, keepState } = rule.body;
      // `call srcgrpmap` chooses groups by a table that is loaded by itself.
      if (next.kind === 'call') return [];
      if (keepState?.icmpHead !== undefined) icmpHeads.add(keepState.icmpHead);
      if (next.kind !== 'head') continue;
      const known = heads.get(next.chain);
      if (known === undefined) heads.set(next.chain, [rule]);
      else known.push(rule);
    }
  return groups.flatMap((chain) => {
    const name = groupOfChain(chain.name)!;
    if (heads.has(chain.name) || icmpHeads.has(name)) return [];
    const wrong = [...heads].flatMap(([of, rules]) => (groupOfChain(of) === name ? rules : []));
    return chain.rules.map((rule) => findingAt(chain, name, rule, wrong));
  });
}

function findingAt(
  chain: FilterChain,
  name: string,
  rule: FilterRule,
  wrong: readonly FilterRule[],
): RuleFinding {
  const { direction } = chain;
  const { origin } = rule;
  const common = {
    severity: 'warning' as const,
    origin,
    wordsOf: (text: string) => nameBehindGroup(text, origin),
    witness: witnessFor(rule, direction) ?? anyWitness(direction)?.line,
  };
  if (wrong.length === 0)
    return {
      ...common,
      code: 'ipf/group-without-head',
      message: `No rule here has \`head ${name}\`, so ipf never looks at the rules of group ${name}.`,
      related: [],
    };
  return {
    ...common,
    code: 'ipf/head-direction',
    message: `\`head ${name}\` stands on a rule for ${direction === 'in' ? '`out`' : '`in`'} or for accounting, so a rule for \`${direction}\` in group ${name} is never looked at.`,
    related: wrong.map((head) => ({ origin: head.origin, message: 'heads a group of the other direction' })),
  };
}

function nameBehindGroup(
  text: string,
  { start, end }: { start: number; end: number },
): { start: number; end: number } | undefined {
  const found = /\bgroup\s+(\S+)/.exec(text.slice(start, end));
  if (found === null) return undefined;
  const last = start + found.index + found[0].length;
  return { start: last - found[1]!.length, end: last };
}
