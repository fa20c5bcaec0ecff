/**
 * What NAT, IPsec and filter do to each other and nobody wanted. Each finding rests on a walk: of a sample packet
 * (`findingsOfWalk`), or of packets made from the policies themselves (`findingsOfNetwork`). One finding, one
 * file; `finders` look at any walk (`tooBig` at samples only: full-size probes are `segmentSizes`’ own), `networkFinders` know what to look for in the policies and confirm it by a
 * walk of their own.
 */
import type { Network } from '../../simulator/network';
import { finish, isWork, type Work } from '../../text/work';
import type { WalkFinding, WitnessedFinding } from '../snapshot';
import { answersOnEnc } from './answersOnEnc';
import { differingAssociations, severalAssociations } from './associations';
import type { WalkEvidence, WalkFinder } from './finder';
import { hiddenPolicies } from './hiddenPolicies';
import { innerRules } from './innerRules';
import { leavesInClear } from './leavesInClear';
import { unmirroredPolicies } from './mirror';
import { natAndPolicyOrder } from './natAndPolicyOrder';
import { natBreaksProtection } from './natBreaksProtection';
import type { NetworkFinder } from './networkFinder';
import { probePolicies } from './policyProbes';
import { probedInPlaces } from './probedInPlaces';
import { Prober } from './prober';
import { segmentSizes } from './segmentSize';
import { tunnelsBehindOneAddress } from './sharedAddress';
import { tooBig } from './tooBig';
import { tunnelNotPermitted } from './tunnelNotPermitted';

const finders: readonly WalkFinder[] = [
  natAndPolicyOrder,
  leavesInClear,
  tunnelNotPermitted,
  natBreaksProtection,
];

const networkFinders: readonly NetworkFinder[] = [
  differingAssociations,
  unmirroredPolicies,
  severalAssociations,
  hiddenPolicies,
  innerRules,
  answersOnEnc,
  segmentSizes,
  tunnelsBehindOneAddress,
  probedInPlaces,
];

export function findingsOfWalk(evidence: WalkEvidence): readonly WalkFinding[] {
  return [...finders, tooBig].flatMap((find) => find(evidence));
}

/** Walks for one network; see `prober.ts`. */
const MOST_WALKS = 160;

/** Each at its place once, with the packet that shows it. */
export function findingsOfNetwork(network: Network): readonly WitnessedFinding[] {
  return finish(networkFindingsWork(network));
}

const known = new WeakMap<Network, readonly WitnessedFinding[]>();

/** Memoised by network. */
export function* networkFindingsWork(network: Network): Work<readonly WitnessedFinding[]> {
  let findings = known.get(network);
  if (findings === undefined) {
    findings = yield* findInNetwork(network);
    known.set(network, findings);
  }
  return findings;
}

function* findInNetwork(network: Network): Work<readonly WitnessedFinding[]> {
  if (network.gateways.every((g) => g.ipsec.policies.length === 0)) return [];
  const prober = new Prober(network, MOST_WALKS);
  probePolicies(prober);
  yield;
  const found = new Map<string, WitnessedFinding>();
  const add = (finding: WitnessedFinding) => {
    const at = finding.origins[0];
    const key = `${finding.code} ${at?.file} ${at?.start} ${finding.fixes?.[0]?.title}`;
    if (at !== undefined && !found.has(key)) found.set(key, finding);
  };
  for (const find of networkFinders) {
    const work = find(prober);
    for (const finding of isWork(work) ? yield* work : work) add(finding);
    yield;
  }
  for (const { trace, again, witness } of prober.probes) {
    // What rests on something nobody modelled shows nothing. Rules that stand in for another system's are said to,
    // where the platform is named.
    if (trace.steps.some((s) => s.uncertain !== undefined)) continue;
    yield;
    for (const find of finders)
      for (const finding of find({ network, trace, again, asked: false })) add({ ...finding, witness });
  }
  return [...found.values()];
}
