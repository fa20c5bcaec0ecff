/**
 * Full-size TCP segments that a tunnel makes too big. The probe is a segment with DF set that just fits the sender's
 * network; when the gateway drops it behind its encapsulation and its SYN went through with the MSS unchanged,
 * `ipsec/mss-not-clamped` says which MSS fits (the association's own overhead, to the byte).
 */

import { protectionOverhead } from '../../packet/ipsec';
import { formatPacketLine, type PacketSpec } from '../../packet/notation';
import type { Packet } from '../../packet/packet';
import { readTcpMss } from '../../packet/tcp';
import { formatPrefix } from '../../policy/address';
import type { SecurityPolicy } from '../../policy/ipsec';
import { interfaceWithAddress, routeTo } from '../../simulator/addressing';
import { associationsFor } from '../../simulator/ipsec/spd';
import type { Gateway, Interface } from '../../simulator/network';
import type { WitnessedFinding } from '../snapshot';
import { stepsAt } from './finder';
import type { NetworkFinder } from './networkFinder';
import { policiesOf } from './policyProbes';
import type { Prober } from './prober';
import { isForTunnel, packetOfPolicy, spread } from './representatives';
import { tooBig } from './tooBig';

const MOST_POLICIES = 6;
/** Bytes; larger interfaces (loopback) say nothing about segments on a wire. */
const LARGEST_PROBE = 16384;
/** IP and TCP header without options. */
const HEADERS = { 4: 40, 6: 60 } as const;

export const segmentSizes: NetworkFinder = (prober) =>
  prober.network.gateways.flatMap((gateway) =>
    spread(policiesOf(gateway, 'out'), MOST_POLICIES).flatMap((policy) =>
      checkPolicy(prober, gateway, policy),
    ),
  );

function checkPolicy(prober: Prober, gateway: Gateway, policy: SecurityPolicy): readonly WitnessedFinding[] {
  const { network } = prober;
  const small = packetOfPolicy(network, gateway, policy);
  // The gateway's own TCP counts what protection adds (tcp_output.c, ipsec_hdrsiz()).
  if (small.protocol !== 6 || interfaceWithAddress(gateway, small.source) !== undefined) return [];
  if (!isForTunnel(policy)) return [];
  const inside = routeTo(gateway, small.source)?.interface;
  const size = Math.min(inside?.mtu ?? 1500, LARGEST_PROBE) - HEADERS[small.source.family];
  if (size <= 0) return [];
  const full: PacketSpec = { ...small, tcpFlags: 0x10, payloadLength: size, dontFragment: true };
  const sent = prober.probe(full);
  const found = sent === undefined ? [] : tooBig({ network, trace: sent.trace, asked: false });
  if (sent === undefined || found.length === 0 || sent.trace.verdict.node !== gateway.name) return [];
  const drop = stepsAt(sent.trace, gateway).findLast((s) => s.outcome === 'dropped');
  const mtu = gateway.interfaces.find((i) => i.name === drop?.interface)?.mtu ?? 1500;
  const witnessed = found.map((f) => ({ ...f, witness: sent.witness }));
  const answer: PacketSpec = {
    ...small,
    source: small.destination,
    destination: small.source,
    sourcePort: small.destinationPort ?? 0,
    destinationPort: small.sourcePort ?? 0,
    tcpFlags: 0x12,
    tcpMss: size,
  };
  // What the sender may send is what the other side announced to it, in its answer to the SYN.
  const heard = prober.exchange([{ ...small, tcpMss: size }, answer]);
  const end = heard?.steps.findLast((s) => s.depth === 0);
  const fits = largestSegment(gateway, policy, small, mtu);
  if (heard?.verdict.kind !== 'delivered' || end === undefined || fits === undefined) return witnessed;
  const seen = mssOf(end.after);
  if (seen === undefined) return witnessed;
  // Clamped: TCP never sends what does not fit, and whoever else sets DF is told.
  if (seen <= fits) return [];
  return [
    ...witnessed,
    notClamped(gateway, policy, inside, { seen, fits, witness: formatPacketLine(answer) }),
  ];
}

function mssOf(packet: Packet): number | undefined {
  const tcp = packet.layers.find((l) => l.protocol === 'tcp');
  return tcp === undefined ? undefined : readTcpMss(packet.bytes, tcp.start, tcp.headerEnd);
}

/** The most bytes of TCP data that fit an MTU with all that the policy's associations add. */
function largestSegment(
  gateway: Gateway,
  policy: SecurityPolicy,
  spec: PacketSpec,
  mtu: number,
): number | undefined {
  const { family } = spec.source;
  const headers = HEADERS[family];
  for (let length = mtu; length > headers; length--) {
    let total = length;
    for (const request of policy.requests) {
      const sa = associationsFor(gateway.ipsec, request, spec)[0];
      const outer = request.tunnel?.source.family ?? family;
      const added = sa && protectionOverhead(total, sa, request.mode, outer);
      if (added === undefined) return undefined;
      total += added;
    }
    if (total <= mtu) return length - headers;
  }
  return undefined;
}

/**
 * IPFilter clamps where a `map` rule takes the packet, and on systems that put packets into ESP first no `map` on
 * the outside sees what goes into the tunnel. On the inside one sees what comes out of it, and lowers what the
 * other side announces.
 */
function notClamped(
  gateway: Gateway,
  policy: SecurityPolicy,
  inside: Interface | undefined,
  size: { seen: number; fits: number; witness: string },
): WitnessedFinding {
  const rules = gateway.nat?.rules ?? [];
  const first = rules[0];
  const { source, destination } = policy.selector;
  const line =
    inside === undefined || first === undefined
      ? undefined
      : `map ${inside.name} from ${formatPrefix(destination)} to ${formatPrefix(source)} -> 0/0 mssclamp ${size.fits}`;
  return {
    code: 'ipsec/mss-not-clamped',
    severity: 'warning',
    message: `The other side announces segments of ${size.seen} bytes, and ${size.fits} fit through the tunnel: full segments become too big, and the connection hangs when nobody hears so. Clamp the MSS where packets come out of the tunnel, on the inside${line === undefined ? '' : `: \`${line}\``}.`,
    origins: first === undefined ? [policy.origin] : [first.origin, policy.origin],
    ...(first === undefined ? {} : { roles: ['the tunnel'] }),
    ...(first === undefined || line === undefined
      ? {}
      : {
          fixes: [
            {
              title: `Add \`${line}\``,
              edits: [{ start: first.origin.start, end: first.origin.start, text: `${line}\n` }],
              preferred: true,
            },
          ],
        }),
    witness: size.witness,
  };
}
