import type { TraceView } from '../../../protocol/src/traceView';
import { traceToText } from '../features/traceText';
import { traceOf } from '../features/walks';
import { compareWalks } from '../interop/compareWalks';
import { changesToText, comparisonToText } from '../interop/comparisonText';
import { type CommandIo, type ExitCode, exit, UsageError } from './io';
import { loadProject } from './load';
import { tellErrors } from './problems';
import { styleFor } from './style';

export interface WalkOptions {
  readonly packet?: string;
  readonly reply?: boolean;
  readonly platform?: string;
  /** Second platform, to compare with. */
  readonly compare?: string;
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
  const walk = (packet: string, platform: string | undefined): TraceView => {
    const reply = options.reply === true;
    const asked = { packet, reply, ...(platform !== undefined && { platform }) };
    const result = traceOf(snapshot, project, asked);
    if ('error' in result) throw new UsageError(result.error);
    return result.trace;
  };
  const traces = names.map((packet) => walk(packet, options.platform));
  const hasErrors = tellErrors(io, snapshot, style, project.files);
  if (options.compare !== undefined) {
    const views = traces.map((trace, i) => compareWalks(trace, walk(names[i]!, options.compare)));
    if (options.json === true) {
      io.out(`${JSON.stringify(options.packet === undefined ? views : views[0], undefined, 2)}\n`);
    } else io.out(views.map((view) => comparisonToText(view, style)).join(`\n${'-'.repeat(72)}\n\n`));
    return hasErrors || views.some((view) => !view.sameVerdict) ? exit.findings : exit.fine;
  }
  if (options.json === true) {
    io.out(`${JSON.stringify(options.packet === undefined ? traces : traces[0], undefined, 2)}\n`);
  } else {
    const texts = traces.map((trace, i) => {
      const text = traceToText(trace, style);
      if (options.platform === undefined) return text;
      return `${text}\n${changesToText(compareWalks(walk(names[i]!, undefined), trace), style)}`;
    });
    io.out(texts.join(`\n${'-'.repeat(72)}\n\n`));
  }
  const hasFindings = traces.some((t) => t.findings.some((f) => isWorthFailing(f.severity)));
  return hasErrors || hasFindings ? exit.findings : exit.fine;
}

function isWorthFailing(severity: TraceView['findings'][number]['severity']): boolean {
  return severity === 'error' || severity === 'warning';
}
