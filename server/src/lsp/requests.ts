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
  SemanticTokensRangeRequest,
  SemanticTokensRequest,
} from 'vscode-languageserver';
import {
  type PacketsParams,
  type PacketsResult,
  packetsRequest,
  type TraceParams,
  type TraceResult,
  traceRequest,
} from '../../../protocol/src/requests';
import type { Snapshot } from '../analysis/snapshot';
import type { SourceFile } from '../analysis/sourceFile';
import { codeActions } from '../features/codeActions';
import { codeLenses } from '../features/codeLens';
import { completion } from '../features/completion';
import { documentSymbols } from '../features/documentSymbols';
import { foldingRanges } from '../features/foldingRanges';
import { formatting } from '../features/formatting';
import { hover } from '../features/hover';
import { inlayHints } from '../features/inlayHints';
import { definitions, highlights, references } from '../features/names';
import { packetList } from '../features/packetList';
import { semanticTokens } from '../features/semanticTokens';
import { traceOf } from '../features/walks';
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
import { encodeSemanticTokens } from './semanticTokenEncoding';

/** What a handler may look at: one moment of the workspace, and the file that is asked about. */
export interface RequestScope {
  readonly snapshot: Snapshot;
  readonly uri: string;
  readonly file: SourceFile;
}

export interface RequestEntry {
  readonly method: string;
  /** The URI a request is about, in the client's spelling. Throws on parameters of another shape. */
  uriOf(params: unknown): string;
  /** Answered for a file that is not there, and after a bug. */
  readonly empty: unknown;
  answer(scope: RequestScope, params: unknown): unknown;
}

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
  entry(CodeActionRequest.type, [], ({ snapshot, uri, file }, { range }) =>
    codeActions(snapshot, uri, toTextRange(file, range)).map((o) => toCodeAction(snapshot, file, o)),
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
  entry(SemanticTokensRequest.type, { data: [] }, ({ snapshot, uri, file }) =>
    encodeSemanticTokens(file, semanticTokens(snapshot, uri)),
  ),
  entry(SemanticTokensRangeRequest.type, { data: [] }, ({ snapshot, uri, file }, { range }) =>
    encodeSemanticTokens(file, semanticTokens(snapshot, uri, toTextRange(file, range))),
  ),
  own<TraceParams, TraceResult>(
    traceRequest,
    { error: 'The file is not part of any gateway folder that the server has read.' },
    ({ snapshot, uri }, params) => {
      const project = snapshot.projectOf(uri);
      if (project === undefined) return { error: 'The file is not part of any gateway folder.' };
      return traceOf(snapshot, project, params);
    },
  ),
  own<PacketsParams, PacketsResult>(
    packetsRequest,
    { packets: [], platforms: [] },
    ({ snapshot, uri }): PacketsResult => packetList(snapshot, uri),
  ),
];

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

/** A request of `protocol/src/requests.ts`: its URI is a parameter. */
function own<P extends { readonly uri: string }, R>(
  method: string,
  empty: R,
  answer: (scope: RequestScope, params: P) => R,
): RequestEntry {
  return {
    method,
    uriOf: (params) => (params as P).uri,
    empty,
    answer: (scope, params) => answer(scope, params as P),
  };
}
