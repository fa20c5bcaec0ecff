/** What a walk gives away about the policy. One finding, one file, one line here. */
import type { Network } from '../../simulator/network';
import type { Trace } from '../../simulator/trace';
import type { WalkFinding } from '../snapshot';
import { natAndPolicyOrder } from './natAndPolicyOrder';
import { tunnelNotPermitted } from './tunnelNotPermitted';

const finders: readonly ((network: Network, trace: Trace) => readonly WalkFinding[])[] = [
  natAndPolicyOrder,
  tunnelNotPermitted,
];

export function findingsOfWalk(network: Network, trace: Trace): readonly WalkFinding[] {
  return finders.flatMap((find) => find(network, trace));
}
