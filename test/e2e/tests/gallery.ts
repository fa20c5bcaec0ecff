/**
 * Every feature that can be seen, in every language: the rows of `docs/features.md`. A row is one test; a cell of it
 * is a place in a file and what must show there, and leaves a picture of just that. The files are the examples
 * `pools` and `vpn-and-nat`, and `test/e2e/mistakes` for what Gatewalk says about mistakes.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { expectMatch } from '../expect';
import type { E2eTest } from '../runner';
import type { Session } from '../session';
import type { Area, Workbench } from '../workbench';

type Language = 'ipf' | 'ipnat' | 'ippool' | 'setkey' | 'gatewalk.yaml';

const files: Readonly<Record<Language, string>> = {
  ipf: 'pools/ipf.conf',
  ipnat: 'pools/ipnat.conf',
  ippool: 'pools/ippool.conf',
  setkey: 'A/ipsec.conf',
  'gatewalk.yaml': 'pools/gatewalk.yaml',
};

/** Peeks are as wide as the window; a picture of one should be read at its own size. */
const narrow = { width: 1280, height: 800 };

interface Cell {
  /** The file when it is not the one of the language. */
  readonly file?: string;
  /** The cursor is put before this text, which must stand in the file on disk. */
  readonly at: string;
}

/** A cell while its test runs. */
interface Stage {
  readonly session: Session;
  readonly workbench: Workbench;
  readonly file: string;
  /** Takes the picture of the cell: these parts and little around them. */
  readonly picture: (parts: readonly (Locator | Area)[], suffix?: string) => Promise<void>;
}

