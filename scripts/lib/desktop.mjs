/** The desktop VS Code, in a profile of our own, so that nothing of the user's is touched. */
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { lastLines } from './npm.mjs';
import { findOnPath, run, start } from './processes.mjs';

/** The `code` program, when it could show a window here. */
export function findDesktopCode() {
  return hasDisplay() ? findOnPath('code') : undefined;
}

/** Opens a folder with the extension; `ended` resolves when its window is closed. */
export async function openDesktop({ code, profile, vsix, folder }) {
  const user = path.join(profile, 'user');
  const where = ['--user-data-dir', user, '--extensions-dir', path.join(profile, 'extensions')];
  const options = { shell: process.platform === 'win32' };
  const installed = await run(code, [...where, '--install-extension', vsix, '--force'], options);
  if (installed.code !== 0)
    throw new Failure(`VS Code did not take the extension:\n${lastLines(installed.output, 30)}`);
  const earlier = mainProcess(user);
  const arguments_ = [...where, '--disable-workspace-trust', '--new-window', '--wait', folder];
  const child = start(code, arguments_, { ...options, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return { ended, stop: () => endMainProcess(user, earlier) };
}

/**
 * `code --wait` only waits: the window belongs to another process, whose id VS Code keeps in `code.lock`. A window
 * that was there before us stays.
 */
function endMainProcess(user, earlier) {
  const id = mainProcess(user);
  if (id !== undefined && id !== earlier) process.kill(id, 'SIGTERM');
}

function mainProcess(user) {
  try {
    const id = Number(fs.readFileSync(path.join(user, 'code.lock'), 'utf8'));
    if (!Number.isInteger(id) || id <= 1) return undefined;
    process.kill(id, 0);
    return id;
  } catch {
    return undefined;
  }
}

function hasDisplay() {
  if (process.platform === 'linux') return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  return process.env.SSH_CONNECTION === undefined;
}
