/**
 * Which packets a network's policies ask about: one for each outgoing policy; for each inbound policy the packets
 * it demands protection of, at the edges of its selector, where the other side's policy may be narrower; what NAT
 * rules take on its way to a protected network; and the tunnels' own packets, ESP, AH and key exchange.
 */

import { buildPacket } from '../../packet/build';
import { summarizePacket } from '../../packet/decode';
import type { PacketSpec } from '../../packet/notation';
import { type Address, address4, type Prefix, prefixContains } from '../../policy/address';
import type { SecurityPolicy } from '../../policy/ipsec';
import type { NatRule, NatSelector } from '../../policy/nat';
import { interfaceWithAddress } from '../../simulator/addressing';
import { associationsFor, lookUpPolicy } from '../../simulator/ipsec/spd';
import type { Gateway } from '../../simulator/network';
import type { Prober } from './prober';
import { addressIn, edgesOf, packetFor, packetOfPolicy, spread } from './representatives';
import { type TunnelEnd, tunnelEndsOf } from './tunnelEnds';

/** Per gateway. */
const MOST_POLICIES = 24;
const MOST_NAT_RULES = 12;
const MOST_ENDS = 12;

export function probePolicies(prober: Prober): void {
  const { network } = prober;
  for (const gateway of network.gateways) {
    const protecting = policiesOf(gateway, 'out');
    for (const policy of probedPolicies(gateway)) prober.probe(packetOfPolicy(network, gateway, policy));
    for (const policy of spread(policiesOf(gateway, 'in'), MOST_POLICIES))
      probeDemanded(prober, gateway, policy);
    for (const rule of spread(gateway.nat?.rules ?? [], MOST_NAT_RULES))
      for (const policy of spread(protecting, 4)) probeTranslated(prober, gateway, rule, policy);
  }
  for (const end of spread(tunnelEndsOf(network), MOST_ENDS * 2)) probeTunnel(prober, end);
}

/** The policies of a gateway that packets are tried for: all of them, unless there are too many. */
export function probedPolicies(gateway: Gateway): readonly SecurityPolicy[] {
  return spread(policiesOf(gateway, 'out'), MOST_POLICIES);
}

export function policiesOf(gateway: Gateway, direction: 'in' | 'out'): readonly SecurityPolicy[] {
  return gateway.ipsec.policies.filter((p) => p.direction === direction && p.action === 'ipsec');
}

/** What comes back to the gateway must be protected: is what it sends, and what its peers send? */
function probeDemanded(prober: Prober, gateway: Gateway, policy: SecurityPolicy): void {
  const { network } = prober;
  const { source, destination, sourcePort, destinationPort, ...upper } = policy.selector;
  const backwards = {
    ...upper,
    ...(destinationPort === undefined ? {} : { sourcePort: destinationPort }),
    ...(sourcePort === undefined ? {} : { destinationPort: sourcePort }),
  };
  probeGaps(prober, gateway, backwards, destination, source);
  for (const peer of network.gateways)
    if (
      peer !== gateway &&
      policy.requests.some(
        (r) => r.tunnel !== undefined && interfaceWithAddress(peer, r.tunnel.source) !== undefined,
      )
    )
      probeGaps(prober, peer, policy.selector, source, destination);
}

/** Packets between two prefixes that no outgoing policy of the gateway takes. */
function probeGaps(
  prober: Prober,
  gateway: Gateway,
  upper: Parameters<typeof packetFor>[0],
  source: Prefix,
  destination: Prefix,
): void {
  const { network } = prober;
  const out = gateway.ipsec.policies.filter((p) => p.direction === 'out');
  let tried = 0;
  for (const from of edgesOf(
    network,
    source,
    out.map((p) => p.selector.source),
  ))
    for (const to of edgesOf(
      network,
      destination,
      out.map((p) => p.selector.destination),
    )) {
      const spec = packetFor(upper, from, to);
      const summary = summarizePacket(buildPacket(spec));
      if (summary === undefined) continue;
      const forwarded = interfaceWithAddress(gateway, from) === undefined;
      if (lookUpPolicy(gateway.ipsec, 'out', summary, { behaviour: gateway.platform.ipsec, forwarded }))
        continue;
      prober.probe(spec);
      if (++tried >= MOST_GAPS) return;
    }
}

