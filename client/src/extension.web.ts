/**
 * The extension's entry where there is no Node (vscode.dev): the language server runs in a web worker and asks the
 * client for every file. The worker is started from a blob, because a browser refuses a worker from the address of
 * an extension that comes from another origin.
 */
import * as vscode from 'vscode';
import { BrowserMessageReader, BrowserMessageWriter, LanguageClient } from 'vscode-languageclient/browser';
import { activateGatewalk } from './activate';

export function activate(context: vscode.ExtensionContext): void {
  activateGatewalk(
    context,
    (options) => new LanguageClient('gatewalk', 'Gatewalk', () => startServer(context), options),
  );
}

async function startServer(
  context: vscode.ExtensionContext,
): Promise<{ reader: BrowserMessageReader; writer: BrowserMessageWriter }> {
  const file = vscode.Uri.joinPath(context.extensionUri, 'dist/web/server.js');
  const code = new Uint8Array(await vscode.workspace.fs.readFile(file));
  const address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  context.subscriptions.push({ dispose: () => URL.revokeObjectURL(address) });
  // VS Code's own class of workers is not the browser's, so the language client would not know it for one.
  const worker = new Worker(address);
  return { reader: new BrowserMessageReader(worker), writer: new BrowserMessageWriter(worker) };
}
