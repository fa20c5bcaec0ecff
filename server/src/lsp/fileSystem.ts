/**
 * The files of a folder that the editor does not hold, as the server sees them. The core does no IO; on Node
 * `nodeFileSystem.ts` reads the disk, in a web worker the client would be asked.
 */
export interface FileSystem {
  /** What lies in a folder; undefined when it can't be read. */
  list(folder: string): Promise<readonly FolderEntry[] | undefined>;
  read(uri: string): Promise<FileRead>;
}

export interface FolderEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder';
}

export type FileRead =
  /** Decoded as UTF-8, bytes that are none replaced by U+FFFD. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  /** There is something, but it can't be read: why, in words. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** Larger files are not policy files. */
export const largestFileBytes = 64 * 1024 * 1024;
