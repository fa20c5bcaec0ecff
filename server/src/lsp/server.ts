/** Joins a connection with a session: registers every handler, and nothing else. */
import {
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { type SelectPacketParams, selectPacketNotification } from '../../../protocol/src/requests';
import { NETWORK_FILE_NAME, type Workspace } from '../analysis/workspace';
import { dialects } from '../dialects';
import { readSettings } from '../features/settings';
import { capabilitiesFor } from './capabilities';
import { abilitiesOf, type ClientAbilities } from './client';
import { clientFileSystem, dividedFileSystem } from './clientFiles';
import type { FileSystem } from './fileSystem';
import { guarded, guardedNotification, guardedOfSession, type ScopeOf } from './guard';
import { ownRequestTable } from './ownRequests';
import { Publisher, type PublisherHost } from './publisher';
import { PulledDiagnostics } from './pulledDiagnostics';
import { requestTable, sessionRequestTable } from './requests';
import { Session } from './session';
import { TokenCache } from './tokenCache';

export interface ServerParts {
  readonly workspace: Workspace;
  /** The disk; absent where there is none: then the client reads all files. */
  readonly files?: FileSystem;
  readonly host: Pick<PublisherHost, 'breathe' | 'now' | 'after' | 'tidy'>;
}

export function startServer(connection: Connection, parts: ServerParts): void {
  let abilities: ClientAbilities = abilitiesOf({ capabilities: {} });
  const fromClient = clientFileSystem({
    sendRequest: (method, params) => connection.sendRequest(method, params),
  });
  const fromBoth = parts.files === undefined ? fromClient : dividedFileSystem(parts.files, fromClient);
  const current = () => (abilities.readsFiles ? fromBoth : (parts.files ?? fromClient));
  const session = new Session(parts.workspace, {
    list: (folder) => current().list(folder),
    read: (uri) => current().read(uri),
  });
  const host: PublisherHost = {
    ...parts.host,
    reportBug: (text) => connection.console.error(`A bug in Gatewalk, please report it: ${text}`),
  };
  const publisher = new Publisher(connection, session, host, () => abilities);
  const tokens = new TokenCache();
  const scopeOf: ScopeOf = (token) => {
    const snapshot = session.snapshot();
    return {
      snapshot,
      token,
      tokens,
      settings: session.settings,
      selected: session.selected,
      now: host.now,
      docsUri: session.docsUri,
      knownFindings: (uri) => publisher.knownFindings(snapshot, uri),
    };
  };
  const loadSettings = (pushed?: unknown) =>
    guardedNotification('settings', host, async () => {
      session.settings = readSettings(
        abilities.hasConfiguration ? await connection.workspace.getConfiguration('gatewalk') : pushed,
      );
      publisher.again();
    });

  connection.onInitialize((params) => {
    abilities = abilitiesOf(params);
    session.docsUri = abilities.docsUri;
    return { capabilities: capabilitiesFor(abilities), serverInfo: { name: 'gatewalk' } };
  });
  connection.onInitialized(() => {
    if (abilities.hasConfiguration) void loadSettings();
    void guardedNotification('registering', host, async () => {
      if (abilities.tellsConfiguration)
        await connection.client.register(DidChangeConfigurationNotification.type, { section: 'gatewalk' });
      if (abilities.watchesFiles)
        await connection.client.register(DidChangeWatchedFilesNotification.type, {
          watchers: watchedPatterns().map((globPattern) => ({ globPattern })),
        });
    });
  });
  connection.onDidChangeConfiguration(({ settings }) => {
    void loadSettings((settings as { readonly gatewalk?: unknown } | null)?.gatewalk);
  });

  const documents = new TextDocuments(TextDocument);
  documents.onDidOpen(({ document }) => {
    void guardedNotification('opening a file', host, () =>
      session.documentOpened(document.uri, document.getText(), document.languageId),
    );
  });
  documents.onDidChangeContent(({ document }) => {
    void guardedNotification('an edit', host, () =>
      session.documentChanged(document.uri, document.getText()),
    );
  });
  documents.onDidClose(({ document }) => {
    if (!abilities.pulls) void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
    void guardedNotification('closing a file', host, async () => {
      tokens.forget(await session.documentClosed(document.uri));
    });
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    void guardedNotification('changed files', host, () => session.filesChanged(changes.map((c) => c.uri)));
  });
  connection.onNotification(selectPacketNotification, (params: SelectPacketParams) => {
    session.selected = params;
    publisher.refreshHints();
  });

  const pulled = new PulledDiagnostics(session, publisher);
  const sessionEntries = [...sessionRequestTable, ...pulled.sessionEntries];
  for (const entry of [...requestTable, ...ownRequestTable, ...pulled.entries])
    connection.onRequest(entry.method, guarded(entry, session, host, scopeOf));
  for (const entry of sessionEntries)
    connection.onRequest(entry.method, guardedOfSession(entry, host, scopeOf));
  documents.listen(connection);
  connection.listen();
}

function watchedPatterns(): string[] {
  const names = [NETWORK_FILE_NAME, ...dialects.flatMap((d) => d.fileNames)];
  const endings = ['.conf', '.rules', ...dialects.flatMap((d) => d.fileEndings)];
  return [...new Set([...names.map((n) => `**/${n}`), ...endings.map((e) => `**/*${e}`)])];
}
