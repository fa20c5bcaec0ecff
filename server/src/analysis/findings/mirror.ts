/**
 * `ipsec/mirror`: two gateways whose policies do not mirror each other. For every outgoing tunnel policy whose other
 * end is described, the packet it is for is walked there, and one backwards: the other gateway must demand
 * protection of the first and put the second into the same tunnel. `ipsec/tunnel-end-not-own`: the policy builds
 * its tunnel from an address the gateway does not have, so nothing answers to it.
 */
import { buildPacket } from '../../packet/build';
import { summarizePacket } from '../../packet/decode';
import type { PacketSummary } from '../../packet/packet';
import { formatAddress, formatPrefix, prefixContains, sameAddress } from '../../policy/address';
import type { SecurityPolicy, TunnelEndpoints } from '../../policy/ipsec';
import { interfaceWithAddress } from '../../simulator/addressing';
import { associationsFor, lookUpPolicy } from '../../simulator/ipsec/spd';
import type { Gateway } from '../../simulator/network';
import type { TraceStep } from '../../simulator/trace';
import type { WitnessedFinding } from '../snapshot';
import { answerTo, stepsAt } from './finder';

import type { NetworkFinder } from './networkFinder';
import { policiesOf } from './policyProbes';
import type { Probe, Prober } from './prober';
import { edgesOf, packetFor, packetOfPolicy, spread } from './representatives';
import { standsForOthers, translationForPeer } from './translationForPeer';

const MOST_POLICIES = 16;

export const unmirroredPolicies: NetworkFinder = (prober) =>
  prober.network.gateways.flatMap((gateway) =>
    spread(policiesOf(gateway, 'out'), MOST_POLICIES).flatMap((policy) => checkOne(prober, gateway, policy)),
  );

function checkOne(prober: Prober, gateway: Gateway, policy: SecurityPolicy): readonly WitnessedFinding[] {
  const tunnel = policy.requests.find((r) => r.tunnel !== undefined)?.tunnel;
  if (tunnel === undefined) return [];
  const peer = prober.network.gateways.find(
    (g) => g !== gateway && interfaceWithAddress(g, tunnel.destination) !== undefined,
  );
  const spec = packetOfPolicy(prober.network, gateway, policy);
  const summary = summarizePacket(buildPacket(spec));
  if (summary === undefined) return [];
  const there = prober.probe(spec);
  const took =
    there !== undefined &&
    stepsAt(there.trace, gateway).some((s) => s.origins.some((o) => o === policy.origin));
  if (there === undefined || !took) return [];
  if (interfaceWithAddress(gateway, tunnel.source) === undefined)
    return [endNotOwn(prober, gateway, policy, tunnel, there.witness)].flatMap((f) => f ?? []);
  if (peer === undefined || peer.ipsec.policies.length === 0) return [];
  // NAT inside the tunnel (on enc0) is the sender's business: the peer's policies are for what arrives.
  const unpacked = unpackedAt(there, peer);
  const arrived = unpacked === undefined ? undefined : summarizePacket(unpacked.after);
  const taken = accepted(prober, gateway, peer, policy, there);
  if (taken.some((f) => f.code !== 'ipsec/mirror')) return taken;
  return [
    ...taken,
    ...otherWayBack(prober, gateway, peer, policy, seenBy(unpacked, tunnel), arrived ?? summary),
  ];
}

function unpackedAt({ trace }: Probe, peer: Gateway): TraceStep | undefined {
  return stepsAt(trace, peer).findLast((s) => s.stage === 'ipsec-in' && s.outcome === 'changed');
}

/** What the policy is for first; then what lies at the edges of its selector, where the peer's may be narrower. */
function accepted(
  prober: Prober,
  gateway: Gateway,
  peer: Gateway,
  policy: SecurityPolicy,
  there: Probe,
): readonly WitnessedFinding[] {
  const { selector } = policy;
  const theirs = policiesOf(peer, 'in').map((p) => p.selector);
  const sources = edgesOf(
    prober.network,
    selector.source,
    theirs.map((t) => t.source),
  );
  const destinations = edgesOf(
    prober.network,
    selector.destination,
    theirs.map((t) => t.destination),
  );
  const gap = [
    ...sources.map((source) => packetFor(selector, source, there.spec.destination)),
    ...destinations.map((destination) => packetFor(selector, there.spec.source, destination)),
  ].find((spec) => {
    const summary = summarizePacket(buildPacket(spec));
    return summary !== undefined && inboundPolicy(peer, summary) === undefined;
  });
  const probes = [there, gap === undefined ? undefined : prober.probe(gap)];
  for (const probe of probes) {
    const unpacked = probe && unpackedAt(probe, peer);
    const arrived = unpacked && summarizePacket(unpacked.after);
    if (probe === undefined || arrived === undefined) continue;
    const found = acceptedUnasked(gateway, peer, policy, probe, arrived);
    if (found.length > 0) return found;
  }
  return [];
}

