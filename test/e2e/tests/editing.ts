import { expectEqual, expectMatch } from '../expect';
import type { E2eTest } from '../runner';

export const editingTests: readonly E2eTest[] = [
  {
    name: 'completion offers what can stand at the cursor',
    async run({ workbench }) {
      await workbench.goTo('A/ipf.conf', 'pass in quick on lo0');
      await workbench.press('Home');
      await workbench.type('\n');
      await workbench.press('ArrowUp');
      await workbench.type('block in quick on fxp1 proto udp from any to any ke');
      const offered = await workbench.completions('keep');
      expectMatch(offered.join('\n'), /^keep\b/m, 'what is offered');
      await workbench.press('Escape');
    },
  },
  {
    name: 'a quick fix corrects a misspelled word',
    async run({ workbench }) {
      await workbench.goTo('A/ipf.conf', 'pass in quick on lo0');
      await workbench.press('Home');
      await workbench.type('blok in quick on fxp1 all\n');
      await workbench.squiggle('error').waitFor({ timeout: 30_000 });
      await workbench.press('ArrowUp');
      await workbench.press('Home');
      await workbench.quickFix('block');
      await workbench.waitUntil('the corrected rule', async () =>
        (await workbench.visibleLines()).includes('block in quick on fxp1 all'),
      );
      await workbench.squiggle('error').waitFor({ state: 'detached' });
    },
  },
  {
    name: 'formatting a file brings its words into their places and changes nothing else',
    async run({ workbench }) {
      await workbench.goTo('A/ipf.conf', 'pass in quick on lo0');
      await workbench.press('Home');
      await workbench.type('block   in    quick on   fxp1 all\n');
      await workbench.command('Format Document');
      await workbench.waitUntil('the rule in its usual form', async () =>
        (await workbench.visibleLines()).includes('block in quick on fxp1 all'),
      );
    },
  },
  {
    name: 'renaming a sample packet renames it wherever it is expected',
    async run({ workbench }) {
      await workbench.goTo('gatewalk.yaml', 'x-to-z: tcp');
      await workbench.rename('web');
      await workbench.waitUntil('the new name in the expectations', async () => {
        const lines = await workbench.visibleLines();
        return lines.filter((line) => line.trim() === '- packet: web').length === 2;
      });
      const left = (await workbench.visibleLines()).filter((line) => line.includes('x-to-z'));
      expectEqual(left, [], 'lines with the old name');
    },
  },
];
