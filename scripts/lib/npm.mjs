/** npm, and whether its work is already done. */
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { fromRoot, root } from './paths.mjs';
import { findOnPath, run } from './processes.mjs';
import { step } from './progress.mjs';

const oldestNode = [20, 19];

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  throw new Failure(
    `Node ${oldestNode.join('.')} or newer is needed, this is ${process.versions.node}. Get one from https://nodejs.org.`,
  );
}

/** Installs the project's packages when they are missing or not those of package-lock.json. */
export async function installPackages() {
  if (packagesAreInstalled()) return;
  await step('Installing packages (npm ci)', () =>
    npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], root),
  );
}

/** Runs npm; throws with the end of its output when it fails. */
export async function npm(args, folder) {
  const [command, before] = npmCommand();
  const { code, output } = await run(command, [...before, ...args], { cwd: folder, env: cleanEnvironment() });
  if (code === 0) return;
  throw new Failure(
    `npm ${args.join(' ')} failed in ${folder}:\n${firstAndLastLines(output)}\nCheck the network and \`npm config get registry\`, then try again.`,
  );
}

/** The environment without what an outer `npm run` put into it, which would change an inner npm's folder and settings. */
export function cleanEnvironment(more = {}) {
  const environment = { ...process.env, ...more };
  for (const name of Object.keys(environment)) {
    if (/^(npm_(package|lifecycle|command)_|npm_command$|npm_execpath$|INIT_CWD$)/i.test(name))
      delete environment[name];
  }
  return environment;
}

/** npm says what is wrong first and explains itself at length after. */
function firstAndLastLines(output) {
  const lines = output.trimEnd().split('\n');
  return lines.length <= 25
    ? lines.join('\n')
    : [...lines.slice(0, 15), '...', ...lines.slice(-8)].join('\n');
}

export function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** `npm start` says where npm's own script is, which saves looking for it (and a shell on Windows). */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js') || script?.endsWith('.cjs')) return [process.execPath, [script]];
  const beside = path.join(path.dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  if (fs.existsSync(beside)) return [process.execPath, [beside]];
  const found = findOnPath('npm');
  if (found !== undefined) return [found, []];
  throw new Failure('npm was not found. It comes with Node: https://nodejs.org.');
}

function packagesAreInstalled() {
  const wanted = readLock(fromRoot('package-lock.json'));
  const present = readLock(fromRoot('node_modules/.package-lock.json'));
  if (wanted === undefined)
    throw new Failure('package-lock.json is missing or unreadable; restore it from git.');
  if (present === undefined) return false;
  return Object.entries(wanted).every(
    ([place, entry]) => place === '' || entry.optional === true || present[place]?.version === entry.version,
  );
}

function readLock(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