/** The tunnel's ends as the peer has them: NAT on the way may have changed the outer source. */
function seenBy(unpacked: TraceStep | undefined, tunnel: TunnelEndpoints): TunnelEndpoints {
  const outer = unpacked === undefined ? undefined : summarizePacket(unpacked.before);
  return outer === undefined
    ? tunnel
    : {
        source: outer.source,
        destination: outer.destination,
        ...(outer.sourcePort === undefined ? {} : { sourcePort: outer.sourcePort }),
      };
}

/** The peer has no inbound policy for the packet: it takes it, also in clear from anybody, or on Linux takes it never. */
function acceptedUnasked(
  gateway: Gateway,
  peer: Gateway,
  policy: SecurityPolicy,
  there: Probe,
  arrived: PacketSummary,
): readonly WitnessedFinding[] {
  const steps = stepsAt(there.trace, peer);
  const refused = there.trace.verdict.reason === 'inner-not-in-policy';
  const checked = refused || steps.some((s) => s.stage === 'ipsec-check' && s.origins.length === 0);
  if (!checked || inboundPolicy(peer, arrived) !== undefined) return [];
  // NAT stands between: what is wrong there, if anything, is said at its rule.
  if (standsForOthers(peer, arrived.destination)) return [];
  const translation = translationForPeer(gateway, peer, arrived, there.witness);
  if (translation !== undefined) return [translation];
  const { source, destination } = policy.selector;
  const way = `from ${formatPrefix(source)} to ${formatPrefix(destination)}`;
  const isTranslated = !prefixContains(destination, arrived.destination);
  const wanted = isTranslated
    ? `from ${formatPrefix(source)} for ${formatAddress(arrived.destination)} and its network: the check sees what NAT made of the packet`
    : way;
  const traffic = `${formatAddress(arrived.source)} to ${formatAddress(arrived.destination)}`;
  return [
    {
      code: 'ipsec/mirror',
      // The policies do mirror each other; what NAT makes of the packets is left out of them.
      severity: isTranslated && !refused ? 'information' : 'warning',
      message: `${peer.name} has no \`in\` policy for all that this one sends: it ${refused ? `drops ${traffic}, since ${peer.platform.title} lets nothing out of a tunnel that no policy is for` : `takes ${traffic} through the tunnel, and takes the same packets in clear from anybody`}. Add an \`in\` policy at ${peer.name} ${wanted}.`,
      origins: [policy.origin],
      witness: there.witness,
    },
  ];
}

function inboundPolicy(gateway: Gateway, summary: PacketSummary): SecurityPolicy | undefined {
  return lookUpPolicy(gateway.ipsec, 'in', summary, {
    behaviour: gateway.platform.ipsec,
    forwarded: interfaceWithAddress(gateway, summary.destination) === undefined,
  });
}

/** What the peer sends back should go into the tunnel that leads here. */
function otherWayBack(
  prober: Prober,
  gateway: Gateway,
  peer: Gateway,
  policy: SecurityPolicy,
  tunnel: TunnelEndpoints,
  summary: PacketSummary,
): readonly WitnessedFinding[] {
  const back = prober.probe(answerTo(summary));
  const sent = back === undefined ? [] : stepsAt(back.trace, peer);
  if (back === undefined || !sent.some((s) => s.stage === 'ipsec-out' || s.stage === 'ipsec-lookup'))
    return [];
  const backwards = summarizePacket(back.trace.start);
  const answering =
    backwards === undefined
      ? undefined
      : lookUpPolicy(peer.ipsec, 'out', backwards, {
          behaviour: peer.platform.ipsec,
          forwarded: interfaceWithAddress(peer, backwards.source) === undefined,
        });
  const from = `${formatPrefix(policy.selector.destination)} to ${formatPrefix(policy.selector.source)}`;
  if (answering === undefined)
    return sent.some((s) => s.spi !== undefined && s.direction === 'out')
      ? []
      : [
          {
            code: 'ipsec/mirror',
            severity: 'warning',
            message: `${peer.name} has no \`out\` policy that mirrors this one: the answers from ${formatAddress(summary.destination)} to ${formatAddress(summary.source)} do not go back through the tunnel. Add an \`out\` policy from ${from} at ${peer.name}.`,
            origins: [policy.origin],
            witness: back.witness,
          },
        ];
  const theirs = answering.requests.find((r) => r.tunnel !== undefined)?.tunnel;
  const delivered = back.trace.verdict.kind === 'delivered';
  if (theirs === undefined || delivered || interfaceWithAddress(peer, theirs.source) === undefined) return [];
  if (sameAddress(theirs.source, tunnel.destination) && sameAddress(theirs.destination, tunnel.source))
    return otherPort(gateway, peer, answering, tunnel, back.witness);
  const built = policy.requests.find((r) => r.tunnel !== undefined)?.tunnel?.source;
  if (built !== undefined && !sameAddress(built, tunnel.source) && sameAddress(built, theirs.destination))
    return [
      {
        code: 'ipsec/mirror',
        severity: 'warning',
        message: `${gateway.name} builds its tunnel from ${formatAddress(built)}, NAT on the way makes that ${formatAddress(tunnel.source)}, and ${peer.name} answers to ${formatAddress(built)}, where it reaches nobody. At ${peer.name} the tunnel has to end at ${formatAddress(tunnel.source)}, in its policies and associations.`,
        origins: [answering.origin, policy.origin],
        roles: [`the policy of ${gateway.name}`],
        witness: back.witness,
      },
    ];
  return [
    {
      code: 'ipsec/mirror',
      severity: 'warning',
      message: `The tunnels of the two gateways are not the same: ${gateway.name} builds ${ends(tunnel)}, and ${peer.name} answers from ${ends(theirs)}. The \`out\` policy of one side needs the end points of the other side’s in reverse.`,
      origins: [answering.origin, policy.origin],
      roles: [`the policy of ${gateway.name}`],
      witness: back.witness,
    },
  ];
}

