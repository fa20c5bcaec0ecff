/** `gatewalk walk --export` and `gatewalk pcap`: a walk as a file that others read. */
import type { Project } from '../analysis/snapshot';
import { packetByNameOrLine, traceOf } from '../features/walks';
import { exportPcap } from '../interop/exportPcap';
import { exportSvg } from '../interop/exportSvg';
import { chosenStep, exportMarkdown, exportText } from '../interop/exportText';
import { exportMermaid } from '../interop/mermaid';
import { utf8Encode } from '../interop/utf8';
import { type CommandIo, type ExitCode, exit, UsageError } from './io';
import { loadProject } from './load';

export const exportFormats = ['pcapng', 'markdown', 'text', 'svg', 'mermaid'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  readonly packet?: string;
  readonly reply?: boolean;
  readonly platform?: string;
  /** Number of the step whose packet is drawn. */
  readonly step?: string;
  readonly output?: string;
}

export async function exportCommand(
  io: CommandIo,
  path: string,
  format: ExportFormat,
  options: ExportOptions,
): Promise<ExitCode> {
  const { snapshot, project } = await loadProject(io, path);
  const packet = options.packet ?? onlyPacket(project, path);
  const { platform } = options;
  const asked = { packet, reply: options.reply === true, ...(platform !== undefined && { platform }) };
  const found = packetByNameOrLine(project, packet);
  const viewed = traceOf(snapshot, project, asked);
  if ('error' in found) throw new UsageError(found.error);
  if ('error' in viewed) throw new UsageError(viewed.error);
  const { trace } = viewed;
  if (format === 'pcapng') {
    const walk = project.walk({ ...asked, packet: found.packet });
    await writeCapture(io, options.output, exportPcap(walk.trace, project.network));
    return exit.fine;
  }
  const step = options.step === undefined ? undefined : Number(options.step);
  const drawn = chosenStep(trace, step);
  if (drawn === undefined)
    throw new UsageError(
      trace.steps.length === 0
        ? `The walk has no steps to export: ${trace.verdict.text}`
        : `There is no step ${options.step}. The walk has steps 1 to ${trace.steps.length}.`,
    );
  const texts: Record<Exclude<ExportFormat, 'pcapng'>, () => string> = {
    markdown: () => exportMarkdown(trace, step),
    text: () => exportText(trace, step),
    svg: () => exportSvg(trace, step),
    mermaid: () => exportMermaid(drawn.packet),
  };
  const text = texts[format]();
  if (options.output === undefined) io.out(text);
  else await write(io, options.output, utf8Encode(text));
  return exit.fine;
}

function onlyPacket(project: Project, path: string): string {
  const names = project.packets.map((p) => p.name);
  if (names.length === 1) return names[0]!;
  const choice = names.length === 0 ? '' : `; there are: ${names.join(', ')}`;
  throw new UsageError(`Say which packet of ${path} to export: --packet NAME or a packet line${choice}.`);
}

async function writeCapture(
  io: CommandIo,
  output: string | undefined,
  { pcap, espSa, notes }: ReturnType<typeof exportPcap>,
): Promise<void> {
  if (output === undefined)
    throw new UsageError('A capture is no text: name its file, as in -o walk.pcapng.');
  await write(io, output, pcap);
  io.out(`${output}: the packet as it crossed each network\n`);
  if (espSa !== '') {
    const keys = `${output.replace(/\.[^./\\]+$/, '')}.esp_sa`;
    await write(io, keys, utf8Encode(espSa));
    io.out(`${keys}: keys for Wireshark; add its lines to the file esp_sa of Wireshark's settings\n`);
  }
  for (const note of notes) io.error(`${note}\n`);
}

async function write(io: CommandIo, path: string, content: Uint8Array): Promise<void> {
  if (io.write === undefined) throw new UsageError(`${path} can't be written here.`);
  const failure = await io.write(path, content);
  if (failure !== undefined) throw new UsageError(`${path} can't be written: ${failure}`);
}
