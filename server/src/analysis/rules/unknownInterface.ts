/** `ipnat/unknown-interface`: a described gateway has no interface of the name, and no filter rule speaks of it. */
import type { Match } from '../../policy/match';
import type { Gateway } from '../../simulator/network';
import { closestWord } from '../../text/closestWord';
import type { RuleFinding } from './finding';

export function unknownInterface(gateway: Gateway): RuleFinding[] {
  const known = new Set(gateway.interfaces.map((i) => i.name));
  if (known.size === 0) return [];
  const spokenOf = new Set<string>();
  for (const chain of gateway.filter?.chains.values() ?? [])
    for (const { body } of chain.rules) for (const name of namesIn(body.match)) spokenOf.add(name);
  const findings: RuleFinding[] = [];
  for (const { body, origin } of gateway.nat?.rules ?? []) {
    const unknown = body.interfaces.find(
      (name) => name !== '*' && name !== '-' && !known.has(name) && !spokenOf.has(name) && !isOwn(name),
    );
    if (unknown === undefined) continue;
    const near = closestWord(unknown, known);
    findings.push({
      code: 'ipnat/unknown-interface',
      severity: 'warning',
      origin,
      message: `${gateway.name} has no interface \`${unknown}\`, so this rule never acts.${near === undefined ? ` It has ${[...known].map((n) => `\`${n}\``).join(', ')}.` : ` Did you mean \`${near}\`?`}`,
      related: [],
    });
  }
  return findings;
}

/** Interfaces that nobody needs to describe. */
function isOwn(name: string): boolean {
  return /^(lo|enc)\d*$/.test(name);
}

function namesIn(match: Match): string[] {
  const names: string[] = [];
  collect(match, names);
  return names;
}

function collect(match: Match, into: string[]): void {
  if (match.kind === 'and' || match.kind === 'or') for (const part of match.of) collect(part, into);
  else if (match.kind === 'not') collect(match.of, into);
  else if (match.kind === 'interface') into.push(...match.names);
}
