/**
 * The files of a folder that the editor does not hold, as the server sees them. The core does no IO; on Node
 * `nodeFileSystem.ts` reads the disk, in a web worker the client would be asked.
 */
export interface FileSystem {
  /** What lies in a folder; undefined when it can't be read. */
  list(folder: string): Promise<readonly FolderEntry[] | undefined>;
  /** Text decoded as UTF-8, unreadable bytes replaced; undefined when there is no such file or it can't be read. */
  read(uri: string): Promise<string | undefined>;
}

export interface FolderEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder';
}

/** Larger files are not policy files. */
export const largestFileBytes = 64 * 1024 * 1024;
