/** A walk as plain text: the path in one line, and headers as the rows of bits that RFCs draw, with live values. */
import type { FieldView, PacketBox, PacketView } from '../../../protocol/src/packetView';
import type { StepView, TraceView } from '../../../protocol/src/traceView';
import { type RowCell, rowBits, rowsOfBox } from './packetRows';

/** `x --X-- A ==Z== B --Y-- y`: networks between the nodes, `==` where the packet crossed them encrypted. */
export function pathLine(trace: TraceView): string {
  const parts = pathOf(trace).map(({ name, shape }) =>
    shape === undefined ? name : `${strokes[shape]}${name}${strokes[shape]}`,
  );
  const { kind } = trace.verdict;
  return [...parts, ...(kind === 'delivered' ? [] : [`(${kind})`])].join(' ');
}

export const pathLegend = '-- in clear, ~~ authenticated, == encrypted';

export type WireShape = 'clear' | 'authenticated' | 'encrypted';

const strokes: Readonly<Record<WireShape, string>> = { clear: '--', authenticated: '~~', encrypted: '==' };

export interface PathPart {
  readonly name: string;
  /** Of a network: how the packet crossed it. Absent for hosts and gateways. */
  readonly shape?: WireShape;
}

/** What the walk's own packet passed, in order. */
export function pathOf(trace: TraceView): readonly PathPart[] {
  const networks = new Set(
    trace.topology.nodes.filter((n) => n.kind === 'network' || n.kind === 'internet').map((n) => n.id),
  );
  const parts: PathPart[] = [];
  for (const step of trace.steps) {
    if (step.depth !== undefined) continue;
    if (step.stage === 'wire') parts.push({ name: step.node, shape: wireShape(step) });
    else if (!networks.has(step.node) && parts.at(-1)?.name !== step.node) parts.push({ name: step.node });
  }
  return parts;
}

function wireShape(step: StepView): WireShape {
  const { boxes } = step.packet;
  if (boxes.some((box) => box.encrypted)) return 'encrypted';
  return boxes.some((box) => box.title === 'AH') ? 'authenticated' : 'clear';
}

/** Every header of the packet; of what nobody reads on the way, what is inside, one step further in. */
export function packetDiagram(view: PacketView): string {
  return view.boxes.flatMap((box, index) => [...(index > 0 ? [''] : []), ...boxLines(box)]).join('\n');
}

function boxLines(box: PacketBox): string[] {
  const bytes = box.endByte - box.headerEndByte;
  const title = `${box.title}${box.reference === undefined ? '' : ` (${box.reference})`}: ${box.summary}`;
  const faults = box.faults.map((fault) => `! ${fault}`);
  if (box.fields.length > 0) return [title, ...faults, ...headerLines(box)];
  const word = box.encrypted ? `${bytes} bytes that nobody on the way can read` : `${bytes} bytes`;
  const inside = box.inside;
  const told =
    inside === undefined
      ? []
      : [
          '',
          'Inside, for who has the key:',
          '',
          ...packetDiagram(inside)
            .split('\n')
            .map((l) => `  ${l}`.trimEnd()),
        ];
  return [`${box.title}: ${word}`, ...faults, ...told];
}

const ruler = [
  ` ${Array.from({ length: rowBits }, (_, bit) => (bit % 10 === 0 ? String(bit / 10) : ' ')).join(' ')}`.trimEnd(),
  ` ${Array.from({ length: rowBits }, (_, bit) => String(bit % 10)).join(' ')}`,
];

function headerLines(box: PacketBox): string[] {
  const rows = rowsOfBox(box);
  const hidden: string[] = [];
  const lines = [...ruler, separator(undefined, rows[0])];
  rows.forEach((row, index) => {
    const text = row.map((cell) => cellText(cell, hidden)).join('|');
    lines.push(`|${text}|`);
    lines.push(separator(row, rows[index + 1]));
  });
  return hidden.length === 0 ? lines : [...lines, `  ${hidden.join(', ')}`];
}

/** Two characters a bit, less the bar. What does not fit is told below the diagram. */
function cellText(cell: RowCell, hidden: string[]): string {
  const width = 2 * (cell.to - cell.from + 1) - 1;
  if (cell.field === undefined || !cell.labelled) return ' '.repeat(width);
  const { name, value } = cell.field;
  const whole = valueText(cell.field);
  for (const text of [`${name}: ${whole}`, `${name}: ${value}`, `${shortName(name)} ${value}`])
    if (text.length <= width) return centred(text, width);
  hidden.push(`${name}: ${whole.length > 64 ? `${whole.slice(0, 64)}…` : whole}`);
  const word = value.length <= width ? value : shortName(name).slice(0, width);
  return centred(word, width);
}

/** The value, and what it means: `6 (TCP)`. */
function valueText({ value, meaning, oldValue }: FieldView): string {
  const meant = meaning === undefined || meaning === value ? value : `${value} (${meaning})`;
  return oldValue === undefined ? meant : `${meant}, was ${oldValue}`;
}

function shortName(name: string): string {
  const words = name.split(/[ -]/);
  return words.length > 1 ? words.map((word) => word[0]!.toUpperCase()).join('') : name;
}

function centred(text: string, width: number): string {
  const left = (width - text.length) >> 1;
  return text.padStart(text.length + left).padEnd(width);
}

/** No line where a field goes on in the next row. */
function separator(above: readonly RowCell[] | undefined, below: readonly RowCell[] | undefined): string {
  const at = (row: readonly RowCell[] | undefined, bit: number) =>
    row?.find((cell) => cell.from <= bit && bit <= cell.to)?.field;
  const isOpen = (bit: number) => {
    const field = at(above, bit);
    return field !== undefined && field === at(below, bit);
  };
  const drawn = (bit: number) => at(above, bit) !== undefined || at(below, bit) !== undefined || isCell(bit);
  const isCell = (bit: number) =>
    [above, below].some((row) => row?.some((cell) => cell.from <= bit && bit <= cell.to) === true);
  let text = '+';
  for (let bit = 0; bit < rowBits; bit++) {
    if (!drawn(bit)) break;
    text += isOpen(bit) ? ' ' : '-';
    text += isOpen(bit) && isOpen(bit + 1) && bit + 1 < rowBits ? ' ' : '+';
  }
  return text;
}
