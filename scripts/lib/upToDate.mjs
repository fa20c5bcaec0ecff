/**
 * Skips work whose inputs did not change: the inputs' contents are hashed and the hash is kept beside the
 * result. Contents, not times, because git and npm touch files without changing them.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { cache, root } from './paths.mjs';

/** Does `work` unless the inputs are those of the last time and all outputs are there. True when it was done. */
export async function unlessUpToDate({ name, inputs, outputs }, work) {
  const stamp = path.join(cache, 'stamps', name);
  const hash = hashOf(inputs);
  if (read(stamp) === hash && outputs.every((file) => fs.existsSync(file))) return false;
  fs.rmSync(stamp, { force: true });
  await work();
  fs.mkdirSync(path.dirname(stamp), { recursive: true });
  fs.writeFileSync(stamp, hash);
  return true;
}

/** Hash over the names and contents of files and folders. */
export function hashOf(inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) addTo(hash, input);
  return hash.digest('hex');
}

function addTo(hash, file) {
  const status = fs.statSync(file, { throwIfNoEntry: false });
  hash.update(`${path.relative(root, file)}\0${status === undefined ? 'absent' : ''}\0`);
  if (status?.isFile()) hash.update(fs.readFileSync(file));
  if (status?.isDirectory())
    for (const entry of fs.readdirSync(file).sort()) addTo(hash, path.join(file, entry));
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
