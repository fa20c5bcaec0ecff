/** Where a sample packet enters the network: as its line says, else with whoever owns its source address. */
import type { Address } from '../policy/address';
import { formatAddress } from '../policy/address';
import { isPrivate, ownerAnywhere, routeTo, segmentContains } from '../simulator/addressing';
import type { Network, SamplePacket, Segment } from '../simulator/network';
import type { Entry } from '../simulator/walk';

export type EntryResult = { readonly entry: Entry } | { readonly error: string };

export function entryOf(network: Network, packet: SamplePacket): EntryResult {
  const { spec } = packet;
  if (packet.from !== undefined) {
    const named = entryByName(network, packet.from, spec.source);
    return named === undefined
      ? { error: `There is no host, gateway or network \`${packet.from}\`.` }
      : { entry: named };
  }
  if (spec.interface !== undefined) {
    for (const gateway of network.gateways) {
      const iface = gateway.interfaces.find((i) => i.name === spec.interface);
      if (iface !== undefined)
        return {
          entry: { kind: spec.direction === 'out' ? 'leaving' : 'interface', gateway, interface: iface },
        };
    }
    return { error: `No gateway has an interface \`${spec.interface}\`.` };
  }
  return entryByAddress(network, spec.source);
}

function entryByName(network: Network, name: string, source: Address): Entry | undefined {
  const host = network.hosts.find((h) => h.name === name);
  if (host !== undefined) return { kind: 'host', host };
  const gateway = network.gateways.find((g) => g.name === name);
  if (gateway !== undefined) return { kind: 'gateway', gateway };
  const segment = network.segments.find((s) => s.name === name);
  return segment === undefined ? undefined : fromSegment(segment, source);
}

export function entryByAddress(network: Network, source: Address): EntryResult {
  const owner = ownerAnywhere(network, source);
  if (owner?.kind === 'host') return { entry: { kind: 'host', host: owner.host } };
  if (owner?.kind === 'gateway') return { entry: { kind: 'gateway', gateway: owner.gateway } };
  const lan = network.segments.find((s) => segmentContains(s, source));
  if (lan !== undefined) return { entry: fromSegment(lan, source) };
  const internet = network.segments.find((s) => s.kind === 'internet');
  if (internet !== undefined && !isPrivate(source)) return { entry: fromSegment(internet, source) };
  for (const gateway of network.gateways) {
    const hop = routeTo(gateway, source);
    if (
      hop !== undefined &&
      network.segments.some((s) => s.name === hop.interface.segment && s.kind === 'unknown')
    )
      return { entry: { kind: 'interface', gateway, interface: hop.interface } };
  }
  return {
    error: `No host or network has the source address ${formatAddress(source)}. Add a host or a network for it, or say \`from:\`.`,
  };
}

function fromSegment(segment: Segment, source: Address): Entry {
  return { kind: 'segment', segment, sender: `${formatAddress(source)} on ${segment.name}` };
}
