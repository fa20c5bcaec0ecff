import type { ComparisonRow, ComparisonView } from '../../protocol/src/comparisonView';
import type { StepView } from '../../protocol/src/traceView';

/** The steps that a row of a comparison is about; rows name them by `StepView.index`, which counts from 1. */
export function comparedSteps(
  row: ComparisonRow,
  view: ComparisonView,
): { readonly a: StepView | undefined; readonly b: StepView | undefined } {
  const step = (side: 'a' | 'b') => {
    const index = row[side];
    // A moved stage stands in two rows, in each for one side.
    const shown = index !== undefined && (row.at === undefined || row.at === side);
    return shown ? view[side].trace.steps.find((s) => s.index === index) : undefined;
  };
  return { a: step('a'), b: step('b') };
}

/** The platform a side stands for when none was chosen: the server compares with another order than the files'. */
export function platformShown(
  side: 'a' | 'b',
  chosen: string | undefined,
  view: ComparisonView | undefined,
  platforms: readonly { readonly id: string; readonly title: string }[],
): string | undefined {
  if (chosen !== undefined || side === 'a' || view === undefined || view.a.title === view.b.title)
    return chosen;
  return platforms.find((p) => p.title === view.b.title)?.id;
}
