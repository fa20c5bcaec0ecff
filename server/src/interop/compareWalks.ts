/**
 * The same packet under two orders of stages. The two lists of steps are aligned as two texts are: the longest
 * common subsequence of "this stage at this node on this interface" is what both do, and of what is left over a
 * stage that both have has moved. Everything is read from the trace views, so what is compared is what people see.
 */
import type {
  ComparisonReason,
  ComparisonRow,
  ComparisonView,
  StepDifference,
} from '../../../protocol/src/comparisonView';
import type { PacketBox, PacketView } from '../../../protocol/src/packetView';
import type { CitationView, StepView, TraceView } from '../../../protocol/src/traceView';
import { alignBoxes } from '../packet/view';
import { platformById } from '../platforms';
import { verdictTitle } from './verdictTitle';

export function compareWalks(a: TraceView, b: TraceView): ComparisonView {
  const titleA = sideTitle(a);
  const titleB = sideTitle(b);
  // The same system twice (a file says `netbsd`, and so does the option) still needs two names.
  const titles = titleA === titleB ? [`${titleA} (a)`, `${titleB} (b)`] : [titleA, titleB];
  const rows = alignedRows(a, b);
  return {
    version: 1,
    packet: a.packet,
    notation: a.notation,
    reply: a.reply,
    a: { title: titles[0]!, trace: a },
    b: { title: titles[1]!, trace: b },
    rows,
    sameVerdict: isSameVerdict(a, b),
    why: reasonOf({ a, b, titleA: titles[0]!, titleB: titles[1]!, rows }),
  };
}

/** The system asked for, else those of the gateways as they are described. */
function sideTitle(trace: TraceView): string {
  if (trace.platform !== undefined) return platformById(trace.platform)?.title ?? trace.platform;
  const gateways = trace.topology.nodes.filter((node) => node.kind === 'gateway' && node.detail !== '');
  const visited = gateways.filter((node) => node.visited);
  const systems = new Set((visited.length > 0 ? visited : gateways).map((node) => node.detail));
  return systems.size === 0 ? 'as described' : [...systems].join(' and ');
}

function isSameVerdict(a: TraceView, b: TraceView): boolean {
  return (
    a.verdict.kind === b.verdict.kind &&
    a.verdict.node === b.verdict.node &&
    a.verdict.reason === b.verdict.reason
  );
}

/** A step of one list, or one of each that continue each other. */
type Pair = { readonly a?: StepView; readonly b?: StepView };

function alignedRows(a: TraceView, b: TraceView): ComparisonRow[] {
  const pairs = alignSteps(a.steps, b.steps);
  const partners = movedPartners(pairs);
  return pairs.map((pair): ComparisonRow => {
    const step = (pair.a ?? pair.b)!;
    const common = { node: step.node, title: titleOf(step) };
    const partner = partners.get(step);
    const [left, right] = pair.a === undefined ? [partner, pair.b] : [pair.a, pair.b ?? partner];
    if (left === undefined) return { kind: 'only-b', ...common, b: step.index, differences: [] };
    if (right === undefined) return { kind: 'only-a', ...common, a: step.index, differences: [] };
    const differences = stepDifferences(left, right);
    const both = { ...common, a: left.index, b: right.index, differences };
    if (partner !== undefined) return { kind: 'moved', ...both, at: pair.a === undefined ? 'b' : 'a' };
    return { kind: differences.length === 0 ? 'same' : 'differs', ...both };
  });
}

/**
 * Weighted longest common subsequence: a stage counts most, and among stages of one kind (a packet passes a filter
 * several times) those with the same packet and outcome belong together.
 */
