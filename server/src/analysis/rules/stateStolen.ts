/**
 * `ipf/state-stolen-by-log`: behind a `pass ... keep state` without `quick`, a `log` or `skip` rule that matches
 * too is the one that matched last, so the state becomes its own. It has no action, and all later packets of
 * the flow are dropped (ran on IPFilter 5.1.2 and NetBSD's engine). Reported only when the engine does just that with
 * a packet made for it.
 */
import type { FilterChain, FilterProgram, FilterRule, FilterRuleBody } from '../../policy/filter';
import type { Work } from '../../text/work';
import { type Box, intersectBoxes, subtractBox, tidy } from './boxes';
import { tryFilter } from './engineTrial';
import { lineOf, type RuleFinding } from './finding';
import { Space } from './space';
import { witnessIn } from './witness';

/** Pairs of rules looked at, and rules subtracted, in one program: what is beyond is left unsaid. */
const MOST_STEPS = 100_000;
const MOST_PIECES = 64;

export function* stateStolen(program: FilterProgram): Work<readonly RuleFinding[]> {
  const findings: RuleFinding[] = [];
  const spaces = [new Space(4), new Space(6)];
  const work = { steps: 0 };
  for (const chain of program.chains.values()) {
    if (chain.name.startsWith('account')) continue;
    const heads = headsOf(program, chain);
    for (const [position, thief] of chain.rules.entries()) {
      if (thief.body.verdict !== undefined) continue;
      if (thief.body.next.kind !== 'continue' && thief.body.next.kind !== 'skip') continue;
      yield;
      for (let at = 0; at < position && work.steps < MOST_STEPS; at++) {
        work.steps++;
        const owner = chain.rules[at]!;
        if (!makesStateAtTheEnd(owner)) continue;
        const line = firstOf(spaces, (space) =>
          stealingPacket(program, { chain, heads, at, position, space }, work),
        );
        if (line === undefined) continue;
        findings.push({
          code: 'ipf/state-stolen-by-log',
          severity: 'warning',
          origin: thief.origin,
          message: `This \`${thief.body.next.kind === 'skip' ? 'skip' : 'log'}\` rule takes over the state that ${lineOf(owner.origin, thief.origin)} makes: the first packet passes, and all later packets of the connection are dropped. Put \`quick\` on that rule, or this rule before it.`,
          related: [{ origin: owner.origin, message: 'its `keep state` is lost' }],
          witness: line,
        });
        break;
      }
    }
  }
  return findings;
}

function makesStateAtTheEnd({ body }: FilterRule): boolean {
  return body.verdict?.kind === 'pass' && body.keepState !== undefined && body.next.kind === 'continue';
}

interface Pair {
  readonly chain: FilterChain;
  readonly heads: readonly FilterRule[];
  /** Of the rule that makes the state. */
  readonly at: number;
  /** Of the rule that matches behind it. */
  readonly position: number;
  readonly space: Space;
}

function stealingPacket(program: FilterProgram, pair: Pair, work: { steps: number }): string | undefined {
  const { chain, heads, at, position, space } = pair;
  const thief = chain.rules[position]!;
  let boxes = common(space, space.atLeast(chain.rules[at]!.body.match), space.atLeast(thief.body.match));
  if (heads.length > 0) boxes = heads.flatMap((h) => common(space, boxes, space.atLeast(h.body.match)));
  for (let other = 0; other < chain.rules.length && boxes.length > 0; other++) {
    if (other === at || other === position) continue;
    const { body } = chain.rules[other]!;
    if (!mayDecide(body, other > at)) continue;
    if (++work.steps > MOST_STEPS || boxes.length > MOST_PIECES) return undefined;
    for (const box of space.atMost(body.match))
      boxes = boxes.flatMap((b) => subtractBox(b, box, space.family));
  }
  return firstOf(boxes.slice(0, 4), (box) => {
    const witness = witnessIn(box, space, chain.direction);
    if (witness === undefined) return undefined;
    const { engine, result } = tryFilter(program, witness, chain.direction);
    const state = engine.states.entries[0];
    const isStolen = state?.rule.rule === thief && state.decision.action !== 'pass';
    return result.verdict === 'pass' && isStolen ? witness.line : undefined;
  });
}

function firstOf<T, R>(list: readonly T[], find: (one: T) => R | undefined): R | undefined {
  for (const one of list) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Would the rule decide in place of the one that makes the state? */
function mayDecide({ next, verdict }: FilterRuleBody, isBehind: boolean): boolean {
  if (next.kind === 'skip') return true;
  if (isBehind) return verdict !== undefined;
  return next.kind === 'stop' || (next.kind === 'head' && next.stop);
}

function headsOf(program: FilterProgram, chain: FilterChain): readonly FilterRule[] {
  return [...program.chains.values()].flatMap((c) =>
    c.rules.filter(({ body }) => body.next.kind === 'head' && body.next.chain === chain.name),
  );
}

function common(space: Space, a: readonly Box[], b: readonly Box[]): Box[] {
  return a.flatMap((x) =>
    b.flatMap((y) => {
      const both = intersectBoxes(x, y);
      return (both === undefined ? undefined : tidy(both, space.family)) ?? [];
    }),
  );
}
