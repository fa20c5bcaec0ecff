import type { TraceView } from '../../../protocol/src/traceView';
import { traceToText } from '../features/traceText';
import { traceOf } from '../features/walks';
import { type CommandIo, type ExitCode, exit, UsageError } from './io';
import { loadProject } from './load';
import { tellErrors } from './problems';
import { styleFor } from './style';

export interface WalkOptions {
  readonly packet?: string;
  readonly reply?: boolean;
  readonly platform?: string;
  readonly json?: boolean;
}

/** `gatewalk walk`: one packet, or all sample packets of the folder. */
export async function walkCommand(io: CommandIo, path: string, options: WalkOptions): Promise<ExitCode> {
  const { snapshot, project } = await loadProject(io, path);
  const style = styleFor(io.colours);
  const names = options.packet === undefined ? project.packets.map((p) => p.name) : [options.packet];
  if (names.length === 0) {
    throw new UsageError(
      `There are no sample packets in ${path}. Give one: --packet 'tcp 10.1.0.5:40000 > 198.51.100.7:80 S'`,
    );
  }
  const traces = names.map((packet): TraceView => {
    const result = traceOf(snapshot, project, {
      packet,
      reply: options.reply === true,
      ...(options.platform !== undefined && { platform: options.platform }),
    });
    if ('error' in result) throw new UsageError(result.error);
    return result.trace;
  });
  const hasErrors = tellErrors(io, snapshot, style, project.files);
  if (options.json === true) {
    io.out(`${JSON.stringify(options.packet === undefined ? traces : traces[0], undefined, 2)}\n`);
  } else io.out(traces.map((trace) => traceToText(trace, style)).join(`\n${'-'.repeat(72)}\n\n`));
  const hasFindings = traces.some((t) => t.findings.some((f) => isWorthFailing(f.severity)));
  return hasErrors || hasFindings ? exit.findings : exit.fine;
}

function isWorthFailing(severity: TraceView['findings'][number]['severity']): boolean {
  return severity === 'error' || severity === 'warning';
}
