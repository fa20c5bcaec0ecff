/**
 * Which filter and NAT rules are written for what a policy protects, going by their addresses. Both addresses lie
 * within the policy's; or only one does and leaves little doubt: any rule on enc0, a rule for the other side's network
 * and any of ours, an `rdr` of a private address. (A `block` of that network alone also keeps forged packets away, as it
 * should: a note, not a warning.) Of transport protection, whose packets keep their addresses, only rules that ask
 * for more than those.
 */
import type { Packet } from '../../packet/packet';
import { type Address, address4, address6, type Prefix, prefixContains } from '../../policy/address';
import type { FilterProgram, FilterRule } from '../../policy/filter';
import type { SecurityPolicy, TrafficSelector } from '../../policy/ipsec';
import type { AddressSet } from '../../policy/match';
import type { NatRule, NatSelector } from '../../policy/nat';
import type { Origin } from '../../policy/origin';
import { isPrivate } from '../../simulator/addressing';
import { createIpfilterEngine } from '../../simulator/ipfilter/engine';
import type { Gateway } from '../../simulator/network';
import { ENC } from './enc';
import { isForTunnel } from './representatives';

const MOST_RULES = 24;

/** A rule that is written for what a policy protects. */
export interface InnerRule {
  readonly kind: 'filter' | 'nat';
  readonly direction: 'in' | 'out';
  readonly interface: string;
  readonly origin: Origin;
  /** A rule that only keeps others away. */
  readonly exempts: boolean;
  /** A block of clear packets that pretend to be the tunnel's: right as a guard, whatever else it was meant for. */
  readonly guards: boolean;
  /** The packet the rule would take, out of the policy's. */
  readonly protocol: number | undefined;
  readonly destinationPort: number | undefined;
  /** Where the rule's addresses are narrower than the policy's. */
  readonly source: Prefix | undefined;
  readonly destination: Prefix | undefined;
  takes(packet: Packet): boolean;
}

export function innerRulesFor(
  gateway: Gateway,
  policy: SecurityPolicy,
  direction: 'in' | 'out',
): readonly InnerRule[] {
  return [...filterRulesFor(gateway, policy, direction), ...natRulesFor(gateway, policy, direction)].slice(
    0,
    MOST_RULES,
  );
}

function filterRulesFor(
  gateway: Gateway,
  policy: SecurityPolicy,
  direction: 'in' | 'out',
): readonly InnerRule[] {
  const { filter } = gateway;
  if (filter === undefined) return [];
  const { selector } = policy;
  const found: InnerRule[] = [];
  for (const shape of shapesOf(filter)) {
    if (shape.direction !== direction) continue;
    const { rule } = shape;
    const protocol = firstNumber(rule, 'protocol');
    if (!isForTunnel(policy) && protocol === undefined) continue;
    const sides = {
      source: sideOfSet(shape.source, selector.source),
      destination: sideOfSet(shape.destination, selector.destination),
    };
    if (!isForInside(sides, selector, direction, shape.interface === ENC)) continue;
    const blocks = rule.body.verdict?.kind === 'block';
    const on = { direction, interface: shape.interface };
    found.push({
      kind: 'filter',
      ...on,
      origin: rule.origin,
      exempts: false,
      guards: blocks && shape.interface !== ENC && (direction === 'out' || sides.destination !== 'within'),
      protocol,
      destinationPort: firstNumber(rule, 'destination-port'),
      source: sides.source === 'within' ? narrowest(shape.source) : undefined,
      destination: sides.destination === 'within' ? narrowest(shape.destination) : undefined,
      takes: (packet) => filterTakes(gateway, filter, rule, on, packet),
    });
    if (found.length >= MOST_RULES) break;
  }
  return found;
}

/** How a rule's address lies to that of a policy. */
type Side = 'within' | 'around' | 'any' | 'apart';

