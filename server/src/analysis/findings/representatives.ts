/** One address out of many: whom a probe should come from and go to so that a selector takes it. */

import type { PacketSpec } from '../../packet/notation';
import {
  type Address,
  address4,
  address6,
  type Prefix,
  prefixBounds,
  prefixContains,
  sameAddress,
} from '../../policy/address';
import type { SecurityPolicy, TrafficSelector } from '../../policy/ipsec';
import { interfaceWithAddress, routeTo, segmentByName } from '../../simulator/addressing';
import type { Gateway, Network } from '../../simulator/network';

/** Somewhere on the internet: TEST-NET-2 of RFC 5737, the documentation prefix of RFC 3849. */
const ELSEWHERE: Readonly<Record<4 | 6, Address>> = {
  4: address4(0xc6336464),
  6: address6(0x20010db8ffff00000000000000000064n),
};

/**
 * An address of a prefix that a packet can come from or go to: a listed host; an address on a network that the
 * network file names; the tenth of the prefix. Gateways' own addresses only where the prefix has no other.
 */
export function addressIn(network: Network, prefix: Prefix, avoid?: Gateway): Address {
  const host = network.hosts.flatMap((h) => h.addresses).find((a) => prefixContains(prefix, a));
  if (host !== undefined) return host;
  for (const segment of network.segments) {
    if (segment.kind !== 'lan') continue;
    for (const own of segment.prefixes) {
      const inner = own.length >= prefix.length ? own : prefix;
      if (!prefixContains(own, inner.address) || !prefixContains(prefix, inner.address)) continue;
      if (avoid?.interfaces.some((i) => i.segment === segment.name) === true && prefix.length === 0) continue;
      return tenthOf(network, inner);
    }
  }
  if (prefix.length === 0) return ELSEWHERE[prefix.address.family];
  return tenthOf(network, prefix);
}

function tenthOf(network: Network, prefix: Prefix): Address {
  const { first, last } = prefixBounds(prefix);
  const taken = (a: Address) => network.gateways.some((g) => interfaceWithAddress(g, a) !== undefined);
  for (const step of [10, 11, 1, 2, 0]) {
    const candidate = plus(first, step);
    if (candidate.value <= last.value && !taken(candidate)) return candidate;
  }
  return first;
}

function plus(address: Address, step: number): Address {
  return address.family === 4 ? address4(address.value + step) : address6(address.value + BigInt(step));
}

/** A packet of the selector's own kind: TCP to port 80 where it does not say. Undefined for what has no form here. */
export function packetFor(
  selector: Pick<TrafficSelector, 'protocol' | 'sourcePort' | 'destinationPort' | 'icmpType' | 'icmpCode'>,
  source: Address,
  destination: Address,
): PacketSpec {
  const protocol = selector.protocol ?? 6;
  const ends = { source, destination, protocol };
  switch (protocol) {
    case 6:
      return { ...ends, ...ports(selector), tcpFlags: 2 };
    case 17:
      return { ...ends, ...ports(selector) };
    case 1:
    case 58:
      return {
        ...ends,
        icmpType: selector.icmpType || (protocol === 1 ? 8 : 128),
        ...(selector.icmpCode ? { icmpCode: selector.icmpCode } : {}),
      };
    default:
      return { ...ends, payloadLength: 16 };
  }
}

function ports({
  sourcePort = 40000,
  destinationPort = 80,
}: Pick<TrafficSelector, 'sourcePort' | 'destinationPort'>) {
  return { sourcePort, destinationPort };
}

/**
 * The packet a policy is for, as the gateway would meet it: of transport protection the gateway is an end itself, a
 * tunnel is for the networks behind it.
 */
export function packetOfPolicy(network: Network, gateway: Gateway, policy: SecurityPolicy): PacketSpec {
  const { selector, direction } = policy;
  const own = (prefix: Prefix) => (isForTunnel(policy) ? undefined : ownAddressIn(gateway, prefix));
  const source =
    (direction === 'out' ? own(selector.source) : undefined) ??
    (selector.source.length === 0 ? insideAddress(network, gateway, selector) : undefined) ??
    addressIn(network, selector.source);
  const destination =
    (direction === 'in' ? own(selector.destination) : undefined) ??
    addressIn(network, selector.destination, gateway);
  return packetFor(selector, source, destination);
}

export function isForTunnel(policy: SecurityPolicy): boolean {
  return policy.requests.some((r) => r.mode === 'tunnel');
}

function ownAddressIn(gateway: Gateway, prefix: Prefix): Address | undefined {
  return gateway.interfaces
    .flatMap((i) => i.addresses.map((p) => p.address))
    .find((a) => prefixContains(prefix, a));
}

/** A policy for "any" source means the networks behind the gateway: those not on the way to the destination. */
function insideAddress(network: Network, gateway: Gateway, selector: TrafficSelector): Address | undefined {
  const { family } = selector.source.address;
  const way = routeTo(gateway, addressIn(network, selector.destination, gateway))?.interface;
  for (const iface of gateway.interfaces) {
    if (iface === way || segmentByName(network, iface.segment)?.kind === 'internet') continue;
    const prefix = iface.addresses.find((p) => p.address.family === family);
    if (prefix !== undefined && prefix.length < 31) return addressIn(network, prefix);
  }
  return undefined;
}

/**
 * Addresses of a prefix that others of its kind may leave out: one of each network in it, its ends, and what lies just before and behind
 * each narrower prefix in it.
 */
export function edgesOf(network: Network, prefix: Prefix, narrower: readonly Prefix[]): readonly Address[] {
  const { first, last } = prefixBounds(prefix);
  const found: Address[] = [addressIn(network, prefix)];
  const add = (a: Address) => {
    if (prefixContains(prefix, a) && !found.some((f) => sameAddress(f, a))) found.push(a);
  };
  const networks = network.segments.flatMap((s) => (s.kind === 'lan' ? s.prefixes : []));
  for (const n of networks.filter((p) => p.length > prefix.length).slice(0, MOST_NARROWER))
    if (prefixContains(prefix, n.address)) add(addressIn(network, n));
  for (const n of narrower.slice(0, MOST_NARROWER)) {
    if (n.length <= prefix.length || !prefixContains(prefix, n.address)) continue;
    const bounds = prefixBounds(n);
    add(plus(bounds.last, 10));
    add(plus(bounds.first, -10));
  }
  if (prefix.length < (first.family === 4 ? 31 : 127)) {
    add(plus(last, -1));
    add(plus(first, 1));
  }
  return found.filter((a) => !network.gateways.some((g) => interfaceWithAddress(g, a) !== undefined));
}

const MOST_NARROWER = 6;

/** At most `most` of a list, spread evenly over it. */
export function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]!);
}
