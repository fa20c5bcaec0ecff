/**
 * `npm start`: VS Code with Gatewalk and an example, from a fresh clone. Installs what is missing, builds,
 * packages, and opens the desktop `code` where there is one and a display, else VS Code in the browser.
 * What is up to date is skipped, so that a second start takes seconds.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  freePort,
  installCodeServer,
  installExtension,
  makeProfile,
  startCodeServer,
} from './lib/codeServer.mjs';
import { findDesktopCode, openDesktop } from './lib/desktop.mjs';
import { packageExtension } from './lib/extension.mjs';
import { Failure, runMain } from './lib/failure.mjs';
import { installPackages, requireNode } from './lib/npm.mjs';
import { cache, fromRoot } from './lib/paths.mjs';
import { onInterrupt } from './lib/processes.mjs';
import { step } from './lib/progress.mjs';
import { unlessUpToDate } from './lib/upToDate.mjs';

const usage = `Opens VS Code with Gatewalk.

  npm start -- [--port N] [--browser] [FOLDER]

  --port N    the port on 127.0.0.1 for VS Code in the browser (default: a free one); implies --browser
  --browser   VS Code in the browser even where a desktop VS Code is installed
  FOLDER      what to open (default: examples/vpn-and-nat)
`;

const settings = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'git.openRepositoryInParentFolders': 'never',
};

const example = fromRoot('examples/vpn-and-nat');

runMain(async () => {
  const options = readOptions();
  if (options === undefined) {
    process.stdout.write(usage);
    return;
  }
  let session;
  onInterrupt(async () => {
    process.stdout.write('\nStopping …\n');
    await session?.stop();
  });
  requireNode();
  const { folder, port } = options;
  const firstSteps =
    folder === example
      ? 'First look: open A/ipnat.conf and point at the map line; in gatewalk.yaml click “Walk x-to-y”.\n'
      : '';
  const code = options.browser ? undefined : findDesktopCode();
  const freeOrWanted = code === undefined ? await freePort(port) : undefined;
  await installPackages();
  const vsix = await packageExtension();

  if (code !== undefined) {
    const profile = path.join(cache, 'desktop');
    session = await step('Opening VS Code', () => openDesktop({ code, profile, vsix, folder }));
    process.stdout.write(`\n${firstSteps}VS Code is open. Close its window or press Ctrl+C here to end.\n`);
  } else {
    const profile = path.join(cache, 'browser');
    await installCodeServer();
    makeProfile(profile, settings);
    const extensions = path.join(profile, 'extensions');
    await unlessUpToDate({ name: 'browser-extension', inputs: [vsix], outputs: [extensions] }, () =>
      step('Installing the extension', () => installExtension(profile, vsix)),
    );
    session = await step('Starting VS Code', () => startCodeServer({ profile, port: freeOrWanted, folder }));
    process.stdout.write(`\nOpen ${session.url}\n${firstSteps}Ctrl+C here stops it.\n`);
  }
  await session.ended;
});

function readOptions() {
  let parsed;
  try {
    const options = {
      port: { type: 'string' },
      browser: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    };
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new Failure(`${error.message}\n\n${usage}`, 2);
  }
  const { values, positionals } = parsed;
  if (values.help) return undefined;
  const port = values.port === undefined ? 0 : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Failure(`--port ${values.port}: a number from 1 to 65535 was expected.`, 2);
  }
  if (positionals.length > 1)
    throw new Failure(`One folder was expected, not ${positionals.length}.\n\n${usage}`, 2);
  const folder = path.resolve(process.env.INIT_CWD ?? process.cwd(), positionals[0] ?? example);
  if (!fs.existsSync(folder)) throw new Failure(`${folder} does not exist.`, 2);
  return { port, browser: values.browser || values.port !== undefined, folder };
}
