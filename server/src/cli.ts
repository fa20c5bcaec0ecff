/** `gatewalk` on the command line. Everything it does is in `cli/`; here it meets the process. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { dropInByName } from './cli/dropIn';
import type { CommandIo } from './cli/io';
import { runCommandLine } from './cli/program';
import type { FrontendIo } from './frontends/frontend';
import { nodeFileSystem } from './lsp/nodeFileSystem';
import { canonicalUri } from './lsp/uri';

const uriOf = (path: string) => canonicalUri(pathToFileURL(resolve(path)).href).replace(/\/$/, '');

const io: CommandIo = {
  files: nodeFileSystem,
  uriOf,
  pathOf: (uri) => {
    const path = fileURLToPath(uri);
    const fromHere = relative(process.cwd(), path);
    return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
  },
  workingFolder: uriOf('.'),
  readBytes: (path) => readFile(path).catch(() => undefined),
  write: async (path, content) => {
    try {
      await writeFile(path, content);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  },
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  colours: process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
};

// `gatewalk walk ... | head` closes the pipe early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** IPFilter's tools read and print bytes, and know no working folder but the process's own. */
const dropInIo: FrontendIo = {
  read: (path) => {
    try {
      return readFileSync(path === '-' ? process.stdin.fd : path);
    } catch {
      return undefined;
    }
  },
  write: (path, content) => writeFileSync(path, content),
};

const [first, ...rest] = process.argv.slice(2);
const dropIn = dropInByName(first);
if (dropIn !== undefined) {
  const { stdout, stderr, exitCode } = dropIn.run(rest, dropInIo);
  process.stdout.write(stdout, 'latin1');
  process.stderr.write(stderr, 'latin1');
  process.exitCode = exitCode;
} else if (first === 'lsp') {
  // One program for both, because they share nearly all of their code. It reads the rest of the line itself: `--stdio`.
  void import('./main');
} else {
  void runCommandLine(process.argv.slice(2), io).then((code) => {
    process.exitCode = code;
  });
}
