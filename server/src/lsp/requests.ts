/**
 * The dispatch table: which request is answered by which feature, and what is answered when there is nothing
 * to say. A new feature is one entry here, one capability and one file in `features/`.
 */
import {
  CallHierarchyIncomingCallsRequest,
  type CallHierarchyItem,
  CallHierarchyOutgoingCallsRequest,
  CallHierarchyPrepareRequest,
  type CodeAction,
  CodeActionKind,
  CodeActionRequest,
  CodeActionResolveRequest,
  CodeLensRequest,
  type CompletionItem,
  CompletionRequest,
  CompletionResolveRequest,
  DefinitionRequest,
  DocumentFormattingRequest,
  DocumentHighlightRequest,
  DocumentLinkRequest,
  DocumentOnTypeFormattingRequest,
  DocumentRangeFormattingRequest,
  DocumentSymbolRequest,
  FoldingRangeRequest,
  HoverRequest,
  InlayHintRequest,
  MarkupKind,
  PrepareRenameRequest,
  type ProtocolRequestType,
  type Range,
  ReferencesRequest,
  RenameRequest,
  SelectionRangeRequest,
  SemanticTokensDeltaRequest,
  SemanticTokensRangeRequest,
  SemanticTokensRequest,
  SignatureHelpRequest,
  type WorkspaceSymbolParams,
  WorkspaceSymbolRequest,
} from 'vscode-languageserver';
import { callees, callers, groupAt, prepareGroups } from '../features/callHierarchy';
import { codeActions, packetForRuleAt, type Refactoring, refactorings } from '../features/codeActions';
import { codeLenses } from '../features/codeLens';
import { completion, completionDocumentation } from '../features/completion';
import { documentLinks } from '../features/documentLinks';
import { documentSymbolsInPieces } from '../features/documentSymbols';
import { foldingRangesInPieces } from '../features/foldingRanges';
import { formattingInPieces, formattingOnLineEnd } from '../features/formatting';
import { hover } from '../features/hover';
import { inlayHintsInPieces } from '../features/inlayHints';
import {
  definitions,
  highlightsInPieces,
  prepareRename,
  referencesInPieces,
  renameInPieces,
} from '../features/names';
import { policyFile } from '../features/places';
import { selectionRanges } from '../features/selectionRanges';
import { deadStatements, semanticTokensInPieces } from '../features/semanticTokens';
import { signatureHelp } from '../features/signatureHelp';
import { workspaceSymbolsInPieces } from '../features/workspaceSymbols';
import { assertNever } from '../text/assertNever';
import { mapInPieces, type Work } from '../text/work';
import { refused } from './guard';
import {
  symbolKinds,
  toCallItem,
  toCodeAction,
  toCodeLens,
  toCompletionItem,
  toDocumentSymbols,
  toFoldingRange,
  toHighlight,
  toHover,
  toInlayHint,
  toLocation,
  toOffset,
  toProtocolEdit,
  toRange,
  toSelectionRange,
  toSignatureHelp,
  toTextRange,
  toWorkspaceEdit,
} from './positions';
import type { RequestEntry, RequestScope, SessionEntry } from './scope';
import { encodeTokens, origin } from './semanticTokenEncoding';

