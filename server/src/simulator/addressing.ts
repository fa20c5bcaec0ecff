/** Who owns an address, and where a packet goes next: the only routing there is in a walk. */
import {
  type Address,
  compareAddresses,
  formatPrefix,
  prefixBounds,
  prefixContains,
  sameAddress,
} from '../policy/address';
import type { Gateway, Host, Interface, Network, Route, Segment } from './network';

/** What a gateway sends to itself by. */
export const LOOPBACK: Interface = { name: 'lo0', addresses: [], mtu: 65535 };

export interface NextHop {
  readonly interface: Interface;
  /** Absent: the destination itself is on the interface's network. */
  readonly nextHop?: Address;
  /** `connected` or the route that was used, in words. */
  readonly by: string;
  readonly route?: Route;
}

/** Longest prefix over connected networks and routes; connected wins at equal length, as a kernel's does. */
export function routeTo(gateway: Gateway, destination: Address): NextHop | undefined {
  let best: (NextHop & { length: number }) | undefined;
  for (const iface of gateway.interfaces)
    for (const prefix of iface.addresses)
      if (prefixContains(prefix, destination) && (best === undefined || prefix.length > best.length))
        best = { interface: iface, length: prefix.length, by: `${formatPrefix(prefix)} on ${iface.name}` };
  for (const route of gateway.routes) {
    if (!prefixContains(route.destination, destination)) continue;
    if (best !== undefined && route.destination.length <= best.length) continue;
    const iface = interfaceOfRoute(gateway, route);
    if (iface === undefined) continue;
    best = {
      interface: iface,
      ...(route.nextHop === undefined ? {} : { nextHop: route.nextHop }),
      length: route.destination.length,
      by:
        route.destination.length === 0
          ? 'the default route'
          : `the route to ${formatPrefix(route.destination)}`,
      route,
    };
  }
  return best;
}

function interfaceOfRoute(gateway: Gateway, route: Route): Interface | undefined {
  if (route.interface !== undefined) return gateway.interfaces.find((i) => i.name === route.interface);
  const { nextHop } = route;
  if (nextHop === undefined) return undefined;
  return gateway.interfaces.find((i) => i.addresses.some((p) => prefixContains(p, nextHop)));
}

export function interfaceWithAddress(gateway: Gateway, address: Address): Interface | undefined {
  return gateway.interfaces.find((i) => i.addresses.some((p) => sameAddress(p.address, address)));
}

/** One of the gateway's addresses, or an address every node takes (broadcast, multicast). */
export function isForGateway(
  gateway: Gateway,
  receivedOn: Interface | undefined,
  destination: Address,
): boolean {
  if (interfaceWithAddress(gateway, destination) !== undefined) return true;
  if (isMulticast(destination) || isLimitedBroadcast(destination)) return true;
  return (
    receivedOn?.addresses.some(
      (p) => p.address.family === 4 && p.length < 31 && sameAddress(prefixBounds(p).last, destination),
    ) ?? false
  );
}

export type Owner =
  | { readonly kind: 'gateway'; readonly gateway: Gateway; readonly interface: Interface }
  | { readonly kind: 'host'; readonly host: Host };

/** The node on a segment that has an address. */
export function ownerOnSegment(network: Network, segment: Segment, address: Address): Owner | undefined {
  for (const gateway of network.gateways)
    for (const iface of gateway.interfaces)
      if (iface.segment === segment.name && iface.addresses.some((p) => sameAddress(p.address, address)))
        return { kind: 'gateway', gateway, interface: iface };
  for (const host of network.hosts)
    if (host.segment === segment.name && host.addresses.some((a) => sameAddress(a, address)))
      return { kind: 'host', host };
  return undefined;
}

export function ownerAnywhere(network: Network, address: Address): Owner | undefined {
  for (const segment of network.segments) {
    const owner = ownerOnSegment(network, segment, address);
    if (owner !== undefined) return owner;
  }
  for (const gateway of network.gateways) {
    const iface = interfaceWithAddress(gateway, address);
    if (iface !== undefined) return { kind: 'gateway', gateway, interface: iface };
  }
  return undefined;
}

export function gatewaysOnSegment(
  network: Network,
  segment: string,
): { gateway: Gateway; interface: Interface }[] {
  return network.gateways.flatMap((gateway) =>
    gateway.interfaces.filter((i) => i.segment === segment).map((iface) => ({ gateway, interface: iface })),
  );
}

export function segmentByName(network: Network, name: string | undefined): Segment | undefined {
  return name === undefined ? undefined : network.segments.find((s) => s.name === name);
}

export function segmentContains(segment: Segment, address: Address): boolean {
  return segment.prefixes.some((p) => prefixContains(p, address));
}

export function isMulticast(address: Address): boolean {
  return address.family === 4 ? address.value >>> 28 === 14 : address.value >> 120n === 0xffn;
}

function isLimitedBroadcast(address: Address): boolean {
  return address.family === 4 && address.value === 0xffffffff;
}

/** RFC 1918, RFC 6598, loopback, link-local, unique local: not routed on the internet. */
export function isPrivate(address: Address): boolean {
  return PRIVATE_RANGES.some(
    ({ first, last }) =>
      first.family === address.family &&
      compareAddresses(first, address) <= 0 &&
      compareAddresses(address, last) <= 0,
  );
}

const PRIVATE_RANGES = (
  [
    [4, '10.0.0.0', 0x0a000000, 8],
    [4, '172.16.0.0', 0xac100000, 12],
    [4, '192.168.0.0', 0xc0a80000, 16],
    [4, '100.64.0.0', 0x64400000, 10],
    [4, '169.254.0.0', 0xa9fe0000, 16],
    [4, '127.0.0.0', 0x7f000000, 8],
  ] as const
)
  .map(([, , value, length]) => prefixBounds({ address: { family: 4, value }, length }))
  .concat([
    prefixBounds({ address: { family: 6, value: 0xfcn << 120n }, length: 7 }),
    prefixBounds({ address: { family: 6, value: 0xfe80n << 112n }, length: 10 }),
  ]);
