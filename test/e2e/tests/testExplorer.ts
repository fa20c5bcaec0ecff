import { expectEqual } from '../expect';
import type { E2eTest } from '../runner';

export const testExplorerTests: readonly E2eTest[] = [
  {
    name: 'the Test Explorer walks every expectation, and a failed one leads to the rule that decided',
    async run(session) {
      const { workbench } = session;
      await workbench.goTo('A/ipf.conf', 'pass in quick on fxp0 from 10.1.0.0/24');
      await workbench.command('Testing: Focus on Test Explorer View');
      await workbench.openTests('x-to-y');
      await workbench.command('Test: Run All Tests');
      await workbench.waitUntil('passed tests only', async () => {
        const rows = await workbench.tests();
        return rows.length > 6 && rows.every((row) => /Passed/.test(row));
      });
      await session.screenshot('test-explorer');
      await workbench.goTo('A/ipf.conf', 'pass in quick on fxp0 from 10.1.0.0/24');
      await workbench.press('Home');
      await workbench.type('block in quick on fxp0 from 10.1.0.0/24 to any\n');
      await workbench.command('Test: Run All Tests');
      const failed = workbench.locator('.test-explorer .monaco-list-row[aria-label*=Failed]', {
        hasText: 'x-to-z: delivered',
      });
      await failed.first().waitFor();
      await workbench.waitUntil('an expectation that still holds', async () =>
        (await workbench.tests()).some((row) => /z-to-a.*Passed/.test(row)),
      );
      await workbench.chooseFromMenu(failed.first(), 'Go to the Rule', async () =>
        (await workbench.selectedLines()).some((line) => line.startsWith('block in quick on fxp0')),
      );
      expectEqual((await workbench.activeTabs()).includes('ipf.conf'), true, 'ipf.conf in front');
      await session.screenshot('test-failed');
      await workbench.command('View: Close Primary Side Bar');
    },
  },
];
