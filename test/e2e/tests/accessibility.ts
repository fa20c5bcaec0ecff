import fs from 'node:fs';
import { fromRoot } from '../../../scripts/lib/paths.mjs';
import { expectEqual } from '../expect';
import type { E2eTest } from '../runner';
import type { Workbench } from '../workbench';
import { openTrace } from './openTrace';

const themes = {
  'Dark Modern': 'dark',
  'Light Modern': 'light',
  'Dark High Contrast': 'high-contrast',
} as const;

export const accessibilityTests: readonly E2eTest[] = [
  {
    name: 'axe finds nothing serious on any page of the trace view, dark, light and in high contrast',
    async run(session) {
      const { workbench } = session;
      const trace = await openTrace(workbench, 'x-to-y');
      const found: string[] = [];
      for (const [theme, kind] of Object.entries(themes)) {
        await workbench.chooseTheme(theme);
        await trace.locator(`body.vscode-${kind}`).waitFor();
        for (const page of ['walk', 'tables', 'compare', 'build']) {
          await trace.locator(`#tab-${page}`).click();
          await trace.locator(`#tab-${page}[aria-selected=true]`).waitFor();
          found.push(...(await seriousFindings(workbench)).map((each) => `${theme}, ${page}: ${each}`));
        }
        await trace.locator('#tab-walk').click();
        await trace.locator('.head').scrollIntoViewIfNeeded();
        await session.screenshot(`trace-${kind}`);
      }
      // The theme stays when the editors are closed.
      await workbench.chooseTheme('Light Modern');
      await trace.locator('body.vscode-light').waitFor();
      expectEqual(found, [], 'what axe finds');
    },
  },
];

/** Findings of axe-core that it calls serious or critical: rule, and the elements at fault. */
async function seriousFindings(workbench: Workbench): Promise<readonly string[]> {
  const axe = fs.readFileSync(fromRoot('node_modules/axe-core/axe.min.js'), 'utf8');
  return workbench.inTraceView<readonly string[]>(
    `if (globalThis.axe === undefined) { ${axe} }`,
    `axe.run(document).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ' at ' + nodes.map(({ html }) => html.slice(0, 90)).slice(0, 3).join(' ; ')))`,
  );
}
