/** A walk as a file, in the forms people pass on: the same as the command line's `walk --export`. */
import type { ExportFormat, ExportParams, ExportResult } from '../../../protocol/src/requests';
import type { Project, Snapshot } from '../analysis/snapshot';
import { exportPcap } from '../interop/exportPcap';
import { exportSvg } from '../interop/exportSvg';
import { chosenStep, exportMarkdown, exportText } from '../interop/exportText';
import { exportMermaid } from '../interop/mermaid';
import { assertNever } from '../text/assertNever';
import { toBase64 } from '../text/base64';
import { toTraceView } from './traceView';
import { findWalk } from './walks';

export function exportWalk(snapshot: Snapshot, project: Project, asked: ExportParams): ExportResult {
  const found = findWalk(project, asked);
  if ('error' in found) return found;
  const { walk } = found;
  const { format, step } = asked;
  const [ending, mediaType] = kinds[format];
  const file = { fileName: `${fileNameOf(walk.request.packet.name, asked)}.${ending}`, mediaType };
  if (format === 'pcap') {
    const { pcap } = exportPcap(walk.trace, project.network);
    return { ...file, encoding: 'base64', content: toBase64(pcap) };
  }
  const view = toTraceView(walk, project, snapshot);
  const drawn = chosenStep(view, step);
  if (drawn === undefined)
    return {
      error:
        view.steps.length === 0
          ? `The walk has no steps to export: ${view.verdict.text}`
          : `There is no step ${step}. The walk has steps 1 to ${view.steps.length}.`,
    };
  const content = () => {
    switch (format) {
      case 'svg':
        return exportSvg(view, step);
      case 'markdown':
        return exportMarkdown(view, step);
      case 'text':
        return exportText(view, step);
      case 'mermaid':
        return exportMermaid(drawn.packet);
      default:
        return assertNever(format);
    }
  };
  return { ...file, encoding: 'utf8', content: content() };
}

const kinds: Readonly<Record<ExportFormat, readonly [ending: string, mediaType: string]>> = {
  svg: ['svg', 'image/svg+xml'],
  markdown: ['md', 'text/markdown'],
  text: ['txt', 'text/plain'],
  mermaid: ['mmd', 'text/vnd.mermaid'],
  pcap: ['pcapng', 'application/x-pcapng'],
};

function fileNameOf(packet: string, { reply, platform }: ExportParams): string {
  const words = packet.replace(/[^\w.-]+/g, '-').replace(/^-+|-+$/g, '') || 'packet';
  const parts = [
    words.slice(0, 60),
    ...(reply ? ['reply'] : []),
    ...(platform === undefined ? [] : [platform]),
  ];
  return parts.join('-');
}
