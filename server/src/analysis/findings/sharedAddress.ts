/**
 * `ipsec/esp-behind-one-address`: ESP has no ports, so NAT cannot tell two tunnels apart that lead from behind one
 * address to one peer; nor two key exchanges, where it keeps their port 500. Confirmed by sending both on the same
 * tables: the second is refused, though alone it passes, or the answer for it comes to the first.
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
  const ends = tunnelEndsOf(prober.network).filter((e) => e.protocol === 'esp');
  const found: WitnessedFinding[] = [];
  let tried = 0;
  ends.forEach((second, i) => {
    const first = ends
      .slice(0, i)
      .find((e) => e.gateway !== second.gateway && sameAddress(e.peer, second.peer));
    if (first === undefined || ++tried > MOST_PAIRS) return;
    // Key exchange comes first; whether ESP travels in UDP is settled there.
    const exchange = negotiates(first) && negotiates(second) ? checkPair(prober, first, second, IKE) : [];
    if (exchange.length > 0) found.push(...exchange);
    else if (!travelsInUdp(first) && !travelsInUdp(second))
      found.push(...checkPair(prober, first, second, ESP));
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

/** No association is in the file, so a key daemon has to make one. */
function negotiates({ gateway, policy, own, peer }: TunnelEnd): boolean {
  return policy.requests.every(
    (r) => associationsFor(gateway.ipsec, r, { source: own, destination: peer }).length === 0,
  );
}

/** What both send. */
interface Kind {
  readonly does: string;
  readonly hasNo: string;
  readonly remedy: string;
  readonly upper: Omit<PacketSpec, 'source' | 'destination'>;
}

const ESP: Kind = {
  does: 'send ESP to',
  hasNo: 'ESP has no ports by which',
  remedy: 'Put ESP into UDP (`esp-udp`, NAT-T), or give each an address.',
  upper: { protocol: 50 },
};

const IKE: Kind = {
  does: 'exchange keys with',
  hasNo: 'both keep port 500, which leaves nothing by which',
  remedy: 'Let NAT change the port (`portmap`): key exchange goes on over UDP port 4500 then.',
  upper: { protocol: 17, sourcePort: 500, destinationPort: 500 },
};

function checkPair(
  prober: Prober,
  first: TunnelEnd,
  second: TunnelEnd,
  kind: Kind,
): readonly WitnessedFinding[] {
  const from = ({ own, peer }: TunnelEnd): PacketSpec => ({ source: own, destination: peer, ...kind.upper });
  const alone = prober.exchange([from(second)]);
  const nat = alone?.steps.find(translatesOutward);
  if (alone === undefined || nat === undefined) return [];
  const both = prober.exchange([from(first), from(second)]);
  const seen = summarizePacket(nat.after);
  if (both === undefined || seen === undefined || sameAddress(seen.source, second.own)) return [];
  const refused = both.verdict.reason === 'nat-failed' && both.verdict.node === nat.node;
  const after = kind === ESP ? seen : summarizePacket(both.steps.find(translatesOutward)?.after ?? nat.after);
  const answer: PacketSpec = {
    source: second.peer,
    destination: seen.source,
    ...kind.upper,
    ...(after?.sourcePort === undefined ? {} : { destinationPort: after.sourcePort }),
  };
  const astray = !refused && reaches(prober.exchange([from(first), from(second), answer]), first);
  if (!refused && !astray) return [];
  return [
    {
      code: 'ipsec/esp-behind-one-address',
      severity: 'warning',
      message: `${first.gateway.name} and ${second.gateway.name} both ${kind.does} ${formatAddress(second.peer)} as ${formatAddress(seen.source)}, and ${kind.hasNo} ${nat.node} could tell them apart: ${refused ? 'while the first is in its table, the second is dropped' : `what comes back for ${second.gateway.name} goes to ${first.gateway.name}`}. ${kind.remedy}`,
      origins: [...nat.origins.slice(0, 1), first.policy.origin, second.policy.origin],
      roles: [`the tunnel of ${first.gateway.name}`, `the tunnel of ${second.gateway.name}`],
      witness: formatPacketLine(from(second)),
    },
  ];
}

function translatesOutward(step: TraceStep): boolean {
  return step.stage === 'nat' && step.outcome === 'changed' && step.direction === 'out';
}

function reaches(trace: Trace | undefined, end: TunnelEnd): boolean {
  return trace?.steps.some((s) => s.node === end.gateway.name && s.stage === 'receive') ?? false;
}
