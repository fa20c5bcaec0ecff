/** `ipf/skip-past-end`: more rules are to be skipped than follow in the list. */
import type { FilterProgram } from '../../policy/filter';
import { ofWholeStatements, type RuleFinding } from './finding';
import { anyWitness, witnessFor } from './witness';

export function skipPastEnd(program: FilterProgram): RuleFinding[] {
  const findings: RuleFinding[] = [];
  for (const { rules, title, direction } of program.chains.values())
    rules.forEach(({ body, origin }, position) => {
      if (body.next.kind !== 'skip') return;
      const { count } = body.next;
      const following = rules.length - 1 - position;
      if (count <= following) return;
      const words =
        following === 0 ? 'none follows' : following === 1 ? 'one follows' : `${following} follow`;
      findings.push({
        code: 'ipf/skip-past-end',
        severity: 'warning',
        origin,
        message: `\`skip ${count}\` goes past the end: in the list \`${title}\` ${words}. Rules of groups and of the other direction do not count.`,
        related:
          following === 0
            ? []
            : [{ origin: rules.at(-1)!.origin, message: `is the last rule of the list \`${title}\`` }],
        witness: witnessFor(rules[position]!, direction) ?? anyWitness(direction)?.line,
        ...(following === 0
          ? {}
          : {
              fix: {
                title: `Skip the ${following === 1 ? 'one rule that follows' : `${following} rules that follow`}`,
                edit: (text) => {
                  const found = /\bskip\s+(\d+)/i.exec(text.slice(origin.start, origin.end));
                  if (found === null) return undefined;
                  const end = origin.start + found.index + found[0].length;
                  return { start: end - found[1]!.length, end, text: String(following) };
                },
              },
            }),
      });
    });
  return ofWholeStatements(program, findings);
}
