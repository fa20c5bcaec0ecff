/** Parts that the findings about NAT rules share: which packets a rule takes, and trying one with the engine. */
import type { Packet } from '../../packet/packet';
import { complementIntervals } from '../../policy/intervals';
import type { NatRule, NatRuleBody, NatSelector, NatTable } from '../../policy/nat';
import { createIpfilterEngine, type IpfilterEngine } from '../../simulator/ipfilter/engine';
import type { Gateway } from '../../simulator/network';
import { type Box, PROPERTY, tidy, universeOf, type Values } from './boxes';
import type { Space } from './space';

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

/** Packets a rule is for, before translation; undefined when they cannot be told. TCP: those that open a connection. */
export function boxesOf(
  body: NatRuleBody,
  space: Space,
  iface: string = body.interfaces[0]!,
): Box[] | undefined {
  const { family } = space;
  const source = addressesOf(body.source, family);
  const destination = addressesOf(body.destination, family);
  if (source === undefined || destination === undefined) return undefined;
  const interfaceNumber = space.interfaceNumber(iface);
  const boxes: Box[] = [];
  for (const protocol of protocolsOf(body)) {
    const box = new Map<number, Values>([
      [PROPERTY.interface, [[interfaceNumber, interfaceNumber]]],
      [PROPERTY.source, source],
      [PROPERTY.destination, destination],
      [PROPERTY.protocol, [[protocol, protocol]]],
      ...ORDINARY.map((condition) => [space.atom(condition), [[0, 0]] as Values] as const),
    ]);
    if (protocol === 6 || protocol === 17) {
      box.set(PROPERTY.sourcePort, body.source.ports ?? [[1, 65535]]);
      box.set(PROPERTY.destinationPort, body.destination.ports ?? [[1, 65535]]);
    }
    if (protocol === 6) box.set(PROPERTY.tcpFlags, [[2, 2]]);
    const tidied = tidy(box, family);
    if (tidied !== undefined) boxes.push(tidied);
  }
  return boxes;
}

/** Whole, proper packets: what a client sends. */
const ORDINARY = [
  'condition short',
  'condition bad',
  'condition fragment',
  'condition fragment-body',
  'condition ip-options',
  'condition ipv6-headers',
  'condition low-ttl',
  'condition multicast',
  'condition broadcast',
  'condition mbcast',
];

/** A portmap is for its protocols only. */
function protocolsOf({ protocols, ports }: NatRuleBody): readonly number[] {
  if (protocols.length > 0) return protocols;
  const allocated = ports !== undefined && 'protocols' in ports ? ports.protocols : [];
  return allocated.length > 0 ? allocated : [6, 17];
}
