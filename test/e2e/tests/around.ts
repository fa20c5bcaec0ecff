/** What VS Code gives an extension beside the editor: tasks, settings, the walkthrough, status items, snippets. */
import fs from 'node:fs';
import path from 'node:path';
import { expectEqual } from '../expect';
import type { E2eTest } from '../runner';
import type { Session } from '../session';
import { openTrace } from './openTrace';

function onDisk({ folder }: Session, name: string): string {
  return fs.readFileSync(path.join(folder, name), 'utf8');
}

/** Settings of the folder that is open, as a person would save them. */
function writeSettings({ folder }: Session, settings: object): void {
  fs.mkdirSync(path.join(folder, '.vscode'), { recursive: true });
  fs.writeFileSync(path.join(folder, '.vscode/settings.json'), JSON.stringify(settings));
}

async function waitForLine({ workbench }: Session, expected: RegExp): Promise<void> {
  await workbench.waitUntil(`a line that matches ${expected}`, async () =>
    (await workbench.visibleLines()).some((line) => expected.test(line)),
  );
}

async function typeRule({ workbench }: Session, text: string): Promise<void> {
  await workbench.goTo('A/ipf.conf', 'pass in quick on lo0');
  await workbench.press('Home');
  await workbench.type(text);
}

export const aroundTests: readonly E2eTest[] = [
  {
    name: 'the extension starts because of the files that are there, and VS Code says how long that took',
    async run({ workbench, build }) {
      await workbench.openFile('A/ipf.conf');
      await workbench.command('Developer: Show Running Extensions');
      const row = workbench.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'Gatewalk' });
      const time = row.first().locator('.activation-time');
      await workbench.waitForText('its start', time, /Activation: \d+ms/);
      const why = workbench.locator('.monaco-hover:visible, .workbench-hover:visible');
      await workbench.waitUntil('what started it', async () => {
        await time.hover();
        return /opened an? ipf file|gatewalk\.yaml|onWebviewPanel:gatewalk/.test(
          await why.first().innerText({ timeout: 3000 }),
        );
      });
      process.stdout.write(`  ${build}: ${await time.innerText()}\n`);
    },
  },
  {
    name: 'the severity of a finding follows the settings while the file is open',
    async run(session) {
      const { workbench } = session;
      await typeRule(session, 'blok in quick on fxp1 all\n');
      await workbench.squiggle('error').waitFor();
      writeSettings(session, { 'gatewalk.diagnostics.severity': { 'ipf/action-expected': 'information' } });
      await workbench.squiggle('info').waitFor();
      await workbench.squiggle('error').waitFor({ state: 'detached' });
      writeSettings(session, { 'gatewalk.diagnostics.severity': { 'ipf/action-expected': 'off' } });
      await workbench.squiggle('info').waitFor({ state: 'detached' });
      writeSettings(session, {});
      await workbench.squiggle('error').waitFor();
    },
  },
  {
    name: 'the task “gatewalk: check” fills Problems with what the command line finds',
    build: 'node',
    async run(session) {
      const { workbench } = session;
      // Off in the editor, so that what Problems shows comes from the task.
      writeSettings(session, { 'gatewalk.diagnostics.severity': { 'ipf/action-expected': 'off' } });
      await typeRule(session, 'blok in quick on fxp1 all\n');
      await workbench.press('Control+s');
      await workbench.waitUntil('the rule on disk', async () =>
        onDisk(session, 'A/ipf.conf').includes('blok'),
      );
      await workbench.squiggle('error').waitFor({ state: 'detached' });
      await workbench.chooseFromPalette('Tasks: Run Task', ['gatewalk', 'gatewalk: check'], async () =>
        workbench.squiggle('error').isVisible(),
      );
      const problems = await workbench.problems(/blok.*ipf\/action-expected/);
      expectEqual(problems.filter((row) => row.includes('blok')).length, 1, 'problems with the wrong word');
      await session.screenshot('task-check');
      await workbench.command('Terminal: Kill All Terminals');
    },
  },
  {
    name: 'the walkthrough opens, with a picture for every step',
    async run(session) {
      const { workbench } = session;
      const page = workbench.locator('.gettingStartedContainer');
      const step = (title: string) => page.locator('.getting-started-step', { hasText: title });
      await workbench.chooseFromPalette(
        'Welcome: Open Walkthrough...',
        ['Walk a packet through your gateway'],
        async () => step('Point at a rule').isVisible(),
      );
      for (const title of ['Open a gateway', 'Point at a rule', 'Walk a packet', 'Keep what you expect']) {
        await step(title).first().click();
        const text = step(title).locator('.step-description-container');
        await workbench.waitForText(`the text of “${title}”`, text.first(), /^[^*`]{20,}$/);
        const picture = page.locator('.getting-started-media img');
        await workbench.waitUntil(`the picture of “${title}”`, async () =>
          picture.first().evaluate((image) => (image as HTMLImageElement).naturalWidth > 0),
        );
      }
      await session.screenshot('walkthrough');
    },
  },
  {
    name: 'the language status says as what ipsec.conf is read and why, and another language is a choice away',
    async run(session) {
      const { workbench } = session;
      await workbench.openFile('A/ipsec.conf');
      const status = workbench.locator('[id="status.languageStatus"]');
      const details = workbench.locator('.hover-language-status', { hasText: 'the content reads as setkey' });
      await workbench.waitUntil('why it is read so, and the way to another language', async () => {
        await status.hover({ timeout: 3000 });
        await details.first().waitFor({ timeout: 3000 });
        const { x, width } = (await details.getByText('Read as…').boundingBox()) ?? { x: Infinity, width: 0 };
        return x + width < 1560;
      });
      await session.screenshot(
        'language-status',
        await workbench.areaOf([status, workbench.locator('.workbench-hover-container:visible')]),
      );
      const mode = workbench.locator('[id="status.editor.mode"]');
      await workbench.chooseFromPalette(
        'Gatewalk: Read This Policy File as Another Language',
        ['IPFilter rules'],
        async () => /IPFilter rules/.test(await mode.innerText()),
      );
      await workbench.squiggle('error').waitFor();
      await workbench.chooseFromPalette(
        'Gatewalk: Read This Policy File as Another Language',
        ['setkey policies'],
        async () => /setkey/.test(await mode.innerText()),
      );
      await workbench.squiggle('error').waitFor({ state: 'detached' });
    },
  },
  {
    name: 'a snippet writes a whole rule',
    async run(session) {
      const { workbench } = session;
      await typeRule(session, '\n');
      await workbench.press('ArrowUp');
      await workbench.type('pass-in-st');
      await workbench.completions('pass-in-state');
      await workbench.press('Enter');
      await waitForLine(
        session,
        /^pass in quick on fxp0 proto tcp from any to any port = 80.* flags S\/SA keep state/,
      );
    },
  },
  {
    name: 'a packet that hits a rule is found and kept as a sample',
    async run(session) {
      const { workbench } = session;
      await workbench.goTo('A/ipf.conf', 'pass out quick on fxp0 proto tcp');
      const save = workbench.locator('.notification-list-item .monaco-button', {
        hasText: 'Save as a Sample',
      });
      await workbench.commandUntil('Gatewalk: Find a Packet That Hits This Rule', save);
      const name = workbench.locator('.quick-input-widget:visible', { hasText: 'Name of the sample packet' });
      await workbench.waitUntil('the question for a name', async () => {
        if (!(await name.isVisible())) await save.first().click({ timeout: 3000 });
        return name.isVisible();
      });
      await name.locator('input').first().fill('found');
      await workbench.press('Enter');
      await workbench.openFile('gatewalk.yaml');
      await waitForLine(session, /^ {2}found: .* > 10\.1\.0\.\d+:22 S/);
    },
  },
  {
    name: 'what a walk says now becomes an expectation by the CodeLens above the packet',
    async run(session) {
      const { workbench } = session;
      await workbench.goTo('gatewalk.yaml', 'x-to-y: tcp');
      await workbench.press('Home');
      await workbench.type('\n');
      await workbench.press('ArrowUp');
      await workbench.type('  dns: udp 10.1.0.10:40009 > 198.51.100.80:53');
      const said = workbench.locator('.notification-list-item', { hasText: 'is expected from now on' });
      await workbench.clickCodeLens('Make expectation', () => said.first().isVisible(), 'Walk dns');
      await workbench.press('Control+s');
      await workbench.waitUntil('the expectation on disk', async () =>
        /- packet: dns\n {4}clear on: Z\n {4}delivered to: z\n/.test(onDisk(session, 'gatewalk.yaml')),
      );
    },
  },
  {
    name: 'lines of tcpdump are imported as sample packets',
    async run(session) {
      const { workbench, folder } = session;
      const capture = path.join(folder, 'seen.txt');
      fs.writeFileSync(
        capture,
        '12:00:00.000000 IP 10.1.0.10.40007 > 198.51.100.80.443: Flags [S], seq 1, win 65535, length 0\n',
      );
      await workbench.openFile('gatewalk.yaml');
      const widget = workbench.locator('.quick-input-widget:visible');
      const dialog = widget.filter({ has: workbench.locator('.monaco-button', { hasText: 'OK' }) });
      await workbench.chooseFromPalette(
        'Gatewalk: Import Sample Packets from a Capture',
        ['From a file'],
        async () => dialog.isVisible(),
      );
      await workbench.waitUntil('the packets of the file', async () => {
        if (await widget.filter({ hasText: 'Which packets become samples' }).isVisible()) return true;
        await widget.locator('input').first().fill(capture);
        await workbench.press('Enter');
        await widget.filter({ hasText: 'Which packets become samples' }).waitFor({ timeout: 3000 });
        return true;
      });
      await widget.locator('.monaco-list-row', { hasText: '198.51.100.80:443' }).click();
      await session.screenshot('import-packets', await workbench.areaOf([widget]));
      await widget.locator('.monaco-button', { hasText: 'OK' }).click();
      const name = workbench.locator('.quick-input-widget:visible', { hasText: 'Name of the sample packet' });
      await name.waitFor();
      await name.locator('input').first().fill('seen');
      await workbench.press('Enter');
      await waitForLine(session, /^ {2}seen: .*10\.1\.0\.10:40007 > 198\.51\.100\.80:443 S/);
    },
  },
  {
    name: 'a policy file that is moved away is missed where it is named until it is back; one that is open still counts',
    async run(session) {
      const { workbench, folder } = session;
      const move = (from: string, to: string) =>
        fs.renameSync(path.join(folder, from), path.join(folder, to));
      await workbench.goTo('gatewalk.yaml', 'A/ipnat.conf');
      move('A/ipnat.conf', 'A/away.txt');
      await workbench.problems(/A\/ipnat\.conf/);
      move('A/away.txt', 'A/ipnat.conf');
      const missed = workbench.locator('.markers-panel .monaco-list-row', { hasText: 'A/ipnat.conf' });
      await missed.first().waitFor({ state: 'detached' });
      await workbench.goTo('A/ipnat.conf', 'map fxp1');
      move('A/ipnat.conf', 'A/away.txt');
      await workbench.waitUntil('the tab of a file that is gone', async () =>
        workbench
          .locator('.tab', { hasText: 'ipnat.conf' })
          .locator('.deleted, .strikethrough')
          .first()
          .isVisible(),
      );
      await workbench.hoverCursor('x-to-z');
      move('A/away.txt', 'A/ipnat.conf');
    },
  },
  {
    name: 'in a folder that is not trusted everything works, because files are only read',
    restricted: true,
    async run(session) {
      const { workbench } = session;
      await workbench.locator('.statusbar-item', { hasText: 'Restricted Mode' }).first().waitFor();
      await typeRule(session, 'blok in quick on fxp1 all\n');
      await workbench.squiggle('error').waitFor();
      await workbench.command('File: Revert File');
      await workbench.goTo('A/ipnat.conf', 'map fxp1');
      await workbench.hoverCursor('x-to-z');
      const trace = await openTrace(workbench, 'x-to-z');
      await workbench.waitForText('the verdict', trace.locator('.verdict'), /Delivered at z/);
    },
  },
];
