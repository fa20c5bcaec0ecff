/** The stages of a walk in groups of the machine they happen on. */
import type { StepView, TopologyView } from '../../protocol/src/traceView';

export interface StageGroup {
  readonly node: string;
  /** What the machine is: `NetBSD`, `10.1.0.0/24`. */
  readonly detail: string;
  readonly steps: readonly { readonly step: StepView; readonly index: number }[];
}

/** A machine that the packet comes to twice has two groups. `firstIndex` is what the first step counts as. */
export function groupSteps(
  steps: readonly StepView[],
  { nodes }: TopologyView,
  firstIndex = 0,
): readonly StageGroup[] {
  const groups: (Omit<StageGroup, 'steps'> & { steps: { step: StepView; index: number }[] })[] = [];
  steps.forEach((step, position) => {
    const index = firstIndex + position;
    const last = groups.at(-1);
    if (last?.node === step.node) last.steps.push({ step, index });
    else {
      const detail = nodes.find(({ id }) => id === step.node)?.detail ?? '';
      groups.push({ node: step.node, detail, steps: [{ step, index }] });
    }
  });
  return groups;
}
