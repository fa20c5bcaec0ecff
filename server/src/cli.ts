/** `gatewalk` on the command line. Everything it does is in `cli/`; here it meets the process. */
import { readFile, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CommandIo } from './cli/io';
import { runCommandLine } from './cli/program';
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

void runCommandLine(process.argv.slice(2), io).then((code) => {
  process.exitCode = code;
});
