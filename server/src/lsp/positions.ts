/**
 * The only place where offsets become positions of the protocol and back, and where the features' own values
 * become the protocol's. Lines and UTF-16 columns as the protocol counts them (`text/lineIndex.ts`).
 */
import {
  type CodeAction,
  CodeActionKind,
  type CodeLens,
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
  SymbolKind,
} from 'vscode-languageserver';
import { anchorOf } from '../analysis/diagnostics/table';
import type { Snapshot } from '../analysis/snapshot';
import type { SourceFile } from '../analysis/sourceFile';
import type { Expectation, InlayNote, StatementSymbol } from '../dialects/dialect';
import type { FixOffer } from '../features/codeActions';
import type { WalkLens } from '../features/codeLens';
import type { OutlineEntry } from '../features/documentSymbols';
import type { Fold } from '../features/foldingRanges';
import type { HoverInfo } from '../features/hover';
import type { NamePlace } from '../features/names';
import type { Problem, Severity } from '../syntax/problem';
import { assertNever } from '../text/assertNever';
import type { TextEdit } from '../text/edit';
import type { TextRange } from '../text/range';

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

export function toCodeLens(file: SourceFile, lens: WalkLens): CodeLens {
  return {
    range: toRange(file, lens.range),
    command: {
      title: lens.title,
      command: 'gatewalk.walk',
      arguments: [{ uri: file.uri, packet: lens.packet, reply: lens.reply }],
    },
  };
}

export function toDocumentSymbol(file: SourceFile, entry: OutlineEntry): DocumentSymbol {
  const range = toRange(file, entry.range);
  return {
    name: entry.name,
    detail: entry.detail,
    kind: symbolKinds[entry.kind],
    range,
    selectionRange: range,
    ...(entry.children.length > 0 && { children: entry.children.map((c) => toDocumentSymbol(file, c)) }),
  };
}

const symbolKinds: Readonly<Record<StatementSymbol['kind'], SymbolKind>> = {
  rule: SymbolKind.Function,
  group: SymbolKind.Namespace,
  mapping: SymbolKind.Interface,
  policy: SymbolKind.Class,
  association: SymbolKind.Key,
  variable: SymbolKind.Variable,
  pool: SymbolKind.Array,
  command: SymbolKind.Event,
};

export function toCompletionItem(file: SourceFile, expected: Expectation): CompletionItem {
  return {
    label: expected.label,
    kind: completionKinds[expected.kind],
    ...(expected.detail !== undefined && { detail: expected.detail }),
    ...(expected.documentation !== undefined && {
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

export function toInlayHint(file: SourceFile, note: InlayNote): InlayHint {
  return {
    position: file.lines.positionAt(note.offset),
    label: note.text,
    paddingLeft: true,
    ...(note.tooltip !== undefined && { tooltip: note.tooltip }),
  };
}
