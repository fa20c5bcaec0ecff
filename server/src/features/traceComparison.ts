/**
 * What another order of stages changes: the same packet walked twice, told as differences. Said in the order
 * people ask: which stages in which order, what is seen on each network, and what becomes of the packet.
 */
import type { StepView, TraceView } from '../../../protocol/src/traceView';
import { verdictTitle } from '../interop/verdictTitle';

export interface TraceDifference {
  /** `A: stages`, `on Z`, `verdict`. */
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** `before`: the walk on the gateways' own platforms. Empty: both walks are the same in all three respects. */
export function compareTraces(before: TraceView, after: TraceView): TraceDifference[] {
  const gateways = after.topology.nodes.filter((n) => n.kind === 'gateway').map((n) => n.id);
  const networks = after.topology.nodes
    .filter((n) => n.kind === 'network' || n.kind === 'internet')
    .map((n) => n.id);
  const pairs: TraceDifference[] = [
    ...gateways.map((node) => ({
      what: `stages at ${node}`,
      before: stagesAt(before, node),
      after: stagesAt(after, node),
    })),
    ...networks.map((node) => ({
      what: `on ${node}`,
      before: seenOn(before, node),
      after: seenOn(after, node),
    })),
    {
      what: 'verdict',
      before: `${verdictTitle(before.verdict)} [${before.verdict.reason}]`,
      after: `${verdictTitle(after.verdict)} [${after.verdict.reason}]`,
    },
  ];
  return pairs.filter((p) => p.before !== p.after);
}

/** Of the walk's own packet only: what others send because of it differs as a consequence. */
function stepsAt(trace: TraceView, node: string): readonly StepView[] {
  return trace.steps.filter((s) => s.node === node && s.depth === undefined);
}

function stagesAt(trace: TraceView, node: string): string {
  const titles = stepsAt(trace, node).map((s) =>
    s.outcome === 'skipped' ? `(${s.title} skipped)` : s.title,
  );
  return titles.length === 0 ? 'none' : titles.join(' → ');
}

function seenOn(trace: TraceView, node: string): string {
  const seen = stepsAt(trace, node).map((s) => s.packet.summary);
  return seen.length === 0 ? 'nothing' : seen.join(', ');
}
