/**
 * `ipf/keep-state-never-made`: `keep state` on a rule all of whose packets are refused by the state table. What is
 * refused: `simulator/ipfilter/stateTable.ts` (`ipf_state_add`, ip_state.c).
 */
import type { FilterProgram, FilterRule } from '../../policy/filter';
import { intersectIntervals } from '../../policy/intervals';
import type { Work } from '../../text/work';
import { type Box, PROPERTY, type Values } from './boxes';
import { tryFilter } from './engineTrial';
import { ofWholeStatements, type RuleFinding } from './finding';
import { Space } from './space';
import { type Witness, witnessIn } from './witness';

export function* keepStateNeverMade(program: FilterProgram): Work<readonly RuleFinding[]> {
  const findings: RuleFinding[] = [];
  // Every match is read once.
  const spaces = [new Space(4, 'forgets'), new Space(6, 'forgets')];
  for (const chain of program.chains.values()) {
    if (chain.name.startsWith('account')) continue;
    for (const [i, rule] of chain.rules.entries()) {
      if (i % PIECE === PIECE - 1) yield;
      const { body, origin } = rule;
      if (body.keepState === undefined || body.next.kind === 'call') continue;
      const why =
        body.verdict === undefined ? 'a rule without a verdict makes none' : refusalOf(rule, spaces);
      if (why === undefined) continue;
      const witness = refusedPacket(rule, spaces, chain.direction);
      const isMade =
        witness !== undefined &&
        tryFilter(program, witness, chain.direction).engine.states.entries.length > 0;
      if (isMade && body.verdict !== undefined) continue;
      findings.push({
        code: 'ipf/keep-state-never-made',
        severity: 'warning',
        origin,
        message: `\`keep state\` never makes state here: ${why}. ${effectOf(rule)} Remove \`keep state\`.`,
        related: [],
        // A state that another rule makes shows nothing about a rule without a verdict.
        witness: isMade ? undefined : witness?.line,
        fix: {
          title: 'Remove `keep state`',
          edit: (text) => {
            const found = /[ \t]+keep\s+state\b(?:\s*\([^)]*\))?/.exec(text.slice(origin.start, origin.end));
            if (found === null) return undefined;
            const start = origin.start + found.index;
            return { start, end: start + found[0].length, text: '' };
          },
        },
      });
    }
  }
  return ofWholeStatements(program, findings);
}

/** Rules between two pauses. */
const PIECE = 256;

function effectOf({ body }: FilterRule): string {
  const isQuick = body.next.kind === 'stop' || (body.next.kind === 'head' && body.next.stop);
  if (body.verdict === undefined) return 'It has no effect.';
  if (isQuick) return 'A quick rule whose state cannot be made does not match, so this rule never does.';
  return body.verdict.kind === 'pass' ? 'So the packets are blocked, not passed.' : 'It has no effect.';
}

/** Why no packet of the rule gets a state; undefined when one may. */
function refusalOf({ body }: FilterRule, spaces: readonly Space[]): string | undefined {
  const reasons = new Set<string>();
  for (const space of spaces) {
    for (const box of space.atMost(body.match)) {
      const reason = refusal(box, space);
      if (reason === undefined) return undefined;
      reasons.add(reason);
    }
  }
  return reasons.size === 0 ? undefined : [...reasons].join(', and ');
}

const QUERIES: Readonly<Record<number, Values>> = {
  1: [8, 13, 15, 17].map((n) => [n, n] as const),
  58: [128, 130, 133, 135, 139].map((n) => [n, n] as const),
};

function refusal(box: Box, space: Space): string | undefined {
  if (isForced(box, PROPERTY.short)) return 'short packets get none';
  if (isForced(box, space.atom('condition bad'))) return 'bad packets get none';
  if (isForced(box, space.atom('condition fragment-body'))) return 'later fragments get none';
  const protocol = only(box.get(PROPERTY.protocol));
  const types = box.get(PROPERTY.icmpType);
  if (protocol !== undefined && QUERIES[protocol] !== undefined && types !== undefined)
    return intersectIntervals(types, QUERIES[protocol]).length === 0
      ? 'of ICMP only queries get one'
      : undefined;
  const flags = box.get(PROPERTY.tcpFlags);
  if (protocol === 6 && flags !== undefined && flags.every((range) => hasReset(range)))
    return 'resets get none';
  return undefined;
}

const RESET = 4;

function hasReset([first, last]: Values[number]): boolean {
  for (let f = Number(first); f <= Number(last); f++) if (f < 0 || (f & RESET) === 0) return false;
  return true;
}

function isForced(box: Box, property: number): boolean {
  return only(box.get(property)) === 1;
}

function only(values: Values | undefined): number | undefined {
  const [range] = values ?? [];
  return values?.length === 1 && range![0] === range![1] ? Number(range![0]) : undefined;
}

function refusedPacket(
  rule: FilterRule,
  spaces: readonly Space[],
  direction: 'in' | 'out',
): Witness | undefined {
  for (const space of spaces) {
    for (const box of space.atLeast(rule.body.match)) {
      const witness = witnessIn(box, space, direction);
      if (witness !== undefined) return witness;
    }
  }
  return undefined;
}
