/**
 * The connection to the language server. The rest of the client sees only the requests of `protocol`, not the
 * language client, and needs not know whether the server has started yet.
 */
import * as vscode from 'vscode';
import type {
  BaseLanguageClient,
  CancellationToken,
  DocumentSelector,
  LanguageClientOptions,
} from 'vscode-languageclient';
import {
  type ChangedParams,
  type CheckPacketParams,
  type CheckPacketResult,
  type CompareParams,
  type CompareResult,
  changedNotification,
  checkPacketRequest,
  compareRequest,
  type DialectParams,
  type DialectResult,
  dialectRequest,
  type EditResult,
  type ExpectationsParams,
  type ExpectationsResult,
  type ExportParams,
  type ExportResult,
  expectationsRequest,
  exportRequest,
  type FileEdits,
  type FindPacketParams,
  type FindPacketResult,
  findPacketRequest,
  type ImportPacketsParams,
  type ImportPacketsResult,
  type InitializationOptions,
  importPacketsRequest,
  type MakeExpectationParams,
  makeExpectationRequest,
  type PacketsParams,
  type PacketsResult,
  packetsRequest,
  type RunExpectationsParams,
  type RunExpectationsResult,
  runExpectationsRequest,
  type SavePacketParams,
  type SelectPacketParams,
  savePacketRequest,
  selectPacketNotification,
  type TablesParams,
  type TablesResult,
  type TraceParams,
  type TraceResult,
  tablesRequest,
  traceRequest,
} from '../../protocol/src/requests';
import { registerFileRequests } from './fileRequests';
import { elseByIndentation } from './folding';
import { allowOwnLinks } from './hoverLinks';

/** Every answer in place of which an `error` can come says there, in whole sentences, why there is none. */
export interface LanguageServer {
  trace(params: TraceParams): Promise<TraceResult>;
  packets(params: PacketsParams): Promise<PacketsResult>;
  compare(params: CompareParams): Promise<CompareResult>;
  tables(params: TablesParams): Promise<TablesResult>;
  export(params: ExportParams): Promise<ExportResult>;
  checkPacket(params: CheckPacketParams): Promise<CheckPacketResult>;
  savePacket(params: SavePacketParams): Promise<EditResult>;
  makeExpectation(params: MakeExpectationParams): Promise<EditResult>;
  findPacket(params: FindPacketParams): Promise<FindPacketResult>;
  importPackets(params: ImportPacketsParams): Promise<ImportPacketsResult>;
  expectations(params: ExpectationsParams): Promise<ExpectationsResult>;
  runExpectations(params: RunExpectationsParams, token?: CancellationToken): Promise<RunExpectationsResult>;
  dialect(params: DialectParams): Promise<DialectResult>;
  /** The packet that inlay hints are about; null: none. */
  selectPacket(params: SelectPacketParams): Promise<void>;
  toWorkspaceEdit(edits: FileEdits): Promise<vscode.WorkspaceEdit>;
  /** Fires when a file that a walk may depend on changed, and after a restart. */
  readonly onChanged: vscode.Event<ChangedParams>;
  readonly languages: readonly string[];
  log(text: string): void;
}

export type MakeClient = (options: LanguageClientOptions) => BaseLanguageClient;

export function startLanguageServer(
  context: vscode.ExtensionContext,
  makeClient: MakeClient,
): LanguageServer {
  const languages = contributedLanguages(context);
  void vscode.commands.executeCommand('setContext', 'gatewalk.languages', languages);
  const initializationOptions: InitializationOptions = {
    docsUri: vscode.Uri.joinPath(context.extensionUri, 'docs').toString(),
    readsFiles: true,
  };
  const client = makeClient({
    documentSelector: documentSelector(languages),
    initializationOptions,
    synchronize: { configurationSection: 'gatewalk' },
    middleware: { provideHover: allowOwnLinks, provideFoldingRanges: elseByIndentation },
  });
  const changed = new vscode.EventEmitter<ChangedParams>();
  registerFileRequests(context, client);
  context.subscriptions.push(
    changed,
    client,
    client.onNotification(changedNotification, (params: ChangedParams) => changed.fire(params)),
    vscode.commands.registerCommand('gatewalk.restartServer', async () => {
      if (client.isRunning()) await client.stop();
      await client.start();
      changed.fire({ uris: [] });
    }),
    vscode.commands.registerCommand('gatewalk.showLog', () => client.outputChannel.show()),
  );
  const started = client.start();
  // The language client shows a failure to the user; who asks meanwhile gets it as the answer to the request.
  started.catch(() => undefined);

  const ask =
    <P, R>(method: string) =>
    async (params: P, token?: CancellationToken): Promise<R> => {
      await started;
      return token === undefined
        ? client.sendRequest<R>(method, params)
        : client.sendRequest<R>(method, params, token);
    };
  return {
    trace: ask(traceRequest),
    packets: ask(packetsRequest),
    compare: ask(compareRequest),
    tables: ask(tablesRequest),
    export: ask(exportRequest),
    checkPacket: ask(checkPacketRequest),
    savePacket: ask(savePacketRequest),
    makeExpectation: ask(makeExpectationRequest),
    findPacket: ask(findPacketRequest),
    importPackets: ask(importPacketsRequest),
    expectations: ask(expectationsRequest),
    runExpectations: ask(runExpectationsRequest),
    dialect: ask(dialectRequest),
    selectPacket: async (params) => {
      await started;
      await client.sendNotification(selectPacketNotification, params);
    },
    toWorkspaceEdit: (edits) =>
      client.protocol2CodeConverter.asWorkspaceEdit({ changes: { ...edits.changes } }),
    onChanged: changed.event,
    languages,
    log: (text) => client.outputChannel.appendLine(text),
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
