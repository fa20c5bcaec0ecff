import type { VerdictView } from '../../../protocol/src/traceView';
import { assertNever } from '../text/assertNever';

/** `Delivered at Y`. */
export function verdictTitle(verdict: VerdictView): string {
  const at = verdict.node === '' ? '' : ` at ${verdict.node}`;
  switch (verdict.kind) {
    case 'delivered':
      return verdict.reason === 'consumed' ? `Refused${at}` : `Delivered${at}`;
    case 'dropped':
      return `Dropped${at}`;
    case 'lost':
      return `Lost${at}`;
    case 'looped':
      return `Loops${at}`;
    case 'uncertain':
      return `Uncertain${at}`;
    default:
      return assertNever(verdict.kind);
  }
}
