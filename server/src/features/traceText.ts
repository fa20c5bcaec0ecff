/**
 * A trace in words, for people: as the Markdown table of the hover and as the plain text of the command line.
 * Both go through the same `TraceView`, so both show the same stages with the same numbers.
 */
import type {
  FindingView,
  PlaceView,
  StepView,
  TraceView,
  VerdictView,
} from '../../../protocol/src/traceView';
import { verdictTitle } from '../interop/verdictTitle';
import { assertNever } from '../text/assertNever';
import { code, escapeMarkdown, tableCell } from '../text/markdown';
import { columns, plainStyle, type Style, wrap } from '../text/terminal';

/** Which steps carry the hovered rule. */
export type MarksStep = (step: StepView) => boolean;

/** How a place becomes a link. */
export type LinksPlace = (place: PlaceView) => string;

/**
 * What the marked steps did, in bold; the numbered table with the marked steps bold and a ▶; verdict, reason and
 * findings last. A hover shows a dozen lines: what is asked first stands first.
 */
export function traceToMarkdown(
  trace: TraceView,
  marks: MarksStep = () => false,
  link: LinksPlace = markdownLink,
): string {
  const rows = trace.steps.map((step) => markdownRow(step, marks(step), link));
  const marked = trace.steps.filter(marks);
  return [
    ...(marked.length === 0 ? [] : [marked.map(markdownHeadline).join('  \n')]),
    markdownTitle(trace),
    ['| # | stage | rule | what it did |', '|--:|---|---|---|', ...rows].join('\n'),
    markdownVerdict(trace.verdict, link),
    ...trace.findings.map((finding) => markdownFinding(finding, link)),
    ...(trace.inferred === true ? [`*${inferredNote}*`] : []),
  ].join('\n\n');
}

function markdownHeadline(step: StepView): string {
  const changed =
    step.before !== undefined && step.after !== undefined
      ? `: ${code(step.before)} → ${code(step.after)}`
      : '';
  // A sentence that goes on with the headers has no full stop.
  const said = changed === '' ? step.text : step.text.replace(/\.$/, '');
  return `**▶ ${step.index}. ${escapeMarkdown(said)}**${changed}`;
}

function markdownTitle(trace: TraceView): string {
  const named = trace.packet !== trace.notation;
  const parts = [
    trace.reply ? 'Reply to' : '',
    named ? `**${escapeMarkdown(trace.packet)}**` : '',
    code(notationOf(trace)),
    trace.platform === undefined ? '' : `on ${escapeMarkdown(trace.platform)}`,
  ];
  return parts.filter((p) => p !== '').join(' ');
}

/** A line in a comment begins with the packet's name, which stands in front already. */
function notationOf({ packet, notation }: TraceView): string {
  const prefix = `${packet}:`;
  return notation.startsWith(prefix) ? notation.slice(prefix.length).trimStart() : notation;
}

const inferredNote =
  'No gatewalk.yaml describes this network: interfaces and addresses were taken from the rules.';

function markdownRow(step: StepView, marked: boolean, link: LinksPlace): string {
  const answer = step.depth === undefined ? '' : '↳ ';
  const stage = escapeMarkdown(`${answer}${step.node}: ${stageWithInterface(step)}`);
  const changed =
    step.before !== undefined && step.after !== undefined
      ? ` ${code(step.before)} → ${code(step.after)}`
      : '';
  const unsure = step.uncertain === undefined ? '' : ` *Uncertain: ${escapeMarkdown(step.uncertain)}*`;
  const said = escapeMarkdown(step.text);
  const links = step.places.slice(0, 1).map(link);
  const bold = (text: string) => (marked && text !== '' ? `**${text}**` : text);
  const cells = [
    marked ? `▶ ${step.index}` : `${step.index}`,
    stage,
    ...[links.join(' ')],
    `${bold(said)}${changed}${unsure}`,
  ];
  return `| ${bold(cells[0]!)} | ${bold(tableCell(cells[1]!))} | ${bold(tableCell(cells[2]!))} | ${tableCell(cells[3]!)} |`;
}

function markdownVerdict(verdict: VerdictView, link: LinksPlace): string {
  const places = verdict.places.map(link);
  const where = places.length === 0 ? '' : ` (${places.join(', ')})`;
  return `**${escapeMarkdown(verdictTitle(verdict))}**: ${escapeMarkdown(verdict.text)}${where}`;
}

function markdownFinding(finding: FindingView, link: LinksPlace): string {
  const places = finding.places.map(link);
  const where = places.length === 0 ? '' : ` (${places.join(', ')})`;
  return `*${severityTitle(finding.severity)}:* ${escapeMarkdown(finding.text)}${where}`;
}

