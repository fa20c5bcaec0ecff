/**
 * What the trace view shows, and the pure steps from one state to the next. The page saves the small part that
 * a reload needs: the question, which page of the view is open, the selected stage, the boxes that are open.
 */
import type { CompareResult, TablesResult, TraceParams } from '../../protocol/src/requests';
import type { StepView, TraceView } from '../../protocol/src/traceView';
import type { ToWebview } from '../../protocol/src/webviewMessages';

export type ViewState =
  | { readonly kind: 'loading'; readonly saved: SavedState | undefined }
  | { readonly kind: 'error'; readonly text: string; readonly saved: SavedState }
  | ShownTrace;

export const pages = ['walk', 'tables', 'compare', 'build'] as const;
export type PageName = (typeof pages)[number];

export interface ShownTrace {
  readonly kind: 'trace';
  readonly request: TraceParams;
  /** The packet's walk, and behind it the reply's when that was asked for. */
  readonly walks: readonly TraceView[];
  /** Why there is no reply to show. */
  readonly noReply?: string;
  readonly packets: readonly { readonly name: string; readonly notation: string }[];
  readonly platforms: readonly { readonly id: string; readonly title: string }[];
  /** Counts through the steps of all walks; 0 when there are none. */
  readonly selected: number;
  /** Titles of open boxes, such as `IPv4`; by title, so that they stay open from stage to stage. */
  readonly open: readonly string[];
  readonly page: PageName;
  /** What is inside encrypted boxes is shown. */
  readonly decrypted: boolean;
  /** Pictures are replaced by tables with the same content. */
  readonly asTables: boolean;
  /** Absent until they are asked for. */
  readonly tables?: TablesResult;
  readonly comparison?: CompareResult;
  readonly compared: ComparedPlatforms;
}

/** Platform ids; absent: every gateway as it is described. */
export interface ComparedPlatforms {
  readonly a?: string;
  readonly b?: string;
}

/** A `TraceParams` and a little more, so that the extension can read it as one. */
export interface SavedState extends TraceParams {
  readonly selected?: number;
  readonly open?: readonly string[];
  readonly page?: PageName;
  readonly decrypted?: boolean;
  readonly asTables?: boolean;
  readonly compared?: ComparedPlatforms;
}

/** One step among those of all walks that are shown. */
export interface PlacedStep {
  readonly step: StepView;
  readonly walk: TraceView;
  /** 0-based, through all walks. */
  readonly index: number;
}

export function allSteps({ walks }: Pick<ShownTrace, 'walks'>): readonly PlacedStep[] {
  return walks
    .flatMap((walk) => walk.steps.map((step) => ({ step, walk })))
    .map((placed, index) => ({ ...placed, index }));
}

/** Messages that are not about what is shown (a checked packet, an older question) leave the state as it is. */
export function receive(state: ViewState, message: ToWebview): ViewState {
  switch (message.kind) {
    case 'error':
      return { kind: 'error', text: message.text, saved: { ...savedOf(state), ...message.request } };
    case 'trace':
      return receiveTrace(state, message);
    case 'tables':
      if (state.kind !== 'trace' || !sameQuestion(state.request, message.request)) return state;
      return { ...state, tables: message.result };
    case 'comparison':
      if (state.kind !== 'trace' || !sameWalk(state.request, message.request)) return state;
      return { ...state, comparison: message.result };
    case 'showRule':
      return state.kind === 'trace' ? selectRule(state, message) : state;
    case 'step':
      return state.kind === 'trace' ? select(state, state.selected + message.by) : state;
    case 'packetChecked':
      return state;
  }
}

function receiveTrace(state: ViewState, message: ToWebview & { kind: 'trace' }): ShownTrace {
  const saved = savedOf(state);
  const { request, trace, reply, packets, platforms } = message;
  const walks = reply !== undefined && 'trace' in reply ? [trace, reply.trace] : [trace];
  const steps = allSteps({ walks });
  const replyStart = walks.length > 1 ? trace.steps.length : 0;
  const selected = () => {
    // A person who asks for the reply wants to see it; otherwise the same stage stays selected.
    if (saved === undefined || !sameWalk(saved, request))
      return clamp(request.reply ? replyStart : 0, steps.length);
    if (state.kind !== 'trace') return clamp(saved.selected ?? 0, steps.length);
    if (request.reply && !state.request.reply) return clamp(replyStart, steps.length);
    return follow(allSteps(state)[state.selected], steps, state.selected);
  };
  return {
    kind: 'trace',
    request,
    walks,
    ...(reply !== undefined && 'error' in reply ? { noReply: reply.error } : {}),
    packets,
    platforms,
    selected: selected(),
    open: saved?.open ?? [],
    page: knownPage(saved?.page),
    decrypted: saved?.decrypted ?? true,
    asTables: saved?.asTables ?? false,
    compared: saved?.compared ?? {},
    // Kept until the answer for the files of now is there, so that the page does not flicker while somebody types.
    ...(state.kind === 'trace' && state.tables !== undefined ? { tables: state.tables } : {}),
    ...(state.kind === 'trace' && state.comparison !== undefined ? { comparison: state.comparison } : {}),
  };
}

export function select(state: ShownTrace, index: number): ShownTrace {
  return { ...state, page: 'walk', selected: clamp(index, allSteps(state).length) };
}

/** The first stage after the selected one that names a rule on this line, then any; none: the state as it is. */
function selectRule(state: ShownTrace, { uri, line }: { uri: string; line: number }): ShownTrace {
  const found = allSteps(state).filter(({ step }) =>
    step.places.some((place) => place.uri === uri && place.line <= line && line <= place.endLine),
  );
  const next = found.find(({ index }) => index > state.selected) ?? found[0];
  return next === undefined ? state : select(state, next.index);
}

export function toggle(state: ShownTrace, title: string): ShownTrace {
  const open = state.open.includes(title)
    ? state.open.filter((other) => other !== title)
    : [...state.open, title];
  return { ...state, open };
}

export function savedOf(state: ViewState): SavedState | undefined {
  if (state.kind !== 'trace') return state.saved;
  const { request, selected, open, page, decrypted, asTables, compared } = state;
  return { ...request, selected, open, page, decrypted, asTables, compared };
}

/** After an edit the same stage may have moved: the nearest one of the same kind at the same node is it. */
function follow(before: PlacedStep | undefined, steps: readonly PlacedStep[], index: number): number {
  if (before === undefined) return clamp(index, steps.length);
  const same = steps
    .filter(
      ({ step, walk }) =>
        step.node === before.step.node &&
        step.stage === before.step.stage &&
        walk.reply === before.walk.reply,
    )
    .sort((a, b) => Math.abs(a.index - index) - Math.abs(b.index - index));
  return same[0]?.index ?? clamp(index, steps.length);
}

function sameWalk(a: TraceParams, b: TraceParams): boolean {
  return a.uri === b.uri && a.packet === b.packet;
}

function sameQuestion(a: TraceParams, b: TraceParams): boolean {
  return sameWalk(a, b) && a.reply === b.reply && a.platform === b.platform;
}

/** The saved state may come from another version. */
function knownPage(name: string | undefined): PageName {
  return pages.find((page) => page === name) ?? 'walk';
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(index, length - 1));
}
