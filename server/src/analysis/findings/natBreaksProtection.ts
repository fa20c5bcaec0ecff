/**
 * NAT on the way of packets that cannot bear it. `ipsec/nat-breaks-ah`: AH's check covers the addresses of the
 * outer header (RFC 4302 section 3.3.3.1.1), so whoever translates breaks it. `ipsec/nat-breaks-transport-esp`:
 * in transport mode the TCP or UDP checksum inside was made for the old addresses, and the translator cannot
 * reach it (RFC 3948 section 3.1.2); `ipsec/nat-catches-tunnel`, again: a rule that turns the tunnel's own packets
 * away from the gateway they are for.
 */
import { summarizePacket } from '../../packet/decode';
import { packetOneLine } from '../../packet/oneLine';
import { formatAddress, sameAddress } from '../../policy/address';
import type { Network } from '../../simulator/network';
import type { Trace, TraceStep } from '../../simulator/trace';
import type { WalkFinding } from '../snapshot';
import type { WalkEvidence } from './finder';
import { tunnelEndsOf } from './tunnelEnds';

export function natBreaksProtection({ network, trace }: WalkEvidence): readonly WalkFinding[] {
  return trace.steps
    .filter((s) => s.depth === 0 && s.stage === 'nat' && s.outcome === 'changed' && changesAddress(s))
    .flatMap(
      (nat) => ahBroken(trace, nat) ?? transportBroken(trace, nat) ?? turnedAway(network, trace, nat) ?? [],
    );
}

/** Mapping the gateway's own address to itself makes a session and changes nothing. */
function changesAddress({ before, after }: TraceStep): boolean {
  const old = summarizePacket(before);
  const now = summarizePacket(after);
  if (old === undefined || now === undefined) return false;
  return !sameAddress(old.source, now.source) || !sameAddress(old.destination, now.destination);
}

function ahBroken(trace: Trace, nat: TraceStep): WalkFinding | undefined {
  const before = summarizePacket(nat.before);
  if (before?.protocol !== 51) return undefined;
  const maker = protectedBy(trace, nat);
  const { verdict } = trace;
  const end =
    verdict.reason === 'authentication-failed'
      ? `${verdict.node} drops it: its authentication fails.`
      : 'Whoever checks it finds that it was changed and drops it.';
  return {
    code: 'ipsec/nat-breaks-ah',
    severity: 'warning',
    message: `NAT at ${nat.node} changes the addresses of an AH packet: ${packetOneLine(nat.before)} becomes ${packetOneLine(nat.after)}. AH’s check covers the addresses. ${end} Use ESP, with NAT-T if NAT must stay, or exempt AH from this rule.`,
    origins: [...nat.origins.slice(0, 1), ...maker],
    roles: maker.map(() => 'asks for AH'),
  };
}

function transportBroken(trace: Trace, nat: TraceStep): WalkFinding | undefined {
  const before = summarizePacket(nat.before);
  if (before?.protocol !== 50) return undefined;
  const seal = trace.steps
    .slice(0, trace.steps.indexOf(nat))
    .findLast((s) => s.spi !== undefined && s.depth === 0);
  const inner = seal?.intermediate === undefined ? undefined : summarizePacket(seal.intermediate);
  // In transport mode what was encrypted is TCP or UDP itself; a tunnel holds another IP header.
  if (seal === undefined || seal.direction !== 'out' || inner === undefined) return undefined;
  if (inner.protocol !== 6 && inner.protocol !== 17) return undefined;
  return {
    code: 'ipsec/nat-breaks-transport-esp',
    severity: 'warning',
    message: `NAT at ${nat.node} changes ${packetOneLine(nat.before)} into ${packetOneLine(nat.after)}. In transport mode the ${inner.protocol === 6 ? 'TCP' : 'UDP'} checksum inside was made for the old addresses, and NAT cannot reach it: the receiver finds it wrong. Use tunnel mode, or NAT-T (\`esp-udp\`) with a peer that corrects the checksum.`,
    origins: [...nat.origins.slice(0, 1), ...seal.origins.slice(0, 1)],
    roles: ['asks for ESP in transport mode'],
  };
}

/** ESP, AH or key exchange for this gateway that a rule sends elsewhere on its way in. */
function turnedAway(network: Network, trace: Trace, nat: TraceStep): WalkFinding | undefined {
  const before = summarizePacket(nat.before);
  const after = summarizePacket(nat.after);
  if (nat.direction !== 'in' || before === undefined || after === undefined) return undefined;
  if (sameAddress(before.destination, after.destination)) return undefined;
  const isTunnels =
    [50, 51, 108].includes(before.protocol) ||
    (before.protocol === 17 && [500, 4500].includes(before.destinationPort ?? 0));
  // For a machine that only lies between the ends the packet is one to pass on.
  const end = tunnelEndsOf(network).find(
    (e) =>
      e.gateway.name === nat.node &&
      sameAddress(e.own, before.destination) &&
      sameAddress(e.peer, before.source),
  );
  if (!isTunnels || end === undefined) return undefined;
  const rest = trace.steps.slice(trace.steps.indexOf(nat));
  if (rest.some((s) => s.node === nat.node && s.stage === 'ipsec-in' && s.spi !== undefined))
    return undefined;
  return {
    code: 'ipsec/nat-catches-tunnel',
    severity: 'warning',
    message: `This rule catches the tunnel’s own packets: ${packetOneLine(nat.before)} is for ${nat.node} itself and goes to ${formatAddress(after.destination)} instead, so the tunnel never gets it. Let the rule take only the ports or protocols it is for, or another address.`,
    origins: [...nat.origins.slice(0, 1), end.policy.origin],
    roles: ['the policy of that tunnel'],
  };
}

/** The policy and association that protected the packet before NAT met it, when the walk shows them. */
function protectedBy(trace: Trace, nat: TraceStep) {
  const seal = trace.steps
    .slice(0, trace.steps.indexOf(nat))
    .findLast((s) => s.spi !== undefined && s.direction === 'out' && s.depth === 0);
  return seal?.origins.slice(0, 1) ?? [];
}
