/** A walk as Markdown, for an issue, a commit or a wiki page, and as plain text for a mail. */
import type { PlaceView, StepView, TraceView } from '../../../protocol/src/traceView';
import { code, codeBlock, escapeMarkdown, tableCell } from '../text/markdown';
import { columns, wrap } from '../text/terminal';
import { packetDiagram, pathLegend, pathLine } from './textDiagram';
import { verdictTitle } from './verdictTitle';

/** `step`: number of the step whose packet is drawn (`StepView.index`); without it, `chosenStep` chooses. */
export function exportMarkdown(trace: TraceView, step?: number): string {
  const drawn = chosenStep(trace, step);
  const rows = trace.steps.map((s) =>
    [String(s.index), stageCell(s), s.places.slice(0, 1).map(placeCode).join(' '), whatCell(s)]
      .map(tableCell)
      .join(' | '),
  );
  return `${[
    `## ${trace.reply ? 'Reply to ' : ''}${code(titleOf(trace))}`,
    ...(trace.platform === undefined ? [] : [`Every gateway taken as ${escapeMarkdown(trace.platform)}.`]),
    codeBlock(`${pathLine(trace)}\n\n${pathLegend}`, 'text'),
    ['| # | stage | rule | what it did |', '|--:|---|---|---|', ...rows.map((row) => `| ${row} |`)].join(
      '\n',
    ),
    `**${escapeMarkdown(verdictTitle(trace.verdict))}** (${code(trace.verdict.reason)}): ${escapeMarkdown(trace.verdict.text)}`,
    ...trace.findings.map((f) => `- *${f.severity}*, ${code(f.code)}: ${escapeMarkdown(f.text)}`),
    ...(drawn === undefined
      ? []
      : [`### The packet at step ${drawn.index}`, codeBlock(packetDiagram(drawn.packet), 'text')]),
  ].join('\n\n')}\n`;
}

export function exportText(trace: TraceView, step?: number): string {
  const drawn = chosenStep(trace, step);
  const lines = [
    `${trace.reply ? 'Reply to ' : ''}${titleOf(trace)}`,
    ...(trace.platform === undefined ? [] : [`every gateway taken as ${trace.platform}`]),
    '',
    pathLine(trace),
    `(${pathLegend})`,
    '',
    ...trace.steps.flatMap((s) => {
      const rule = s.places[0] === undefined ? '' : ` [${s.places[0].label}]`;
      const number = String(s.index);
      return wrap(`${number} ${plainStage(s)}${rule}: ${s.text}`, 3 - number.length, 4);
    }),
    '',
    ...wrap(`${verdictTitle(trace.verdict)} [${trace.verdict.reason}]: ${trace.verdict.text}`, 0, 2),
    ...trace.findings.flatMap((f) => wrap(`${f.severity} [${f.code}]: ${f.text}`, 0, 2)),
  ];
  if (drawn !== undefined) {
    const title = `The packet at step ${drawn.index}, ${plainStage(drawn)}:`;
    lines.push('', '-'.repeat(Math.min(columns, title.length)), title, '', packetDiagram(drawn.packet));
  }
  return `${lines.join('\n')}\n`;
}

/**
 * The step asked for, else the first where the packet has the most headers, those inside encryption counted: a
 * tunnel is what people want to see drawn. Undefined when there is no such step.
 */
export function chosenStep(trace: TraceView, step?: number): StepView | undefined {
  if (step !== undefined) return trace.steps.find((s) => s.index === step);
  const most = Math.max(...trace.steps.map(headersOf));
  return trace.steps.find((s) => headersOf(s) === most);
}

function headersOf(step: StepView): number {
  const count = (boxes: StepView['packet']['boxes']): number =>
    boxes.reduce((sum, box) => sum + 1 + (box.inside === undefined ? 0 : count(box.inside.boxes)), 0);
  return count(step.packet.boxes);
}

/** The packet's name and its line; a line in a comment begins with the name already. */
export function titleOf({ packet, notation }: TraceView): string {
  return packet === notation || notation.startsWith(`${packet}:`) ? notation : `${packet}: ${notation}`;
}

export function plainStage(step: StepView): string {
  const answer = step.depth === undefined ? '' : '(because of it) ';
  return `${answer}${step.node}: ${step.title}${step.interface === undefined ? '' : ` on ${step.interface}`}`;
}

function stageCell(step: StepView): string {
  return escapeMarkdown(plainStage(step));
}

function placeCode(place: PlaceView): string {
  return code(place.label);
}

function whatCell(step: StepView): string {
  const changed =
    step.before !== undefined && step.after !== undefined
      ? ` ${code(step.before)} → ${code(step.after)}`
      : '';
  const unsure = step.uncertain === undefined ? '' : ` *Uncertain: ${escapeMarkdown(step.uncertain)}*`;
  return `${escapeMarkdown(step.text)}${changed}${unsure}`;
}