const MOST_GAPS = 3;

/** A packet that a NAT rule may take on its way to where a policy protects. */
function probeTranslated(prober: Prober, gateway: Gateway, rule: NatRule, policy: SecurityPolicy): void {
  const { network } = prober;
  const { body } = rule;
  const destination = addressIn(network, policy.selector.destination, gateway);
  const from = prefixOf(body.source);
  const to = prefixOf(body.destination);
  if (body.direction === 'in') {
    // `rdr` on the inside: what it takes away may have been for the tunnel.
    if (to === undefined || to.length === 0 || !prefixContains(policy.selector.destination, to.address))
      return;
    const source = packetOfPolicy(network, gateway, policy).source;
    const port = body.destination.ports?.[0]?.[0];
    const protocol = body.protocols[0] ?? 6;
    prober.probe(
      packetFor({ protocol, ...(port === undefined ? {} : { destinationPort: port }) }, source, to.address),
    );
    return;
  }
  if (from === undefined || from.length === 0 || from.address.family !== destination.family) return;
  if (to !== undefined && !prefixContains(to, destination)) return;
  const protocol = policy.selector.protocol ?? body.protocols[0];
  const upper = { ...policy.selector, ...(protocol === undefined ? {} : { protocol }) };
  prober.probe(packetFor(upper, addressIn(network, from), destination));
}

/** The addresses one side of a NAT rule takes, when they are one prefix. */
function prefixOf({ address, negated }: NatSelector): Prefix | undefined {
  if (negated) return undefined;
  if (address.kind === 'any') return { address: address4(0), length: 0 };
  if (address.kind !== 'masked' || address.length === undefined) return undefined;
  return { address: address.value, length: address.length };
}

/** The tunnel's own packets, both ways: through the filters of both ends and of whoever lies between. */
function probeTunnel(prober: Prober, end: TunnelEnd): void {
  const { network } = prober;
  const { gateway, own, peer } = end;
  const known = network.gateways.some((g) => interfaceWithAddress(g, peer) !== undefined);
  const specs = tunnelPackets(gateway, end);
  for (const { protocol, port } of specs) {
    const upper = port === undefined ? { protocol } : { protocol, sourcePort: port, destinationPort: port };
    prober.probe(tunnelPacket(upper, own, peer));
    // A described peer is probed from its own side; another one's packets simply arrive.
    const iface = interfaceWithAddress(gateway, own);
    if (!known && iface !== undefined)
      prober.probe(tunnelPacket(upper, peer, own), { kind: 'interface', gateway, interface: iface });
  }
}

function tunnelPacket(
  upper: { protocol: number; sourcePort?: number; destinationPort?: number },
  source: Address,
  destination: Address,
): PacketSpec {
  return upper.protocol === 17
    ? packetFor(upper, source, destination)
    : { source, destination, protocol: upper.protocol };
}

const PROTOCOL_NUMBERS = { esp: 50, ah: 51, ipcomp: 108 } as const;

/** With an association in the file no key exchange is needed; with `esp-udp` ESP travels in UDP. */
function tunnelPackets(gateway: Gateway, end: TunnelEnd): readonly { protocol: number; port?: number }[] {
  const packet = { source: end.own, destination: end.peer };
  const requests = end.policy.requests.filter((r) => r.protocol === end.protocol);
  const sa = requests.flatMap((r) => associationsFor(gateway.ipsec, r, packet))[0];
  if (sa?.udpEncapsulation !== undefined)
    return [{ protocol: 17, port: sa.udpEncapsulation.destinationPort }];
  const own = { protocol: PROTOCOL_NUMBERS[end.protocol] };
  return sa === undefined ? [own, { protocol: 17, port: 500 }] : [own];
}
