import { describe, expect, it } from 'vitest';
import { hasShared, readShared } from '../harness/shared';
import { compareScenario, parseScenarios, type Scenario } from './bsdWalks';
import { withSameRulesInIpf } from './sameRulesInIpf';

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

describe.skipIf(scenarios.length === 0)('recorded walks with rules of pf and ipfw, said in ipf', () => {
  const translated = scenarios.flatMap((s) => withSameRulesInIpf(s) ?? []);
  for (const scenario of translated)
    it(`${scenario.engine} ${scenario.name}: ${scenario.why}`, () => {
      expect(compareScenario(scenario)).toEqual({ kind: 'agrees', stages: expect.any(Number) });
    });
});

describe.skipIf(scenarios.length === 0)('a set-up that is not understood', () => {
  const base = scenarios.find((s) => s.engine === 'ipf' && s.name === 'tunnel');
  const withLine = (command: string, answers: readonly string[] = ['rc=0']): Scenario => ({
    ...base!,
    setupA: [...base!.setupA, [command, answers]],
  });

  it.each([
    ['if gif 0', 'interfaces of the kind gif are not modelled'],
    ['ifup enc0', 'enc0 is not modelled'],
    ['sysctl net.inet.ipsec.filtertunnel 1', 'no walk reads net.inet.ipsec.filtertunnel on NetBSD'],
    ['sysctl net.inet.ipsec.dfbit two', 'is not understood'],
    ['tunnel gif0 20.0.0.1 20.0.0.2', 'is not understood'],
    ['mtu wm7 576', 'is not understood'],
  ])('is not covered, and says why: %s', (command, why) => {
    expect(compareScenario(withLine(command))).toEqual({
      kind: 'not-covered',
      why: expect.stringContaining(why),
    });
  });

  it('is not covered where a command failed', () => {
    expect(compareScenario(withLine('addr wm1 20.0.0.3/24', ['addr rc=1']))).toMatchObject({
      kind: 'not-covered',
    });
  });

  it('is walked where a setting is one that walks read', () => {
    expect(compareScenario(withLine('sysctl net.inet.ipsec.dfbit 0'))).toMatchObject({ kind: 'agrees' });
  });

  it('has no stage that a walk does not have', () => {
    const [inject, ...rest] = base!.trace;
    const strange = { ...inject!, stage: 'gif_output' };
    expect(compareScenario({ ...base!, trace: [inject!, strange, ...rest] })).toMatchObject({
      kind: 'not-covered',
      why: expect.stringContaining('gif_output'),
    });
  });
});
