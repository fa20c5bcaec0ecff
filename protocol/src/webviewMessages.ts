import type { PlaceView, TraceView } from './traceView';

/** What the extension tells the trace view. */
export type ToWebview =
  | {
      readonly kind: 'trace';
      readonly trace: TraceView;
      readonly packets: readonly { readonly name: string; readonly notation: string }[];
      readonly platforms: readonly { readonly id: string; readonly title: string }[];
    }
  | { readonly kind: 'error'; readonly text: string };

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
