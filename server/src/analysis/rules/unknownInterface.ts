/** `ipnat/unknown-interface`: a described gateway has no interface of the name, and no filter rule speaks of it. */
import type { Match } from '../../policy/match';
import type { NatRule } from '../../policy/nat';
import type { Gateway } from '../../simulator/network';
import { closestWord } from '../../text/closestWord';
import type { TextEdit } from '../../text/edit';
import type { RuleFinding } from './finding';
import { boxesOf } from './natTrial';
import { Space } from './space';
import { anyWitness, witnessIn } from './witness';

export function unknownInterface(gateway: Gateway): RuleFinding[] {
  const known = new Set(gateway.interfaces.map((i) => i.name));
  if (known.size === 0) return [];
  const spokenOf = new Set<string>();
  for (const chain of gateway.filter?.chains.values() ?? [])
    for (const { body } of chain.rules) for (const name of namesIn(body.match)) spokenOf.add(name);
  const findings: RuleFinding[] = [];
  for (const rule of gateway.nat?.rules ?? []) {
    const { body, origin } = rule;
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
      ...(near === undefined
        ? {}
        : {
            fix: {
              title: `Write \`${near}\``,
              edit: (text: string) => wordIn(text, origin, unknown, near),
            },
          }),
      witness: witnessOn(near ?? gateway.interfaces[0]!.name, rule),
    });
  }
  return findings;
}

/** A packet that the rule would be for, on an interface that there is. */
function witnessOn(iface: string, { body }: NatRule): string | undefined {
  const space = new Space(body.family ?? 4);
  const direction = body.direction === 'both' ? 'out' : body.direction;
  for (const box of boxesOf(body, space, iface) ?? []) {
    const witness = witnessIn(box, space, direction);
    if (witness !== undefined) return witness.line;
  }
  return anyWitness(direction)?.line;
}

/** The first of the rule's words that is the name. */
function wordIn(
  text: string,
  { start, end }: { start: number; end: number },
  word: string,
  instead: string,
): TextEdit | undefined {
  for (const found of text.slice(start, end).matchAll(/[^\s,]+/g))
    if (found[0] === word) {
      const at = start + found.index;
      return { start: at, end: at + word.length, text: instead };
    }
  return undefined;
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
