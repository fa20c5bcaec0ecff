import fs from 'node:fs';
import path from 'node:path';
import { expectEqual } from '../expect';
import type { E2eTest } from '../runner';
import { openTrace } from './openTrace';

export const tracePagesTests: readonly E2eTest[] = [
  {
    name: 'the tables of each gateway show the state, the NAT session and the associations of the walk',
    async run(session) {
      const { workbench } = session;
      const trace = await openTrace(workbench, 'x-to-z');
      await trace.locator('#tab-tables').click();
      const nat = trace.locator('[data-gateway=A] table[data-kind=nat] tbody tr');
      await workbench.waitForText('the NAT session of A', nat.first(), /10\.1\.0\.10[\s\S]*192\.0\.2\.1/);
      const associations = trace.locator('[data-gateway=A] table[data-kind=associations]');
      await workbench.waitForText('the associations of A', associations, /0x2710/);
      await session.screenshot('trace-tables');
    },
  },
  {
    name: 'two orders stand side by side, with the reason why they differ',
    async run(session) {
      const { workbench } = session;
      const trace = await openTrace(workbench, 'x-to-z');
      await trace.locator('#tab-compare').click();
      await trace.locator('.comparison-reason', { hasText: 'Both end the same way' }).waitFor();
      await trace.locator('vscode-dropdown#compare-b').click();
      await trace.locator('vscode-dropdown#compare-b vscode-option', { hasText: /2001|2000/ }).click();
      await trace.locator('table.comparison th', { hasText: 'NetBSD before 2001' }).waitFor();
      await trace.locator('.comparison .row-moved, .comparison .row-only-b').first().waitFor();
      await session.screenshot('trace-compare');
    },
  },
  {
    name: 'a packet is built in a form, checked while it is typed, walked and saved as a sample',
    async run(session) {
      const { workbench } = session;
      const trace = await openTrace(workbench, 'x-to-z');
      await trace.locator('#tab-build').click();
      const line = trace.locator('vscode-text-field#packet-line input');
      await workbench.waitUntil('the packet of the walk in the form', async () =>
        (await line.inputValue()).includes('10.1.0.10:40001 > 198.51.100.80:80 S'),
      );
      await trace.locator('vscode-text-field#packet-words input').fill('XY');
      await trace.locator('.packet-form .finding-error', { hasText: 'XY' }).waitFor();
      await trace.locator('vscode-text-field#packet-words input').fill('SA');
      await trace.locator('.packet-form .finding-error').waitFor({ state: 'detached' });
      await trace.locator('vscode-text-field#packet-destinationPort input').fill('443');
      await trace.locator('.form-preview .packet-summary', { hasText: ':443' }).waitFor();
      await session.screenshot('trace-build');
      await trace.locator('vscode-text-field#packet-name input').fill('secure');
      await trace.locator('vscode-button#packet-save').click();
      await workbench.waitUntil('the sample in gatewalk.yaml', async () =>
        (await workbench.visibleLines()).some((text) =>
          /secure: .*10\.1\.0\.10:40001 > 198\.51\.100\.80:443 SA/.test(text),
        ),
      );
      await trace.locator('vscode-button#packet-walk').click();
      await trace.locator('.notation', { hasText: '198.51.100.80:443 SA' }).waitFor();
    },
  },
  {
    name: 'every picture has a table, and what is encrypted can be hidden',
    async run(session) {
      const { workbench } = session;
      const trace = await openTrace(workbench, 'x-to-y');
      await trace.locator('.stage[data-node=A][data-stage^=ipsec]', { hasText: 'changed' }).first().click();
      await trace.locator('.inside').first().waitFor();
      await trace.locator('vscode-checkbox#decrypted').click();
      await trace.locator('.hidden-inside').first().waitFor();
      expectEqual(await trace.locator('.inside').count(), 0, 'boxes of what is inside');
      await trace.locator('vscode-checkbox#as-tables').click();
      await trace.locator('.packet table caption', { hasText: 'ESP' }).waitFor();
      expectEqual(await trace.locator('.topology svg').count(), 0, 'pictures of the network');
      const spi = trace.locator('.packet tr', { hasText: '0x00002710' });
      await workbench.waitForText('the row of the SPI', spi, /Index|SPI/i);
      await trace.locator('.head').scrollIntoViewIfNeeded();
      await session.screenshot('trace-as-tables');
    },
  },
  {
    name: 'a walk is exported as SVG, Markdown, text, mermaid and pcapng',
    async run(session) {
      const { workbench, folder } = session;
      const trace = await openTrace(workbench, 'x-to-y');
      const contents: Readonly<Record<string, RegExp>> = {
        svg: /^<svg[\s\S]*10\.1\.0\.10/,
        markdown: /x-to-y[\s\S]*\|/,
        text: /x-to-y[\s\S]*delivered/i,
        mermaid: /^---\n[\s\S]*packet-beta/,
        // The block type of a pcapng section header, twice the same bytes in either order.
        pcap: /^\n\r\r\n/,
      };
      for (const [format, expected] of Object.entries(contents)) {
        const before = new Set(fs.readdirSync(folder));
        await trace.locator(`#export-${format}`).click();
        await workbench.acceptSaveDialog();
        const added = () => fs.readdirSync(folder).filter((name) => !before.has(name));
        await workbench.waitUntil(`the exported ${format}`, async () => added().length === 1);
        const file = path.join(folder, added()[0] ?? '');
        await workbench.waitUntil(`the ${format} with ${expected}`, async () =>
          expected.test(fs.readFileSync(file, 'latin1')),
        );
        fs.rmSync(file);
      }
    },
  },
  {
    name: 'a rule leads to its stage, and a second trace stands beside the first',
    async run({ workbench }) {
      const trace = await openTrace(workbench, 'x-to-z');
      await workbench.goTo('A/ipnat.conf', 'map fxp1');
      await workbench.command('Gatewalk: Show This Rule in the Trace');
      await trace.locator('.stage[aria-current=step][data-stage=nat][data-node=A]').waitFor();
      await trace.locator('#beside').click();
      await workbench.waitUntil('two traces', async () => {
        const tabs = await workbench.locator('.tab[aria-label^="Trace: x-to-z"]').count();
        return tabs === 2;
      });
    },
  },
  {
    name: 'the trace comes back after the window is reloaded, at the stage where it was',
    async run(session) {
      const { workbench } = session;
      const trace = await openTrace(workbench, 'x-to-z');
      await trace.locator('#stage-3').click();
      await trace.locator('#stage-3[aria-current=step]').waitFor();
      await session.reloadWindow();
      const restored = await workbench.traceView();
      await restored.locator('#stage-3[aria-current=step]').waitFor();
    },
  },
];
