/** What happens between nodes: a packet crosses a network and reaches a gateway, a host, or nobody. */
import { summarizePacket } from '../packet/decode';
import { packetOneLine } from '../packet/oneLine';
import type { Packet } from '../packet/packet';
import { protocolNumber } from '../packet/protocolNumbers';
import { type Address, formatAddress } from '../policy/address';
import {
  gatewaysOnSegment,
  isPrivate,
  ownerOnSegment,
  routeTo,
  segmentByName,
  segmentContains,
} from './addressing';
import type { Gateway, Host, Interface, Network, Segment } from './network';
import { type Protection, type TraceStep, type TraceVerdict, text, value } from './trace';

export type Crossing =
  | { readonly kind: 'from-host'; readonly host: Host }
  | { readonly kind: 'from-segment'; readonly segment: Segment }
  | {
      readonly kind: 'from-gateway';
      readonly gateway: Gateway;
      readonly interface: Interface;
      readonly nextHop?: Address;
    };

type SegmentStep = Omit<TraceStep, 'before' | 'after' | 'depth'>;

export interface CrossingResult {
  readonly steps: readonly SegmentStep[];
  readonly to:
    | { readonly kind: 'gateway'; readonly gateway: Gateway; readonly interface: Interface }
    | { readonly kind: 'host'; readonly host: Host }
    | { readonly kind: 'end'; readonly verdict: TraceVerdict };
}

/** `protection`: of the packet that this one is a fragment of, when the walk saw it whole. */
export function crossSegment(
  network: Network,
  crossing: Crossing,
  packet: Packet,
  protection = protectionOf(packet),
): CrossingResult {
  const summary = summarizePacket(packet);
  const segment = segmentOf(network, crossing);
  if (summary === undefined || segment === undefined) {
    const node = crossing.kind === 'from-gateway' ? crossing.gateway.name : 'the sender';
    return {
      steps: [],
      to: ended(
        segment === undefined && summary !== undefined
          ? {
              kind: 'delivered',
              node,
              reason: 'delivered',
              said: text('Left ', value(node), ' for a network that is not described.'),
            }
          : { kind: 'lost', node, reason: 'malformed', said: text('The IP header cannot be read.') },
      ),
    };
  }
  const wire: SegmentStep = {
    node: segment.name,
    nodeKind: 'network',
    stage: 'wire',
    outcome: 'sent',
    said: text(`Crosses ${segment.name} ${WORDS[protection]}: `, value(packetOneLine(packet)), '.'),
    origins: [],
    protection,
    ...(crossing.kind === 'from-gateway' ? { interface: crossing.interface.name } : {}),
  };
  const { destination } = summary;
  const aim = aimOf(network, crossing, segment, destination);
  if (aim === undefined)
    return {
      steps: [],
      to: ended({
        kind: 'lost',
        node: senderOf(crossing, segment),
        reason: 'no-route',
        said: text(
          `No gateway on ${segment.name} has a route to `,
          value(formatAddress(destination)),
          '. Give the host a gateway, or a gateway a route.',
        ),
      }),
    };
  const owner = ownerOnSegment(network, segment, aim);
  if (owner?.kind === 'gateway' && !(crossing.kind === 'from-gateway' && owner.gateway === crossing.gateway))
    return { steps: [wire], to: { kind: 'gateway', gateway: owner.gateway, interface: owner.interface } };
  if (owner?.kind === 'host') return { steps: [wire], to: owner };
  return { steps: [wire], to: ended(nobodyThere(segment, aim, destination, crossing)) };
}

const WORDS: Record<Protection, string> = {
  clear: 'in clear',
  authenticated: 'authenticated, readable',
  encrypted: 'encrypted',
};

/** Who can read it on the wire: by its outermost IPsec header, of which a later fragment has only the number. */
export function protectionOf(packet: Packet): Protection {
  const summary = summarizePacket(packet);
  if (summary !== undefined && summary.fragmentOffset > 0) {
    if (summary.protocol === protocolNumber.esp) return 'encrypted';
    if (summary.protocol === protocolNumber.ah) return 'authenticated';
  }
  if (packet.layers.some((l) => l.protocol === 'encrypted')) return 'encrypted';
  if (packet.layers.some((l) => l.protocol === 'ah')) return 'authenticated';
  return 'clear';
}

function segmentOf(network: Network, crossing: Crossing): Segment | undefined {
  switch (crossing.kind) {
    case 'from-host':
      return segmentByName(network, crossing.host.segment);
    case 'from-segment':
      return crossing.segment;
    case 'from-gateway':
      return segmentByName(network, crossing.interface.segment);
  }
}

function senderOf(crossing: Crossing, segment: Segment): string {
  return crossing.kind === 'from-host'
    ? crossing.host.name
    : crossing.kind === 'from-gateway'
      ? crossing.gateway.name
      : segment.name;
}

/** Whom the sender addresses on the segment: the destination itself, or a router. */
function aimOf(
  network: Network,
  crossing: Crossing,
  segment: Segment,
  destination: Address,
): Address | undefined {
  // The internet finds whoever is attached to it, whatever router the packet was handed to.
  if (segment.kind === 'internet' || segment.kind === 'unknown') return destination;
  if (crossing.kind === 'from-gateway') return crossing.nextHop ?? destination;
  if (segmentContains(segment, destination)) return destination;
  if (crossing.kind === 'from-host' && crossing.host.nextHop !== undefined) return crossing.host.nextHop;
  const routers = gatewaysOnSegment(network, segment.name);
  const knowing = routers.find((r) => {
    const hop = routeTo(r.gateway, destination);
    return hop !== undefined && hop.interface !== r.interface;
  });
  const router = knowing ?? routers[0];
  return router?.interface.addresses.find((p) => p.address.family === destination.family)?.address;
}

function nobodyThere(
  segment: Segment,
  aim: Address,
  destination: Address,
  crossing: Crossing,
): Omit<TraceVerdict, 'origins'> {
  const sender = senderOf(crossing, segment);
  if (segment.kind === 'unknown')
    return {
      kind: 'delivered',
      node: segment.name,
      reason: 'delivered',
      said: text(`Left ${sender} for `, value(formatAddress(destination)), ` on ${segment.name}.`),
    };
  if (segment.kind === 'internet') {
    if (isPrivate(destination))
      return {
        kind: 'lost',
        node: segment.name,
        reason: 'private-address-on-internet',
        said: text(
          value(formatAddress(destination)),
          ` is a private address, and ${segment.name} does not route it: the packet is lost.`,
        ),
      };
    return {
      kind: 'delivered',
      node: segment.name,
      reason: 'delivered',
      said: text(`Reaches `, value(formatAddress(destination)), ` somewhere in ${segment.name}.`),
    };
  }
  if (segmentContains(segment, aim))
    return aim.value === destination.value
      ? {
          kind: 'delivered',
          node: segment.name,
          reason: 'delivered',
          said: text(`Reaches `, value(formatAddress(destination)), ` on ${segment.name}.`),
        }
      : {
          kind: 'delivered',
          node: segment.name,
          reason: 'delivered',
          said: text(
            'Handed to the router ',
            value(formatAddress(aim)),
            ` on ${segment.name}, which is not described further.`,
          ),
        };
  return {
    kind: 'lost',
    node: segment.name,
    reason: 'no-neighbour',
    said: text(`Nobody on ${segment.name} has the address `, value(formatAddress(aim)), '.'),
  };
}

function ended(verdict: Omit<TraceVerdict, 'origins'>): CrossingResult['to'] {
  return { kind: 'end', verdict: { ...verdict, origins: [] } };
}