function isForInside(
  sides: { readonly source: Side; readonly destination: Side },
  selector: TrafficSelector,
  direction: 'in' | 'out',
  onEnc: boolean,
): boolean {
  const { source, destination } = sides;
  if (source === 'apart' || destination === 'apart') return false;
  if (source === 'within' && destination === 'within') return true;
  const tells = (side: 'source' | 'destination') => sides[side] === 'within' && selector[side].length > 0;
  if (onEnc) return tells('source') || tells('destination');
  const [remote, local] = direction === 'in' ? [source, destination] : [destination, source];
  return remote === 'within' && local === 'any' && tells(direction === 'in' ? 'source' : 'destination');
}

/** A rule that names an interface: the others are not about a tunnel's inside. */
interface RuleShape {
  readonly rule: FilterRule;
  readonly direction: 'in' | 'out';
  readonly interface: string;
  /** Undefined: any. */
  readonly source: AddressSet | undefined;
  readonly destination: AddressSet | undefined;
}

const shapes = new WeakMap<FilterProgram, readonly RuleShape[]>();

function shapesOf(filter: FilterProgram): readonly RuleShape[] {
  let known = shapes.get(filter);
  if (known === undefined) {
    known = [...filter.chains.values()].flatMap((chain) =>
      chain.name.startsWith('account')
        ? []
        : chain.rules.flatMap((rule) => shapeOf(rule, chain.direction) ?? []),
    );
    shapes.set(filter, known);
  }
  return known;
}

function shapeOf(rule: FilterRule, direction: 'in' | 'out'): RuleShape | undefined {
  const { match } = rule.body;
  if (match.kind !== 'and') return undefined;
  let name: string | undefined;
  let source: AddressSet | undefined;
  let destination: AddressSet | undefined;
  for (const part of match.of)
    if (part.kind === 'interface' && part.field === 'interface') name = part.names[0];
    else if (part.kind === 'address' && part.field === 'source') source = part.set;
    else if (part.kind === 'address' && part.field === 'destination') destination = part.set;
    else if (
      part.kind === 'masked' ||
      part.kind === 'interface-address' ||
      part.kind === 'pool' ||
      part.kind === 'not'
    )
      return undefined;
  return name === undefined || (source ?? destination) === undefined
    ? undefined
    : { rule, direction, interface: name, source, destination };
}

function firstNumber({ body }: FilterRule, field: 'protocol' | 'destination-port'): number | undefined {
  const parts = body.match.kind === 'and' ? body.match.of : [body.match];
  const part = parts.find((p) => p.kind === 'number' && p.field === field);
  return part?.kind === 'number' ? part.set[0]?.[0] : undefined;
}

function sideOfSet(set: AddressSet | undefined, prefix: Prefix): Side {
  if (set === undefined) return prefix.length === 0 ? 'within' : 'any';
  if (isSetWithin(set, prefix)) return 'within';
  const { address } = prefix;
  const holds =
    address.family === 4
      ? set.v4.some(([first, last]) => first <= address.value && address.value <= last)
      : set.v6.some(([first, last]) => first <= address.value && address.value <= last);
  return holds ? 'around' : 'apart';
}

/** Intervals are in order and a prefix is one interval, so the ends tell. */
function isSetWithin({ v4, v6 }: AddressSet, prefix: Prefix): boolean {
  const holds = (first: Address, last: Address) =>
    prefixContains(prefix, first) && prefixContains(prefix, last);
  if (prefix.address.family === 4)
    return v6.length === 0 && v4.length > 0 && holds(address4(v4[0]![0]), address4(v4.at(-1)![1]));
  return v4.length === 0 && v6.length > 0 && holds(address6(v6[0]![0]), address6(v6.at(-1)![1]));
}

/** A set that is one address, or starts with one: the packet has to have it. */
function narrowest(set: AddressSet | undefined): Prefix | undefined {
  const v4 = set?.v4[0];
  if (v4 !== undefined) return v4[0] === v4[1] ? { address: address4(v4[0]), length: 32 } : undefined;
  const v6 = set?.v6[0];
  return v6 !== undefined && v6[0] === v6[1] ? { address: address6(v6[0]), length: 128 } : undefined;
}

