/**
 * From a walk to the value that hover, trace view and command line show. All of them render this, so none can
 * tell another story than the others. Its JSON is a public format: `docs/walk.schema.json`.
 */
import type {
  FindingView,
  StepView,
  TopologyLink,
  TopologyNode,
  TopologyView,
  TraceView,
} from '../../../protocol/src/traceView';
import type { Project, Snapshot, WalkResult } from '../analysis/snapshot';
import type { Packet } from '../packet/packet';
import { packetOneLine, packetView } from '../packet/view';
import { formatAddress, formatPrefix } from '../policy/address';
import type { Network } from '../simulator/network';
import { fragmentsToText, type Trace, type TraceStep } from '../simulator/trace';
import { placesOf } from './places';
import { stageTitle } from './stageTitles';

export function toTraceView(result: WalkResult, project: Project, snapshot: Snapshot): TraceView {
  const { request, trace } = result;
  const { folder } = project;
  return {
    version: 1,
    packet: request.packet.name,
    notation: request.packet.notation,
    reply: request.reply,
    ...(request.platform !== undefined && { platform: request.platform }),
    topology: topologyOf(project.network, trace),
    steps: trace.steps.map((step, i) => stepView(step, i, snapshot, folder)),
    verdict: {
      kind: trace.verdict.kind,
      node: trace.verdict.node,
      reason: trace.verdict.reason,
      text: fragmentsToText(trace.verdict.said),
      places: placesOf(snapshot, trace.verdict.origins, folder),
    },
    findings: result.findings.map(
      (finding): FindingView => ({
        code: finding.code,
        severity: finding.severity,
        text: finding.message,
        places: placesOf(snapshot, finding.origins, folder),
      }),
    ),
  };
}

function stepView(step: TraceStep, i: number, snapshot: Snapshot, folder: string): StepView {
  const changed = step.before.bytes !== step.after.bytes;
  const before = changed ? packetOneLine(step.before) : '';
  const after = changed ? packetOneLine(step.after) : '';
  return {
    index: i + 1,
    node: step.node,
    stage: step.stage,
    title: stageTitle(step),
    ...(step.hook !== undefined && { hook: step.hook }),
    ...(step.interface !== undefined && { interface: step.interface }),
    ...(step.direction !== undefined && { direction: step.direction }),
    outcome: step.outcome,
    text: fragmentsToText(step.said),
    places: placesOf(snapshot, step.origins, folder),
    packet: packetView(step.after, changed ? step.before : undefined),
    // A change that no header line shows (TTL, checksums) is told by the diagram, not by two equal lines.
    ...(before !== after && { before, after }),
    ...(step.entry !== undefined && { entry: step.entry }),
    ...(step.citation !== undefined && {
      citation: {
        source: step.citation.source,
        ...(step.citation.note !== undefined && { note: step.citation.note }),
      },
    }),
    ...(step.uncertain !== undefined && { uncertain: step.uncertain }),
  };
}

function topologyOf(network: Network, trace: Trace): TopologyView {
  const links = linksOf(network);
  const crossings = crossingsOf(links, trace.steps);
  const visited = new Set(trace.steps.map((s) => s.node));
  for (const link of crossings.keys()) {
    visited.add(link.from);
    visited.add(link.to);
  }
  return {
    nodes: nodesOf(network, trace).map((node) => ({ ...node, visited: visited.has(node.id) })),
    links: links.map((link) => ({ ...link, crossed: crossings.get(link) ?? 'no' })),
  };
}

type Link = Omit<TopologyLink, 'crossed'>;

function nodesOf(network: Network, trace: Trace): Omit<TopologyNode, 'visited'>[] {
  const known: Omit<TopologyNode, 'visited'>[] = [
    ...network.hosts.map((host) => ({
      id: host.name,
      kind: 'host' as const,
      detail: host.addresses.map(formatAddress).join(', '),
    })),
    ...network.gateways.map((gateway) => ({
      id: gateway.name,
      kind: 'gateway' as const,
      detail: gateway.platform.title,
    })),
    ...network.segments.map((segment) => ({
      id: segment.name,
      kind: segment.kind === 'internet' ? ('internet' as const) : ('network' as const),
      detail: segment.prefixes.map(formatPrefix).join(', '),
    })),
  ];
  // A sender that the network file does not name (an address typed into a packet line) still has its place.
  const ids = new Set(known.map((n) => n.id));
  for (const step of trace.steps) {
    if (ids.has(step.node)) continue;
    ids.add(step.node);
    known.push({ id: step.node, kind: step.nodeKind, detail: '' });
  }
  return known;
}

function linksOf(network: Network): Link[] {
  const links: Link[] = [];
  for (const host of network.hosts) links.push({ from: host.name, to: host.segment });
  for (const gateway of network.gateways) {
    for (const { name, segment } of gateway.interfaces) {
      if (segment !== undefined) links.push({ from: gateway.name, to: segment, interface: name });
    }
  }
  return links;
}

/**
 * Which links the packet crossed, and in which shape. The trace names the nodes in order; between two that have
 * no link of their own lies the network that both are attached to. Reply and forward walk may cross a link in
 * different shapes: then the clear one is told, because that is the one to know about.
 */
function crossingsOf(links: readonly Link[], steps: readonly TraceStep[]): Map<Link, 'clear' | 'encrypted'> {
  const crossings = new Map<Link, 'clear' | 'encrypted'>();
  const cross = (link: Link | undefined, packet: Packet) => {
    if (link === undefined) return;
    const shape = isEncrypted(packet) ? 'encrypted' : 'clear';
    crossings.set(link, crossings.get(link) === 'clear' ? 'clear' : shape);
  };
  const between = (from: TraceStep, to: TraceStep) =>
    links.find((l) => joins(l, from.node, to.node) && (l.interface ?? from.interface) === from.interface) ??
    links.find((l) => joins(l, from.node, to.node) && (l.interface ?? to.interface) === to.interface) ??
    links.find((l) => joins(l, from.node, to.node));
  for (let i = 1; i < steps.length; i++) {
    const from = steps[i - 1]!;
    const to = steps[i]!;
    if (from.node === to.node) continue;
    const direct = between(from, to);
    if (direct !== undefined) {
      cross(direct, from.after);
      continue;
    }
    const out = links.filter((l) => l.from === from.node);
    const into = links.filter((l) => l.from === to.node);
    const shared = out.find(
      (l) => into.some((m) => m.to === l.to) && (l.interface ?? from.interface) === from.interface,
    );
    const first = shared ?? out.find((l) => into.some((m) => m.to === l.to));
    cross(first, from.after);
    cross(
      into.find((l) => l.to === first?.to),
      from.after,
    );
  }
  return crossings;
}

function joins(link: Link, a: string, b: string): boolean {
  return (link.from === a && link.to === b) || (link.from === b && link.to === a);
}

function isEncrypted(packet: Packet): boolean {
  return packet.layers.some((layer) => layer.protocol === 'esp' || layer.protocol === 'encrypted');
}
