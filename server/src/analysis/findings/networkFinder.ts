/** A finder that looks for something in the policies and confirms it by walks of its own. */
import type { WitnessedFinding } from '../snapshot';
import type { Prober } from './prober';

export type NetworkFinder = (prober: Prober) => readonly WitnessedFinding[];
