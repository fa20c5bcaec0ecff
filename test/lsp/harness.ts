/**
 * A real server and a real client of the protocol, joined by streams in this process: every message of these
 * tests is JSON-RPC text that was written and read again.
 */
import { PassThrough } from 'node:stream';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import {
  type ClientCapabilities,
  createProtocolConnection,
  type Diagnostic,
  type InitializeResult,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import type {
  ChangedParams,
  InitializationOptions,
  ReadFileParams,
  ReadFolderParams,
} from '../../protocol/src/requests';
import { Workspace } from '../../server/src/analysis/workspace';
import type { FileSystem } from '../../server/src/lsp/fileSystem';
import { startServer } from '../../server/src/lsp/server';
import { memoryFiles } from './memoryFiles';

export interface Running {
  readonly client: ProtocolConnection;
  readonly initialized: InitializeResult;
  /** What the server wrote to its log as errors. */
  readonly errors: string[];
  readonly changed: ChangedParams[];
  readonly registrations: string[];
  /** What the server asked to be asked for again. */
  readonly refreshes: string[];
  /** All diagnostics as they came, newest last. */
  readonly published: { readonly uri: string; readonly diagnostics: readonly Diagnostic[] }[];
  open(uri: string, text: string, languageId?: string): void;
  /** Replaces the whole text, or the text between two offsets given as line and character. */
  edit(uri: string, version: number, change: unknown): void;
  close(uri: string): void;
  /** The diagnostics of a file once they satisfy `when`. */
  diagnostics(uri: string, when?: (d: readonly Diagnostic[]) => boolean): Promise<readonly Diagnostic[]>;
  hover(uri: string, line: number, character: number): Promise<string | undefined>;
  /** Bytes as they are, onto the wire. */
  sendRaw(bytes: string): void;
  stop(): void;
}

/** What the client says it can do, and answers when it is asked. */
export interface ClientOptions {
  readonly capabilities?: ClientCapabilities;
  readonly initializationOptions?: InitializationOptions;
  /** The `gatewalk` section of its settings. */
  readonly configuration?: () => unknown;
  /** The server's clock, in milliseconds. */
  readonly now?: () => number;
  /** Files that only the client can read. */
  readonly clientFiles?: ReadonlyMap<string, string>;
}

/** `files`: what lies on the disk, as texts by URI, or a real one. */
export async function startInProcess(
  files: ReadonlyMap<string, string | undefined> | FileSystem = new Map(),
  as: ClientOptions = {},
): Promise<Running> {
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  startServer(
    createConnection(
      ProposedFeatures.all,
      new StreamMessageReader(toServer),
      new StreamMessageWriter(toClient),
    ),
    {
      workspace: new Workspace(),
      files: 'read' in files ? files : memoryFiles(files),
      host: {
        breathe: () => new Promise((resolve) => setImmediate(resolve)),
        now: as.now ?? (() => performance.now()),
        after: (milliseconds, run) => void setTimeout(run, milliseconds),
      },
    },
  );
  const client = createProtocolConnection(
    new StreamMessageReader(toClient),
    new StreamMessageWriter(toServer),
  );
  const errors: string[] = [];
  const changed: ChangedParams[] = [];
  const registrations: string[] = [];
  const published: { uri: string; diagnostics: readonly Diagnostic[] }[] = [];
  let wake: () => void = () => undefined;
  client.onNotification('window/logMessage', (m: { type: number; message: string }) => {
    if (m.type === 1) errors.push(m.message);
  });
  client.onNotification('gatewalk/changed', (params: ChangedParams) => {
    changed.push(params);
    wake();
  });
  client.onNotification('textDocument/publishDiagnostics', (p: (typeof published)[number]) => {
    published.push(p);
    wake();
  });
  client.onRequest('client/registerCapability', (p: { registrations: { method: string }[] }) => {
    registrations.push(...p.registrations.map((r) => r.method));
    wake();
    return null;
  });
  client.onRequest('workspace/configuration', () => [as.configuration?.() ?? null]);
  const refreshes: string[] = [];
  for (const what of ['diagnostic', 'semanticTokens', 'inlayHint', 'codeLens'])
    client.onRequest(`workspace/${what}/refresh`, () => {
      refreshes.push(what);
      return null;
    });
  const theirs = memoryFiles(as.clientFiles ?? new Map());
  client.onRequest(
    'gatewalk/readFolder',
    async ({ uri }: ReadFolderParams) => (await theirs.list(uri)) ?? null,
  );
  client.onRequest('gatewalk/readFile', async ({ uri }: ReadFileParams): Promise<object> => theirs.read(uri));
  client.listen();
  const initialized = await client.sendRequest<InitializeResult>('initialize', {
    processId: null,
    rootUri: null,
    capabilities: as.capabilities ?? { workspace: { didChangeWatchedFiles: { dynamicRegistration: true } } },
    initializationOptions: as.initializationOptions,
  });
  void client.sendNotification('initialized', {});

  return {
    client,
    initialized,
    errors,
    changed,
    registrations,
    refreshes,
    published,
    open(uri, text, languageId = 'plaintext') {
      void client.sendNotification('textDocument/didOpen', {
        textDocument: { uri, languageId, version: 1, text },
      });
    },
    edit(uri, version, change) {
      void client.sendNotification('textDocument/didChange', {
        textDocument: { uri, version },
        contentChanges: [change],
      });
    },
    close(uri) {
      void client.sendNotification('textDocument/didClose', { textDocument: { uri } });
    },
    async diagnostics(uri, when = () => true) {
      for (;;) {
        const last = published.findLast((p) => p.uri === uri);
        if (last !== undefined && when(last.diagnostics)) return last.diagnostics;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async hover(uri, line, character) {
      const found = await client.sendRequest<{ contents: { value: string } } | null>('textDocument/hover', {
        textDocument: { uri },
        position: { line, character },
      });
      return found?.contents.value;
    },
    sendRaw: (bytes) => void toServer.write(bytes),
    stop() {
      client.dispose();
    },
  };
}