/** `row`: the start of the pictures' names, `hover` for `hover-ipf.webp`. */
function row<C extends Cell>(
  name: string,
  pictures: string,
  cells: Partial<Readonly<Record<Language, C>>>,
  show: (stage: Stage, cell: C) => Promise<void>,
): E2eTest {
  return {
    name: `gallery: ${name}`,
    async run(session) {
      session.addFolder('pools', 'examples/pools');
      session.addFolder('mistakes', 'test/e2e/mistakes');
      const { workbench } = session;
      await session.resize(narrow);
      for (const [language, cell] of Object.entries(cells)) {
        const file = cell.file ?? files[language as Language];
        const picture = async (parts: readonly (Locator | Area)[], suffix = '') => {
          if (!session.takesPictures) return;
          const id = language === 'gatewalk.yaml' ? 'network' : language;
          await session.screenshot(`languages/${pictures}-${id}${suffix}`, await workbench.areaOf(parts));
        };
        try {
          await workbench.goTo(file, cell.at);
          await show({ session, workbench, file, picture }, cell);
        } catch (error) {
          throw new Error(`${language}: ${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          });
        }
      }
      await session.resize();
    },
  };
}

/** A text of a file on disk, which a rename across files has saved. */
function onDisk({ session }: Stage, file: string): string {
  return fs.readFileSync(path.join(session.folder, file), 'utf8');
}

async function linesWith({ workbench }: Stage, expected: RegExp): Promise<void> {
  await workbench.waitUntil(`a line that matches ${expected}`, async () =>
    (await workbench.visibleLines()).some((line) => expected.test(line)),
  );
}

/** Opens an empty line above the cursor and types into it. */
async function typeAbove(workbench: Workbench, text: string): Promise<void> {
  await workbench.press('Home');
  await workbench.type('\n');
  await workbench.press('ArrowUp');
  await workbench.type(text);
}

const words = (language: Language): string => `mistakes/words/${path.basename(files[language])}`;
const rules = (language: Language): string => `mistakes/rules/${path.basename(files[language])}`;

const diagnostics = row<Cell & { readonly expected: RegExp; readonly code: string }>(
  'a mistake is marked, and told with its code and what was meant',
  'diagnostic',
  {
    ipf: { file: words('ipf'), at: 'pas in', expected: /Did you mean `pass`/, code: 'ipf/action-expected' },
    ipnat: { file: words('ipnat'), at: 'mao', expected: /Did you mean `map`/, code: 'ipnat/verb-expected' },
    ippool: { file: words('ippool'), at: 'tre name', expected: /Did you mean `tree`/, code: 'ippool/type' },
    setkey: {
      file: words('setkey'),
      at: 'requir;',
      expected: /Did you mean `require`/,
      code: 'setkey/unknown-level',
    },
    'gatewalk.yaml': {
      file: words('gatewalk.yaml'),
      at: 'insid }',
      expected: /Did you mean `inside`/,
      code: 'network/unknown-name',
    },
  },
  async ({ workbench, picture }, { at, expected, code }) => {
    await workbench.squiggle('error').waitFor();
    const zone = workbench.locator('.monaco-editor .marker-widget');
    await workbench.pressUntil(['ArrowLeft', 'Alt+F8'], zone.filter({ hasText: code }));
    await workbench.waitForText('the message', zone, expected);
    await picture([zone, await workbench.areaOfLines('cursor')]);
    await workbench.press('Escape');
  },
);

const findings = row<Cell & { readonly expected: RegExp; readonly code: string; readonly other?: RegExp }>(
  'what a rule never does is told, with the other rule that is to blame',
  'finding',
  {
    ipf: {
      file: rules('ipf'),
      at: 'block in quick',
      expected: /never reached/,
      code: 'ipf/never-reached',
      other: /ipf\.conf\(2, 1\): decides about these packets before/,
    },
    ipnat: {
      file: rules('ipnat'),
      at: 'map fxp1 10.1.0.0',
      expected: /longer mask/,
      code: 'ipnat/map-shadowed',
      other: /ipnat\.conf\(3, 1\): translates them/,
    },
    ippool: {
      file: rules('ippool'),
      at: 'staff\n\t{ 203.0.113.64',
      expected: /above already/,
      code: 'ippool/duplicate-table',
    },
    setkey: {
      file: rules('setkey'),
      at: 'spdadd 10.1.0.0/24 10.2',
      expected: /never decides/,
      code: 'ipsec/policy-hidden',
      other: /ipsec\.conf\(3, 1\): takes the packets first/,
    },
  },
  async ({ workbench, picture }, { expected, code, other = /./ }) => {
    const text = await workbench.hoverCursor(code);
    for (const each of [expected, other]) expectMatch(text, each, 'the hover');
    await picture([workbench.locator('.monaco-hover:visible').first(), await workbench.areaOfLines('all')]);
    await workbench.press('Escape');
  },
);

const hover = row<Cell & { readonly expected: readonly RegExp[] }>(
  'pointing at a word tells what it means, what the statement does, and the walk',
  'hover',
  {
    ipf: {
      at: 'state group 100\npass in quick on fxp1 proto icmp',
      expected: [/visitor/, /TCP packets coming in on fxp1 to 10\.1\.0\.80/, /edge: NAT \(in\)/],
    },
    ipnat: { at: 'rdr', expected: [/visitor/, /port 80 are sent to 10\.1\.0\.80/, /edge: NAT \(in\)/] },
    ippool: { at: 'staff\n', expected: [/pool\/staff/, /203\.0\.113\.7/] },
    setkey: {
      at: '-P out',
      expected: [/x-to-y/, /10\.1\.0\.0\/24/, /192\.0\.2\.1 > 203\.0\.113\.1 esp/],
    },
    'gatewalk.yaml': { at: 'visitor:', expected: [/web-server/, /edge: NAT \(in\)/] },
  },
  async ({ workbench, picture }, { expected }) => {
    const text = await workbench.hoverCursor(expected[0] ?? /./);
    for (const each of expected) expectMatch(text, each, 'the hover');
    await picture([
      workbench.locator('.monaco-hover:visible').first(),
      await workbench.areaOfLines('cursor'),
    ]);
    await workbench.press('Escape');
  },
);

const completion = row<Cell & { readonly typed: string; readonly offered: string; readonly about: RegExp }>(
  'completion offers what can stand at the cursor, with documentation',
  'completion',
  {
    ipf: { at: 'block in on', typed: 'pass in qui', offered: 'quick', about: /./ },
    ipnat: { at: 'rdr', typed: 'map fxp1 10.1.0.0/24 -> 192.0.2.1/32 portm', offered: 'portmap', about: /./ },
    ippool: { at: 'table', typed: 'table ro', offered: 'role', about: /./ },
    setkey: {
      at: 'spdadd',
      typed: 'spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ips',
      offered: 'ipsec',
      about: /./,
    },
    'gatewalk.yaml': { at: 'visitor', typed: '  new: in on fx', offered: 'fxp1', about: /./ },
  },
  async ({ workbench, picture }, { typed, offered, about }) => {
    await typeAbove(workbench, typed);
    await workbench.completions(offered);
    const details = workbench.locator('.suggest-details-container:visible');
    await workbench.pressUntil(['Control+Space'], details);
    await workbench.waitForText(`the documentation of ${offered}`, details, about);
    await picture([
      workbench.locator('.suggest-widget.visible'),
      details,
      await workbench.areaOfLines('cursor'),
    ]);
    await workbench.press('Escape');
    await workbench.command('File: Revert File');
  },
);

const signature = row<Cell & { readonly expected: RegExp }>(
  'signature help shows the form of the statement and the place in it',
  'signature',
  {
    ipf: { at: 'pool/staff', expected: /from SOURCE[\s\S]*to DESTINATION/ },
    ipnat: { at: '10.1.0.80 port', expected: /rdr INTERFACE DESTINATION/ },
    ippool: { at: 'tree name = bad', expected: /role = ROLE type = TYPE/ },
    setkey: { at: '10.2.0.0/24 any', expected: /spdadd/ },
  },
  async ({ workbench, picture }, { at, expected }) => {
    const hints = workbench.locator('.parameter-hints-widget.visible');
    await workbench.pressUntil(['Control+Shift+Space'], hints);
    await workbench.waitForText('the signature', hints, expected);
    await picture([hints, await workbench.areaOfLines('cursor')]);
    await workbench.press('Escape');
  },
);

const references = row<Cell & { readonly expected: readonly RegExp[] }>(
  'all places of a name are found, across files',
  'references',
  {
    ipf: { at: 'bad-senders', expected: [/ipf\.conf/, /ippool\.conf/] },
    ipnat: { at: 'fxp1 10.1.0.0/24', expected: [/ipnat\.conf/, /ipf\.conf/, /gatewalk\.yaml/] },
    ippool: { at: 'staff\n', expected: [/ipf\.conf/, /ippool\.conf/] },
    'gatewalk.yaml': { at: 'visitor:', expected: [/packet: visitor/] },
  },
  async ({ workbench, picture }, { expected }) => {
    const peek = workbench.locator('.monaco-editor .peekview-widget');
    await workbench.commandUntil('Peek References', peek);
    for (const each of expected) await workbench.waitForText('the places', peek.locator('.ref-tree'), each);
    // Where this machine keeps the folder is not part of the picture.
    await peek.locator('.dirname').evaluateAll((all) => {
      for (const each of all) (each as HTMLElement).style.visibility = 'hidden';
    });
    await picture([peek, await workbench.areaOfLines('cursor')]);
    await workbench.press('Escape');
    await peek.waitFor({ state: 'detached' });
  },
);

const rename = row<
  Cell & { readonly old: string; readonly fresh: string; readonly changed: Readonly<Record<string, RegExp>> }
>(
  'a name is renamed wherever it stands, across files',
  'rename',
  {
    ipf: {
      at: 'bad-senders',
      old: 'bad-senders',
      fresh: 'spammers',
      changed: { 'pools/ippool.conf': /name = spammers/, 'pools/ipf.conf': /pool\/spammers/ },
    },
    ipnat: {
      at: 'fxp1 192.0.2.1',
      old: 'fxp1',
      fresh: 'wm1',
      changed: {
        'pools/ipnat.conf': /rdr wm1/,
        'pools/gatewalk.yaml': /wm1: \{/,
        'pools/ipf.conf': /on wm1/,
      },
    },
    ippool: {
      at: 'staff\n',
      old: 'staff',
      fresh: 'crew',
      changed: { 'pools/ippool.conf': /name = crew/, 'pools/ipf.conf': /pool\/crew/ },
    },
    'gatewalk.yaml': {
      at: 'visitor:',
      old: 'visitor',
      fresh: 'guest',
      changed: { 'pools/gatewalk.yaml': /guest: in[\s\S]*packet: guest/ },
    },
  },
  async (stage, { old, fresh, changed }) => {
    const { workbench, picture } = stage;
    await workbench.rename(fresh, async (box) => picture([box, await workbench.areaOfLines('cursor')]));
    await workbench.command('File: Save All Files');
    for (const [file, expected] of Object.entries(changed))
      await workbench.waitUntil(`${file} with ${expected}`, async () => expected.test(onDisk(stage, file)));
  },
);

const symbols = row<Cell & { readonly expected: readonly RegExp[]; readonly first: string }>(
  'the outline names rules, mappings, pools, policies and what a network has',
  'symbols',
  {
    ipf: { at: 'block in on', first: 'block in on fxp1', expected: [/head 100/, /pass out on fxp0/] },
    ipnat: { at: 'rdr', first: 'rdr', expected: [/map/] },
    ippool: { at: 'table', first: 'staff', expected: [/bad-senders/] },
    setkey: { at: 'spdadd', first: 'out 10.1.0.0/24', expected: [/esp 192\.0\.2\.1/] },
    'gatewalk.yaml': { at: 'gateways', first: 'gateways', expected: [/edge/, /visitor/] },
  },
  async ({ workbench, picture }, { expected, first }) => {
    const entries = await workbench.paletteEntries('@', first);
    for (const each of expected) expectMatch(entries.join('\n'), each, 'the names');
    await picture([workbench.locator('.quick-input-widget')]);
    await workbench.press('Escape');
  },
);

const folding = row<Cell & { readonly folds: number }>(
  'comments, groups and statements of several lines fold',
  'folding',
  {
    ipf: { at: 'block in on', folds: 2 },
    ippool: { at: 'table', folds: 2 },
    setkey: { at: 'spdadd', folds: 2 },
    'gatewalk.yaml': { at: 'gateways', folds: 3 },
  },
  async ({ workbench, picture }, { folds }) => {
    const folded = workbench.locator('.monaco-editor .codicon-folding-collapsed');
    await workbench.waitUntil(`${folds} folds`, async () => {
      await workbench.press('Control+k');
      await workbench.press('Control+0');
      await folded.first().waitFor({ timeout: 2000 });
      return (await folded.count()) >= folds;
    });
    await picture([await workbench.areaOfLines('all')]);
    await workbench.press('Control+k');
    await workbench.press('Control+j');
    await folded.first().waitFor({ state: 'detached' });
  },
);

const selection = row<Cell & { readonly statement: string }>(
  'a selection grows from the word to the statement',
  'selection',
  {
    ipf: {
      at: '192.0.2.1 port = 22',
      statement:
        'pass in quick on fxp1 proto tcp from pool/staff to 192.0.2.1 port = 22 flags S keep state group 100',
    },
    ipnat: { at: '10.1.0.80 port', statement: 'rdr fxp1 192.0.2.1/32 port 80 -> 10.1.0.80 port 80 tcp' },
    ippool: {
      at: '203.0.113.0/26',
      statement: 'table role = ipf type = tree name = staff\n\t{ 203.0.113.0/26; !203.0.113.7/32; };',
    },
    setkey: {
      at: '10.2.0.0/24 any',
      statement: 'spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-203.0.113.1/require;',
    },
  },
  async (stage, { statement }) => {
    const { workbench, picture, file } = stage;
    if (!onDisk(stage, file).includes(statement)) throw new Error(`${file} does not have ${statement}`);
    const status = workbench.locator('.statusbar-item', { hasText: `(${statement.length} selected)` });
    await workbench.waitUntil('the whole statement to be selected', async () => {
      await workbench.press('Shift+Alt+ArrowRight');
      await status.waitFor({ timeout: 400 });
      return true;
    });
    const marked = workbench.locator('.editor-group-container.active .monaco-editor .selected-text');
    await picture([marked, await workbench.areaOfLines('cursor')]);
  },
);

const links = row<Cell & { readonly link: string; readonly opens: string }>(
  'files that are named are links',
  'links',
  { 'gatewalk.yaml': { at: 'ipnat.conf, ippool', link: 'ipnat.conf', opens: 'ipnat.conf' } },
  async ({ workbench, picture }, { link, opens }) => {
    const detected = workbench.locator('.monaco-editor .detected-link', { hasText: link });
    await detected.first().waitFor();
    await workbench.hover(link, /Follow link/);
    await picture([
      workbench.locator('.monaco-hover:visible').first(),
      await workbench.areaOfLines('cursor'),
    ]);
    await workbench.press('Escape');
    await workbench.command('Open Link');
    await workbench.waitUntil(`${opens} in front`, async () =>
      (await workbench.activeTabs()).includes(opens),
    );
  },
);

const calls = row<Cell & { readonly expected: RegExp }>(
  'the call hierarchy shows who heads a group',
  'calls',
  { ipf: { at: '100\nblock out', expected: /group 100[\s\S]*rules of no group/ } },
  async ({ workbench, picture }, { expected }) => {
    const peek = workbench.locator('.monaco-editor .peekview-widget');
    await workbench.commandUntil('Calls: Peek Call Hierarchy', peek);
    await workbench.waitForText('the groups', peek, expected);
    await picture([peek, await workbench.areaOfLines('cursor')]);
    await workbench.press('Escape');
  },
);

const colours = row<Cell & { readonly dead?: string }>(
  'words have the colours of what they are, and a rule that never decides is dimmed',
  'colours',
  {
    ipf: { file: rules('ipf'), at: 'block in quick', dead: 'block in quick' },
    ipnat: { at: 'rdr' },
    ippool: { at: 'table' },
    setkey: { file: rules('setkey'), at: 'spdadd 10.1.0.0/24 10.2' },
  },
  async ({ workbench, picture }, { dead }) => {
    await workbench.waitUntil(
      'words of several colours',
      async () => (await workbench.colours()).length >= 3,
    );
    if (dead !== undefined) {
      const dimmed = workbench.locator('.monaco-editor .squiggly-inline-unnecessary');
      await workbench.waitForText('the dimmed rule', dimmed.first(), /block/);
    }
    await picture([await workbench.areaOfLines('all')]);
  },
);

const inlayHints = row<Cell & { readonly expected: RegExp }>(
  'hints tell services by number, addresses as ranges',
  'inlay-hints',
  {
    ipf: { at: 'pass out quick', expected: /10\.1\.0\.255/ },
    ipnat: { at: 'map fxp1', expected: /10\.1\.0\.255/ },
    ippool: { at: '{ 203.0.113.0/26', expected: /203\.0\.113\.63/ },
  },
  async (stage, { expected }) => {
    await linesWith(stage, expected);
    await stage.picture([await stage.workbench.areaOfLines('cursor')]);
  },
);

const codeLens = row<Cell & { readonly lens: string }>(
  'packets are walked from the line above them, and rules say which packets hit them',
  'codelens',
  {
    ipf: { at: 'block in log', lens: '1 packet hits this' },
    ipnat: { at: 'rdr', lens: '2 packets hit this' },
    setkey: { at: 'spdadd', lens: '2 packets hit this' },
    'gatewalk.yaml': { at: 'visitor', lens: 'Walk visitor' },
  },
  async ({ workbench, picture }, { lens }) => {
    const link = workbench.locator('.codelens-decoration a', { hasText: lens }).first();
    await link.waitFor();
    await picture([await workbench.areaOfLines('cursor'), link]);
  },
);

const quickFixes = row<Cell & { readonly title: string; readonly corrected: RegExp }>(
  'a quick fix corrects what is wrong',
  'quick-fix',
  {
    ipf: { file: words('ipf'), at: 'pas in', title: 'pass', corrected: /^pass in quick/ },
    ipnat: { file: words('ipnat'), at: 'mao fxp1', title: 'map', corrected: /^map fxp1 .*portmap/ },
    ippool: { file: words('ippool'), at: 'tre name', title: 'tree', corrected: /type = tree name = guests/ },
    setkey: { file: words('setkey'), at: 'requir;', title: 'require', corrected: /require;/ },
    'gatewalk.yaml': {
      file: words('gatewalk.yaml'),
      at: 'insid }',
      title: 'inside',
      corrected: /network: inside \}/,
    },
  },
  async (stage, { at, title, corrected }) => {
    const { workbench, picture } = stage;
    await workbench.quickFix(title, async () =>
      picture([workbench.locator('.action-widget'), await workbench.areaOfLines('cursor')]),
    );
    await linesWith(stage, corrected);
  },
);

const extract = row<Cell & { readonly title: string }>(
  'a list of addresses becomes a pool',
  'extract',
  { ipf: { at: '198.51.100.25', title: 'Extract 2 addresses' } },
  async (stage, { at, title }) => {
    const { workbench, picture } = stage;
    await workbench.quickFix(title, async () =>
      picture([workbench.locator('.action-widget'), await workbench.areaOfLines('cursor')]),
    );
    await linesWith(stage, /to pool\/pool1 port/);
    await workbench.command('File: Save All Files');
    await workbench.waitUntil('the pool in ippool.conf', async () =>
      /name = pool1\s+\{ 198\.51\.100\.25; 198\.51\.100\.26; \}/.test(onDisk(stage, 'pools/ippool.conf')),
    );
  },
);

const formatting = row<Cell & { readonly typed: string; readonly formatted: string }>(
  'formatting brings words into their places',
  'formatting',
  {
    ipf: {
      at: 'block in on',
      typed: 'pass  in   quick on lo0    all',
      formatted: 'pass in quick on lo0 all',
    },
    ipnat: {
      at: 'rdr',
      typed: 'bimap   fxp1 10.1.0.5/32   ->   192.0.2.5/32',
      formatted: 'bimap fxp1 10.1.0.5/32 -> 192.0.2.5/32',
    },
    ippool: {
      at: 'table',
      typed: 'table role=ipf  type=tree   name=guests { 10.1.0.200/32; };',
      formatted: 'table role=ipf type=tree name=guests { 10.1.0.200/32; };',
    },
    setkey: {
      at: 'spdadd',
      typed: 'spdadd   10.1.0.0/24    10.3.0.0/24   any  -P out   none;',
      formatted: 'spdadd 10.1.0.0/24 10.3.0.0/24 any -P out none;',
    },
  },
  async (stage, { typed, formatted }) => {
    const { workbench, picture } = stage;
    await typeAbove(workbench, typed);
    await workbench.press('Escape');
    await picture([await workbench.areaOfLines('cursor')], '-before');
    await workbench.command('Format Document');
    await workbench.waitUntil(`the line ${formatted}`, async () =>
      (await workbench.visibleLines()).some((line) => line.trim() === formatted),
    );
    await picture([await workbench.areaOfLines('cursor')], '-after');
  },
);

const problemsView: E2eTest = {
  name: 'gallery: Problems lists what is wrong in every language',
  async run(session) {
    session.addFolder('mistakes', 'test/e2e/mistakes');
    const { workbench } = session;
    await workbench.openFile('mistakes/words/ipf.conf');
    const codes = [
      'ipf/action-expected',
      'ipnat/verb-expected',
      'ippool/type',
      'setkey/unknown-level',
      'network/unknown-name',
    ];
    for (const code of codes) await workbench.problems(code);
    if (session.takesPictures)
      await session.screenshot(
        'languages/problems',
        await workbench.areaOf([workbench.locator('.part.panel')]),
      );
  },
};

export const galleryTests: readonly E2eTest[] = [
  diagnostics,
  findings,
  problemsView,
  hover,
  completion,
  signature,
  references,
  rename,
  symbols,
  folding,
  selection,
  links,
  calls,
  colours,
  inlayHints,
  codeLens,
  quickFixes,
  extract,
  formatting,
];
