/**
 * Child processes that never outlive the script. Each is started as the leader of its own process group, so
 * that stopping one stops all that it started in turn (code-server, its extension hosts, language servers).
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.mjs';

const running = new Set();
const graceMilliseconds = 4000;

/** Starts a process; options as of `child_process.spawn`. Stop it with `stop`. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { detached: process.platform !== 'win32', ...options });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Ends a process and all it started: asks first, insists after four seconds. */
export async function stop(child) {
  if (child.pid === undefined || hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  signal(child, 'SIGTERM');
  const insist = setTimeout(() => signal(child, 'SIGKILL'), graceMilliseconds);
  await ended;
  clearTimeout(insist);
  signal(child, 'SIGKILL'); // What the leader left behind in its group.
}

export async function stopAll() {
  await Promise.all([...running].map(stop));
}

/** Calls `onStop` once at the first Ctrl+C, SIGTERM or closed terminal, then leaves with the shell's usual code. */
export function onInterrupt(onStop) {
  let stopping = false;
  for (const [name, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ]) {
    process.on(name, async () => {
      if (stopping) return;
      stopping = true;
      try {
        await onStop(name);
        await stopAll();
      } finally {
        process.exit(128 + number);
      }
    });
  }
}

/**
 * Runs a program to its end. With `show` its output goes to the terminal as it comes; in either case it is
 * returned as one text. Throws a Failure only when the program cannot be started.
 */
export function run(command, args, { show = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = start(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const [stream, target] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
        if (show) target.write(text);
      });
    }
    child.once('error', (error) =>
      reject(
        new Failure(`${command} could not be started: ${error.message}. Is it installed and on the PATH?`),
      ),
    );
    child.once('close', (code, signalName) => resolve({ code: code ?? 1, signal: signalName, output }));
  });
}

/** The path of a program, looked for as a shell would; undefined when there is none. */
export function findOnPath(name) {
  const endings = process.platform === 'win32' ? ['.cmd', '.exe', ''] : [''];
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const ending of endings) {
      const candidate = path.join(folder, name + ending);
      if (folder !== '' && isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

export function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

function signal(child, name) {
  try {
    if (process.platform === 'win32') child.kill(name);
    else process.kill(-child.pid, name);
  } catch {
    // The group is already gone.
  }
}
