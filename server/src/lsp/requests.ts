/**
 * The dispatch table: which request is answered by which feature, and what is answered when there is nothing
 * to say. A new feature is one entry here, one capability and one file in `features/`.
 */
import {
  CodeActionRequest,
  CodeLensRequest,
  CompletionRequest,
  DefinitionRequest,
  DocumentFormattingRequest,
  DocumentHighlightRequest,
  DocumentRangeFormattingRequest,
  DocumentSymbolRequest,
  FoldingRangeRequest,
  HoverRequest,
  InlayHintRequest,
  type ProtocolRequestType,
  ReferencesRequest,
  SemanticTokensDeltaRequest,
  SemanticTokensRangeRequest,
  SemanticTokensRequest,
} from 'vscode-languageserver';
import { codeActions } from '../features/codeActions';
import { codeLenses } from '../features/codeLens';
import { completion } from '../features/completion';
import { documentSymbols } from '../features/documentSymbols';
import { foldingRanges } from '../features/foldingRanges';
import { formatting } from '../features/formatting';
import { hover } from '../features/hover';
import { inlayHints } from '../features/inlayHints';
import { definitions, highlights, references } from '../features/names';
import { policyFile } from '../features/places';
import { deadStatements, semanticTokens } from '../features/semanticTokens';
import {
  toCodeAction,
  toCodeLens,
  toCompletionItem,
  toDocumentSymbol,
  toFoldingRange,
  toHighlight,
  toHover,
  toInlayHint,
  toLocation,
  toOffset,
  toProtocolEdit,
  toTextRange,
} from './positions';
import type { RequestEntry, RequestScope, SessionEntry } from './scope';
import { encodeTokens, origin } from './semanticTokenEncoding';

export const requestTable: readonly RequestEntry[] = [
  entry(HoverRequest.type, null, ({ snapshot, uri, file }, { position }) => {
    const found = hover(snapshot, uri, toOffset(file, position));
    return found === undefined ? null : toHover(file, found);
  }),
  entry(CompletionRequest.type, [], ({ snapshot, uri, file }, { position }) =>
    completion(snapshot, uri, toOffset(file, position)).map((e) => toCompletionItem(file, e)),
  ),
  entry(DefinitionRequest.type, [], ({ snapshot, uri, file }, { position }) =>
    definitions(snapshot, uri, toOffset(file, position)).flatMap((p) => toLocation(snapshot, p) ?? []),
  ),
  entry(ReferencesRequest.type, [], ({ snapshot, uri, file }, { position, context }) =>
    references(snapshot, uri, toOffset(file, position), context.includeDeclaration).flatMap(
      (p) => toLocation(snapshot, p) ?? [],
    ),
  ),
  entry(DocumentHighlightRequest.type, [], ({ snapshot, uri, file }, { position }) =>
    highlights(snapshot, uri, toOffset(file, position)).map((p) => toHighlight(file, p)),
  ),
  entry(DocumentSymbolRequest.type, [], ({ snapshot, uri, file }) =>
    documentSymbols(snapshot, uri).map((e) => toDocumentSymbol(file, e)),
  ),
  entry(FoldingRangeRequest.type, [], ({ snapshot, uri }) =>
    foldingRanges(snapshot, uri).map(toFoldingRange),
  ),
  entry(CodeActionRequest.type, [], ({ snapshot, uri, file, docsUri }, { range }) =>
    codeActions(snapshot, uri, toTextRange(file, range)).map((o) => toCodeAction(snapshot, file, o, docsUri)),
  ),
  entry(CodeLensRequest.type, [], ({ snapshot, uri, file }) =>
    codeLenses(snapshot, uri).map((l) => toCodeLens(file, l)),
  ),
  entry(DocumentFormattingRequest.type, [], ({ snapshot, uri, file }) =>
    formatting(snapshot, uri).map((e) => toProtocolEdit(file, e)),
  ),
  entry(DocumentRangeFormattingRequest.type, [], ({ snapshot, uri, file }, { range }) =>
    formatting(snapshot, uri, toTextRange(file, range)).map((e) => toProtocolEdit(file, e)),
  ),
  entry(InlayHintRequest.type, [], ({ snapshot, uri, file }, { range }) =>
    inlayHints(snapshot, uri, toTextRange(file, range)).map((n) => toInlayHint(file, n)),
  ),
  entry(SemanticTokensRequest.type, { data: [] }, ({ snapshot, uri, tokens, knownFindings }) => {
    const policy = policyFile(snapshot, uri);
    return policy === undefined
      ? { data: [] }
      : tokens.full(policy, deadStatements(policy, knownFindings(uri)));
  }),
  entry(
    SemanticTokensDeltaRequest.type,
    { data: [] },
    ({ snapshot, uri, tokens, knownFindings }, { previousResultId }) => {
      const policy = policyFile(snapshot, uri);
      if (policy === undefined) return { data: [] };
      return tokens.delta(policy, deadStatements(policy, knownFindings(uri)), previousResultId);
    },
  ),
  entry(
    SemanticTokensRangeRequest.type,
    { data: [] },
    ({ snapshot, uri, file, knownFindings }, { range }) => {
      const policy = policyFile(snapshot, uri);
      if (policy === undefined) return { data: [] };
      const dead = deadStatements(policy, knownFindings(uri));
      const data: number[] = [];
      encodeTokens(file, semanticTokens(snapshot, uri, toTextRange(file, range), dead), origin, data);
      return { data };
    },
  ),
];

export const sessionRequestTable: readonly SessionEntry[] = [];

/** A request of the language server protocol: its URI is that of the text document. */
function entry<P extends { readonly textDocument: { readonly uri: string } }, R, Partial, Error, Options>(
  type: ProtocolRequestType<P, R, Partial, Error, Options>,
  empty: NoInfer<R>,
  answer: (scope: RequestScope, params: NoInfer<P>) => NoInfer<R>,
): RequestEntry {
  return {
    method: type.method,
    uriOf: (params) => (params as P).textDocument.uri,
    empty,
    answer: (scope, params) => answer(scope, params as P),
  };
}
