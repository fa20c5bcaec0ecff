/** Joins a connection with a session: registers every handler, and nothing else. */
import {
  type Connection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { NETWORK_FILE_NAME, type Workspace } from '../analysis/workspace';
import { dialects } from '../dialects';
import { capabilities } from './capabilities';
import type { FileSystem } from './fileSystem';
import { guarded, guardedNotification } from './guard';
import { type PublisherHost, publishOnChange } from './publisher';
import { requestTable } from './requests';
import { Session } from './session';

export interface ServerParts {
  readonly workspace: Workspace;
  readonly files: FileSystem;
  readonly host: Pick<PublisherHost, 'breathe' | 'now' | 'after'>;
}

export function startServer(connection: Connection, parts: ServerParts): void {
  const session = new Session(parts.workspace, parts.files);
  const host: PublisherHost = {
    ...parts.host,
    reportBug: (text) => connection.console.error(`A bug in Gatewalk, please report it: ${text}`),
  };
  let watches = false;

  connection.onInitialize((params: InitializeParams) => {
    watches = params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    return { capabilities, serverInfo: { name: 'gatewalk' } };
  });
  connection.onInitialized(() => {
    if (!watches) return;
    void guardedNotification('registering for file changes', host, async () => {
      await connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: watchedPatterns().map((globPattern) => ({ globPattern })),
      });
    });
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
    void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
    void guardedNotification('closing a file', host, () => session.documentClosed(document.uri));
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    void guardedNotification('changed files', host, () => session.filesChanged(changes.map((c) => c.uri)));
  });

  for (const entry of requestTable) connection.onRequest(entry.method, guarded(entry, session, host));
  publishOnChange(connection, session, host);
  documents.listen(connection);
  connection.listen();
}

function watchedPatterns(): string[] {
  const names = [NETWORK_FILE_NAME, ...dialects.flatMap((d) => d.fileNames)];
  const endings = ['.conf', '.rules', ...dialects.flatMap((d) => d.fileEndings)];
  return [...new Set([...names.map((n) => `**/${n}`), ...endings.map((e) => `**/*${e}`)])];
}
