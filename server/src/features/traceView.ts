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
import { packetOneLine } from '../packet/oneLine';
import { platformById } from '../platforms';
import { formatAddress, formatPrefix } from '../policy/address';
import type { Network } from '../simulator/network';
import { fragmentsToText, type Trace, type TraceStep } from '../simulator/trace';
import { packetViewWithInside } from './espInside';
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
    ...(project.inferred && { inferred: true }),
    topology: topologyOf(project.network, trace, request.platform),
    steps: shownSteps(trace).map((step, i) => stepView(step, i, snapshot, project)),
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

/** The steps a view shows, in its order: those where nothing was there to decide are left out. */
export function shownSteps(trace: Trace): readonly TraceStep[] {
  return trace.steps.filter((step) => step.quiet !== true);
}

function stepView(step: TraceStep, i: number, snapshot: Snapshot, project: Project): StepView {
  const { folder, network } = project;
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
    ...(step.depth > 0 && { depth: step.depth }),
    text: fragmentsToText(step.said),
    places: placesOf(snapshot, step.origins, folder),
    packet: packetViewWithInside(step.after, changed ? step.before : undefined, network),
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

function topologyOf(network: Network, trace: Trace, platform: string | undefined): TopologyView {
  const links = linksOf(network);
  const crossings = crossingsOf(
    links,
    trace.steps.filter((s) => s.depth === 0),
  );
  const visited = new Set(trace.steps.map((s) => s.node));
  for (const link of crossings.keys()) {
    visited.add(link.from);
    visited.add(link.to);
  }
  return {
    nodes: nodesOf(network, trace, platform).map((node) => ({ ...node, visited: visited.has(node.id) })),
    links: links.map((link) => ({ ...link, crossed: crossings.get(link) ?? 'no' })),
  };
}

type Link = Omit<TopologyLink, 'crossed'>;

function nodesOf(
  network: Network,
  trace: Trace,
  platform: string | undefined,
): Omit<TopologyNode, 'visited'>[] {
  const known: Omit<TopologyNode, 'visited'>[] = [
    ...network.hosts.map((host) => ({
      id: host.name,
      kind: 'host' as const,
      detail: host.addresses.map(formatAddress).join(', '),
    })),
    ...network.gateways.map((gateway) => ({
      id: gateway.name,
      kind: 'gateway' as const,
      detail: (platformById(platform ?? '') ?? gateway.platform).title,
    })),
    ...network.segments.map((segment) => ({
      id: segment.name,
      kind: segment.kind === 'internet' ? ('internet' as const) : ('network' as const),
      detail:
        segment.prefixes.map(formatPrefix).join(', ') || (segment.kind === 'internet' ? 'internet' : ''),
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
 * no link of their own lies the network that both are attached to. A link that was crossed in clear and
 * encrypted (a packet that comes back) is told as crossed in clear, because that is the one to know about.
 */
function crossingsOf(links: readonly Link[], steps: readonly TraceStep[]): Map<Link, 'clear' | 'encrypted'> {
  const crossings = new Map<Link, 'clear' | 'encrypted'>();
  const cross = (link: Link | undefined, shape: 'clear' | 'encrypted') => {
    if (link !== undefined) crossings.set(link, crossings.get(link) === 'clear' ? 'clear' : shape);
  };
  for (let i = 1; i < steps.length; i++) {
    const from = steps[i - 1]!;
    const to = steps[i]!;
    if (from.node === to.node) continue;
    const shape = shapeOf(from, to);
    const direct = mostFitting(
      links.filter((l) => joins(l, from.node, to.node)),
      from,
      to,
    );
    if (direct !== undefined) {
      cross(direct, shape);
      continue;
    }
    const segments = new Set(links.filter((l) => l.from === to.node).map((l) => l.to));
    const out = mostFitting(
      links.filter((l) => l.from === from.node && segments.has(l.to)),
      from,
      to,
    );
    cross(out, shape);
    cross(
      links.find((l) => l.from === to.node && l.to === out?.to),
      shape,
    );
  }
  return crossings;
}

/** Of several interfaces on one network the one that a step names. */
function mostFitting(candidates: readonly Link[], from: TraceStep, to: TraceStep): Link | undefined {
  const named = candidates.find(
    (l) => l.interface !== undefined && l.interface === (l.from === from.node ? from : to).interface,
  );
  return named ?? candidates[0];
}

function joins(link: Link, a: string, b: string): boolean {
  return (link.from === a && link.to === b) || (link.from === b && link.to === a);
}

function shapeOf(from: TraceStep, to: TraceStep): 'clear' | 'encrypted' {
  const told = from.protection ?? to.protection;
  const encrypted =
    told === undefined ? from.after.layers.some((l) => l.protocol === 'esp') : told === 'encrypted';
  return encrypted ? 'encrypted' : 'clear';
}