/** The rule alone, as the only one of its direction. */
function filterTakes(
  gateway: Gateway,
  program: FilterProgram,
  rule: FilterRule,
  on: { direction: 'in' | 'out'; interface: string },
  packet: Packet,
): boolean {
  const chain = { name: on.direction, title: on.direction, direction: on.direction, rules: [rule] };
  const filter = {
    ...program,
    chains: new Map([[chain.name, chain]]),
    entries: { [on.direction]: chain.name },
  };
  const engine = createIpfilterEngine({ filter, pools: gateway.pools, addressesOf: addressesOf(gateway) });
  return engine.filter(packet, on).origins.some((o) => o.start === rule.origin.start);
}

function addressesOf(gateway: Gateway) {
  return (name: string) =>
    gateway.interfaces.find((i) => i.name === name)?.addresses.map((p) => p.address) ?? [];
}

function natRulesFor(
  gateway: Gateway,
  policy: SecurityPolicy,
  direction: 'in' | 'out',
): readonly InnerRule[] {
  if (!isForTunnel(policy)) return [];
  const { selector } = policy;
  return (gateway.nat?.rules ?? []).flatMap((rule): InnerRule[] => {
    const { body } = rule;
    const name = body.interfaces.at(-1);
    if (name === undefined || body.direction !== direction) return [];
    const sides = {
      source: sideOfSelector(body.source, selector.source),
      destination: sideOfSelector(body.destination, selector.destination),
    };
    const redirectsInside =
      direction === 'in' &&
      sides.source === 'any' &&
      sides.destination === 'within' &&
      selector.destination.length > 0 &&
      body.destination.address.kind === 'masked' &&
      isPrivate(body.destination.address.value);
    if (!redirectsInside && !isForInside(sides, selector, direction, name === ENC)) return [];
    return [
      {
        kind: 'nat',
        direction,
        interface: name,
        origin: rule.origin,
        exempts: body.exempt || body.newSource?.kind === 'keep',
        guards: false,
        protocol: body.protocols[0],
        destinationPort: body.destination.ports?.[0]?.[0],
        source: sides.source === 'within' ? prefixOf(body.source) : undefined,
        destination: sides.destination === 'within' ? prefixOf(body.destination) : undefined,
        takes: (packet) => natTakes(gateway, rule, { direction, interface: name }, packet),
      },
    ];
  });
}

function sideOfSelector({ address, negated }: NatSelector, prefix: Prefix): Side {
  if (negated) return 'apart';
  if (address.kind === 'any') return prefix.length === 0 ? 'within' : 'any';
  if (address.kind !== 'masked' || address.length === undefined) return 'apart';
  if (address.length === 0) return prefix.length === 0 ? 'within' : 'any';
  const own = { address: address.value, length: address.length };
  if (own.length >= prefix.length && prefixContains(prefix, own.address)) return 'within';
  return own.length < prefix.length && prefixContains(own, prefix.address) ? 'around' : 'apart';
}

function prefixOf({ address }: NatSelector): Prefix | undefined {
  return address.kind === 'masked' && address.length !== undefined && address.length > 0
    ? { address: address.value, length: address.length }
    : undefined;
}

function natTakes(
  gateway: Gateway,
  rule: NatRule,
  on: { direction: 'in' | 'out'; interface: string },
  packet: Packet,
): boolean {
  const nat = { semantics: 'ipfilter' as const, rules: [rule] };
  const engine = createIpfilterEngine({ nat, pools: gateway.pools, addressesOf: addressesOf(gateway) });
  const result = on.direction === 'in' ? engine.natIn(packet, on) : engine.natOut(packet, on);
  return result.origins.some((o) => o.start === rule.origin.start);
}
