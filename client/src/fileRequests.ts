/**
 * Files for a server that can't read them itself: one in a web worker, or folders that are not on this machine's
 * disk. VS Code's own file system knows all of them.
 */
import * as vscode from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import {
  type ReadFileParams,
  type ReadFileResult,
  type ReadFolderParams,
  type ReadFolderResult,
  readFileRequest,
  readFolderRequest,
} from '../../protocol/src/requests';

/** Larger files are not policy files. */
const largestFileBytes = 64 * 1024 * 1024;

export function registerFileRequests(context: vscode.ExtensionContext, client: BaseLanguageClient): void {
  context.subscriptions.push(
    client.onRequest(readFolderRequest, ({ uri }: ReadFolderParams) => readFolder(vscode.Uri.parse(uri))),
    client.onRequest<ReadFileResult, void>(readFileRequest, ({ uri }: ReadFileParams) =>
      readFile(vscode.Uri.parse(uri)),
    ),
  );
}

async function readFolder(uri: vscode.Uri): Promise<ReadFolderResult> {
  try {
    const entries = await vscode.workspace.fs.readDirectory(uri);
    return entries.flatMap(([name, type]): { name: string; kind: 'file' | 'folder' }[] => {
      const isLink = (type & vscode.FileType.SymbolicLink) !== 0;
      if ((type & vscode.FileType.File) !== 0) return [{ name, kind: 'file' }];
      // A link to a folder is not followed, because it may lead back here.
      if ((type & vscode.FileType.Directory) !== 0 && !isLink) return [{ name, kind: 'folder' }];
      return [];
    });
  } catch {
    return null;
  }
}

async function readFile(uri: vscode.Uri): Promise<ReadFileResult> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > largestFileBytes) {
      return { kind: 'unreadable', why: `it is larger than ${largestFileBytes / 1024 / 1024} MB.` };
    }
    return { kind: 'text', text: new TextDecoder('utf-8').decode(await vscode.workspace.fs.readFile(uri)) };
  } catch (error) {
    if (!(error instanceof vscode.FileSystemError)) return { kind: 'unreadable', why: "it can't be read." };
    switch (error.code) {
      case 'FileNotFound':
      case 'FileNotADirectory':
        return { kind: 'missing' };
      case 'NoPermissions':
        return { kind: 'unreadable', why: 'you are not allowed to read it.' };
      case 'FileIsADirectory':
        return { kind: 'unreadable', why: 'it is a folder.' };
      default:
        return { kind: 'unreadable', why: `it can't be read (${error.message}).` };
    }
  }
}
