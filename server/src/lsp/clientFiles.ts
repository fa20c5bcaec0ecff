/** Files that only the client can read: those of a web worker's host, and those of other schemes than `file`. */
import {
  type ReadFileParams,
  type ReadFileResult,
  type ReadFolderParams,
  type ReadFolderResult,
  readFileRequest,
  readFolderRequest,
} from '../../../protocol/src/requests';
import type { FileSystem } from './fileSystem';

/** What is needed of a connection. */
export interface AsksClient {
  sendRequest<R>(method: string, params: unknown): Promise<R>;
}

/** A client that does not answer, or answers otherwise than agreed, has no files. */
export function clientFileSystem(connection: AsksClient): FileSystem {
  return {
    async list(folder) {
      try {
        const params: ReadFolderParams = { uri: folder };
        const entries = await connection.sendRequest<ReadFolderResult>(readFolderRequest, params);
        return entries ?? undefined;
      } catch {
        return undefined;
      }
    },
    async read(uri) {
      try {
        const params: ReadFileParams = { uri };
        return await connection.sendRequest<ReadFileResult>(readFileRequest, params);
      } catch {
        return { kind: 'missing' };
      }
    },
  };
}

/** `file:` URIs from the disk, others from the client. */
export function dividedFileSystem(disk: FileSystem, client: FileSystem): FileSystem {
  const of = (uri: string) => (uri.startsWith('file:') ? disk : client);
  return {
    list: (folder) => of(folder).list(folder),
    read: (uri) => of(uri).read(uri),
  };
}
