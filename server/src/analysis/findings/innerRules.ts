/**
 * `ipsec/inner-rule-never-sees`: a filter or NAT rule written for what is inside a tunnel, at a place where this
 * system shows only the outside, or nothing. A rule counts as written for the inside when its addresses lie within
 * those of a tunnel policy, both of them. It is confirmed twice: the rule alone, asked on its interface, would take
 * the inner packet; and on the walk of that packet no hook of the rule's kind, direction and interface sees it.
 */
import { summarizePacket } from '../../packet/decode';
import type { Packet } from '../../packet/packet';
import { settingValue } from '../../platforms/settings';
import {
  type Address,
  address4,
  address6,
  formatPrefix,
  type Prefix,
  prefixContains,
  sameAddress,
} from '../../policy/address';
import type { FilterProgram, FilterRule } from '../../policy/filter';
import type { SecurityPolicy } from '../../policy/ipsec';
import type { AddressSet } from '../../policy/match';
import type { NatRule, NatSelector } from '../../policy/nat';
import type { Origin } from '../../policy/origin';
import { routeTo } from '../../simulator/addressing';
import { createIpfilterEngine } from '../../simulator/ipfilter/engine';
import type { Gateway } from '../../simulator/network';
import type { Trace } from '../../simulator/trace';
import type { WitnessedFinding } from '../snapshot';
import { stepsAt } from './finder';
import type { NetworkFinder } from './networkFinder';
import { policiesOf } from './policyProbes';
import { type Probe, Prober } from './prober';
import { isForTunnel, packetFor, packetOfPolicy, spread } from './representatives';

const MOST_POLICIES = 8;
const MOST_RULES = 24;
const MOST_WALKS = 48;
const ENC = 'enc0';

export const innerRules: NetworkFinder = ({ network }) => {
  if (network.gateways.every((g) => g.filter === undefined && g.nat === undefined)) return [];
  // Which hooks see a packet does not depend on what stands there, so no filter may end the walk before it shows.
  const open = { ...network, gateways: network.gateways.map(({ filter: _filter, ...rest }) => rest) };
  const prober = new Prober(open, MOST_WALKS);
  return network.gateways.flatMap((gateway) => {
    if (gateway.filter === undefined && gateway.nat === undefined) return [];
    return (['in', 'out'] as const).flatMap((direction) =>
      spread(policiesOf(gateway, direction).filter(isForTunnel), MOST_POLICIES).flatMap((policy) =>
        rulesFor(gateway, policy, direction).flatMap((rule) => check(prober, gateway, policy, rule)),
      ),
    );
  });
};

/** A rule that is written for what a policy's tunnel carries. */
interface InnerRule {
  readonly kind: 'filter' | 'nat';
  readonly direction: 'in' | 'out';
  readonly interface: string;
  readonly origin: Origin;
  /** A rule that only keeps others away. */
  readonly exempts: boolean;
  /** The packet the rule would take, out of the policy's. */
  readonly protocol: number | undefined;
  readonly destinationPort: number | undefined;
  takes(packet: Packet): boolean;
}

function rulesFor(gateway: Gateway, policy: SecurityPolicy, direction: 'in' | 'out'): readonly InnerRule[] {
  return [...filterRulesFor(gateway, policy, direction), ...natRulesFor(gateway, policy, direction)].slice(
    0,
    MOST_RULES,
  );
}

function filterRulesFor(
  gateway: Gateway,
  { selector }: SecurityPolicy,
  direction: 'in' | 'out',
): readonly InnerRule[] {
  const { filter } = gateway;
  if (filter === undefined) return [];
  const found: InnerRule[] = [];
  for (const shape of shapesOf(filter)) {
    if (shape.direction !== direction) continue;
    if (!isSetWithin(shape.source, selector.source)) continue;
    if (!isSetWithin(shape.destination, selector.destination)) continue;
    const { rule } = shape;
    const on = { direction, interface: shape.interface };
    found.push({
      kind: 'filter',
      ...on,
      origin: rule.origin,
      exempts: false,
      protocol: firstNumber(rule, 'protocol'),
      destinationPort: firstNumber(rule, 'destination-port'),
      takes: (packet) => filterTakes(gateway, filter, rule, on, packet),
    });
    if (found.length >= MOST_RULES) break;
  }
  return found;
}

