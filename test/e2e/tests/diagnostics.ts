import { expectMatch } from '../expect';
import type { E2eTest } from '../runner';

export const diagnosticsTests: readonly E2eTest[] = [
  {
    name: 'a typo gets a squiggle and an entry in Problems',
    async run({ workbench }) {
      await workbench.goTo('A/ipf.conf', 'pass in quick on lo0');
      await workbench.press('Home');
      await workbench.type('blok in quick on fxp1 all\n');
      await workbench.squiggle('error').waitFor({ timeout: 30_000 });
      const problems = await workbench.problems('blok');
      expectMatch(problems.join('\n'), /blok.*block/i, 'the Problems view');
    },
  },
];