function alignSteps(a: readonly StepView[], b: readonly StepView[]): Pair[] {
  const width = b.length + 1;
  // best[i * width + j]: weight reached by the steps from i of a and from j of b on.
  const best = new Float64Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) {
      const weight = likeness(a[i]!, b[j]!);
      const matched = weight > 0 ? weight + best[(i + 1) * width + j + 1]! : 0;
      best[i * width + j] = Math.max(matched, best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  const pairs: Pair[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const here = best[i * width + j];
    const weight = i < a.length && j < b.length ? likeness(a[i]!, b[j]!) : 0;
    if (weight > 0 && here === weight + best[(i + 1) * width + j + 1]!) {
      pairs.push({ a: a[i++]!, b: b[j++]! });
      continue;
    }
    const mayTakeA = i < a.length && here === best[(i + 1) * width + j];
    const mayTakeB = j < b.length && here === best[i * width + j + 1];
    // Where either will do, a node's rows stay together.
    const last = pairs.at(-1);
    const node = (last?.a ?? last?.b)?.node;
    if (mayTakeA && !(mayTakeB && a[i]!.node !== node && b[j]!.node === node)) pairs.push({ a: a[i++]! });
    else pairs.push({ b: b[j++]! });
  }
  return pairs;
}

/** 0: not the same stage. */
function likeness(a: StepView, b: StepView): number {
  if (keyOf(a) !== keyOf(b)) return 0;
  return 4 + (a.outcome === b.outcome ? 1 : 0) + (a.packet.hex === b.packet.hex ? 1 : 0);
}

/** What makes two steps the same stage. Hooks have other names on every system and do not count. */
function keyOf(step: StepView): string {
  return [step.depth ?? 0, step.node, step.stage, step.direction ?? '', step.interface ?? ''].join('\0');
}

/** Of the steps that only one list has, those that the other list has elsewhere, in order. */
function movedPartners(pairs: readonly Pair[]): ReadonlyMap<StepView, StepView> {
  const partners = new Map<StepView, StepView>();
  const waiting = new Map<string, StepView[]>();
  for (const { a, b } of pairs)
    if (a !== undefined && b === undefined) waiting.set(keyOf(a), [...(waiting.get(keyOf(a)) ?? []), a]);
  for (const { a, b } of pairs) {
    if (b === undefined || a !== undefined) continue;
    const partner = waiting.get(keyOf(b))?.shift();
    if (partner === undefined) continue;
    partners.set(b, partner);
    partners.set(partner, b);
  }
  return partners;
}

function titleOf(step: StepView): string {
  return step.interface === undefined ? step.title : `${step.title} on ${step.interface}`;
}

function stepDifferences(a: StepView, b: StepView): StepDifference[] {
  const differences: StepDifference[] = [];
  if (a.outcome !== b.outcome) differences.push({ what: 'outcome', a: a.outcome, b: b.outcome });
  const ruleA = a.places[0]?.label;
  const ruleB = b.places[0]?.label;
  if (ruleA !== ruleB) differences.push(difference('rule', ruleA, ruleB));
  return [...differences, ...packetDifferences(a.packet, b.packet)];
}

/** Field by field where both have the same headers; a checksum or length is told only when nothing else explains it. */
function packetDifferences(a: PacketView, b: PacketView): StepDifference[] {
  const headersA = headersOf(a);
  const headersB = headersOf(b);
  if (headersA !== headersB)
    return [
      { what: 'headers', a: headersA, b: headersB },
      { what: 'packet', a: a.summary, b: b.summary },
    ];
  const partners = alignBoxes(b.boxes, a.boxes);
  const found = b.boxes.flatMap((box, index) => {
    const partner = partners[index];
    return partner === undefined ? [] : fieldDifferences(a.boxes[partner]!, box);
  });
  const telling = found.filter((d) => !/checksum|total length|payload length/i.test(d.what));
  return telling.length > 0 ? telling : found;
}

function headersOf(packet: PacketView): string {
  return packet.boxes
    .filter((box) => box.reference !== undefined)
    .map((box) => box.title)
    .join(', ');
}

function fieldDifferences(a: PacketBox, b: PacketBox): StepDifference[] {
  const valuesOfB = new Map(b.fields.map((field) => [field.name, field.value]));
  return a.fields.flatMap((field) => {
    const other = valuesOfB.get(field.name);
    return other === undefined || other === field.value
      ? []
      : [{ what: `${a.title} ${field.name}`, a: field.value, b: other }];
  });
}

function difference(what: string, a: string | undefined, b: string | undefined): StepDifference {
  return { what, ...(a !== undefined && { a }), ...(b !== undefined && { b }) };
}

/** Stages that can change what becomes of a packet; where a TTL is counted down hardly ever does. */
const DECIDING: ReadonlySet<string> = new Set([
  'filter',
  'state',
  'nat',
  'ipsec-out',
  'ipsec-lookup',
  'ipsec-transform',
  'ipsec-in',
  'ipsec-check',
]);

/** Two walks, what each is called, and how their steps are aligned. */
interface Compared {
  readonly a: TraceView;
  readonly b: TraceView;
  readonly titleA: string;
  readonly titleB: string;
  readonly rows: readonly ComparisonRow[];
}

function reasonOf(compared: Compared): ComparisonReason {
  const { a, b, titleA, titleB, rows } = compared;
  const at = partingRow(a, b, rows);
  const row = rows[at];
  if (row === undefined)
    return {
      text: `${titleA} and ${titleB} take this packet through the same stages with the same result.`,
      citations: [],
    };
  const { text, citations } =
    row.kind === 'differs'
      ? sameStage(row, a.steps[row.a! - 1]!, b.steps[row.b! - 1]!, titleA, titleB)
      : (movedStage(compared, at) ?? otherOrder(compared, at));
  return { text: `${text}: ${consequence(a, b, titleA, titleB)}.`, row: at, citations };
}

/**
 * The row that explains what became of the packet. Walks can part and meet again (one look-up earlier, one hook
 * more); when they end differently, or cross a network in another shape, what counts is the first difference
 * behind the last row in which both still had the same packet. -1 when there is none.
 */
function partingRow(a: TraceView, b: TraceView, rows: readonly ComparisonRow[]): number {
  const stepOf = (row: ComparisonRow) => (row.a === undefined ? b.steps[row.b! - 1]! : a.steps[row.a - 1]!);
  const isOwn = (row: ComparisonRow) => stepOf(row).depth === undefined;
  const isDeciding = (row: ComparisonRow) => row.kind !== 'same' && DECIDING.has(stepOf(row).stage);
  const otherShapes = differingNetworks(crossingShapes(a), crossingShapes(b));
  const wire = rows.findIndex((row) => isOwn(row) && otherShapes.includes(row.node));
  const end = wire >= 0 ? wire : isSameVerdict(a, b) ? 0 : rows.length;
  const start = rows.slice(0, end).findLastIndex((row) => row.kind === 'same' && isOwn(row)) + 1;
  for (const from of new Set([start, 0])) {
    const deciding = rows.findIndex((row, index) => index >= from && isDeciding(row));
    if (deciding >= 0) return deciding;
  }
  return rows.findIndex((row) => row.kind !== 'same');
}

interface Because {
  readonly text: string;
  readonly citations: readonly CitationView[];
}

function sameStage(row: ComparisonRow, a: StepView, b: StepView, titleA: string, titleB: string): Because {
  const isOneSource = a.citation?.source === b.citation?.source;
  const sources = [...citationsOf(a), ...(isOneSource ? [] : citationsOf(b))];
  const told = withCitations(titleOf(a), sources);
  const first = row.differences[0];
  const how =
    a.text === b.text && first !== undefined
      ? `, but with another packet (${first.what} ${first.a ?? 'none'} with ${titleA}, ${first.b ?? 'none'} with ${titleB})`
      : `, which with ${titleA} says “${bare(a.text)}”, with ${titleB} “${bare(b.text)}”`;
  return { text: `At ${a.node} both come to ${told}${how}`, citations: sources };
}

/** A stage that one side has before others and the other side behind them; undefined when nothing stands between. */
function movedStage({ a, b, titleA, titleB, rows }: Compared, at: number): Because | undefined {
  const row = rows[at]!;
  const atOther = rows.findIndex(
    (other, i) => i !== at && other.kind === 'moved' && other.a === row.a && other.b === row.b,
  );
  if (row.kind !== 'moved' || atOther < 0) return undefined;
  const [first, last] = [Math.min(at, atOther), Math.max(at, atOther)];
  const between = rows
    .slice(first + 1, last)
    .filter(({ kind, node }) => (kind === 'same' || kind === 'differs') && node === row.node)
    .map(({ title }) => title);
  if (between.length === 0) return undefined;
  const [stepA, stepB] = [a.steps[row.a! - 1]!, b.steps[row.b! - 1]!];
  const citations = [...citationsOf(stepA), ...citationsOf(stepB)];
  const told = (title: string, where: string, step: StepView) =>
    `${withCitations(`with ${title}`, citationsOf(step))} ${where}`;
  const [placeA, placeB] =
    rows[first]!.at === 'a' ? [`before ${listed(between)}`, 'after'] : ['after', `before ${listed(between)}`];
  const sides = [told(titleA, placeA, stepA), told(titleB, placeB, stepB)];
  // Whoever comes first is told first, because it names what stands between.
  if (rows[first]!.at === 'b') sides.reverse();
  return { text: `At ${row.node} ${row.title} comes ${sides.join(', ')}`, citations };
}

function listed(titles: readonly string[]): string {
  return titles.length < 2 ? titles.join('') : `${titles.slice(0, -1).join(', ')} and ${titles.at(-1)}`;
}

/** What each side comes to next at that node, from the row at which they part. */
function otherOrder({ a, b, titleA, titleB, rows }: Compared, at: number): Because {
  const { node, kind } = rows[at]!;
  const nextOf = (side: 'a' | 'b', trace: TraceView): StepView | undefined => {
    let other: StepView | undefined;
    for (const row of rows.slice(at)) {
      const index = row[side];
      if (index === undefined || (row.kind === 'moved' && row.at !== side)) continue;
      const step = trace.steps[index - 1]!;
      if (step.node !== node) break;
      if (step.outcome === 'skipped') continue;
      if (DECIDING.has(step.stage)) return step;
      // A route is looked up here and there; it tells of a difference only where nothing else does.
      if (row.kind !== 'same') other ??= step;
    }
    return other;
  };
  const nextA = nextOf('a', a);
  const nextB = nextOf('b', b);
  const told = (step: StepView) => withCitations(titleOf(step), citationsOf(step));
  const citations = [...citationsOf(nextA), ...citationsOf(nextB)];
  if (nextA !== undefined && nextB !== undefined)
    return {
      text: `At ${node} the packet comes with ${titleA} to ${told(nextA)} first, with ${titleB} to ${told(nextB)}`,
      citations,
    };
  const [has, hasNot, step] = nextA !== undefined ? [titleA, titleB, nextA] : [titleB, titleA, nextB];
  return step === undefined
    ? { text: `At ${node} ${titleA} and ${titleB} part`, citations }
    : {
        text: `At ${node} the packet comes with ${has} to ${told(step)}, with ${hasNot} ${kind === 'moved' ? 'at another place' : 'to no such stage'}`,
        citations,
      };
}

function withCitations(title: string, citations: readonly CitationView[]): string {
  return citations.length === 0 ? title : `${title} (${citations.map((c) => c.source).join('; ')})`;
}

function citationsOf(step: StepView | undefined): CitationView[] {
  return step?.citation === undefined ? [] : [step.citation];
}

function bare(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

/** How each side's packet crossed the networks where that differs, and what became of it. */
function consequence(a: TraceView, b: TraceView, titleA: string, titleB: string): string {
  const shapesA = crossingShapes(a);
  const shapesB = crossingShapes(b);
  const differing = differingNetworks(shapesA, shapesB);
  const sameEnd = isSameVerdict(a, b);
  const end = ({ verdict }: TraceView) =>
    `${lowerFirst(verdictTitle(verdict))}${verdict.reason === 'delivered' ? '' : ` (${verdict.reason})`}`;
  if (differing.length === 0 && sameEnd) return `both end the same way, ${end(a)}`;
  const told = (trace: TraceView, shapes: ReadonlyMap<string, string>) =>
    [
      ...differing.map((network) => `${shapes.get(network)} on ${network}`),
      ...(sameEnd ? [] : [end(trace)]),
    ].join(' and ');
  const rest = sameEnd ? `; both times ${end(a)}` : '';
  return `with ${titleA} the packet is ${told(a, shapesA)}, with ${titleB} it is ${told(b, shapesB)}${rest}`;
}

/** Networks that both cross, in another shape. */
function differingNetworks(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  return [...a.keys()].filter((network) => b.has(network) && a.get(network) !== b.get(network));
}

/** By network, of the walk's own packet: the worst shape in which it crossed. */
function crossingShapes(trace: TraceView): Map<string, string> {
  const shapes = new Map<string, string>();
  for (const step of trace.steps) {
    if (step.stage !== 'wire' || step.depth !== undefined) continue;
    const { boxes } = step.packet;
    const shape = boxes.some((box) => box.encrypted)
      ? 'encrypted'
      : boxes.some((box) => box.title === 'AH')
        ? 'authenticated'
        : 'in clear';
    if (shapes.get(step.node) !== 'in clear') shapes.set(step.node, shape);
  }
  return shapes;
}

function lowerFirst(text: string): string {
  return text === '' ? '' : text[0]!.toLowerCase() + text.slice(1);
}
