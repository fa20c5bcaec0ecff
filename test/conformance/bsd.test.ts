import { describe, expect, it } from 'vitest';
import { hasShared, readShared } from '../harness/shared';
import { compareScenario, parseScenarios } from './bsdWalks';

const file = 'corpus/bsd/ipsec.jsonl';
const scenarios = hasShared(file) ? parseScenarios(readShared(file)) : [];

/** Rules of pf and ipfw have no dialect, so scenarios that load them cannot be walked. */
function hasOnlyModelledRules(scenario: (typeof scenarios)[number]): boolean {
  return [scenario.filterA, scenario.filterB].every((f) =>
    Object.keys(f).every((k) => k.startsWith('ip') && k !== 'ipfw'),
  );
}

describe.skipIf(scenarios.length === 0)('recorded walks of real kernels', () => {
  const covered = scenarios.filter(
    (s) => s.engine === 'ipf' || (['fpf', 'ipfw'].includes(s.engine) && hasOnlyModelledRules(s)),
  );
  for (const scenario of covered)
    it(`${scenario.engine} ${scenario.name}: ${scenario.why}`, () => {
      expect(compareScenario(scenario)).toEqual({ kind: 'agrees', stages: expect.any(Number) });
    });
});
