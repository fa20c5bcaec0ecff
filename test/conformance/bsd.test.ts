import { describe, expect, it } from 'vitest';
import { hasShared, readShared } from '../harness/shared';
import { compareScenario, parseScenarios } from './bsdWalks';

const file = 'corpus/bsd/ipsec.jsonl';
const scenarios = hasShared(file) ? parseScenarios(readShared(file)) : [];

describe.skipIf(scenarios.length === 0)('recorded walks of a real NetBSD kernel with IPFilter', () => {
  for (const scenario of scenarios.filter((s) => s.engine === 'ipf'))
    it(`${scenario.name}: ${scenario.why}`, () => {
      expect(compareScenario(scenario)).toEqual({ kind: 'agrees', stages: expect.any(Number) });
    });
});