export const requestTable: readonly RequestEntry[] = [
  entry(HoverRequest.type, null, ({ snapshot, uri, file }, { position }) => {
    const found = hover(snapshot, uri, toOffset(file, position));
    return found === undefined ? null : toHover(file, found);
  }),
  entry(CompletionRequest.type, [], ({ snapshot, uri, file }, { position }) =>
    completion(snapshot, uri, toOffset(file, position)).map((e, i) => toCompletionItem(file, e, i)),
  ),
  entry(DefinitionRequest.type, [], ({ snapshot, uri, file }, { position }) =>
    definitions(snapshot, uri, toOffset(file, position)).flatMap((p) => toLocation(snapshot, p) ?? []),
  ),
  entry(ReferencesRequest.type, [], function* ({ snapshot, uri, file }, { position, context }) {
    const { includeDeclaration } = context;
    const places = yield* referencesInPieces(snapshot, uri, toOffset(file, position), includeDeclaration);
    return (yield* mapInPieces(places, (p) => toLocation(snapshot, p))).filter((l) => l !== undefined);
  }),
  entry(DocumentHighlightRequest.type, [], function* ({ snapshot, uri, file }, { position }) {
    const places = yield* highlightsInPieces(snapshot, uri, toOffset(file, position));
    return yield* mapInPieces(places, (p) => toHighlight(file, p));
  }),
  entry(DocumentSymbolRequest.type, [], function* ({ snapshot, uri, file }) {
    return yield* toDocumentSymbols(file, yield* documentSymbolsInPieces(snapshot, uri));
  }),
  entry(FoldingRangeRequest.type, [], function* ({ snapshot, uri }) {
    return (yield* foldingRangesInPieces(snapshot, uri)).map(toFoldingRange);
  }),
  entry(CodeActionRequest.type, [], (scope, { range, context }) => {
    const { snapshot, uri, file, docsUri } = scope;
    const selection = toTextRange(file, range);
    const wanted = (kind: string) => context.only?.every((only) => !isKindOf(kind, only)) !== true;
    const found = wanted(CodeActionKind.QuickFix)
      ? codeActions(snapshot, uri, selection, [...snapshot.problemsOf(uri), ...scope.knownFindings(uri)])
      : [];
    const others = refactorings(snapshot, uri, selection).map((r) => toRefactoring(scope, r));
    return [
      ...found.map((o) => toCodeAction(snapshot, file, o, docsUri)),
      ...others.filter((a) => wanted(a.kind ?? '')),
    ];
  }),
  entry(CodeLensRequest.type, [], ({ snapshot, uri, file, settings }) =>
    codeLenses(snapshot, uri, settings.codeLens).map((l) => toCodeLens(file, l)),
  ),
  entry(SignatureHelpRequest.type, null, ({ snapshot, uri, file }, { position }) => {
    const found = signatureHelp(snapshot, uri, toOffset(file, position));
    return found === undefined ? null : toSignatureHelp(found);
  }),
  entry(PrepareRenameRequest.type, null, ({ snapshot, uri, file }, { position }) => {
    const found = prepareRename(snapshot, uri, toOffset(file, position));
    if (found === undefined) return null;
    if ('error' in found) throw refused(found.error);
    return { range: toRange(file, found.range), placeholder: found.name };
  }),
  entry(RenameRequest.type, null, function* ({ snapshot, uri, file }, { position, newName }) {
    const found = yield* renameInPieces(snapshot, uri, toOffset(file, position), newName);
    if ('error' in found) throw refused(found.error);
    const changes = [...found].map(([name, edits]) => ({ uri: name, isNew: false, edits }));
    return toWorkspaceEdit(snapshot, changes);
  }),
  entry(SelectionRangeRequest.type, [], ({ snapshot, uri, file }, { positions }) =>
    positions.map((p) => toSelectionRange(file, selectionRanges(snapshot, uri, toOffset(file, p)))),
  ),
  entry(DocumentLinkRequest.type, [], ({ snapshot, uri, file }) =>
    documentLinks(snapshot, uri).map(({ range, target }) => ({ range: toRange(file, range), target })),
  ),
  entry(CallHierarchyPrepareRequest.type, null, function* ({ snapshot, uri, file }, { position }) {
    yield* prepareGroups(snapshot, uri);
    const item = groupAt(snapshot, uri, toOffset(file, position));
    const found = item && toCallItem(snapshot, item);
    return found === undefined ? null : [found];
  }),
  entry(DocumentOnTypeFormattingRequest.type, [], ({ snapshot, uri, file }, { position }) =>
    formattingOnLineEnd(snapshot, uri, toOffset(file, position)).map((e) => toProtocolEdit(file, e)),
  ),
  entry(DocumentFormattingRequest.type, [], function* ({ snapshot, uri, file }) {
    return yield* mapInPieces(yield* formattingInPieces(snapshot, uri), (e) => toProtocolEdit(file, e));
  }),
  entry(DocumentRangeFormattingRequest.type, [], function* ({ snapshot, uri, file }, { range }) {
    const edits = yield* formattingInPieces(snapshot, uri, toTextRange(file, range));
    return yield* mapInPieces(edits, (e) => toProtocolEdit(file, e));
  }),
  entry(InlayHintRequest.type, [], function* ({ snapshot, uri, file, settings, selected }, { range }) {
    const part = toTextRange(file, range);
    const hints = yield* inlayHintsInPieces(snapshot, uri, part, settings.inlayHints, selected);
    return yield* mapInPieces(hints, (n) => toInlayHint(file, n));
  }),
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
    function* ({ snapshot, uri, file, knownFindings }, { range }) {
      const policy = policyFile(snapshot, uri);
      if (policy === undefined) return { data: [] };
      const dead = deadStatements(policy, knownFindings(uri));
      const data: number[] = [];
      const found = yield* semanticTokensInPieces(snapshot, uri, toTextRange(file, range), dead);
      encodeTokens(file.lines, 0, found, false, origin, data);
      return { data };
    },
  ),
];

