/**
 * Traffic that somebody means to protect and that goes out readable, because no outgoing policy takes it.
 * That it is meant to be protected has to be written somewhere: the gateway's own inbound policy demands
 * protection of the replies; the peer demands it of this very packet; a policy names it with a port the look-up
 * cannot read; or a sample packet goes to a protected network from a source the policy leaves out. What NAT
 * has to do with it is `natAndPolicyOrder.ts`.
 */
import { summarizePacket } from '../../packet/decode';
import { packetOneLine } from '../../packet/oneLine';
import type { PacketSummary } from '../../packet/packet';
import { settingValue } from '../../platforms/settings';
import { formatAddress, formatPrefix, prefixContains } from '../../policy/address';
import type { SecurityPolicy } from '../../policy/ipsec';
import { interfaceWithAddress, isPrivate, segmentByName } from '../../simulator/addressing';
import { effectiveLevel, lookUpPolicy, selectorMisses } from '../../simulator/ipsec/spd';
import type { Gateway } from '../../simulator/network';
import type { TraceStep } from '../../simulator/trace';
import type { WalkFinding } from '../snapshot';
import {
  answeringType,
  clearCrossingAfter,
  isLookUp,
  isOwnPacket,
  protectingPolicy,
  stepsAt,
  type WalkEvidence,
} from './finder';
import { translationOnEnc } from './translationForPeer';

export function leavesInClear(evidence: WalkEvidence): readonly WalkFinding[] {
  const { network, trace } = evidence;
  return network.gateways.flatMap((gateway) => {
    if (gateway.ipsec.policies.length === 0) return [];
    const steps = stepsAt(trace, gateway);
    if (steps.some((s) => s.spi !== undefined && s.stage !== 'ipsec-in')) return [];
    const step = steps.findLast(isLookUp);
    const summary = step && summarizePacket(step.before);
    if (step === undefined || summary === undefined) return [];
    const own = isOwnPacket(trace, gateway);
    const taken = lookUpPolicy(gateway.ipsec, 'out', summary, {
      behaviour: gateway.platform.ipsec,
      forwarded: !own,
    });
    const crossing = clearCrossingAfter(trace, step);
    if (taken !== undefined || crossing === undefined || isTunnelsOwn(summary)) return [];
    const natMatters = steps.some(
      (s) =>
        s.stage === 'nat' &&
        s.outcome === 'changed' &&
        [s.before, s.after].some((p) => protectingPolicy(gateway, p, !own) !== undefined),
    );
    if (natMatters) return [];
    const miss: Miss = { evidence, gateway, step, summary, crossing, own };
    const cameProtected = steps.some((s) => s.stage === 'ipsec-in' && s.outcome === 'changed');
    const found = cameProtected
      ? passedOnInClear(miss)
      : (untranslatedYet(miss) ??
        unreadPorts(miss) ??
        repliesDemanded(miss) ??
        demandedByPeer(miss) ??
        wrongSource(miss));
    return found === undefined ? [] : [found];
  });
}

interface Miss {
  readonly evidence: WalkEvidence;
  readonly gateway: Gateway;
  readonly step: TraceStep;
  readonly summary: PacketSummary;
  readonly crossing: TraceStep;
  /** The gateway's own packet. */
  readonly own: boolean;
}

/** ESP, AH and key exchange travel outside of tunnels. */
function isTunnelsOwn({ protocol, destinationPort }: PacketSummary): boolean {
  return (
    protocol === 50 || protocol === 51 || (protocol === 17 && [500, 4500].includes(destinationPort ?? 0))
  );
}

/** The policy is for what NAT on enc0 would make of the packet, and only a policy brings it there. */
function untranslatedYet({ gateway, step, summary, crossing }: Miss): WalkFinding | undefined {
  const found = translationOnEnc(gateway, summary);
  if (found === undefined) return undefined;
  const { policy, rule } = found;
  const { source, destination } = policy.selector;
  return {
    code: 'ipsec/matches-only-after-nat',
    severity: 'warning',
    message: `This policy is for ${formatPrefix(source)}, as NAT on enc0 would make it, but enc0 shows only what a policy has taken, and ${gateway.platform.title} looks policies up before: none is for ${packetOneLine(step.before)}, and it crosses ${crossing.node} in clear. Enter an \`out\` policy from its own network to ${formatPrefix(destination)} with the same tunnel; the other side’s policies stay.`,
    origins: [policy.origin, rule.origin],
    roles: ['translates on enc0'],
  };
}

/** sys/netipsec/ipsec.c, ipsec_getpolicybyaddr(): for a forwarded packet NetBSD reads no ports. */
function unreadPorts({ gateway, step, summary, crossing, own }: Miss): WalkFinding | undefined {
  const { title, ipsec } = gateway.platform;
  if (own || ipsec.readsPortsOfForwarded) return undefined;
  const policy = lookUpPolicy(gateway.ipsec, 'out', summary, {
    behaviour: { ...ipsec, readsPortsOfForwarded: true },
    forwarded: true,
  });
  // Transport protection is for the gateway's own packets, whose ports are read.
  if (policy?.action !== 'ipsec' || !policy.requests.some((r) => r.mode === 'tunnel')) return undefined;
  return {
    code: 'ipsec/ports-of-forwarded-unread',
    severity: 'warning',
    message: `This policy names ports, and ${title} does not read the ports of packets it forwards: ${packetOneLine(step.before)} is not taken and crosses ${crossing.node} in clear. Leave the ports out of the policy, and sort by port in the filter.`,
    origins: [policy.origin],
  };
}

