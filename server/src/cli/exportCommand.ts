/** `gatewalk walk --export` and `gatewalk pcap`: a walk as a file that others read. */
import type { Project } from '../analysis/snapshot';
import { exportWalk } from '../features/exportWalk';
import { findWalk } from '../features/walks';
import { exportPcap } from '../interop/exportPcap';
import { utf8Encode } from '../interop/utf8';
import { type CommandIo, type ExitCode, exit, UsageError, writeFile } from './io';
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
  const { platform, output } = options;
  const asked = { packet, reply: options.reply === true, ...(platform !== undefined && { platform }) };
  if (format === 'pcapng') {
    const found = findWalk(project, asked);
    if ('error' in found) throw new UsageError(found.error);
    await writeCapture(io, output, exportPcap(found.walk.trace, project.network));
    return exit.fine;
  }
  const step = options.step === undefined ? {} : { step: Number(options.step) };
  const exported = exportWalk(snapshot, project, { uri: '', ...asked, format, ...step });
  if ('error' in exported) throw new UsageError(exported.error);
  if (output === undefined) io.out(exported.content);
  else await writeFile(io, output, utf8Encode(exported.content));
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
  await writeFile(io, output, pcap);
  io.out(`${output}: the packet as it crossed each network\n`);
  if (espSa !== '') {
    const keys = `${output.replace(/\.[^./\\]+$/, '')}.esp_sa`;
    await writeFile(io, keys, utf8Encode(espSa));
    io.out(`${keys}: keys for Wireshark; add its lines to the file esp_sa of Wireshark's settings\n`);
  }
  for (const note of notes) io.error(`${note}\n`);
}
