/** The requests of `protocol/src/requests.ts`: each is answered by one function of `features/`. */
import {
  type CheckPacketParams,
  type CheckPacketResult,
  type CompareParams,
  type CompareResult,
  checkPacketRequest,
  compareRequest,
  type DialectParams,
  type DialectResult,
  dialectRequest,
  type EditResult,
  type ExpectationsParams,
  type ExpectationsResult,
  type ExportParams,
  type ExportResult,
  expectationsRequest,
  exportRequest,
  type FindPacketParams,
  type FindPacketResult,
  findPacketRequest,
  type ImportPacketsParams,
  type ImportPacketsResult,
  importPacketsRequest,
  type MakeExpectationParams,
  makeExpectationRequest,
  type PacketsParams,
  type PacketsResult,
  packetsRequest,
  type Refusal,
  type RunExpectationsParams,
  type RunExpectationsResult,
  runExpectationsRequest,
  type SavePacketParams,
  savePacketRequest,
  type TablesParams,
  type TablesResult,
  type TraceParams,
  type TraceResult,
  tablesRequest,
  traceRequest,
} from '../../../protocol/src/requests';
import type { Project } from '../analysis/snapshot';
import { checkPacket } from '../features/checkPacket';
import { expectationList, runExpectations } from '../features/expectations';
import { exportWalk } from '../features/exportWalk';
import { findPacket } from '../features/findPacket';
import { importSamples } from '../features/importSamples';
import { languageChoice } from '../features/languageChoice';
import { type EditOffer, makeExpectation, savePacket } from '../features/packetEdits';
import { packetList } from '../features/packetList';
import { comparisonOf, findWalk, tablesOf, traceOf } from '../features/walks';
import { fragmentsToText } from '../simulator/trace';
import { toRange } from './positions';
import type { RequestEntry, RequestScope } from './scope';

const noFile: Refusal = { error: 'The file is not part of any gateway folder that the server has read.' };

export const ownRequestTable: readonly RequestEntry[] = [
  own<TraceParams, TraceResult>(traceRequest, noFile, (scope, params) =>
    ofProject(scope, (project) => traceOf(scope.snapshot, project, params)),
  ),
  own<PacketsParams, PacketsResult>(packetsRequest, { packets: [], platforms: [] }, ({ snapshot, uri }) =>
    packetList(snapshot, uri),
  ),
  own<CompareParams, CompareResult>(compareRequest, noFile, (scope, params) =>
    ofProject(scope, (project) => comparisonOf(scope.snapshot, project, params)),
  ),
  own<TablesParams, TablesResult>(tablesRequest, noFile, (scope, params) =>
    ofProject(scope, (project) => tablesOf(scope.snapshot, project, params)),
  ),
  own<ExportParams, ExportResult>(exportRequest, noFile, (scope, params) =>
    ofProject(scope, (project) => exportWalk(scope.snapshot, project, params)),
  ),
  own<CheckPacketParams, CheckPacketResult>(checkPacketRequest, { problems: [] }, (_, { text }) =>
    checkPacket(text),
  ),
  own<SavePacketParams, EditResult>(savePacketRequest, noFile, (scope, { name, text }) =>
    toEditResult(scope, savePacket(scope.snapshot, scope.uri, name, text)),
  ),
  own<ImportPacketsParams, ImportPacketsResult>(
    importPacketsRequest,
    { records: [], problems: [] },
    (_, { content }) => importSamples(content),
  ),
  own<MakeExpectationParams, EditResult>(makeExpectationRequest, noFile, (scope, params) =>
    ofProject(scope, (project): EditResult => {
      const found = findWalk(project, params);
      if ('error' in found) return found;
      return toEditResult(scope, makeExpectation(scope.snapshot, project, found.walk));
    }),
  ),
  own<FindPacketParams, FindPacketResult>(findPacketRequest, noFile, ({ snapshot, uri, file }, { line }) => {
    const part = { start: file.lines.lineStart(line), end: file.lines.lineEnd(line) };
    const found = findPacket(snapshot, uri, part);
    if ('error' in found) return found;
    return { notation: found.notation, verdict: fragmentsToText(found.walk.trace.verdict.said) };
  }),
  own<ExpectationsParams, ExpectationsResult>(
    expectationsRequest,
    { expectations: [] },
    ({ snapshot, uri }) => {
      const project = snapshot.projectOf(uri);
      return { expectations: project === undefined ? [] : expectationList(snapshot, project) };
    },
  ),
  own<RunExpectationsParams, RunExpectationsResult>(
    runExpectationsRequest,
    { results: [] },
    ({ snapshot, uri, now }, { ids }) => {
      const project = snapshot.projectOf(uri);
      return { results: project === undefined ? [] : runExpectations(snapshot, project, ids, now) };
    },
  ),
  own<DialectParams, DialectResult>(
    dialectRequest,
    { why: 'The server does not know this file.', choices: [] },
    ({ file }) => languageChoice(file),
  ),
];

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

function ofProject<R>({ snapshot, uri }: RequestScope, answer: (project: Project) => R): R | Refusal {
  const project = snapshot.projectOf(uri);
  return project === undefined ? noFile : answer(project);
}

function toEditResult({ snapshot }: RequestScope, offer: EditOffer): EditResult {
  if ('error' in offer) return offer;
  const file = snapshot.files.get(offer.uri);
  if (file === undefined) return noFile;
  return {
    edit: { changes: { [offer.uri]: [{ range: toRange(file, offer.edit), newText: offer.edit.text }] } },
  };
}
