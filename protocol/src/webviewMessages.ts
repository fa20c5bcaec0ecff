import type { TraceParams } from './requests';
import type { PlaceView, TraceView } from './traceView';

/** What the extension tells the trace view. */
export type ToWebview =
  | {
      readonly kind: 'trace';
      /** What was asked; the view saves it, so that a restored view can ask again. */
      readonly request: TraceParams;
      readonly trace: TraceView;
      readonly packets: readonly { readonly name: string; readonly notation: string }[];
      readonly platforms: readonly { readonly id: string; readonly title: string }[];
    }
  | { readonly kind: 'error'; readonly text: string; readonly request: TraceParams };

/** What the trace view asks of the extension. */
export type FromWebview =
  | { readonly kind: 'ready' }
  | { readonly kind: 'reveal'; readonly place: PlaceView }
  | {
      readonly kind: 'walk';
      readonly packet: string;
      readonly reply: boolean;
      readonly platform?: string;
    };