/** An inbound policy requires protection of the answers to this packet. */
function repliesDemanded({ gateway, step, summary, crossing }: Miss): WalkFinding | undefined {
  const demanding = requiringPolicy(gateway, mirrored(summary));
  if (demanding === undefined) return undefined;
  const nearest = nearestPolicy(gateway, summary);
  return {
    code: 'ipsec/leaves-in-clear',
    severity: 'warning',
    message:
      nearest === undefined
        ? `This policy requires protection of what comes in, and no outgoing policy of ${gateway.name} protects the other way: ${packetOneLine(step.before)} crosses ${crossing.node} in clear, and its answers are dropped unless they come protected. Add the \`out\` policy that mirrors it.`
        : `${narrow(nearest, summary)} ${packetOneLine(step.before)} crosses ${crossing.node} in clear, although ${gateway.name} requires protection of the answers. Make both policies cover the same packets.`,
    origins: nearest === undefined ? [demanding.origin] : [nearest.origin, demanding.origin],
    ...(nearest === undefined ? {} : { roles: ['requires protection of the answers'] }),
  };
}

/** The gateway at the other end of a tunnel with this one requires protection of this packet. */
function demandedByPeer({ evidence, gateway, step, summary, crossing }: Miss): WalkFinding | undefined {
  for (const peer of evidence.network.gateways) {
    if (peer === gateway || translatesUnpacked(peer)) continue;
    const demanding = requiringPolicy(peer, summary);
    const ends = demanding?.requests.map((r) => r.tunnel?.source ?? summary.source) ?? [];
    if (demanding === undefined || !ends.some((e) => interfaceWithAddress(gateway, e) !== undefined))
      continue;
    const nearest = nearestPolicy(gateway, summary);
    const what = `${packetOneLine(step.before)} crosses ${crossing.node} in clear, and ${peer.name} requires it to come protected.`;
    return {
      code: 'ipsec/leaves-in-clear',
      severity: 'warning',
      message:
        nearest === undefined
          ? `${gateway.name} has no \`out\` policy for what ${peer.name} expects here: ${what} Add it.`
          : `${narrow(nearest, summary)} ${what} Make the policies of both gateways cover the same packets.`,
      origins: nearest === undefined ? [demanding.origin] : [nearest.origin, demanding.origin],
      ...(nearest === undefined ? {} : { roles: [`${peer.name} requires protection`] }),
    };
  }
  return undefined;
}

/**
 * NAT meets packets between their unpacking and the inbound check, so the check's policies are not for what the other
 * side sends: on enc0, and where an unpacked packet passes the hooks of its interface again.
 */
function translatesUnpacked({ nat, platform, settings }: Gateway): boolean {
  if (nat === undefined) return false;
  if (platform.within !== undefined)
    return (
      nat.rules.some((r) => r.body.interfaces.includes('enc0')) ||
      settingValue(settings, 'net.inet.ipsec.filtertunnel') === 1
    );
  return platform.paths.input.some(
    (row) => row.stage === 'nat' && row.when?.includes('not-decapsulated') !== true,
  );
}

/**
 * It came out of one tunnel and should go into the next (a hub between two branches). What goes on to the inside, or
 * to a public address, is meant to be in clear.
 */
function passedOnInClear(miss: Miss): WalkFinding | undefined {
  const { evidence, gateway, step, summary, crossing } = miss;
  if (segmentByName(evidence.network, crossing.node)?.kind !== 'internet') return undefined;
  const demanded = demandedByPeer(miss);
  if (demanded !== undefined) return demanded;
  if (!evidence.asked || !isPrivate(summary.destination)) return undefined;
  const nearest = nearestPolicy(gateway, summary);
  if (nearest === undefined) return undefined;
  return {
    code: 'ipsec/leaves-in-clear',
    severity: 'warning',
    message: `${narrow(nearest, summary)} ${packetOneLine(step.before)} comes to ${gateway.name} through a tunnel and crosses ${crossing.node} in clear. If it belongs into the next tunnel, give it an \`out\` policy there; if not, let the other side not send it.`,
    origins: [nearest.origin],
  };
}

