import { findPacket } from '../features/findPacket';
import { traceToText } from '../features/traceText';
import { toTraceView } from '../features/traceView';
import { type CommandIo, type ExitCode, exit, UsageError } from './io';
import { loadProject } from './load';
import { tellErrors } from './problems';
import { styleFor } from './style';

/** `gatewalk find`: a packet that the rule at a line (counted from 1) decides about, with its walk. */
export async function findCommand(io: CommandIo, path: string, line: string): Promise<ExitCode> {
  const uri = io.uriOf(path);
  if ((await io.files.list(uri)) !== undefined)
    throw new UsageError(`${path} is a folder. Name the policy file and the line of the rule in it.`);
  const { snapshot, project } = await loadProject(io, path);
  const lines = snapshot.files.get(uri)?.lines;
  if (lines === undefined) throw new UsageError(`${path} does not belong to any gateway.`);
  const number = /^\d+$/.test(line) ? Number(line) : 0;
  if (number < 1 || number > lines.lineCount)
    throw new UsageError(`${path} has no line “${line}”; its lines are 1 to ${lines.lineCount}.`);
  const style = styleFor(io.colours);
  tellErrors(io, snapshot, style, project.files);
  const found = findPacket(snapshot, uri, {
    start: lines.lineStart(number - 1),
    end: lines.lineEnd(number - 1),
  });
  if ('error' in found) {
    io.error(`${found.error}\n`);
    return exit.findings;
  }
  io.out(traceToText(toTraceView(found.walk, project, snapshot), style));
  return exit.fine;
}