/** ESP in UDP that NAT gave another port: an association by hand answers to the port it names. */
function otherPort(
  gateway: Gateway,
  peer: Gateway,
  answering: SecurityPolicy,
  { source, destination, sourcePort }: TunnelEndpoints,
  witness: string,
): readonly WitnessedFinding[] {
  const back = { source: destination, destination: source };
  const sa = answering.requests.flatMap((r) => associationsFor(peer.ipsec, r, back))[0];
  const port = sa?.udpEncapsulation?.destinationPort;
  if (sa === undefined || port === undefined || sourcePort === undefined || port === sourcePort) return [];
  return [
    {
      code: 'ipsec/mirror',
      severity: 'warning',
      message: `NAT on the way makes ESP in UDP of ${gateway.name} come from port ${sourcePort} of ${formatAddress(source)}, and ${peer.name} answers to port ${port}, for which NAT has no entry. Name the port in this association, let NAT keep it, or let a key daemon make the associations: it follows the port.`,
      origins: [sa.origin, answering.origin],
      roles: ['the policy that sends with it'],
      witness,
    },
  ];
}

function ends({ source, destination }: TunnelEndpoints): string {
  return `${formatAddress(source)} to ${formatAddress(destination)}`;
}

function endNotOwn(
  prober: Prober,
  gateway: Gateway,
  policy: SecurityPolicy,
  tunnel: TunnelEndpoints,
  witness: string,
): WitnessedFinding | undefined {
  // Without a network file the gateway's addresses are guesses.
  if (gateway.origin === undefined) return undefined;
  const elsewhere = prober.network.gateways.find((g) => interfaceWithAddress(g, tunnel.source) !== undefined);
  const ends = `from ${formatAddress(tunnel.source)} to ${formatAddress(tunnel.destination)}`;
  const isTurnedRound = interfaceWithAddress(gateway, tunnel.destination) !== undefined;
  const leadsInside = gateway.interfaces.some((i) =>
    i.addresses.some((p) => prefixContains(policy.selector.destination, p.address)),
  );
  if (isTurnedRound)
    return {
      code: 'ipsec/tunnel-end-not-own',
      severity: 'warning',
      message: leadsInside
        ? `This is a policy of the other side: the tunnel leads ${ends}, which is ${gateway.name} itself, and to a network behind it. At ${gateway.name} it is \`in\`, and \`out\` is the way back.`
        : `The ends of this tunnel are the wrong way round: it leads ${ends}, which is ${gateway.name} itself. An \`out\` policy of ${gateway.name} begins at ${formatAddress(tunnel.destination)}.`,
      origins: [policy.origin],
      witness,
    };
  return {
    code: 'ipsec/tunnel-end-not-own',
    severity: 'warning',
    message: `The tunnel is built from ${formatAddress(tunnel.source)}, which is no address of ${gateway.name}${elsewhere === undefined ? '' : ` but of ${elsewhere.name}`}: what comes back for that address is not ${gateway.name}’s to take. Behind NAT the policy needs the gateway’s own address, not the one the internet sees.`,
    origins: [policy.origin],
    witness,
  };
}
