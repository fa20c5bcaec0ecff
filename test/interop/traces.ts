/** Trace views put together by hand, so that what renders them is tested apart from what walks. */
import type { StepView, TopologyNode, TraceView } from '../../protocol/src/traceView';
import { buildPacket } from '../../server/src/packet/build';
import { parsePacketLine } from '../../server/src/packet/parseLine';
import { packetView } from '../../server/src/packet/view';

/** `A filter in fxp0 pass`, with the packet's line behind it. */
export interface StepWords {
  readonly node: string;
  readonly stage: string;
  readonly title: string;
  readonly packet: string;
  readonly outcome?: StepView['outcome'];
  readonly interface?: string;
  readonly text?: string;
  readonly rule?: string;
  readonly source?: string;
  readonly before?: string;
  readonly depth?: number;
}

export function packetOf(line: string) {
  const { spec, problems } = parsePacketLine(line);
  if (spec === undefined) throw new Error(problems[0]?.message);
  return buildPacket(spec);
}

export function traceOf(
  steps: readonly StepWords[],
  verdict: Partial<TraceView['verdict']> = {},
  rest: Partial<TraceView> = {},
): TraceView {
  const nodes: TopologyNode[] = [
    { id: 'x', kind: 'host', detail: '10.1.0.10', visited: true },
    { id: 'A', kind: 'gateway', detail: 'NetBSD', visited: true },
    { id: 'X', kind: 'network', detail: '10.1.0.0/24', visited: true },
    { id: 'Z', kind: 'internet', detail: 'internet', visited: true },
  ];
  const line = steps[0]?.packet ?? '';
  return {
    version: 1,
    packet: 'web',
    notation: line,
    reply: false,
    topology: { nodes, links: [] },
    steps: steps.map(stepOf),
    verdict: {
      kind: 'delivered',
      node: 'Z',
      reason: 'delivered',
      text: 'Reaches 198.51.100.80.',
      places: [],
      ...verdict,
    },
    findings: [],
    ...rest,
  };
}

function stepOf(words: StepWords, index: number): StepView {
  const { node, stage, title, packet, outcome = 'continue', text = `${title} was here.` } = words;
  const after = packetOf(packet);
  return {
    index: index + 1,
    node,
    stage,
    title,
    ...(words.interface !== undefined && { interface: words.interface }),
    outcome,
    ...(words.depth !== undefined && { depth: words.depth }),
    text,
    places:
      words.rule === undefined
        ? []
        : [
            {
              uri: 'file:///g/A/ipnat.conf',
              label: words.rule,
              line: 0,
              startCharacter: 0,
              endLine: 0,
              endCharacter: 1,
              text: '',
            },
          ],
    packet: packetView(after, words.before === undefined ? undefined : packetOf(words.before)),
    ...(words.before !== undefined && { before: words.before, after: packet }),
    ...(words.source !== undefined && { citation: { source: words.source } }),
  };
}
