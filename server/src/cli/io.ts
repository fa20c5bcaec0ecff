import type { FileSystem } from '../lsp/fileSystem';

/** What the command line needs of the world, so that tests run it in process. */
export interface CommandIo {
  readonly files: FileSystem;
  /** URI of a path as the user wrote it, from the working folder. */
  uriOf(path: string): string;
  /** A file's path as the user would write it: relative when it lies in the working folder. */
  pathOf(uri: string): string;
  /** URI of the working folder. */
  readonly workingFolder: string;
  /** The bytes of a file by path; undefined when it can't be read. Absent: no bytes can be read here. */
  readBytes?(path: string): Promise<Uint8Array | undefined>;
  /** Answers with what went wrong, in words. Absent: nothing can be written here. */
  write?(path: string, content: Uint8Array): Promise<string | undefined>;
  out(text: string): void;
  error(text: string): void;
  /** True on a terminal that wants colours. */
  readonly colours: boolean;
}

/** Exit codes, the same for every command. */
export const exit = {
  fine: 0,
  findings: 1,
  wrongUse: 2,
} as const;

export type ExitCode = (typeof exit)[keyof typeof exit];

/** Refuses with what went wrong, as wrong use does. */
export async function writeFile(io: CommandIo, path: string, content: Uint8Array): Promise<void> {
  if (io.write === undefined) throw new UsageError(`${path} can't be written here.`);
  const failure = await io.write(path, content);
  if (failure !== undefined) throw new UsageError(`${path} can't be written: ${failure}`);
}

/** Wrong use or unreadable input: the message goes to stderr, the exit code is 2. */
export class UsageError extends Error {}
