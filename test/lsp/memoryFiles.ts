import type { FileRead, FileSystem } from '../../server/src/lsp/fileSystem';

/** Files by URI, instead of a disk. A value of `undefined` is a file that can't be read. */
export function memoryFiles(files: ReadonlyMap<string, string | undefined>): FileSystem {
  return {
    async list(folder) {
      const below = [...files.keys()].filter((uri) => uri.startsWith(`${folder}/`));
      if (below.length === 0) return undefined;
      const names = new Map<string, 'file' | 'folder'>();
      for (const uri of below) {
        const [name, ...rest] = uri.slice(folder.length + 1).split('/');
        names.set(decodeURIComponent(name!), rest.length === 0 ? 'file' : 'folder');
      }
      return [...names].map(([name, kind]) => ({ name, kind }));
    },
    async read(uri): Promise<FileRead> {
      if (!files.has(uri)) return { kind: 'missing' };
      const text = files.get(uri);
      return text === undefined
        ? { kind: 'unreadable', why: 'you are not allowed to read it.' }
        : { kind: 'text', text };
    },
  };
}