/** A sample packet to the network behind the tunnel whose source the policy leaves out. */
function wrongSource({ evidence, gateway, step, summary, crossing, own }: Miss): WalkFinding | undefined {
  if (!evidence.asked) return undefined;
  const policy = gateway.ipsec.policies.find(
    (p) =>
      p.direction === 'out' &&
      p.action === 'ipsec' &&
      p.selector.destination.length > 0 &&
      selectorMisses(p.selector, own ? summary : withoutPorts(summary)) === 'source' &&
      prefixContains(p.selector.destination, summary.destination),
  );
  if (policy === undefined) return undefined;
  const inside = own ? addressWithin(gateway, policy) : undefined;
  const advice = own
    ? inside === undefined
      ? 'Give the gateway’s own address a policy.'
      : `Let the program send from ${inside} (\`ping -S ${inside}\`, or a route to ${formatPrefix(policy.selector.destination)} by that address), or give ${formatAddress(summary.source)} a policy of its own on both sides.`
    : `If ${formatAddress(summary.source)} belongs into the tunnel, widen the policy on both sides.`;
  const redirected = stepsAt(evidence.trace, gateway).find(
    (s) => s.stage === 'nat' && s.direction === 'in' && s.outcome === 'changed',
  );
  if (redirected !== undefined && !own)
    return {
      code: 'ipsec/leaves-in-clear',
      severity: isPrivate(summary.destination) ? 'warning' : 'information',
      message: `NAT at ${gateway.name} sends this packet on to the network behind the tunnel, and its source stays: ${narrow(policy, summary)} ${packetOneLine(step.before)} crosses ${crossing.node} in clear. Let a proxy on ${gateway.name} take it and ask from ${addressWithin(gateway, policy) ?? 'an address of the policy'}, or give both sides policies for any source.`,
      origins: [policy.origin, ...redirected.origins],
      roles: redirected.origins.map(() => 'sends it on'),
      cause: 'redirected',
    };
  return {
    code: 'ipsec/leaves-in-clear',
    severity: isPrivate(summary.destination) ? 'warning' : 'information',
    message: `${own ? `${gateway.name}’s own packets leave with the address of the interface they go out by. ` : ''}${narrow(policy, summary)} ${packetOneLine(step.before)} crosses ${crossing.node} in clear. ${advice}`,
    origins: [policy.origin],
    cause: own ? 'own' : 'source',
  };
}

function withoutPorts(summary: PacketSummary): PacketSummary {
  const { sourcePort: _s, destinationPort: _d, ...rest } = summary;
  return rest;
}

/** An address of the gateway that the policy's source covers. */
function addressWithin(gateway: Gateway, { selector }: SecurityPolicy): string | undefined {
  const found = gateway.interfaces
    .flatMap((i) => i.addresses.map((p) => p.address))
    .find((a) => prefixContains(selector.source, a));
  return found === undefined ? undefined : formatAddress(found);
}

/** The inbound policy that takes a packet, when it does not let clear text pass. */
function requiringPolicy(gateway: Gateway, summary: PacketSummary): SecurityPolicy | undefined {
  const policy = lookUpPolicy(gateway.ipsec, 'in', summary, {
    behaviour: gateway.platform.ipsec,
    forwarded: interfaceWithAddress(gateway, summary.destination) === undefined,
  });
  if (policy?.action !== 'ipsec') return undefined;
  return policy.requests.some((r) => effectiveLevel(policy, r, gateway.settings) === 'require')
    ? policy
    : undefined;
}

function mirrored(summary: PacketSummary): PacketSummary {
  const { sourcePort, destinationPort, ...rest } = summary;
  return {
    ...rest,
    source: summary.destination,
    destination: summary.source,
    ...(destinationPort === undefined ? {} : { sourcePort: destinationPort }),
    ...(sourcePort === undefined ? {} : { destinationPort: sourcePort }),
    ...(summary.icmpType === undefined ? {} : { icmpType: answeringType(summary.icmpType) }),
  };
}

/** The outgoing policy that misses the packet by the least: to the same destination, or from the same source. */
function nearestPolicy(gateway: Gateway, summary: PacketSummary): SecurityPolicy | undefined {
  const protecting = gateway.ipsec.policies.filter((p) => p.direction === 'out' && p.action === 'ipsec');
  const takes = (side: 'source' | 'destination') => (p: SecurityPolicy) =>
    prefixContains(p.selector[side], summary[side]);
  return (
    protecting.find((p) => takes('source')(p) && takes('destination')(p)) ??
    protecting.find(takes('destination')) ??
    protecting.find((p) => takes('source')(p) && p.selector.source.length > 0)
  );
}

/** Which part of a policy leaves the packet out. */
function narrow({ selector }: SecurityPolicy, summary: PacketSummary): string {
  const misses = selectorMisses(selector, summary);
  switch (misses) {
    case 'source':
      return `The policy is for sources in ${formatPrefix(selector.source)}, and ${formatAddress(summary.source)} is not one of them.`;
    case 'destination':
      return `The policy is for destinations in ${formatPrefix(selector.destination)}, and ${formatAddress(summary.destination)} is not one of them.`;
    case 'fragment':
      return 'The policy names a protocol, and a fragment shows none.';
    case 'protocol':
    case 'source-port':
    case 'destination-port':
    case 'icmp':
      return 'The policy is for another protocol or port.';
    case undefined:
      return 'The policy does not take it.';
  }
}
