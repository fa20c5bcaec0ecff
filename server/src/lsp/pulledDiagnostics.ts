/** Diagnostics for clients that ask for them: of one file, and of every file of the gateways that are known. */
import {
  type DocumentDiagnosticParams,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
  DocumentDiagnosticRequest,
  type WorkspaceDiagnosticParams,
  type WorkspaceDiagnosticReport,
  WorkspaceDiagnosticRequest,
} from 'vscode-languageserver';
import type { SourceFile } from '../analysis/sourceFile';
import type { Work } from '../text/work';
import { toDiagnostic } from './positions';
import type { Publisher } from './publisher';
import type { RequestEntry, SessionEntry, SessionScope } from './scope';
import type { Session } from './session';

interface Answered {
  readonly resultId: string;
  readonly items: string;
}

export class PulledDiagnostics {
  private readonly answered = new Map<string, Answered>();
  private count = 0;

  constructor(
    private readonly session: Session,
    private readonly publisher: Publisher,
  ) {}

  get entries(): readonly RequestEntry[] {
    return [
      {
        method: DocumentDiagnosticRequest.method,
        uriOf: (params) => (params as DocumentDiagnosticParams).textDocument.uri,
        empty: { kind: DocumentDiagnosticReportKind.Full, items: [] },
        answer: (scope, params) =>
          this.report(scope, scope.file, (params as DocumentDiagnosticParams).previousResultId),
      },
    ];
  }

  get sessionEntries(): readonly SessionEntry[] {
    return [
      {
        method: WorkspaceDiagnosticRequest.method,
        empty: { items: [] },
        answer: (scope, params) => this.workspace(scope, params as WorkspaceDiagnosticParams),
      },
    ];
  }

  private *workspace(
    scope: SessionScope,
    params: WorkspaceDiagnosticParams,
  ): Work<WorkspaceDiagnosticReport> {
    const previous = new Map(params.previousResultIds.map(({ uri, value }) => [uri, value]));
    const clientUris = new Map(this.session.openFiles.map(({ uri, clientUri }) => [uri, clientUri]));
    const items: WorkspaceDiagnosticReport['items'] = [];
    for (const file of scope.snapshot.files.values()) {
      const uri = clientUris.get(file.uri) ?? file.uri;
      items.push({ ...(yield* this.report(scope, file, previous.get(uri))), uri, version: null });
      yield;
    }
    // What has gone is emptied where the client still shows it.
    for (const uri of previous.keys())
      if (!items.some((i) => i.uri === uri))
        items.push({ kind: DocumentDiagnosticReportKind.Full, items: [], uri, version: null });
    return { items };
  }

  private *report(
    scope: SessionScope,
    file: SourceFile,
    previousId: string | undefined,
  ): Work<Exclude<DocumentDiagnosticReport, { relatedDocuments: object }>> {
    const found = yield* this.publisher.problemsNow(scope.snapshot, file.uri);
    const items = found.map((p) => toDiagnostic(scope.snapshot, file, p, scope.docsUri));
    const text = JSON.stringify(items);
    const last = this.answered.get(file.uri);
    if (last?.items === text && last.resultId === previousId)
      return { kind: DocumentDiagnosticReportKind.Unchanged, resultId: last.resultId };
    const resultId = last?.items === text ? last.resultId : String(++this.count);
    this.answered.set(file.uri, { resultId, items: text });
    return { kind: DocumentDiagnosticReportKind.Full, resultId, items };
  }
}
