/** Parts that the findings about NAT rules share: which packets a rule takes, and trying one with the engine. */
import type { Packet } from '../../packet/packet';
import { complementIntervals } from '../../policy/intervals';
import type { NatRule, NatSelector, NatTable } from '../../policy/nat';
import { createIpfilterEngine, type IpfilterEngine } from '../../simulator/ipfilter/engine';
import type { Gateway } from '../../simulator/network';
import { PROPERTY, universeOf, type Values } from './boxes';

export function engineOf(gateway: Gateway, nat: NatTable | undefined = gateway.nat): IpfilterEngine {
  return createIpfilterEngine({
    filter: gateway.filter,
    nat,
    pools: gateway.pools,
    addressesOf: (name) =>
      gateway.interfaces.find((i) => i.name === name)?.addresses.map((p) => p.address) ?? [],
  });
}

/** The rule that a packet going out is translated by. */
export function ruleThatMaps(
  gateway: Gateway,
  nat: NatTable,
  packet: Packet,
  iface: string,
): NatRule | undefined {
  const result = engineOf(gateway, nat).natOut(packet, { interface: iface, direction: 'out' });
  const [origin] = result.origins;
  return result.changed ? nat.rules.find((r) => r.origin === origin) : undefined;
}

/** Addresses a selector takes; undefined when they are not plain ranges. */
export function addressesOf(selector: NatSelector, family: 4 | 6): Values | undefined {
  const universe = universeOf(PROPERTY.source, family);
  const plain = plainAddresses(selector, family);
  if (plain === undefined) return undefined;
  return selector.negated ? complementIntervals(plain, universe) : plain;
}

function plainAddresses({ address }: NatSelector, family: 4 | 6): Values | undefined {
  switch (address.kind) {
    case 'any':
      return [universeOf(PROPERTY.source, family)];
    case 'masked': {
      const { value, length } = address;
      if (length === undefined) return undefined;
      if (value.family !== family) return length === 0 ? [universeOf(PROPERTY.source, family)] : [];
      if (value.family === 4) return [[value.value, value.value + 2 ** (32 - length) - 1]];
      return [[value.value, value.value + (1n << BigInt(128 - length)) - 1n]];
    }
    case 'range':
      return address.first.family === family ? [[address.first.value, address.last.value]] : [];
    case 'interface':
    case 'pool':
      return undefined;
    default: {
      const impossible: never = address;
      return impossible;
    }
  }
}
