/**
 * The only place where offsets become positions of the protocol and back, and where the features' own values
 * become the protocol's. Lines and UTF-16 columns as the protocol counts them (`text/lineIndex.ts`).
 */
import {
  type CallHierarchyItem,
  type CodeAction,
  CodeActionKind,
  type CodeLens,
  type Command,
  type CompletionItem,
  CompletionItemKind,
  type Diagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type DocumentHighlight,
  DocumentHighlightKind,
  type DocumentSymbol,
  type FoldingRange,
  type Hover,
  type InlayHint,
  InsertTextFormat,
  type Location,
  MarkupKind,
  type Position,
  type TextEdit as ProtocolEdit,
  type Range,
  type SelectionRange,
  type SignatureHelp,
  SymbolKind,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import {
  makeExpectationCommand,
  type PickWalkArguments,
  pickWalkCommand,
  type WalkArguments,
  walkCommand,
} from '../../../protocol/src/requests';
import { anchorOf } from '../analysis/diagnostics/table';
import type { Snapshot } from '../analysis/snapshot';
import type { SourceFile } from '../analysis/sourceFile';
import type { Expectation, Signature } from '../dialects/dialect';
import type { GroupItem } from '../features/callHierarchy';
import type { FileChange, FixOffer } from '../features/codeActions';
import type { Lens } from '../features/codeLens';
import { completionDocumentation } from '../features/completion';
import type { OutlineEntry, OutlineKind } from '../features/documentSymbols';
import type { Fold } from '../features/foldingRanges';
import type { HoverInfo } from '../features/hover';
import type { InlayHint as InlayHintNote } from '../features/inlayHints';
import type { NamePlace } from '../features/names';
import type { Problem, Severity } from '../syntax/problem';
import { assertNever } from '../text/assertNever';
import type { TextEdit } from '../text/edit';
import type { TextRange } from '../text/range';
import type { Work } from '../text/work';

export function toOffset(file: SourceFile, position: Position): number {
  return file.lines.offsetAt(position);
}

export function toTextRange(file: SourceFile, range: Range): TextRange {
  const start = toOffset(file, range.start);
  return { start, end: Math.max(start, toOffset(file, range.end)) };
}

export function toRange(file: SourceFile, range: TextRange): Range {
  return { start: file.lines.positionAt(range.start), end: file.lines.positionAt(range.end) };
}

/** `docsUri`: where the documentation lies, for the link of the code. */
export function toDiagnostic(
  snapshot: Snapshot,
  file: SourceFile,
  problem: Problem,
  docsUri?: string,
): Diagnostic {
  const related = (problem.related ?? []).flatMap((place) => {
    const other = snapshot.files.get(place.file);
    if (other === undefined) return [];
    return [{ location: { uri: place.file, range: toRange(other, place.range) }, message: place.message }];
  });
  return {
    range: toRange(file, problem.range),
    severity: toSeverity(problem.severity),
    code: problem.code,
    ...(docsUri !== undefined && {
      codeDescription: { href: `${docsUri}/diagnostics.md#${anchorOf(problem.code)}` },
    }),
    source: 'gatewalk',
    message: problem.message,
    ...(problem.tag !== undefined && {
      tags: [problem.tag === 'unnecessary' ? DiagnosticTag.Unnecessary : DiagnosticTag.Deprecated],
    }),
    ...(related.length > 0 && { relatedInformation: related }),
  };
}

function toSeverity(severity: Severity): DiagnosticSeverity {
  switch (severity) {
    case 'error':
      return DiagnosticSeverity.Error;
    case 'warning':
      return DiagnosticSeverity.Warning;
    case 'information':
      return DiagnosticSeverity.Information;
    case 'hint':
      return DiagnosticSeverity.Hint;
    default:
      return assertNever(severity);
  }
}

export function toHover(file: SourceFile, hover: HoverInfo): Hover {
  return {
    contents: { kind: MarkupKind.Markdown, value: hover.markdown.join('\n\n---\n\n') },
    range: toRange(file, hover.range),
  };
}

export function toCodeLens(file: SourceFile, lens: Lens): CodeLens {
  return { range: toRange(file, lens.range), command: toCommand(file.uri, lens) };
}

function toCommand(uri: string, lens: Lens): Command {
  const { title } = lens;
  switch (lens.kind) {
    case 'walk': {
      const asked: WalkArguments = { uri, packet: lens.packet, reply: lens.reply };
      return { title, command: walkCommand, arguments: [asked] };
    }
    case 'expect': {
      const asked: WalkArguments = { uri, packet: lens.packet, reply: false };
      return { title, command: makeExpectationCommand, arguments: [asked] };
    }
    case 'hits': {
      const asked: PickWalkArguments = { uri, walks: lens.hits };
      return { title, command: pickWalkCommand, arguments: [asked] };
    }
    default:
      return assertNever(lens);
  }
}

export function* toDocumentSymbols(
  file: SourceFile,
  entries: readonly OutlineEntry[],
): Work<DocumentSymbol[]> {
  const symbols: DocumentSymbol[] = [];
  for (const entry of entries) {
    if (symbols.length % 128 === 127) yield;
    const range = toRange(file, entry.range);
    symbols.push({
      name: entry.name,
      detail: entry.detail,
      kind: symbolKinds[entry.kind],
      range,
      selectionRange: entry.nameRange === undefined ? range : toRange(file, entry.nameRange),
      ...(entry.children.length > 0 && { children: yield* toDocumentSymbols(file, entry.children) }),
    });
  }
  return symbols;
}

export const symbolKinds: Readonly<Record<OutlineKind, SymbolKind>> = {
  section: SymbolKind.Module,
  gateway: SymbolKind.Class,
  interface: SymbolKind.Interface,
  network: SymbolKind.Namespace,
  host: SymbolKind.Object,
  packet: SymbolKind.Event,
  expectation: SymbolKind.Boolean,
  rule: SymbolKind.Function,
  group: SymbolKind.Namespace,
  mapping: SymbolKind.Interface,
  policy: SymbolKind.Class,
  association: SymbolKind.Key,
  variable: SymbolKind.Variable,
  pool: SymbolKind.Array,
  command: SymbolKind.Event,
};

/** Documentation that `completionItem/resolve` finds again is left out: long lists would carry a manual along. */
export function toCompletionItem(file: SourceFile, expected: Expectation, index: number): CompletionItem {
  const { dialect } = file;
  const isKnown =
    dialect !== undefined &&
    expected.documentation !== undefined &&
    completionDocumentation(dialect.id, expected.label) === expected.documentation;
  return {
    label: expected.label,
    kind: completionKinds[expected.kind],
    ...(expected.detail !== undefined && { detail: expected.detail }),
    // In the order given: the grammar's own words first.
    sortText: String(index).padStart(5, '0'),
    ...(isKnown && { data: { dialect: dialect.id, word: expected.label } }),
    ...(expected.documentation !== undefined &&
      !isKnown && {
        documentation: { kind: MarkupKind.Markdown, value: expected.documentation },
      }),
    insertTextFormat: expected.isSnippet === true ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    // What the user has typed is compared with what would be inserted, which may start otherwise than the label.
    ...(expected.isSnippet !== true && expected.insert !== expected.label && { filterText: expected.insert }),
    textEdit: { range: toRange(file, expected.replace), newText: expected.insert },
  };
}

const completionKinds: Readonly<Record<Expectation['kind'], CompletionItemKind>> = {
  action: CompletionItemKind.Keyword,
  keyword: CompletionItemKind.Keyword,
  option: CompletionItemKind.Property,
  operator: CompletionItemKind.Operator,
  protocol: CompletionItemKind.EnumMember,
  service: CompletionItemKind.Constant,
  algorithm: CompletionItemKind.EnumMember,
  constant: CompletionItemKind.Constant,
  interface: CompletionItemKind.Interface,
  name: CompletionItemKind.Reference,
  address: CompletionItemKind.Value,
  snippet: CompletionItemKind.Snippet,
};

/** Undefined when the file has gone since. */
export function toLocation(snapshot: Snapshot, place: NamePlace): Location | undefined {
  const file = snapshot.files.get(place.uri);
  return file === undefined ? undefined : { uri: place.uri, range: toRange(file, place.range) };
}

export function toHighlight(file: SourceFile, place: NamePlace): DocumentHighlight {
  return {
    range: toRange(file, place.range),
    kind: place.role === 'definition' ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
  };
}

export function toFoldingRange(fold: Fold): FoldingRange {
  return { startLine: fold.startLine, endLine: fold.endLine, kind: fold.kind };
}

export function toProtocolEdit(file: SourceFile, edit: TextEdit): ProtocolEdit {
  return { range: toRange(file, edit), newText: edit.text };
}

export function toCodeAction(
  snapshot: Snapshot,
  file: SourceFile,
  offer: FixOffer,
  docsUri?: string,
): CodeAction {
  return {
    title: offer.fix.title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [toDiagnostic(snapshot, file, offer.problem, docsUri)],
    ...(offer.fix.preferred === true && { isPreferred: true }),
    edit: { changes: { [file.uri]: offer.fix.edits.map((e) => toProtocolEdit(file, e)) } },
  };
}

export function toInlayHint(file: SourceFile, note: InlayHintNote): InlayHint {
  return {
    position: file.lines.positionAt(note.offset),
    label: note.text,
    paddingLeft: true,
    ...(note.tooltip !== undefined && { tooltip: note.tooltip }),
  };
}

export function toSignatureHelp({ label, documentation, parameters, active }: Signature): SignatureHelp {
  return {
    signatures: [
      {
        label,
        ...(documentation !== undefined && { documentation }),
        parameters: parameters.map((p) => ({
          label: [p.range.start, p.range.end],
          documentation: { kind: MarkupKind.Markdown, value: p.documentation },
        })),
        activeParameter: active ?? null,
      },
    ],
    activeSignature: 0,
    activeParameter: active ?? null,
  };
}

/** Innermost first, as the protocol chains them. */
export function toSelectionRange(file: SourceFile, ranges: readonly TextRange[]): SelectionRange {
  let chain: SelectionRange | undefined;
  for (const range of [...ranges].reverse())
    chain = { range: toRange(file, range), ...(chain !== undefined && { parent: chain }) };
  return chain ?? { range: toRange(file, { start: 0, end: 0 }) };
}

/** Edits of files that are there, and files that begin with them. */
export function toWorkspaceEdit(snapshot: Snapshot, changes: readonly FileChange[]): WorkspaceEdit {
  if (changes.every((c) => !c.isNew)) {
    const byUri: Record<string, ProtocolEdit[]> = {};
    for (const { uri, edits } of changes) {
      const file = snapshot.files.get(uri);
      if (file !== undefined) byUri[uri] = edits.map((e) => toProtocolEdit(file, e));
    }
    return { changes: byUri };
  }
  const atStart = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  return {
    documentChanges: changes.flatMap(
      ({ uri, isNew, edits }): NonNullable<WorkspaceEdit['documentChanges']> => {
        const file = snapshot.files.get(uri);
        const textDocument = { uri, version: null };
        if (isNew)
          return [
            { kind: 'create', uri, options: { ignoreIfExists: true } },
            { textDocument, edits: edits.map((e) => ({ range: atStart, newText: e.text })) },
          ];
        return file === undefined ? [] : [{ textDocument, edits: edits.map((e) => toProtocolEdit(file, e)) }];
      },
    ),
  };
}

export function toCallItem(snapshot: Snapshot, item: GroupItem): CallHierarchyItem | undefined {
  const file = snapshot.files.get(item.uri);
  if (file === undefined) return undefined;
  return {
    name: item.group === '' ? file.name : `group ${item.group}`,
    kind: item.group === '' ? SymbolKind.File : SymbolKind.Namespace,
    detail: item.group === '' ? 'rules of no group' : `${item.count} ${item.count === 1 ? 'rule' : 'rules'}`,
    uri: item.uri,
    range: toRange(file, item.range),
    selectionRange: toRange(file, item.nameRange),
    data: { group: item.group },
  };
}