/** A rule that names an interface and both addresses: the others are not about a tunnel's inside. */
interface RuleShape {
  readonly rule: FilterRule;
  readonly direction: 'in' | 'out';
  readonly interface: string;
  readonly source: AddressSet;
  readonly destination: AddressSet;
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
  return name === undefined || source === undefined || destination === undefined
    ? undefined
    : { rule, direction, interface: name, source, destination };
}

function firstNumber({ body }: FilterRule, field: 'protocol' | 'destination-port'): number | undefined {
  const parts = body.match.kind === 'and' ? body.match.of : [body.match];
  const part = parts.find((p) => p.kind === 'number' && p.field === field);
  return part?.kind === 'number' ? part.set[0]?.[0] : undefined;
}

/** Intervals are in order and a prefix is one interval, so the ends tell. */
function isSetWithin({ v4, v6 }: AddressSet, prefix: Prefix): boolean {
  const holds = (first: Address, last: Address) =>
    prefixContains(prefix, first) && prefixContains(prefix, last);
  if (prefix.address.family === 4)
    return v6.length === 0 && v4.length > 0 && holds(address4(v4[0]![0]), address4(v4.at(-1)![1]));
  return v4.length === 0 && v6.length > 0 && holds(address6(v6[0]![0]), address6(v6.at(-1)![1]));
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
  { selector }: SecurityPolicy,
  direction: 'in' | 'out',
): readonly InnerRule[] {
  return (gateway.nat?.rules ?? []).flatMap((rule): InnerRule[] => {
    const { body } = rule;
    const name = body.interfaces.at(-1);
    if (name === undefined || body.direction !== direction) return [];
    if (!isWithin(body.source, selector.source) || !isWithin(body.destination, selector.destination))
      return [];
    return [
      {
        kind: 'nat',
        direction,
        interface: name,
        origin: rule.origin,
        exempts: body.exempt || body.newSource?.kind === 'keep',
        protocol: body.protocols[0],
        destinationPort: body.destination.ports?.[0]?.[0],
        takes: (packet) => natTakes(gateway, rule, { direction, interface: name }, packet),
      },
    ];
  });
}

