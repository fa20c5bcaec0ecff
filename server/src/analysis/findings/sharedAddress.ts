/**
 * `ipsec/esp-behind-one-address`: ESP has no ports, so NAT cannot tell two tunnels apart that lead from behind one
 * address to one peer. Confirmed by sending both on the same tables: the second is refused, though alone it passes, or
 * the answer for it comes to the first.
 */
import { summarizePacket } from '../../packet/decode';
import { formatPacketLine, type PacketSpec } from '../../packet/notation';
import { formatAddress, sameAddress } from '../../policy/address';
import { associationsFor } from '../../simulator/ipsec/spd';
import type { Trace, TraceStep } from '../../simulator/trace';
import type { WitnessedFinding } from '../snapshot';
import type { NetworkFinder } from './networkFinder';
import type { Prober } from './prober';
import { type TunnelEnd, tunnelEndsOf } from './tunnelEnds';

const MOST_PAIRS = 8;

export const tunnelsBehindOneAddress: NetworkFinder = (prober) => {
  const ends = tunnelEndsOf(prober.network).filter((e) => e.protocol === 'esp' && !travelsInUdp(e));
  const found: WitnessedFinding[] = [];
  let tried = 0;
  ends.forEach((second, i) => {
    const first = ends
      .slice(0, i)
      .find((e) => e.gateway !== second.gateway && sameAddress(e.peer, second.peer));
    if (first === undefined || ++tried > MOST_PAIRS) return;
    found.push(...checkPair(prober, first, second));
  });
  return found;
};

function travelsInUdp({ gateway, policy, own, peer }: TunnelEnd): boolean {
  return policy.requests.some((r) =>
    associationsFor(gateway.ipsec, r, { source: own, destination: peer }).some(
      (sa) => sa.udpEncapsulation !== undefined,
    ),
  );
}

function checkPair(prober: Prober, first: TunnelEnd, second: TunnelEnd): readonly WitnessedFinding[] {
  const alone = prober.exchange([espFrom(second)]);
  const nat = alone?.steps.find(translatesEsp);
  if (alone === undefined || nat === undefined) return [];
  const both = prober.exchange([espFrom(first), espFrom(second)]);
  const seen = summarizePacket(nat.after);
  if (both === undefined || seen === undefined || sameAddress(seen.source, second.own)) return [];
  const refused = both.verdict.reason === 'nat-failed' && both.verdict.node === nat.node;
  const answer = { source: second.peer, destination: seen.source, protocol: 50 };
  const astray = !refused && reaches(prober.exchange([espFrom(first), espFrom(second), answer]), first);
  if (!refused && !astray) return [];
  return [
    {
      code: 'ipsec/esp-behind-one-address',
      severity: 'warning',
      message: `${first.gateway.name} and ${second.gateway.name} both send ESP to ${formatAddress(second.peer)} as ${formatAddress(seen.source)}, and ESP has no ports by which ${nat.node} could tell them apart: ${refused ? 'while the first is in its table, the second is dropped' : `what comes back for ${second.gateway.name} goes to ${first.gateway.name}`}. Put ESP into UDP (\`esp-udp\`, NAT-T), or give each an address.`,
      origins: [...nat.origins.slice(0, 1), first.policy.origin, second.policy.origin],
      roles: [`the tunnel of ${first.gateway.name}`, `the tunnel of ${second.gateway.name}`],
      witness: formatPacketLine(espFrom(second)),
    },
  ];
}

function espFrom({ own, peer }: TunnelEnd): PacketSpec {
  return { source: own, destination: peer, protocol: 50 };
}

function translatesEsp(step: TraceStep): boolean {
  return step.stage === 'nat' && step.outcome === 'changed' && step.direction === 'out';
}

function reaches(trace: Trace | undefined, end: TunnelEnd): boolean {
  return trace?.steps.some((s) => s.node === end.gateway.name && s.stage === 'receive') ?? false;
}
