import { checkExpectations } from '../analysis/expectations';
import { placeOf } from '../features/places';
import { toTraceView } from '../features/traceView';
import { verdictTitle } from '../interop/verdictTitle';
import { wrap } from '../text/terminal';
import { type CommandIo, type ExitCode, exit, UsageError } from './io';
import { loadProject } from './load';
import { tellErrors } from './problems';
import { styleFor } from './style';

/** `gatewalk test`: the expectations kept beside the policy. */
export async function testCommand(io: CommandIo, path: string): Promise<ExitCode> {
  const { snapshot, project } = await loadProject(io, path);
  const style = styleFor(io.colours);
  const results = checkExpectations(project);
  const hasErrors = tellErrors(io, snapshot, style, project.files);
  if (results.length === 0) {
    throw new UsageError(
      `There is nothing to test in ${path}: write down under “expect” in gatewalk.yaml what should become of a packet.`,
    );
  }
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
  return failed > 0 || hasErrors ? exit.findings : exit.fine;
}
