import type { ExportFormat } from '../../protocol/src/requests';
import type { PlaceView } from '../../protocol/src/traceView';
import type { ComparedPlatforms, PageName } from './viewState';

/** What a person can do in the trace view. The parts of the page call these and hold no state of their own. */
export interface Actions {
  /** Shows another packet, its reply, or another platform's order. */
  readonly walk: (choice: { packet?: string; reply?: boolean; platform?: string | undefined }) => void;
  /** Opens the same walk in a trace view of its own. */
  readonly walkBeside: () => void;
  /** Selects a stage; `reveal` also shows its rule in the editor. */
  readonly select: (index: number, options: { readonly reveal: boolean }) => void;
  readonly reveal: (place: PlaceView) => void;
  /** Opens or closes the boxes with this title. */
  readonly toggle: (title: string) => void;
  readonly openPage: (page: PageName) => void;
  readonly compare: (platforms: ComparedPlatforms) => void;
  readonly showDecrypted: (shown: boolean) => void;
  readonly showAsTables: (tables: boolean) => void;
  readonly export: (format: ExportFormat) => void;
  readonly makeExpectation: () => void;
}