function isWithin({ address, negated }: NatSelector, prefix: Prefix): boolean {
  if (negated || address.kind !== 'masked' || address.length === undefined) return false;
  return address.length >= prefix.length && address.length > 0 && prefixContains(prefix, address.value);
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

function check(
  prober: Prober,
  gateway: Gateway,
  policy: SecurityPolicy,
  rule: InnerRule,
): readonly WitnessedFinding[] {
  const probe = probeInside(prober, gateway, policy, rule);
  if (probe === undefined) return [];
  const inner = innerAt(probe.trace, gateway, rule.direction);
  if (inner === undefined || (rule.interface !== inner.interface && rule.interface !== ENC)) return [];
  if (!rule.takes(inner.packet) || isSeen(probe.trace, gateway, rule, inner.packet)) return [];
  return [finding(gateway, policy, rule, inner.packet, probe)];
}

/** A packet of the tunnel that the rule is for, from the side it comes from. */
function probeInside(
  prober: Prober,
  gateway: Gateway,
  policy: SecurityPolicy,
  rule: InnerRule,
): Probe | undefined {
  const spec = packetOfPolicy(prober.network, gateway, policy);
  const upper = {
    ...policy.selector,
    ...(rule.protocol === undefined ? {} : { protocol: rule.protocol }),
    ...(rule.destinationPort === undefined ? {} : { destinationPort: rule.destinationPort }),
  };
  return prober.probe(packetFor(upper, spec.source, spec.destination));
}

/**
 * The packet inside the tunnel as this gateway has it, before it is wrapped or behind its unwrapping, and the
 * interface by which the protected packet comes or goes.
 */
function innerAt(
  trace: Trace,
  gateway: Gateway,
  direction: 'in' | 'out',
): { packet: Packet; interface: string | undefined } | undefined {
  const steps = stepsAt(trace, gateway);
  const change = steps.findLast(
    (s) =>
      s.spi !== undefined &&
      s.outcome === 'changed' &&
      (direction === 'in' ? s.stage === 'ipsec-in' : s.direction === 'out'),
  );
  if (change === undefined) return undefined;
  if (direction === 'in')
    return { packet: change.after, interface: steps.find((s) => s.stage === 'receive')?.interface };
  const first = steps.find((s) => s.spi !== undefined && s.direction === 'out' && s.outcome === 'changed');
  return {
    packet: (first ?? change).before,
    interface: steps.slice(steps.indexOf(change)).find((s) => s.stage === 'route-out')?.interface,
  };
}

function isSeen(trace: Trace, gateway: Gateway, rule: InnerRule, inner: Packet): boolean {
  const wanted = summarizePacket(inner);
  return stepsAt(trace, gateway).some((s) => {
    if (s.stage !== rule.kind || s.direction !== rule.direction || s.interface !== rule.interface)
      return false;
    const seen = s.outcome === 'skipped' ? undefined : summarizePacket(s.before);
    return (
      seen !== undefined &&
      wanted !== undefined &&
      sameAddress(seen.source, wanted.source) &&
      sameAddress(seen.destination, wanted.destination)
    );
  });
}

function finding(
  gateway: Gateway,
  policy: SecurityPolicy,
  rule: InnerRule,
  inner: Packet,
  probe: Probe,
): WitnessedFinding {
  const { selector } = policy;
  const traffic = `${formatPrefix(selector.source)} to ${formatPrefix(selector.destination)}`;
  return {
    code: 'ipsec/inner-rule-never-sees',
    severity: rule.exempts ? 'information' : 'warning',
    message: rule.exempts
      ? `${gateway.platform.title} never shows NAT on ${rule.interface} what goes into the tunnel, so there is nothing to exempt: ${traffic} is protected first. The rule does nothing and can go.`
      : `This rule never sees what the tunnel carries from ${traffic}: ${why(gateway, rule)} ${place(gateway, rule, inner)}`,
    origins: [rule.origin, policy.origin],
    roles: ['the tunnel it is about'],
    witness: probe.witness,
  };
}

function why(gateway: Gateway, rule: InnerRule): string {
  const { title } = gateway.platform;
  const who = rule.kind === 'filter' ? 'the filter' : 'NAT';
  if (rule.interface !== ENC)
    return `on ${rule.interface} ${title} shows ${who} only the protected packet${rule.direction === 'in' ? ', and does not show the unpacked one there again' : ''}. The rule only meets packets that are in clear.`;
  if (gateway.platform.within === undefined) return `${title} has no ${ENC}.`;
  if (!gateway.interfaces.some((i) => i.name === ENC)) return `${ENC} is not up at ${gateway.name}.`;
  const setting = maskOf(rule.direction);
  return `${setting} is ${settingValue(gateway.settings, setting)}, so ${ENC} shows ${who} only the packet with its outer addresses.`;
}

function maskOf(direction: 'in' | 'out'): string {
  return `net.enc.${direction}.ipsec_filter_mask`;
}

/** Where such a rule would see the inner packet. */
function place(gateway: Gateway, rule: InnerRule, inner: Packet): string {
  const summary = summarizePacket(inner);
  const isIn = rule.direction === 'in';
  const way = summary && routeTo(gateway, isIn ? summary.destination : summary.source)?.interface.name;
  const lan = `as \`${isIn ? 'out' : 'in'} on ${way ?? 'the inside'}\``;
  if (gateway.platform.within === undefined) return `Write it ${lan}, or change the policy.`;
  const mask = `set \`${maskOf(rule.direction)}\` to ${isIn ? 2 : 1}`;
  return rule.interface === ENC
    ? `Write it ${lan}, or ${mask} (enc(4)).`
    : `Write it ${lan}, or on ${ENC} and ${mask} (enc(4)).`;
}
