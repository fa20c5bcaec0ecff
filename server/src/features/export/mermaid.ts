/** A walk as a Mermaid sequence diagram: hosts, gateways and networks in the order the packet meets them. */
import type { StepView, TraceView } from '../../../../protocol/src/traceView';
import { verdictTitle } from '../../interop/verdictTitle';

export function traceToMermaid(trace: TraceView): string {
  const ids = new Map<string, string>();
  for (const { node } of trace.steps) if (!ids.has(node)) ids.set(node, `n${ids.size}`);
  const lines = ['sequenceDiagram', `  %% ${plain(trace.packet)}: ${plain(trace.notation)}`];
  for (const [node, id] of ids) {
    const kind = trace.topology.nodes.find((n) => n.id === node)?.kind;
    lines.push(`  ${kind === 'host' ? 'actor' : 'participant'} ${id} as ${plain(node)}`);
  }
  let before: StepView | undefined;
  for (const step of trace.steps) {
    const id = ids.get(step.node)!;
    if (before !== undefined && before.node !== step.node) {
      const arrow = step.packet.boxes.some((box) => box.encrypted) ? '-->>' : '->>';
      lines.push(`  ${ids.get(before.node)}${arrow}${id}: ${plain(step.packet.summary)}`);
    }
    const rule = step.places[0] === undefined ? '' : ` (${plain(step.places[0].label)})`;
    lines.push(`  Note over ${id}: ${step.index}. ${plain(step.title)}: ${plain(step.text)}${rule}`);
    before = step;
  }
  const { verdict } = trace;
  const at = ids.get(verdict.node) ?? (before && ids.get(before.node));
  const said = `${plain(verdictTitle(verdict))}: ${plain(verdict.text)}`;
  lines.push(at === undefined ? `  %% ${said}` : `  Note over ${at}: ${said}`);
  return `${lines.join('\n')}\n`;
}

/** `#` and `;` begin escapes and end statements in Mermaid; the rest would be read as markup by the browser. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[#;<>&%]/g, (c) => `#${c.charCodeAt(0)};`);
}
