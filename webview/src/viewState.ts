/**
 * What the trace view shows, and the pure steps from one state to the next. The page saves the small part that
 * a reload needs: the question, the selected stage, the boxes that are open.
 */
import type { TraceParams } from '../../protocol/src/requests';
import type { StepView, TraceView } from '../../protocol/src/traceView';
import type { ToWebview } from '../../protocol/src/webviewMessages';

export type ViewState =
  | { readonly kind: 'loading'; readonly saved: SavedState | undefined }
  | { readonly kind: 'error'; readonly text: string; readonly saved: SavedState }
  | ShownTrace;

export interface ShownTrace {
  readonly kind: 'trace';
  readonly request: TraceParams;
  readonly trace: TraceView;
  readonly packets: readonly { readonly name: string; readonly notation: string }[];
  readonly platforms: readonly { readonly id: string; readonly title: string }[];
  /** Index into `trace.steps`; 0 when there are none. */
  readonly selected: number;
  /** Titles of open boxes, such as `IPv4`; by title, so that they stay open from stage to stage. */
  readonly open: readonly string[];
}

/** A `TraceParams` and a little more, so that the extension can read it as one. */
export interface SavedState extends TraceParams {
  readonly selected?: number;
  readonly open?: readonly string[];
}

export function receive(state: ViewState, message: ToWebview): ViewState {
  switch (message.kind) {
    case 'error':
      return { kind: 'error', text: message.text, saved: { ...savedOf(state), ...message.request } };
    case 'trace': {
      const before = sameWalk(savedOf(state), message.request) ? savedOf(state) : undefined;
      const { request, trace, packets, platforms } = message;
      return {
        kind: 'trace',
        request,
        trace,
        packets,
        platforms,
        selected:
          state.kind === 'trace' && before !== undefined
            ? follow(state.trace.steps[state.selected], trace.steps, state.selected)
            : clamp(before?.selected ?? 0, trace.steps.length),
        open: savedOf(state)?.open ?? [],
      };
    }
  }
}

export function select(state: ShownTrace, index: number): ShownTrace {
  return { ...state, selected: clamp(index, state.trace.steps.length) };
}

export function toggle(state: ShownTrace, title: string): ShownTrace {
  const open = state.open.includes(title)
    ? state.open.filter((other) => other !== title)
    : [...state.open, title];
  return { ...state, open };
}

export function savedOf(state: ViewState): SavedState | undefined {
  if (state.kind !== 'trace') return state.saved;
  return { ...state.request, selected: state.selected, open: state.open };
}

/** After an edit the same stage may have moved: the nearest one of the same kind at the same node is it. */
function follow(before: StepView | undefined, steps: readonly StepView[], index: number): number {
  if (before === undefined) return clamp(index, steps.length);
  const same = steps
    .map((step, position) => ({ step, position }))
    .filter(({ step }) => step.node === before.node && step.stage === before.stage)
    .sort((a, b) => Math.abs(a.position - index) - Math.abs(b.position - index));
  return same[0]?.position ?? clamp(index, steps.length);
}

function sameWalk(saved: TraceParams | undefined, request: TraceParams): boolean {
  return (
    saved !== undefined &&
    saved.uri === request.uri &&
    saved.packet === request.packet &&
    saved.reply === request.reply
  );
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(index, length - 1));
}
