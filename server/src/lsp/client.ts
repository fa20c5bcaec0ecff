/** What the client at the other end can do, as it said in `initialize`. */
import type { ClientCapabilities, Connection, InitializeParams } from 'vscode-languageserver';
import type { InitializationOptions } from '../../../protocol/src/requests';

export interface ClientAbilities {
  readonly watchesFiles: boolean;
  readonly hasConfiguration: boolean;
  readonly tellsConfiguration: boolean;
  /** Asks for diagnostics, so that none are sent. */
  readonly pulls: boolean;
  readonly refreshesDiagnostics: boolean;
  readonly refreshesTokens: boolean;
  readonly refreshesHints: boolean;
  readonly refreshesLenses: boolean;
  readonly showsProgress: boolean;
  readonly readsFiles: boolean;
  readonly docsUri: string | undefined;
}

export function abilitiesOf(
  params: Pick<InitializeParams, 'capabilities' | 'initializationOptions'>,
): ClientAbilities {
  const { workspace, textDocument, window }: ClientCapabilities = params.capabilities;
  const options = optionsOf(params.initializationOptions);
  return {
    watchesFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    hasConfiguration: workspace?.configuration === true,
    tellsConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    pulls: textDocument?.diagnostic !== undefined,
    refreshesDiagnostics: workspace?.diagnostics?.refreshSupport === true,
    refreshesTokens: workspace?.semanticTokens?.refreshSupport === true,
    refreshesHints: workspace?.inlayHint?.refreshSupport === true,
    refreshesLenses: workspace?.codeLens?.refreshSupport === true,
    showsProgress: window?.workDoneProgress === true,
    readsFiles: options.readsFiles === true,
    docsUri: options.docsUri,
  };
}

function optionsOf(value: unknown): InitializationOptions {
  if (typeof value !== 'object' || value === null) return {};
  const { docsUri, readsFiles } = value as Record<string, unknown>;
  return {
    ...(typeof docsUri === 'string' && docsUri !== '' && { docsUri: docsUri.replace(/\/+$/, '') }),
    ...(readsFiles === true && { readsFiles }),
  };
}

export interface Progress {
  report(done: number, of: number): void;
  done(): void;
}

/** Appears with the first report: quick work shows none. */
export function progressOf(connection: Connection, abilities: ClientAbilities, title: string): Progress {
  let reporter: ReturnType<Connection['window']['createWorkDoneProgress']> | undefined;
  let isDone = false;
  return {
    report(done, of) {
      if (!abilities.showsProgress || isDone) return;
      const percentage = Math.floor((done * 100) / Math.max(1, of));
      if (reporter === undefined) {
        reporter = connection.window.createWorkDoneProgress();
        reporter.then(
          (r) => r.begin(title, percentage),
          () => undefined,
        );
      }
      reporter.then(
        (r) => r.report(percentage),
        () => undefined,
      );
    },
    done() {
      isDone = true;
      reporter?.then(
        (r) => r.done(),
        () => undefined,
      );
    },
  };
}
