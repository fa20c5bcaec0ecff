import { expectEqual, expectMatch } from '../expect';
import type { E2eTest } from '../runner';
import { openTrace } from './openTrace';

export const traceTests: readonly E2eTest[] = [
  {
    name: 'the CodeLens opens the trace view; its diagram shows outer A to B, ESP, inner X to Y',
    async run(session) {
      const { workbench } = session;
      const trace = await openTrace(workbench, 'x-to-y');
      await trace.locator('.stage[data-node=A][data-stage^=ipsec]', { hasText: 'changed' }).first().click();
      const outer = trace.locator('.boxes > .box');
      await workbench.waitForText(
        'the outer box',
        outer.locator('> .box-title'),
        /IPv4\s+192\.0\.2\.1 > 203\.0\.113\.1/,
      );
      const esp = outer.locator('> .box');
      await workbench.waitForText('the box in it', esp.locator('> .box-title'), /ESP\s+SPI 0x2710/);
      const inner = esp.locator('> .box.encrypted > .inside > .box');
      await workbench.waitForText(
        'the innermost box',
        inner.locator('> .box-title'),
        /IPv4\s+10\.1\.0\.10 > 10\.2\.0\.20/,
      );
      await esp.locator('> .box-title').click();
      await trace.locator('.fields .cell', { hasText: '0x00002710' }).first().waitFor();
      await trace.locator('.head').scrollIntoViewIfNeeded();
      await session.screenshot('trace-view');
    },
  },
  {
    name: 'clicking a stage reveals its rule in the editor',
    async run(session) {
      const { workbench } = session;
      const trace = await openTrace(workbench, 'x-to-z');
      await trace.locator('.stage[data-node=A][data-stage=nat]', { hasText: 'changed' }).first().click();
      await workbench.waitUntil('the map rule to be selected', async () =>
        (await workbench.selectedLines()).some((line) => line.startsWith('map fxp1 10.1.0.0/24')),
      );
      expectMatch((await workbench.activeTabs()).join(' '), /ipnat\.conf/, 'the tab in front');
      await trace.locator('.head').scrollIntoViewIfNeeded();
      await session.screenshot('trace-reveal');
    },
  },
  {
    name: 'editing a rule updates the open trace, and undoing the edit brings the walk back',
    async run(session) {
      const { workbench } = session;
      const trace = await openTrace(workbench, 'x-to-z');
      const verdict = trace.locator('.verdict');
      await workbench.waitForText('the verdict', verdict, /Delivered at z/);
      await workbench.goTo('A/ipf.conf', 'pass in quick on fxp0 from 10.1.0.0/24');
      await workbench.press('Home');
      await workbench.type('block in quick on fxp0 from 10.1.0.0/24 to any\n');
      await workbench.waitForText('the verdict', verdict, /Dropped at A[\s\S]*ipf\.conf:16/);
      await session.screenshot('trace-dropped');
      await workbench.command('File: Revert File');
      await verdict.filter({ hasText: 'Delivered at z' }).waitFor();
    },
  },
  {
    name: 'the keyboard steps through the stages, and the reply and another platform are a choice away',
    async run(session) {
      const { workbench } = session;
      const trace = await openTrace(workbench, 'x-to-y');
      const current = trace.locator('.stage[aria-current=step]');
      await current.click();
      await workbench.press('ArrowDown');
      await workbench.press('ArrowDown');
      await current.and(trace.locator('#stage-2')).waitFor();
      await trace.locator('vscode-checkbox#reply').click();
      await trace.locator('.verdict', { hasText: 'Reply: Delivered at x' }).waitFor();
      await trace.locator('.verdict', { hasText: 'Packet: Delivered at y' }).waitFor();
      await trace.locator('.head').scrollIntoViewIfNeeded();
      await session.screenshot('trace-reply');
      await trace.locator('vscode-checkbox#reply').click();
      await trace.locator('.verdict', { hasText: /^\s*Delivered at y/ }).waitFor();
      await trace.locator('vscode-dropdown#platform').click();
      await trace.locator('vscode-dropdown#platform vscode-option', { hasText: /2001|2000/ }).click();
      // There the filter sees the packet before IPsec does.
      await workbench.waitUntil('the filter to come before IPsec at the first gateway', async () => {
        const stages = trace
          .locator('.stage-group', { hasText: 'NetBSD before 2001' })
          .first()
          .locator('.stage');
        const names = await stages.evaluateAll((elements) =>
          elements.map((element) => element.dataset.stage),
        );
        const [filterOut, ipsec] = [names.lastIndexOf('filter'), names.lastIndexOf('ipsec-out')];
        return filterOut >= 0 && filterOut < ipsec;
      });
    },
  },
  {
    name: 'the trace view loads nothing from outside and obeys its content security policy',
    async run(session) {
      const { workbench, outsideRequests, policyViolations } = session;
      outsideRequests.length = 0;
      policyViolations.length = 0;
      const trace = await openTrace(workbench, 'x-to-y');
      const policy = await trace.locator('meta[http-equiv=Content-Security-Policy]').getAttribute('content');
      expectMatch(policy ?? '', /^default-src 'none'; .*script-src 'nonce-[^']+'/, 'the policy');
      expectEqual(outsideRequests, [], 'requests to other machines');
      expectEqual(policyViolations, [], 'violations of the policy');
    },
  },
];
