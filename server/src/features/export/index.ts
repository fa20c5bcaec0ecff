/** A walk as a file, in the forms people pass on. Every form is made of the same `TraceView` as the hover. */
import type { ExportFormat, ExportParams, ExportResult } from '../../../../protocol/src/requests';
import type { Project, Snapshot } from '../../analysis/snapshot';
import { exportPcap } from '../../interop/exportPcap';
import { assertNever } from '../../text/assertNever';
import { toBase64 } from '../../text/base64';
import { labelOnly, traceToMarkdown, traceToText } from '../traceText';
import { toTraceView } from '../traceView';
import { findWalk } from '../walks';
import { traceToMermaid } from './mermaid';
import { traceToSvg } from './svg';

export function exportWalk(snapshot: Snapshot, project: Project, asked: ExportParams): ExportResult {
  const found = findWalk(project, asked);
  if ('error' in found) return found;
  const { walk } = found;
  const view = toTraceView(walk, project, snapshot);
  const name = fileNameOf(walk.request.packet.name, asked);
  const utf8 = (content: string) => ({ ...kindOf(name, asked.format), encoding: 'utf8' as const, content });
  switch (asked.format) {
    case 'svg':
      return utf8(traceToSvg(view));
    case 'markdown':
      return utf8(`${traceToMarkdown(view, undefined, labelOnly)}\n`);
    case 'text':
      return utf8(traceToText(view));
    case 'mermaid':
      return utf8(traceToMermaid(view));
    case 'pcap': {
      const { pcap } = exportPcap(walk.trace, project.network);
      return { ...kindOf(name, asked.format), encoding: 'base64', content: toBase64(pcap) };
    }
    default:
      return assertNever(asked.format);
  }
}

function fileNameOf(packet: string, { reply, platform }: ExportParams): string {
  const words = packet.replace(/[^\w.-]+/g, '-').replace(/^-+|-+$/g, '') || 'packet';
  return [
    words.slice(0, 60),
    ...(reply ? ['reply'] : []),
    ...(platform === undefined ? [] : [platform]),
  ].join('-');
}

const kinds: Readonly<Record<ExportFormat, readonly [ending: string, mediaType: string]>> = {
  svg: ['svg', 'image/svg+xml'],
  markdown: ['md', 'text/markdown'],
  text: ['txt', 'text/plain'],
  mermaid: ['mmd', 'text/vnd.mermaid'],
  pcap: ['pcapng', 'application/x-pcapng'],
};

function kindOf(name: string, format: ExportFormat): { fileName: string; mediaType: string } {
  const [ending, mediaType] = kinds[format];
  return { fileName: `${name}.${ending}`, mediaType };
}
