import { CodeActionKind, type ServerCapabilities, TextDocumentSyncKind } from 'vscode-languageserver';
import type { ClientAbilities } from './client';
import { semanticTokensLegend } from './semanticTokenEncoding';

/** Every entry has its line in the tables of `requests.ts`; a test compares the two. */
export function capabilitiesFor(abilities: ClientAbilities): ServerCapabilities {
  return {
    ...capabilities,
    // Who is sent diagnostics and asks for them, too, would show each twice.
    ...(abilities.pulls && {
      diagnosticProvider: {
        identifier: 'gatewalk',
        interFileDependencies: true,
        workspaceDiagnostics: true,
      },
    }),
  };
}

export const capabilities: ServerCapabilities = {
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
  hoverProvider: true,
  completionProvider: { resolveProvider: true, triggerCharacters: ['/', '>'] },
  signatureHelpProvider: { triggerCharacters: [' '], retriggerCharacters: [' '] },
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  documentSymbolProvider: true,
  foldingRangeProvider: true,
  selectionRangeProvider: true,
  documentLinkProvider: {},
  callHierarchyProvider: true,
  workspaceSymbolProvider: true,
  renameProvider: { prepareProvider: true },
  documentOnTypeFormattingProvider: { firstTriggerCharacter: '\n' },
  codeActionProvider: {
    codeActionKinds: [
      CodeActionKind.QuickFix,
      CodeActionKind.RefactorExtract,
      CodeActionKind.RefactorRewrite,
    ],
    resolveProvider: true,
  },
  codeLensProvider: {},
  documentFormattingProvider: true,
  documentRangeFormattingProvider: true,
  inlayHintProvider: true,
  semanticTokensProvider: { legend: semanticTokensLegend, full: { delta: true }, range: true },
};
