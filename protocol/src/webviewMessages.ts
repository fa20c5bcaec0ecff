import type {
  CheckPacketResult,
  CompareResult,
  ExportFormat,
  PacketsResult,
  TablesResult,
  TraceParams,
  TraceResult,
} from './requests';
import type { PlaceView, TraceView } from './traceView';

/** What the extension tells the trace view. */
export type ToWebview =
  | ({
      readonly kind: 'trace';
      /** What was asked; the view saves it, so that a restored view can ask again. */
      readonly request: TraceParams;
      /** The packet's own walk, also when the reply was asked for. */
      readonly trace: TraceView;
      /** The reply's walk when it was asked for, or why there is none. */
      readonly reply?: TraceResult;
    } & PacketsResult)
  | { readonly kind: 'error'; readonly text: string; readonly request: TraceParams }
  | { readonly kind: 'tables'; readonly request: TraceParams; readonly result: TablesResult }
  | { readonly kind: 'comparison'; readonly request: TraceParams; readonly result: CompareResult }
  | { readonly kind: 'packetChecked'; readonly text: string; readonly result: CheckPacketResult }
  /** Selects the stage that a rule decided. `line` is 0-based. */
  | { readonly kind: 'showRule'; readonly uri: string; readonly line: number }
  | { readonly kind: 'step'; readonly by: 1 | -1 };

/** A packet of the open project, its reply too or not, by one platform's order or by each gateway's own. */
export interface WalkChoice {
  readonly packet: string;
  readonly reply: boolean;
  readonly platform?: string;
}

/** What the trace view asks of the extension. */
export type FromWebview =
  | { readonly kind: 'ready' }
  | { readonly kind: 'reveal'; readonly place: PlaceView }
  /** `beside`: in a trace view of its own. */
  | ({ readonly kind: 'walk'; readonly beside: boolean } & WalkChoice)
  | { readonly kind: 'tables' }
  /** Platform ids; absent: every gateway as it is described. */
  | { readonly kind: 'compare'; readonly a?: string; readonly b?: string }
  | { readonly kind: 'checkPacket'; readonly text: string }
  | { readonly kind: 'savePacket'; readonly name: string; readonly text: string }
  /** Of the selected stage: whether it is one of the reply, and its `StepView.index`. */
  | {
      readonly kind: 'export';
      readonly format: ExportFormat;
      readonly reply: boolean;
      readonly step?: number;
    }
  | { readonly kind: 'makeExpectation' };
