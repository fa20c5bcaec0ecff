/**
 * A packet out of a set of packets, in the notation that users write. Only such packets are made that the notation
 * can say and a gateway can meet; a set that consists of others (bad checksums, unknown pools) gives none. Whether
 * the packet does what it is to show is for the caller to try with the engine.
 */
import { buildPacket } from '../../packet/build';
import { formatPacketLine } from '../../packet/formatLine';
import type { PacketSpec } from '../../packet/notation';
import type { Packet } from '../../packet/packet';
import { type Address, address4, address6, parseAddress } from '../../policy/address';
import type { FilterRule } from '../../policy/filter';
import { type Interval, intersectIntervals, intervalsContain } from '../../policy/intervals';
import { type Box, PROPERTY, tidy, universeOf, type Values } from './boxes';
import { Space } from './space';

export interface Witness {
  readonly line: string;
  readonly packet: Packet;
  readonly interface: string;
}

/** For packets on an interface that no rule names. */
const SOME_INTERFACE = 'eth0';

export function witnessIn(box: Box, space: Space, direction: 'in' | 'out'): Witness | undefined {
  const { family } = space;
  const tidied = tidy(box, family);
  if (tidied === undefined) return undefined;
  const values = (property: number): Values => tidied.get(property) ?? [universeOf(property, family)];
  for (const property of tidied.keys())
    if ((property === PROPERTY.short || property >= PROPERTY.firstAtom) && !has(values(property), 0))
      return undefined;
  const interfaces = values(PROPERTY.interface);
  const iface =
    space.interfaceNames.find((_, i) => has(interfaces, i + 1)) ??
    (has(interfaces, 0) ? SOME_INTERFACE : undefined);
  if (iface === undefined) return undefined;
  const source = pickAddress(values(PROPERTY.source), family, SOURCES);
  const destination = pickAddress(values(PROPERTY.destination), family, DESTINATIONS);
  const protocols = values(PROPERTY.protocol);
  const protocol = pick(protocols, family === 4 ? [6, 17, 1, 50] : [6, 17, 58, 50]);
  const base = { direction, interface: iface, source, destination, protocol };
  const spec = withTransport(base, values);
  if (spec === undefined) return undefined;
  const tos = pick(values(PROPERTY.tos), [0]);
  const ttl = pick(values(PROPERTY.ttl), [64]);
  // A box on the total length is none that the notation could keep.
  if (tidied.has(PROPERTY.length)) return undefined;
  const whole: PacketSpec = { ...spec, ...(tos === 0 ? {} : { tos }), ...(ttl === 64 ? {} : { ttl }) };
  return { line: formatPacketLine(whole), packet: buildPacket(whole), interface: iface };
}

function withTransport(base: PacketSpec, values: (property: number) => Values): PacketSpec | undefined {
  switch (base.protocol) {
    case 6:
    case 17: {
      const sourcePort = pickReadable(values(PROPERTY.sourcePort), [40000, 1023]);
      const destinationPort = pickReadable(values(PROPERTY.destinationPort), [80, 22, 53]);
      if (sourcePort === undefined || destinationPort === undefined) return undefined;
      if (base.protocol === 17) return { ...base, sourcePort, destinationPort };
      const tcpFlags = pickReadable(values(PROPERTY.tcpFlags), [2, 16, 18, 17, 4]);
      return tcpFlags === undefined ? undefined : { ...base, sourcePort, destinationPort, tcpFlags };
    }
    case 1:
    case 58: {
      const icmpType = pickReadable(values(PROPERTY.icmpType), base.protocol === 1 ? [8, 3, 0] : [128, 1]);
      const icmpCode = pickReadable(values(PROPERTY.icmpCode), [0]);
      return icmpType === undefined || icmpCode === undefined ? undefined : { ...base, icmpType, icmpCode };
    }
    default:
      return base;
  }
}

const SOURCES = ['198.51.100.9', '10.1.0.5', '2001:db8:9::9'].map((a) => parseAddress(a)!);
const DESTINATIONS = ['192.0.2.1', '203.0.113.7', '2001:db8:1::1'].map((a) => parseAddress(a)!);

/** An address of documentation where it will do, else one from the middle of the lowest range. */
function pickAddress(values: Values, family: 4 | 6, liked: readonly Address[]): Address {
  const found = liked.find((a) => a.family === family && has(values, a.value));
  if (found !== undefined) return found;
  const [first, last] = values[0]!;
  // Behind the network's own address, where there is room.
  if (family === 4) return address4(Math.min(Number(first) + 5, Number(last)));
  const next = BigInt(first) + 5n;
  return address6(next < BigInt(last) ? next : BigInt(last));
}

function pick(values: Values, liked: readonly number[]): number {
  return liked.find((n) => has(values, n)) ?? Number(values[0]![0]);
}

function pickReadable(values: Values, liked: readonly number[]): number | undefined {
  const readable: Values = intersectIntervals(values, [[0, 65535] as Interval<number | bigint>]);
  return readable.length === 0 ? undefined : pick(readable, liked);
}

function has(values: Values, value: number | bigint): boolean {
  return intervalsContain(values, value);
}

/** A packet that a rule is written for. */
export function witnessFor(rule: FilterRule, direction: 'in' | 'out'): string | undefined {
  for (const { line } of witnessesFor(rule, direction)) return line;
  return undefined;
}

export function* witnessesFor(rule: FilterRule, direction: 'in' | 'out'): Generator<Witness> {
  for (const family of [4, 6] as const) {
    const space = new Space(family);
    for (const box of space.atLeast(rule.body.match)) {
      const witness = witnessIn(box, space, direction);
      if (witness !== undefined) yield witness;
    }
  }
}

/** Of the direction and nothing else. */
export function anyWitness(direction: 'in' | 'out'): Witness | undefined {
  return witnessIn(new Map(), new Space(4), direction);
}
