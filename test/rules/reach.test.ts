/**
 * What is said of rules that never count is tried on the engine: a rule so called is made to match nothing, and
 * over thousands of packets the verdicts, the rule that decides, the states and the answers stay the same.
 */
import { describe, expect, it } from 'vitest';
import { lifelessRules } from '../../server/src/analysis/rules/reach';
import { outcomes, without } from './outcomes';
import { programOf, Random, randomArrival, randomRules } from './randomRules';

describe('rules that never count', () => {
  for (const groups of [false, true])
    it(`change nothing when they go: random rules ${groups ? 'with' : 'without'} groups`, () => {
      const seen = { 'never-reached': 0, 'always-overridden': 0, 'group-never-entered': 0 };
      for (let seed = 1; seed <= 220; seed++) {
        const random = new Random(seed * 7919 + (groups ? 1 : 0));
        const text = randomRules(random, 4 + random.below(12), groups);
        const program = programOf(text);
        if (program === undefined) continue;
        const { lifeless } = lifelessRules(program);
        if (lifeless.length === 0) continue;
        const arrivals = Array.from({ length: 200 }, () => randomArrival(random));
        const before = outcomes(program, arrivals);
        for (const { kind, rule } of lifeless) {
          seen[kind]++;
          const after = outcomes(without(program, rule), arrivals);
          const at = after.findIndex((o, i) => o !== before[i]);
          expect(
            at < 0 ? 'the same' : `${kind}: ${rule.body.text}\nin\n${text}\n${before[at]}\n${after[at]}`,
          ).toBe('the same');
        }
      }
      // The random world is small enough for every kind to turn up.
      expect(seen['never-reached']).toBeGreaterThan(30);
      expect(seen['always-overridden']).toBeGreaterThan(20);
      if (groups) expect(seen['group-never-entered']).toBeGreaterThan(5);
    });

  it('keep a verdict that lets the scan of a quick head go on past a log rule', () => {
    // Without line 2 the log rule would end the group with the head's own verdict.
    const program = programOf(
      'block in quick all head 1\npass in from 10.0.0.0/8 to any group 1\nlog in all group 1\nblock in all group 1\npass in all\n',
    )!;
    expect(lifelessRules(program).lifeless).toEqual([]);
  });

  it('are not those of a group that leads back to itself', () => {
    // The quick rule is reached where the groups nest too deep to be entered once more.
    const program = programOf(
      'block in on fxp1 all head 3\nblock in from any to any head 3 group 3\nblock return-rst in quick all group 3\n',
    )!;
    expect(lifelessRules(program).lifeless.map((l) => l.rule.body.text)).not.toContain(
      'block return-rst in quick all group 3',
    );
  });

  it('are left unsaid when there is too much to compare', () => {
    const lines = Array.from(
      { length: 6000 },
      (_, i) => `block in quick proto tcp from any port != ${i} to any port != ${i}`,
    );
    const { lifeless, visited } = lifelessRules(programOf(`${lines.join('\n')}\n`)!);
    // From the fourth on every rule is covered; the first are found, the rest is not looked at.
    expect(lifeless[0]!.rule.origin.line).toBe(3);
    expect(lifeless.length).toBeLessThan(5997);
    expect(visited).toBeLessThan(12_000_000);
  });

  it('are found in 10,000 rules without looking at every pair in depth', () => {
    const lines: string[] = [];
    for (let i = 0; i < 10_000; i++)
      lines.push(
        `block in quick on fxp0 proto tcp from 10.${(i >> 8) & 255}.${i & 255}.0/24 to any port = ${1 + (i % 1000)}`,
      );
    lines.push('block in quick on fxp0 proto tcp from 10.3.7.9 to any port = 776');
    const program = programOf(`${lines.join('\n')}\n`)!;
    const { lifeless, visited } = lifelessRules(program);
    expect(lifeless.map((l) => [l.kind, l.rule.origin.line])).toEqual([['never-reached', 10_000]]);
    expect(visited).toBeLessThan(100_000);
  });
});
