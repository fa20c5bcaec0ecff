import type { SourceFile } from '../sourceFile';
import { type NetworkFile, parseNetworkFile } from './networkFile';

const read = new WeakMap<SourceFile, NetworkFile>();

/** The entries of a network file, read once. */
export function readNetworkFile(file: SourceFile): NetworkFile {
  let known = read.get(file);
  if (known === undefined) {
    known = parseNetworkFile(file.text, file.uri);
    read.set(file, known);
  }
  return known;
}
