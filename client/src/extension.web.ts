/**
 * The extension's entry where there is no Node (vscode.dev): the language server runs in a web worker and asks the
 * client for every file. The worker is started from a blob, because a browser refuses a worker from the address of
 * an extension that comes from another origin.
 */
import * as vscode from 'vscode';
import { LanguageClient } from 'vscode-languageclient/browser';
import { activateGatewalk } from './activate';

export function activate(context: vscode.ExtensionContext): void {
  activateGatewalk(
    context,
    (options) => new LanguageClient('gatewalk', 'Gatewalk', () => startWorker(context), options),
  );
}

async function startWorker(context: vscode.ExtensionContext): Promise<Worker> {
  const file = vscode.Uri.joinPath(context.extensionUri, 'dist/web/server.js');
  const code = new Uint8Array(await vscode.workspace.fs.readFile(file));
  const address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  context.subscriptions.push({ dispose: () => URL.revokeObjectURL(address) });
  return new Worker(address);
}