export const sessionRequestTable: readonly SessionEntry[] = [
  {
    method: WorkspaceSymbolRequest.method,
    empty: [],
    *answer({ snapshot }, params) {
      const symbols = yield* workspaceSymbolsInPieces(snapshot, (params as WorkspaceSymbolParams).query);
      return symbols.flatMap((found) => {
        const file = snapshot.files.get(found.uri);
        if (file === undefined) return [];
        const location = { uri: found.uri, range: toRange(file, found.range) };
        return [
          { name: found.name, kind: symbolKinds[found.kind], location, containerName: found.container },
        ];
      });
    },
  },
  {
    method: CompletionResolveRequest.method,
    empty: null,
    answer: (_, params) => {
      const item = params as CompletionItem;
      const { dialect, word } = (item.data ?? {}) as { dialect?: string; word?: string };
      const value =
        dialect === undefined || word === undefined ? undefined : completionDocumentation(dialect, word);
      return value === undefined ? item : { ...item, documentation: { kind: MarkupKind.Markdown, value } };
    },
  },
  {
    method: CodeActionResolveRequest.method,
    empty: null,
    answer: ({ snapshot }, params) => {
      const action = params as CodeAction;
      const { uri, offset } = (action.data ?? {}) as { uri?: string; offset?: number };
      if (uri === undefined || offset === undefined) return action;
      const offer = packetForRuleAt(snapshot, uri, offset);
      if ('error' in offer) throw refused(offer.error);
      return {
        ...action,
        edit: toWorkspaceEdit(snapshot, [{ uri: offer.uri, isNew: false, edits: [offer.edit] }]),
      };
    },
  },
  groupCalls(CallHierarchyIncomingCallsRequest.method, callers, (item, fromRanges) => ({
    from: item,
    fromRanges,
  })),
  groupCalls(CallHierarchyOutgoingCallsRequest.method, callees, (item, fromRanges) => ({
    to: item,
    fromRanges,
  })),
];

function groupCalls(
  method: string,
  find: typeof callers,
  shape: (item: CallHierarchyItem, fromRanges: Range[]) => unknown,
): SessionEntry {
  return {
    method,
    empty: [],
    *answer({ snapshot }, params) {
      const { item } = params as { readonly item: CallHierarchyItem };
      const { group = '' } = (item.data ?? {}) as { group?: string };
      yield* prepareGroups(snapshot, item.uri);
      return find(snapshot, item.uri, group).flatMap((call) => {
        const found = toCallItem(snapshot, call.item);
        // The heads stand in the calling group's file, whichever of the two is asked about.
        const holder = snapshot.files.get(
          method === CallHierarchyIncomingCallsRequest.method ? call.item.uri : item.uri,
        );
        if (found === undefined || holder === undefined) return [];
        return [
          shape(
            found,
            call.from.map((range) => toRange(holder, range)),
          ),
        ];
      });
    },
  };
}

/** `refactor.extract` is a `refactor`. */
function isKindOf(kind: string, wanted: string): boolean {
  return wanted === '' || kind === wanted || kind.startsWith(`${wanted}.`);
}

function toRefactoring({ snapshot, uri }: RequestScope, offer: Refactoring): CodeAction {
  const { title } = offer;
  switch (offer.kind) {
    case 'find-packet':
      return { title, kind: CodeActionKind.RefactorRewrite, data: { uri, offset: offer.offset } };
    case 'edits':
      return { title, kind: CodeActionKind.RefactorExtract, edit: toWorkspaceEdit(snapshot, offer.files) };
    default:
      return assertNever(offer);
  }
}

/** A request of the language server protocol: its URI is that of the text document. */
function entry<P extends { readonly textDocument: { readonly uri: string } }, R, Partial, Error, Options>(
  type: ProtocolRequestType<P, R, Partial, Error, Options>,
  empty: NoInfer<R>,
  answer: (scope: RequestScope, params: NoInfer<P>) => NoInfer<R> | Work<NoInfer<R>>,
): RequestEntry {
  return {
    method: type.method,
    uriOf: (params) => (params as P).textDocument.uri,
    empty,
    answer: (scope, params) => answer(scope, params as P),
  };
}
