import type { PlaceView } from '../../protocol/src/traceView';

/** What a person can do in the trace view. The parts of the page call these and hold no state of their own. */
export interface Actions {
  /** Shows another packet, its reply, or another platform's order. */
  readonly walk: (choice: { packet?: string; reply?: boolean; platform?: string | undefined }) => void;
  /** Selects a stage; `reveal` also shows its rule in the editor. */
  readonly select: (index: number, options: { readonly reveal: boolean }) => void;
  readonly reveal: (place: PlaceView) => void;
  /** Opens or closes the boxes with this title. */
  readonly toggle: (title: string) => void;
}
