/** The expectations of a network file, for a test explorer: what there is, and what the walks say to it. */
import type { ExpectationOutcome, ExpectationView } from '../../../protocol/src/requests';
import { type CheckedClaim, checkExpectations, claimText } from '../analysis/expectations';
import type { Project, Snapshot } from '../analysis/snapshot';
import type { Expectation } from '../simulator/network';
import { placeOf } from './places';
import { traceToText } from './traceText';
import { toTraceView } from './traceView';

export function expectationList(snapshot: Snapshot, project: Project): ExpectationView[] {
  return numbered(project).flatMap(({ expectation, id, label }): ExpectationView[] => {
    const { origin, packet, reply } = expectation;
    const lines = snapshot.files.get(origin.file)?.lines;
    if (lines === undefined) return [];
    const range = { start: lines.positionAt(origin.start), end: lines.positionAt(origin.end) };
    return [{ id, label, packet, reply, uri: origin.file, range }];
  });
}

/** `now`: milliseconds since some fixed moment. `ids` absent: all. */
export function runExpectations(
  snapshot: Snapshot,
  project: Project,
  ids: readonly string[] | undefined,
  now: () => number,
): ExpectationOutcome[] {
  const wanted = ids === undefined ? undefined : new Set(ids);
  return numbered(project)
    .filter(({ id }) => wanted?.has(id) !== false)
    .map(({ expectation, id }) => {
      const start = now();
      const claims = checkExpectations({ ...project, expectations: [expectation] });
      const failed = claims.filter((c) => !c.ok);
      const messages = (failed.length > 0 ? failed : claims).map((c) => c.message);
      return {
        id,
        ok: failed.length === 0,
        message: messages.join('\n'),
        milliseconds: Math.max(0, now() - start),
        ...evidence(snapshot, project, failed[0]),
      };
    });
}

function evidence(
  snapshot: Snapshot,
  project: Project,
  failed: CheckedClaim | undefined,
): Pick<ExpectationOutcome, 'trace' | 'place'> {
  const result = failed?.result;
  if (result === undefined) return {};
  const [decided] = result.trace.verdict.origins;
  const place = decided && placeOf(snapshot, decided, project.folder);
  return {
    trace: traceToText(toTraceView(result, project, snapshot)),
    ...(place !== undefined && { place }),
  };
}

interface NumberedExpectation {
  readonly expectation: Expectation;
  readonly id: string;
  readonly label: string;
}

/** Two expectations that say the same are told apart by their order. */
function numbered(project: Project): NumberedExpectation[] {
  const seen = new Map<string, number>();
  return project.expectations.map((expectation) => {
    const who = `${expectation.packet}${expectation.reply ? ' (reply)' : ''}`;
    const label = `${who}: ${expectation.claims.map(claimText).join(', ')}`;
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return { expectation, label, id: count === 1 ? label : `${label} #${count}` };
  });
}
