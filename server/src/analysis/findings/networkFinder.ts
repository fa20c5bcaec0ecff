/** A finder that looks for something in the policies and confirms it by walks of its own. */
import type { Work } from '../../text/work';
import type { WitnessedFinding } from '../snapshot';
import type { Prober } from './prober';

/** Pauses where others may be served, when it can be long. */
export type NetworkFinder = (
  prober: Prober,
) => readonly WitnessedFinding[] | Work<readonly WitnessedFinding[]>;
