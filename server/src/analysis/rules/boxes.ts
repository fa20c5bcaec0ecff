/**
 * Sets of packets as unions of boxes. A box says for some properties of a packet which values it allows; what it
 * does not mention may be anything. Properties that are no numbers (a condition holds, a pool has the address)
 * are properties with the values 0 and 1, so one algebra serves all. A value of -1 stands for "cannot be read": a
 * packet without ports, without TCP flags, without an ICMP type; a rule that tests them never matches it.
 *
 * Some combinations no packet has (ports on ICMP, a source port without a destination port). `tidy` takes them
 * out, as they would otherwise be left over when rules are subtracted and keep a covered rule alive. What it misses
 * errs to that safe side.
 */
import {
  complementIntervals,
  type Interval,
  type Intervals,
  intersectIntervals,
} from '../../policy/intervals';

export type Values = Intervals<number | bigint>;
export type Box = ReadonlyMap<number, Values>;

/** Numbers of properties; those from `firstAtom` on are yes-or-no and handed out by a `Space`. */
export const PROPERTY = {
  interface: 0,
  source: 1,
  destination: 2,
  protocol: 3,
  sourcePort: 4,
  destinationPort: 5,
  tcpFlags: 6,
  icmpType: 7,
  icmpCode: 8,
  tos: 9,
  ttl: 10,
  length: 11,
  /** The condition `short`: without a whole header there are no flags. */
  short: 12,
  firstAtom: 13,
} as const;

export const EVERYTHING: Box = new Map();

const ALL_V4: Interval<number | bigint> = [0, 0xffffffff];
const ALL_V6: Interval<number | bigint> = [0n, (1n << 128n) - 1n];
const ALL_OF: readonly Interval<number | bigint>[] = [
  [0, 65535],
  ALL_V4,
  ALL_V4,
  [0, 255],
  [-1, 65535],
  [-1, 65535],
  [-1, 255],
  [-1, 255],
  [-1, 255],
  [0, 255],
  [0, 255],
  [0, 65535],
];
const YES_OR_NO: Interval<number | bigint> = [0, 1];

/** All values that a property can have in packets of a family. */
export function universeOf(property: number, family: 4 | 6): Interval<number | bigint> {
  if (family === 6 && (property === PROPERTY.source || property === PROPERTY.destination)) return ALL_V6;
  return ALL_OF[property] ?? YES_OR_NO;
}

/** Values of both. One of the two where it lies in the other: a long list of rules makes very many boxes. */
function meet(a: Values, b: Values): Values {
  if (a === b) return a;
  if (a.length === 1 && b.length === 1) {
    const [fromA, toA] = a[0]!;
    const [fromB, toB] = b[0]!;
    if (fromB <= fromA && toA <= toB) return a;
    if (fromA <= fromB && toB <= toA) return b;
  }
  return intersectIntervals(a, b);
}

/** What both allow; undefined when that is nothing. */
export function intersectBoxes(a: Box, b: Box): Box | undefined {
  if (a.size === 0) return b;
  if (b.size === 0) return a;
  const out = new Map(a);
  for (const [property, values] of b) {
    const own = a.get(property);
    const both = own === undefined ? values : meet(own, values);
    if (both.length === 0) return undefined;
    out.set(property, both);
  }
  return out;
}

export function boxesOverlap(a: Box, b: Box): boolean {
  for (const [property, values] of b) {
    const own = a.get(property);
    if (own !== undefined && meet(own, values).length === 0) return false;
  }
  return true;
}

/** Does `outer` allow everything that `inner` does? */
export function boxContains(outer: Box, inner: Box, family: 4 | 6): boolean {
  for (const [property, values] of outer) {
    const own = inner.get(property) ?? [universeOf(property, family)];
    if (!own.every(([first, last]) => values.some(([a, b]) => a <= first && last <= b))) return false;
  }
  return true;
}

/** What is left of a box without another, as boxes that do not overlap. */
export function subtractBox(box: Box, without: Box, family: 4 | 6): Box[] {
  if (!boxesOverlap(box, without)) return [box];
  const pieces: Box[] = [];
  let rest = box;
  for (const [property, values] of without) {
    const universe = universeOf(property, family);
    const own = rest.get(property) ?? [universe];
    const outside = intersectIntervals(own, complementIntervals(values, universe));
    if (outside.length === 0) continue;
    const piece = tidy(new Map(rest).set(property, outside), family);
    if (piece !== undefined) pieces.push(piece);
    rest = new Map(rest).set(property, intersectIntervals(own, values));
  }
  return pieces;
}

const READABLE: Values = [[0, 65535]];
const READABLE_BYTE: Values = [[0, 255]];
const UNREADABLE: Values = [[-1, -1]];
const PORT_PROTOCOLS: Values = [
  [6, 6],
  [17, 17],
];
const TCP: Values = [[6, 6]];
const ICMP: Values = [
  [1, 1],
  [58, 58],
];
const NO: Values = [[0, 0]];

/** The box without combinations that no packet has; undefined when nothing is left. */
export function tidy(box: Box, family: 4 | 6): Box | undefined {
  const out = new Map(box);
  const get = (property: number): Values => out.get(property) ?? [universeOf(property, family)];
  const narrow = (property: number, to: Values): void => {
    const own = out.get(property);
    out.set(property, own === undefined ? to : meet(own, to));
  };
  const ports = [PROPERTY.sourcePort, PROPERTY.destinationPort];
  const icmp = [PROPERTY.icmpType, PROPERTY.icmpCode];
  if (isReadable(out.get(PROPERTY.tcpFlags))) {
    narrow(PROPERTY.protocol, TCP);
    narrow(PROPERTY.short, NO);
    narrow(PROPERTY.sourcePort, READABLE);
  }
  if (ports.some((p) => isReadable(out.get(p)))) {
    for (const p of ports) narrow(p, READABLE);
    narrow(PROPERTY.protocol, PORT_PROTOCOLS);
  } else if (ports.some((p) => isUnreadable(out.get(p)))) for (const p of ports) narrow(p, UNREADABLE);
  if (icmp.some((p) => isReadable(out.get(p)))) {
    for (const p of icmp) narrow(p, READABLE_BYTE);
    narrow(PROPERTY.protocol, ICMP);
  } else if (icmp.some((p) => isUnreadable(out.get(p)))) for (const p of icmp) narrow(p, UNREADABLE);
  const protocol = out.get(PROPERTY.protocol);
  if (protocol !== undefined) {
    if (intersectIntervals(protocol, PORT_PROTOCOLS).length === 0)
      for (const p of ports) narrow(p, UNREADABLE);
    if (intersectIntervals(protocol, TCP).length === 0) narrow(PROPERTY.tcpFlags, UNREADABLE);
    if (intersectIntervals(protocol, ICMP).length === 0) for (const p of icmp) narrow(p, UNREADABLE);
    const onlyTcp = protocol.every(([a, b]) => a === 6 && b === 6);
    const whole = isOnly(get(PROPERTY.short), 0);
    if (onlyTcp && whole && isReadable(out.get(PROPERTY.sourcePort)))
      narrow(PROPERTY.tcpFlags, READABLE_BYTE);
  }
  for (const values of out.values()) if (values.length === 0) return undefined;
  return out;
}

function isReadable(values: Values | undefined): boolean {
  return values !== undefined && values.length > 0 && values[0]![0] >= 0;
}

function isUnreadable(values: Values | undefined): boolean {
  return values !== undefined && values.length === 1 && values[0]![1] === -1;
}

function isOnly(values: Values, value: number): boolean {
  return values.length === 1 && values[0]![0] === value && values[0]![1] === value;
}
