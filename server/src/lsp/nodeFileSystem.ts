import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FileRead, type FileSystem, type FolderEntry, largestFileBytes } from './fileSystem';

/** The disk, by `file:` URIs; anything else reads as missing. */
export const nodeFileSystem: FileSystem = {
  async list(folder) {
    try {
      const path = fileURLToPath(folder);
      const entries = await readdir(path, { withFileTypes: true });
      return (await Promise.all(entries.map((entry) => folderEntry(path, entry)))).filter(
        (entry) => entry !== undefined,
      );
    } catch {
      return undefined;
    }
  },
  async read(uri): Promise<FileRead> {
    try {
      const path = fileURLToPath(uri);
      const { size } = await stat(path);
      if (size > largestFileBytes) {
        return { kind: 'unreadable', why: `it is larger than ${largestFileBytes / 1024 / 1024} MB.` };
      }
      return { kind: 'text', text: new TextDecoder('utf-8').decode(await readFile(path)) };
    } catch (error) {
      return readFailure(error);
    }
  },
};

async function folderEntry(folder: string, entry: Dirent): Promise<FolderEntry | undefined> {
  if (entry.isDirectory()) return { name: entry.name, kind: 'folder' };
  if (entry.isFile()) return { name: entry.name, kind: 'file' };
  // A link to a file is a file; a link to a folder is not followed, because it may lead back here.
  if (!entry.isSymbolicLink()) return undefined;
  const target = await stat(join(folder, entry.name)).catch(() => undefined);
  return target?.isFile() === true ? { name: entry.name, kind: 'file' } : undefined;
}

function readFailure(error: unknown): FileRead {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ERR_INVALID_URL_SCHEME':
      return { kind: 'missing' };
    case 'EACCES':
    case 'EPERM':
      return { kind: 'unreadable', why: 'you are not allowed to read it.' };
    case 'EISDIR':
      return { kind: 'unreadable', why: 'it is a folder.' };
    default:
      return {
        kind: 'unreadable',
        why: `it can't be read (${error instanceof Error ? error.message : 'unknown error'}).`,
      };
  }
}
