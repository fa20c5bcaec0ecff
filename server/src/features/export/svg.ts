/**
 * A walk as one picture: the nodes in the order the packet meets them, each with its stages below, and the verdict.
 * Plain shapes and system fonts, so that it looks the same wherever it is pasted.
 */
import type { StepView, TraceView } from '../../../../protocol/src/traceView';
import { verdictTitle } from '../../interop/verdictTitle';
import { wrap } from '../../text/terminal';

const WIDTH = 960;
const MARGIN = 24;
const LINE = 18;
const PAD = 10;

export function traceToSvg(trace: TraceView): string {
  const parts: string[] = [];
  let y = MARGIN;
  const write = (text: string, x: number, style: string) => {
    parts.push(`<text x="${x}" y="${y + 13}" ${style}>${escapeXml(text)}</text>`);
    y += LINE;
  };
  const title = `${trace.reply ? 'Reply to ' : ''}${trace.packet}`;
  write(title, MARGIN, 'font-size="16" font-weight="bold"');
  if (trace.packet !== trace.notation) write(trace.notation, MARGIN, 'font-family="monospace"');
  if (trace.platform !== undefined) write(`every gateway taken as ${trace.platform}`, MARGIN, 'fill="#666"');
  for (const group of groupsOf(trace.steps)) {
    y += PAD;
    const top = y;
    const at = parts.length;
    y += PAD;
    const node = trace.topology.nodes.find((n) => n.id === group.node);
    write(node?.detail ? `${group.node}  (${node.detail})` : group.node, MARGIN + PAD, 'font-weight="bold"');
    for (const step of group.steps) writeStep(step, write);
    y += PAD / 2;
    const { fill, stroke } = colours[node?.kind ?? 'host'];
    parts.splice(
      at,
      0,
      `<rect x="${MARGIN}" y="${top}" width="${WIDTH - 2 * MARGIN}" height="${y - top}" rx="6" fill="${fill}" stroke="${stroke}"/>`,
    );
  }
  y += PAD;
  const verdict = `${verdictTitle(trace.verdict)}: ${trace.verdict.text}`;
  const good = trace.verdict.kind === 'delivered' ? '#1a7f37' : '#b42318';
  for (const line of wrap(verdict, 0, 0)) write(line, MARGIN, `font-weight="bold" fill="${good}"`);
  const height = y + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#1f2328" role="img">`,
    `<title>${escapeXml(`${title}: ${verdict}`)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

type Write = (text: string, x: number, style: string) => void;

function writeStep(step: StepView, write: Write): void {
  const x = MARGIN + PAD + 12;
  const where = step.interface === undefined ? '' : ` on ${step.interface}`;
  const rule = step.places[0] === undefined ? '' : `  ${step.places[0].label}`;
  const colour = step.outcome === 'dropped' ? '#b42318' : '#1f2328';
  write(`${step.index}. ${step.title}${where}${rule}`, x, `font-weight="600" fill="${colour}"`);
  for (const line of wrap(step.text, 0, 0)) write(line, x + 16, 'fill="#3d444d"');
  if (step.before === undefined || step.after === undefined) return;
  write(`before  ${step.before}`, x + 16, 'font-family="monospace" fill="#8250df"');
  write(`after   ${step.after}`, x + 16, 'font-family="monospace" fill="#8250df"');
}

interface Group {
  readonly node: string;
  readonly steps: StepView[];
}

function groupsOf(steps: readonly StepView[]): Group[] {
  const groups: Group[] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last?.node === step.node) last.steps.push(step);
    else groups.push({ node: step.node, steps: [step] });
  }
  return groups;
}

const colours = {
  host: { fill: '#f6f8fa', stroke: '#8c959f' },
  gateway: { fill: '#eef6ff', stroke: '#0969da' },
  network: { fill: '#fbfdf5', stroke: '#7c8a4f' },
  internet: { fill: '#fff8f0', stroke: '#bc6c25' },
} as const;

function escapeXml(text: string): string {
  return text
    .replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/gu, '\ufffd');
}
