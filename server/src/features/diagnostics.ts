import { networkFindingsWork } from '../analysis/findings';
import { ruleFindingsWork } from '../analysis/rules';
import type { Project, Snapshot } from '../analysis/snapshot';
import type { Problem, Severity } from '../syntax/problem';
import type { Work } from '../text/work';
import type { Settings } from './settings';

/** What the editor shows of a file. A limit keeps a file of random bytes from flooding the editor. */
export function diagnostics(
  problems: readonly Problem[],
  findings: readonly Problem[],
  severity: Settings['severity'] = unchanged,
): readonly Problem[] {
  const all = findings.length === 0 ? problems : [...problems, ...findings];
  const shown = severity.size === 0 ? all : all.flatMap((p) => withSeverity(p, severity.get(p.code)));
  return shown.length <= mostShown ? shown : shown.slice(0, mostShown);
}

const unchanged: Settings['severity'] = new Map();

function withSeverity(problem: Problem, wanted: Severity | 'off' | undefined): Problem[] {
  if (wanted === 'off') return [];
  return wanted === undefined || wanted === problem.severity ? [problem] : [{ ...problem, severity: wanted }];
}

/** All there is to say about a file, by place: what `gatewalk check` reports. */
export function allProblems(snapshot: Snapshot, uri: string): readonly Problem[] {
  return [...snapshot.problemsOf(uri), ...snapshot.findingsOf(uri)].sort(
    (a, b) => a.range.start - b.range.start || a.range.end - b.range.end,
  );
}

/**
 * The work behind `findingsOf`, in steps that pause: whoever answers others meanwhile does them one by one, and
 * `findingsOf` then finds everything remembered.
 */
export function findingSteps(snapshot: Snapshot, uri: string): (() => Work<unknown>)[] {
  const project: Project | undefined = snapshot.projectOf(uri);
  if (project === undefined) return [];
  return [
    ...project.packets.flatMap((packet) =>
      [false, true].map((reply) => () => atOnce(() => project.walk({ packet, reply }))),
    ),
    ...project.network.gateways.map((gateway) => () => ruleFindingsWork(gateway, !project.inferred)),
    () => networkFindingsWork(project.network),
    () => atOnce(() => snapshot.findingsOf(uri)),
  ];
}

// biome-ignore lint/correctness/useYield: it has no pause.
function* atOnce(run: () => unknown): Work<unknown> {
  return run();
}

const mostShown = 1000;
