/** Who talks IPsec with whom: the pairs of end points that the policies and associations of a network name. */
import type { Address } from '../../policy/address';
import { fullLength, sameAddress } from '../../policy/address';
import type { IpsecProtocol, SecurityPolicy } from '../../policy/ipsec';
import { interfaceWithAddress } from '../../simulator/addressing';
import type { Gateway, Network } from '../../simulator/network';

/** One gateway's side of a tunnel, or of transport protection between two machines. */
export interface TunnelEnd {
  readonly gateway: Gateway;
  readonly own: Address;
  readonly peer: Address;
  readonly protocol: IpsecProtocol;
  /** An outgoing policy that names it. */
  readonly policy: SecurityPolicy;
}

const known = new WeakMap<Network, readonly TunnelEnd[]>();

/** Each pair once per protocol, in the order of the policies. */
export function tunnelEndsOf(network: Network): readonly TunnelEnd[] {
  let ends = known.get(network);
  if (ends === undefined) {
    ends = network.gateways.flatMap(endsOfGateway);
    known.set(network, ends);
  }
  return ends;
}

function endsOfGateway(gateway: Gateway): readonly TunnelEnd[] {
  const found = new Map<string, TunnelEnd>();
  for (const policy of gateway.ipsec.policies) {
    if (policy.direction !== 'out' || policy.action !== 'ipsec') continue;
    for (const { protocol, mode, tunnel } of policy.requests) {
      const { source, destination } = policy.selector;
      const ends =
        mode === 'tunnel'
          ? tunnel
          : source.length === fullLength(source.address.family) &&
              destination.length === fullLength(destination.address.family)
            ? { source: source.address, destination: destination.address }
            : undefined;
      if (ends === undefined || interfaceWithAddress(gateway, ends.source) === undefined) continue;
      const key = `${protocol} ${ends.source.value} ${ends.destination.value}`;
      if (!found.has(key))
        found.set(key, { gateway, own: ends.source, peer: ends.destination, protocol, policy });
    }
  }
  return [...found.values()];
}

/**
 * The side that sends from `source` to `destination`, or receives there what comes from `source`; that of
 * `preferred` where both sides are described.
 */
export function endBetween(
  network: Network,
  source: Address,
  destination: Address,
  preferred?: Gateway,
): TunnelEnd | undefined {
  const ends = tunnelEndsOf(network).filter(
    (e) =>
      (sameAddress(e.own, source) && sameAddress(e.peer, destination)) ||
      (sameAddress(e.own, destination) && sameAddress(e.peer, source)),
  );
  return ends.find((e) => e.gateway === preferred) ?? ends[0];
}
