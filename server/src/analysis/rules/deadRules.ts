/**
 * `ipf/never-reached`, `ipf/always-overridden`, `ipf/group-never-entered`. A statement with lists makes several
 * rules; it is spoken of when none of them counts.
 */
import type { FilterProgram, FilterRule } from '../../policy/filter';
import type { Origin } from '../../policy/origin';
import { finish, type Work } from '../../text/work';
import { lineOf, placeOf, type RuleFinding, rulesByPlace } from './finding';
import { type Lifelessness, lifelessRulesWork } from './reach';
import { witnessFor } from './witness';

/** Rules beyond these are not named one by one. */
const MOST_NAMED = 8;

export function deadRules(program: FilterProgram): readonly RuleFinding[] {
  return finish(deadRulesWork(program));
}

export function* deadRulesWork(program: FilterProgram): Work<readonly RuleFinding[]> {
  const { lifeless } = yield* lifelessRulesWork(program);
  if (lifeless.length === 0) return [];
  const byPlace = new Map<string, Lifelessness[]>();
  for (const one of lifeless) {
    const place = placeOf(one.rule.origin);
    const list = byPlace.get(place);
    if (list === undefined) byPlace.set(place, [one]);
    else list.push(one);
  }
  const counts = rulesByPlace(program);
  const skipped = placesSkippedOver(program);
  const findings: RuleFinding[] = [];
  for (const [place, found] of byPlace) {
    if (counts.get(place) !== found.length) continue;
    findings.push({ ...findingOf(program, found), unnecessary: true, mustStay: skipped.has(place) });
  }
  return findings;
}

function findingOf(program: FilterProgram, found: readonly Lifelessness[]): RuleFinding {
  const { origin } = found[0]!.rule;
  // The mildest reason is the true one for the statement as a whole.
  const kind = found.some((f) => f.kind === 'always-overridden')
    ? 'always-overridden'
    : found.some((f) => f.kind === 'never-reached')
      ? 'never-reached'
      : 'group-never-entered';
  const others = distinct(
    found.flatMap((f) => (f.kind === 'group-never-entered' ? f.heads : f.covers)),
    origin,
  );
  const list = named(others, origin);
  const common = {
    severity: 'warning' as const,
    origin,
    witness: witnessFor(found[0]!.rule, directionOf(program, found[0]!.rule)),
  };
  switch (kind) {
    case 'never-reached':
      return {
        ...common,
        code: 'ipf/never-reached',
        message:
          others.length === 1
            ? `This rule is never reached: ${list} decides about all its packets before.`
            : `This rule is never reached: ${list} together decide about all its packets before.`,
        related: others.map((o) => ({ origin: o, message: 'decides about these packets before' })),
      };
    case 'always-overridden':
      return {
        ...common,
        code: 'ipf/always-overridden',
        message: `This rule never decides: the last match counts, and ${list} ${others.length === 1 ? 'matches' : 'together match'} all its packets again. Add \`quick\`, move it down, or remove it.`,
        related: others.map((o) => ({ origin: o, message: 'decides about these packets anew' })),
      };
    case 'group-never-entered':
      return {
        ...common,
        code: 'ipf/group-never-entered',
        message: `This group is never entered: its head (${list}) is never reached.`,
        related: others.map((o) => ({ origin: o, message: 'heads the group and is never reached' })),
      };
  }
}

function named(origins: readonly Origin[], from: Origin): string {
  if (origins.length > MOST_NAMED) return `${origins.length} other rules`;
  const lines = origins.map((o) => lineOf(o, from));
  return lines.length < 2
    ? (lines[0] ?? 'other rules')
    : `${lines.slice(0, -1).join(', ')} and ${lines[lines.length - 1]}`;
}

function directionOf(program: FilterProgram, rule: FilterRule): 'in' | 'out' {
  return [...program.chains.values()].find((c) => c.rules.includes(rule))?.direction ?? 'in';
}

function distinct(rules: readonly FilterRule[], except: Origin): Origin[] {
  const byPlace = new Map(rules.map((r) => [placeOf(r.origin), r.origin]));
  byPlace.delete(placeOf(except));
  return [...byPlace.values()].slice(0, 50);
}

/** Statements whose number of rules a `skip` before them counts on. */
function placesSkippedOver(program: FilterProgram): ReadonlySet<string> {
  const places = new Set<string>();
  for (const { rules } of program.chains.values())
    rules.forEach(({ body }, position) => {
      if (body.next.kind !== 'skip') return;
      for (let at = position + 1; at <= position + body.next.count && at < rules.length; at++)
        places.add(placeOf(rules[at]!.origin));
    });
  return places;
}
