import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { comparisonOf } from '../../server/src/features/walks';
import { platforms } from '../../server/src/platforms';
import { comparedSteps, platformShown } from '../../webview/src/comparedSteps';
import { examplesFolder, filesBelow, projectOf } from '../harness/workspace';

const { project, snapshot } = projectOf(filesBelow(join(examplesFolder, 'vpn-and-nat')));
const asked = { uri: '/w/gatewalk.yaml', packet: 'x-to-y', reply: false };
const result = comparisonOf(snapshot, project, { ...asked, b: 'netbsd-2000' });
if ('error' in result) throw new Error(result.error);
const view = result.comparison;

describe('a row of the comparison', () => {
  it('shows the very steps it names', () => {
    for (const row of view.rows) {
      const { a, b } = comparedSteps(row, view);
      for (const step of [a, b]) {
        if (step === undefined) continue;
        expect(step.node).toBe(row.node);
        expect(row.title.startsWith(step.title), `${row.title}: ${step.title}`).toBe(true);
      }
      expect(a !== undefined || b !== undefined).toBe(true);
    }
  });

  it('begins with the sender and ends where each walk ends', () => {
    expect(comparedSteps(view.rows[0]!, view).a?.text).toBe('x sends 10.1.0.10:40000 > 10.2.0.20:80 tcp S.');
  });
});

describe('the chosen orders', () => {
  it('name the order that was compared with when none was chosen', () => {
    expect(platformShown('b', undefined, view, platforms)).toBe('netbsd-2000');
    expect(platformShown('a', undefined, view, platforms)).toBeUndefined();
    expect(platformShown('b', 'linux', view, platforms)).toBe('linux');
  });
});
