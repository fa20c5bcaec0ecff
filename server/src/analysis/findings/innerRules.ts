/**
 * `ipsec/inner-rule-never-sees`: a filter or NAT rule written for what a policy protects, at a place where this
 * system shows only the protected packet, or nothing. Which rules count is `innerRuleShapes.ts`. It is confirmed
 * twice: the rule alone, asked on its interface, would take the inner packet; and on the walk of that packet no hook
 * of the rule's kind, direction and interface sees it, or sees another packet that the rule takes.
 */
import { summarizePacket } from '../../packet/decode';
import type { Packet } from '../../packet/packet';
import { formatPrefix, sameAddress } from '../../policy/address';
import type { SecurityPolicy } from '../../policy/ipsec';
import { routeTo } from '../../simulator/addressing';
import type { Gateway } from '../../simulator/network';
import type { Trace } from '../../simulator/trace';
import type { WitnessedFinding } from '../snapshot';
import { ENC, encMask, encOf } from './enc';
import { stepsAt } from './finder';
import { type InnerRule, innerRulesFor } from './innerRuleShapes';
import type { NetworkFinder } from './networkFinder';
import { policiesOf } from './policyProbes';
import { type Probe, Prober } from './prober';
import { addressIn, isForTunnel, packetFor, packetOfPolicy, spread } from './representatives';

const MOST_POLICIES = 8;
const MOST_WALKS = 48;

export const innerRules: NetworkFinder = ({ network }) => {
  if (network.gateways.every((g) => g.filter === undefined && g.nat === undefined)) return [];
  // Which hooks see a packet does not depend on what stands there, so no filter may end the walk before it shows.
  const open = { ...network, gateways: network.gateways.map(({ filter: _filter, ...rest }) => rest) };
  const prober = new Prober(open, MOST_WALKS);
  return network.gateways.flatMap((gateway) => {
    if (gateway.filter === undefined && gateway.nat === undefined) return [];
    return (['in', 'out'] as const).flatMap((direction) =>
      spread(policiesOf(gateway, direction), MOST_POLICIES).flatMap((policy) =>
        innerRulesFor(gateway, policy, direction).flatMap((rule) => check(prober, gateway, policy, rule)),
      ),
    );
  });
};

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
  const { network } = prober;
  const source = rule.source === undefined ? spec.source : addressIn(network, rule.source);
  const destination =
    rule.destination === undefined ? spec.destination : addressIn(network, rule.destination, gateway);
  return prober.probe(packetFor(upper, source, destination));
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
    if (seen === undefined || wanted === undefined) return false;
    const isInner =
      seen.protocol === wanted.protocol &&
      sameAddress(seen.source, wanted.source) &&
      sameAddress(seen.destination, wanted.destination);
    return isInner || rule.takes(s.before);
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
  const carrier = isForTunnel(policy) ? 'the tunnel carries' : 'travels protected';
  return {
    code: 'ipsec/inner-rule-never-sees',
    severity: rule.exempts || rule.guards ? 'information' : 'warning',
    message: rule.exempts
      ? `${gateway.platform.title} never shows NAT on ${rule.interface} what goes into the tunnel, so there is nothing to exempt: ${traffic} is protected first. The rule does nothing and can go.`
      : `This rule never sees what ${carrier} from ${traffic}: ${why(gateway, rule)} ${place(gateway, policy, rule, inner)}${rule.guards ? ` As a guard against ${rule.direction === 'in' ? 'forged packets' : 'leaks'} it is right as it is.` : ''}`,
    origins: [rule.origin, policy.origin],
    roles: [isForTunnel(policy) ? 'the tunnel it is about' : 'the protection it is about'],
    witness: probe.witness,
  };
}

function why(gateway: Gateway, rule: InnerRule): string {
  const { title } = gateway.platform;
  const who = rule.kind === 'filter' ? 'the filter' : 'NAT';
  if (rule.interface !== ENC)
    return `on ${rule.interface} ${title} shows ${who} only the protected packet${rule.direction === 'in' ? ', and does not show the unpacked one there again' : ''}. The rule only meets packets that are in clear.`;
  if (encOf(gateway) === undefined) return `${title} has no ${ENC}.`;
  if (!gateway.interfaces.some((i) => i.name === ENC)) return `${ENC} is not up at ${gateway.name}.`;
  const { setting, value } = encMask(gateway, rule.direction);
  return `${setting} is ${value}, so ${ENC} shows ${who} ${value === 0 ? 'nothing' : 'only the packet with its outer addresses'}.`;
}

/** Where such a rule would see the inner packet. */
function place(gateway: Gateway, policy: SecurityPolicy, rule: InnerRule, inner: Packet): string {
  const enc = onEnc(gateway, rule);
  const elsewhere = placeOutside(gateway, policy, rule, inner);
  if (enc === undefined) return `${elsewhere.alone}.`;
  return rule.kind === 'filter' && isForTunnel(policy)
    ? `${elsewhere.alone}, or ${enc}.`
    : `${capital(enc)}${elsewhere.otherwise === undefined ? '' : `, or ${elsewhere.otherwise}`}.`;
}

/** What makes enc0 show it. */
function onEnc(gateway: Gateway, rule: InnerRule): string | undefined {
  const there = encOf(gateway);
  if (there !== 'masks') return there === 'always' ? `write it on ${ENC}` : undefined;
  const wanted = rule.direction === 'in' ? 2 : 1;
  const { setting, value } = encMask(gateway, rule.direction);
  const steps = [
    ...(rule.interface === ENC ? [] : [`write it on ${ENC}`]),
    ...(gateway.interfaces.some((i) => i.name === ENC) ? [] : [`bring ${ENC} up`]),
    ...((value & wanted) !== 0 ? [] : [`set \`${setting}\` to ${wanted}`]),
  ];
  return `${steps.join(' and ')} (enc(4))`;
}

/** Apart from enc0. */
function placeOutside(
  gateway: Gateway,
  policy: SecurityPolicy,
  rule: InnerRule,
  inner: Packet,
): { readonly alone: string; readonly otherwise?: string } {
  const isIn = rule.direction === 'in';
  if (rule.kind === 'nat')
    return {
      alone: isIn
        ? `${gateway.platform.title} has no place for it: let the other side use the real address, or redirect at its gateway, before the tunnel`
        : `${gateway.platform.title} has no place for it: let the gateway at the other end translate what comes out of the tunnel, or make the policies for the addresses as they are`,
    };
  if (!isForTunnel(policy))
    return {
      alone: 'Say it in the policy (`discard`), or let the service refuse it',
      otherwise: 'say it in the policy',
    };
  const summary = summarizePacket(inner);
  const way = summary && routeTo(gateway, isIn ? summary.destination : summary.source)?.interface.name;
  const lan = `Write it as \`${isIn ? 'out' : 'in'} on ${way ?? 'the inside'}\``;
  return { alone: encOf(gateway) !== undefined ? lan : `${lan}, or change the policy` };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