/** A link that the extension's `gatewalk.reveal` command opens. */
function markdownLink(place: PlaceView): string {
  const target = `command:gatewalk.reveal?${encodeURIComponent(JSON.stringify([place]))}`;
  // Parentheses would end the Markdown link early; encodeURIComponent leaves them as they are.
  const safe = target.replaceAll('(', '%28').replaceAll(')', '%29');
  return `[${escapeMarkdown(place.label)}](${safe})`;
}

/** Readable in 100 columns: stages numbered and grouped by node, headers before and after, the verdict last. */
export function traceToText(trace: TraceView, style: Style = plainStyle): string {
  const lines: string[] = [];
  const name = trace.packet === trace.notation ? '' : `${style('bold', trace.packet)}: `;
  lines.push(`${trace.reply ? 'Reply to ' : ''}${name}${notationOf(trace)}`);
  if (trace.platform !== undefined) lines.push(style('dim', `every gateway taken as ${trace.platform}`));
  let group: string | undefined;
  for (const step of trace.steps) {
    const title = step.depth === undefined ? nodeTitle(trace, step.node) : `↳ ${nodeTitle(trace, step.node)}`;
    if (title !== group) {
      group = title;
      lines.push('', style('bold', title));
    }
    lines.push(...stepLines(step, style));
  }
  lines.push('', ...verdictLines(trace.verdict, style));
  for (const finding of trace.findings) {
    const places = finding.places.map((p) => placeLine(p, 2, style));
    const title = style(
      finding.severity === 'error' ? 'bad' : 'warn',
      `${severityTitle(finding.severity)} [${finding.code}]`,
    );
    lines.push(...wrap(`${title}: ${finding.text}`, 0, 2), ...places);
  }
  if (trace.inferred === true) lines.push(style('dim', inferredNote));
  return `${lines.join('\n')}\n`;
}

function nodeTitle(trace: TraceView, node: string): string {
  const known = trace.topology.nodes.find((n) => n.id === node);
  return known === undefined || known.detail === '' ? node : `${node}  (${known.detail})`;
}

function stepLines(step: StepView, style: Style): string[] {
  const number = String(step.index).padStart(4);
  const where = [step.interface === undefined ? '' : `on ${step.interface}`, step.hook ?? '']
    .filter((s) => s !== '')
    .join(', ');
  const word = outcomeStyle(step, style);
  const title = `${style('bold', step.title)}${where === '' ? '' : ` ${style('dim', where)}`}`;
  const lines = [`${number}  ${title}${word === '' ? '' : `  ${word}`}`, ...wrap(step.text, 6, 6)];
  for (const place of step.places) lines.push(placeLine(place, 6, style));
  if (step.before !== undefined && step.after !== undefined) {
    lines.push(
      style('changed', `      before  ${step.before}`),
      style('changed', `      after   ${step.after}`),
    );
  }
  if (step.entry !== undefined) lines.push(...wrap(step.entry, 6, 8));
  if (step.uncertain !== undefined) lines.push(...wrap(style('warn', `uncertain: ${step.uncertain}`), 6, 8));
  return lines;
}

function outcomeStyle(step: StepView, style: Style): string {
  switch (step.outcome) {
    case 'dropped':
      return style('bad', 'dropped');
    case 'delivered':
      return style('good', 'delivered');
    case 'pass':
      return style('good', 'pass');
    case 'changed':
      return style('changed', 'changed');
    case 'skipped':
      return style('dim', 'skipped');
    case 'continue':
    case 'sent':
      // The title says as much.
      return '';
    default:
      return assertNever(step.outcome);
  }
}

function verdictLines(verdict: VerdictView, style: Style): string[] {
  const good = verdict.kind === 'delivered' ? 'good' : verdict.kind === 'uncertain' ? 'warn' : 'bad';
  const places = verdict.places.map((p) => placeLine(p, 2, style));
  const title = `${style(good, verdictTitle(verdict))} [${verdict.reason}]`;
  return [...wrap(`${title}: ${verdict.text}`, 0, 2), ...places];
}

function severityTitle(severity: FindingView['severity']): string {
  return `${severity[0]!.toUpperCase()}${severity.slice(1)}`;
}

function stageWithInterface(step: StepView): string {
  return step.interface === undefined ? step.title : `${step.title} ${step.interface}`;
}

/** A rule may be longer than a line: its beginning tells it, and the label leads to the rest. */
function placeLine(place: PlaceView, indent: number, style: Style): string {
  const room = columns - indent - place.label.length - 2;
  const text = firstLine(place.text);
  const shown = text.length <= room ? text : `${text.slice(0, Math.max(0, room - 2)).trimEnd()} …`;
  return `${' '.repeat(indent)}${style('dim', place.label)}  ${shown}`;
}

function firstLine(text: string): string {
  const end = text.search(/[\r\n]/);
  return end < 0 ? text : `${text.slice(0, end).trimEnd()} …`;
}
