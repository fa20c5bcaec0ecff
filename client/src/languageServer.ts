/**
 * The connection to the language server, which runs in a process of its own. The rest of the client sees only
 * the requests of `protocol`, not the language client.
 */

import * as vscode from 'vscode';
import { type DocumentSelector, LanguageClient, TransportKind } from 'vscode-languageclient/node';
import {
  type ChangedParams,
  changedNotification,
  type PacketsParams,
  type PacketsResult,
  packetsRequest,
  type TraceParams,
  type TraceResult,
  traceRequest,
} from '../../protocol/src/requests';
import { allowRevealLinks } from './hoverLinks';

export interface LanguageServer {
  /** The walk of one packet; an `error` says why there is none. */
  trace(params: TraceParams): Promise<TraceResult>;
  packets(params: PacketsParams): Promise<PacketsResult>;
  /** Fires when a file that a walk may depend on changed. */
  readonly onChanged: vscode.Event<ChangedParams>;
}

export async function startLanguageServer(context: vscode.ExtensionContext): Promise<LanguageServer> {
  const languages = contributedLanguages(context);
  await vscode.commands.executeCommand('setContext', 'gatewalk.languages', languages);
  const module = context.asAbsolutePath('dist/server.js');
  const client = new LanguageClient(
    'gatewalk',
    'Gatewalk',
    { module, transport: TransportKind.ipc },
    { documentSelector: documentSelector(languages), middleware: { provideHover: allowRevealLinks } },
  );
  const changed = new vscode.EventEmitter<ChangedParams>();
  context.subscriptions.push(
    changed,
    client,
    client.onNotification(changedNotification, (params: ChangedParams) => changed.fire(params)),
    vscode.commands.registerCommand('gatewalk.restartServer', async () => {
      await client.restart();
      changed.fire({ uris: [] });
    }),
    vscode.commands.registerCommand('gatewalk.showLog', () => client.outputChannel.show()),
  );
  await client.start();
  return {
    trace: (params) => client.sendRequest<TraceResult>(traceRequest, params),
    packets: (params) => client.sendRequest<PacketsResult>(packetsRequest, params),
    onChanged: changed.event,
  };
}

/** The language ids of our own package.json, so that a new dialect needs no change here. */
function contributedLanguages(context: vscode.ExtensionContext): string[] {
  const manifest = context.extension.packageJSON as { contributes: { languages: { id: string }[] } };
  return manifest.contributes.languages.map(({ id }) => id);
}

function documentSelector(languages: readonly string[]): DocumentSelector {
  return [...languages.map((language) => ({ language })), { pattern: '**/gatewalk.yaml' }];
}
