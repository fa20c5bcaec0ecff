import type { ExpectationOutcome, ExpectationView } from '../../../protocol/src/requests';
import { checkExpectations } from '../analysis/expectations';
import type { Project, Snapshot } from '../analysis/snapshot';
import { expectationList, runExpectations } from '../features/expectations';
import { placeOf } from '../features/places';
import { toTraceView } from '../features/traceView';
import { verdictTitle } from '../interop/verdictTitle';
import { type Style, wrap } from '../text/terminal';
import { type CommandIo, type ExitCode, exit, UsageError } from './io';
import { toJunit } from './junit';
import { loadProject } from './load';
import { tellErrors } from './problems';
import { styleFor } from './style';

export type TestFormat = 'text' | 'json' | 'junit';

/** `gatewalk test`: the expectations kept beside the policy. */
export async function testCommand(io: CommandIo, path: string, format: TestFormat): Promise<ExitCode> {
  const { snapshot, project } = await loadProject(io, path);
  const style = styleFor(io.colours);
  const hasErrors = tellErrors(io, snapshot, style, project.files);
  if (project.expectations.length === 0) {
    throw new UsageError(
      `There is nothing to test in ${path}: write down under “expect” in gatewalk.yaml what should become of a packet.`,
    );
  }
  const ok =
    format === 'text' ? tellClaims(io, snapshot, project, style) : report(io, snapshot, project, format);
  return ok && !hasErrors ? exit.fine : exit.findings;
}

/** Claim by claim, for people: a packet that arrives in clear shows that the one holds and the other does not. */
function tellClaims(io: CommandIo, snapshot: Snapshot, project: Project, style: Style): boolean {
  const results = checkExpectations(project);
  for (const { expectation, claim, ok, message, result } of results) {
    const name = `${expectation.packet}${expectation.reply ? ' (reply)' : ''}`;
    const word = ok ? style('good', 'ok  ') : style('bad', 'FAIL');
    const [first, ...rest] = wrap(`${name}: ${message}`, 0, 6);
    io.out(`${[`${word}  ${first ?? name}`, ...rest].join('\n')}\n`);
    if (ok) continue;
    const place = placeOf(snapshot, claim.origin, io.workingFolder);
    if (place !== undefined) io.out(`      ${style('dim', place.label)}  ${place.text}\n`);
    if (result === undefined) continue;
    const { verdict } = toTraceView(result, project, snapshot);
    io.out(`${wrap(`${verdictTitle(verdict)}: ${verdict.text}`, 6, 6).join('\n')}\n`);
  }
  const failed = results.filter((r) => !r.ok).length;
  io.out(`\n${results.length - failed} passed, ${failed} failed.\n`);
  return failed === 0;
}

/** What `gatewalk test --format json` writes: one entry an expectation, as the Test Explorer shows them. */
export interface TestReport {
  readonly version: 1;
  readonly passed: number;
  readonly failed: number;
  readonly expectations: readonly (Omit<ExpectationView, 'uri'> &
    ExpectationOutcome & { readonly path: string })[];
}

function report(io: CommandIo, snapshot: Snapshot, project: Project, format: 'json' | 'junit'): boolean {
  const outcomes = new Map(
    runExpectations(snapshot, project, undefined, () => performance.now()).map((each) => [each.id, each]),
  );
  const expectations = expectationList(snapshot, project).flatMap(({ uri, ...view }) => {
    const outcome = outcomes.get(view.id);
    return outcome === undefined ? [] : [{ ...view, ...outcome, path: io.pathOf(uri) }];
  });
  const failed = expectations.filter(({ ok }) => !ok).length;
  if (format === 'json') {
    const found: TestReport = { version: 1, passed: expectations.length - failed, failed, expectations };
    io.out(`${JSON.stringify(found, undefined, 2)}\n`);
  } else {
    const cases = expectations.map(({ label, path, range, milliseconds, ok, message, trace = '' }) => ({
      name: label,
      file: path,
      line: range.start.line + 1,
      milliseconds,
      ...(!ok && { failure: { message, details: trace } }),
    }));
    io.out(toJunit(io.pathOf(project.networkFile ?? project.folder), cases));
  }
  return failed === 0;
}
