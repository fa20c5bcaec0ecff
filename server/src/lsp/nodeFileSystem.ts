import { readdir, readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type FileSystem, type FolderEntry, largestFileBytes } from './fileSystem';

/** The disk, by `file:` URIs; anything else reads as absent. */
export const nodeFileSystem: FileSystem = {
  async list(folder) {
    try {
      const entries = await readdir(fileURLToPath(folder), { withFileTypes: true });
      const kinds = await Promise.all(
        entries.map(async (entry): Promise<FolderEntry | undefined> => {
          if (entry.isDirectory()) return { name: entry.name, kind: 'folder' };
          if (entry.isFile()) return { name: entry.name, kind: 'file' };
          // A link to a file is a file; a link to a folder is not followed, because it may lead back here.
          if (!entry.isSymbolicLink()) return undefined;
          const target = await stat(fileURLToPath(`${folder}/${encodeURIComponent(entry.name)}`)).catch(
            () => undefined,
          );
          return target?.isFile() === true ? { name: entry.name, kind: 'file' } : undefined;
        }),
      );
      return kinds.filter((k) => k !== undefined);
    } catch {
      return undefined;
    }
  },
  async read(uri) {
    try {
      const path = fileURLToPath(uri);
      const { size } = await stat(path);
      if (size > largestFileBytes) return undefined;
      return new TextDecoder('utf-8').decode(await readFile(path));
    } catch {
      return undefined;
    }
  },
};
