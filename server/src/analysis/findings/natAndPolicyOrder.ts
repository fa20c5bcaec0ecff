/**
 * NAT and the policy look-up in the wrong order for what the policy wants. `ipsec/matches-only-after-nat`: the
 * look-up saw the packet before translation and found nothing; what left, in clear, would have matched.
 * `ipsec/matches-only-before-nat`, with `ipsec/nat-catches-tunnel` at the NAT rule: translation came first and
 * took the packet away from the policy that wanted it. When an exemption stands in the table and moving it to
 * the front would have saved the packet, the finding is `ipsec/exemption-too-late`, at the exemption.
 */
import { packetOneLine } from '../../packet/oneLine';
import { formatPrefix } from '../../policy/address';
import type { SecurityPolicy } from '../../policy/ipsec';
import type { NatRule } from '../../policy/nat';
import type { Origin } from '../../policy/origin';
import type { Gateway, Network } from '../../simulator/network';
import type { Trace, TraceStep } from '../../simulator/trace';
import type { Fix } from '../../syntax/problem';
import type { WalkFinding } from '../snapshot';
import { encOf } from './enc';
import {
  clearCrossingAfter,
  isLookUp,
  isOwnPacket,
  protectingPolicy,
  stepsAt,
  type WalkEvidence,
} from './finder';

export function natAndPolicyOrder(evidence: WalkEvidence): readonly WalkFinding[] {
  return evidence.network.gateways.flatMap((gateway) => {
    if (gateway.nat === undefined || gateway.ipsec.policies.length === 0) return [];
    const steps = stepsAt(evidence.trace, gateway);
    // Once something was put into a tunnel or taken out of one, what NAT does is another matter.
    if (steps.some((s) => s.spi !== undefined)) return [];
    return steps
      .filter((s) => s.stage === 'nat' && s.outcome === 'changed')
      .flatMap((nat) => findingsAt(evidence, gateway, steps, nat));
  });
}

function findingsAt(
  evidence: WalkEvidence,
  gateway: Gateway,
  steps: readonly TraceStep[],
  nat: TraceStep,
): readonly WalkFinding[] {
  const { trace } = evidence;
  const forwarded = !isOwnPacket(trace, gateway);
  const before = protectingPolicy(gateway, nat.before, forwarded);
  const after = protectingPolicy(gateway, nat.after, forwarded);
  const natAt = steps.indexOf(nat);
  const lookedUpLater = steps.slice(natAt).some(isLookUp);
  if (clearCrossingAfter(trace, nat) === undefined) return [];
  if (after !== undefined && before === undefined && !lookedUpLater && steps.some(isLookUp))
    return [onlyAfterNat(gateway, nat, after)];
  if (before !== undefined && after === undefined && lookedUpLater)
    return onlyBeforeNat(evidence, gateway, nat, before, steps.slice(0, natAt).some(isLookUp));
  return [];
}

function onlyAfterNat(gateway: Gateway, nat: TraceStep, policy: SecurityPolicy): WalkFinding {
  return {
    code: 'ipsec/matches-only-after-nat',
    severity: 'warning',
    message: `This policy is written for the translated packet ${packetOneLine(nat.after)}, but ${gateway.platform.title} looks policies up before NAT, on ${packetOneLine(nat.before)}: the traffic leaves in clear. Write the policy for the address before translation${encOf(gateway) === undefined ? ', on both sides' : ', and translate on enc0, behind the look-up'}.`,
    origins: [policy.origin, ...nat.origins],
    roles: nat.origins.map(() => 'translates the packet behind the look-up'),
  };
}

function onlyBeforeNat(
  evidence: WalkEvidence,
  gateway: Gateway,
  nat: TraceStep,
  policy: SecurityPolicy,
  lookedUpBefore: boolean,
): readonly WalkFinding[] {
  const { title } = gateway.platform;
  const translates = nat.direction === 'in' ? 'translates on the way in,' : 'translates';
  const order = (what: string) =>
    lookedUpBefore
      ? `${title} looks ${what} up again behind NAT`
      : `${title} ${translates} before it looks ${what} up`;
  const change = `${packetOneLine(nat.before)} into ${packetOneLine(nat.after)}`;
  const rule = gateway.nat?.rules.find((r) => sameOrigin(r.origin, nat.origins[0]));
  const found: WalkFinding[] = [
    {
      code: 'ipsec/matches-only-before-nat',
      severity: 'warning',
      message: `${order('this policy')}: NAT turns ${change}, which the policy does not take, and the traffic leaves in clear. Exempt it from NAT.`,
      origins: [policy.origin, ...nat.origins],
      roles: nat.origins.map(() => 'translates the packet before the look-up'),
    },
  ];
  if (rule === undefined) return found;
  const exemption = savingExemption(evidence, gateway, rule);
  if (exemption !== undefined) {
    found.push({
      code: 'ipsec/exemption-too-late',
      severity: 'warning',
      message: `This exemption comes too late: the rule in line ${rule.origin.line + 1} takes the packet first and turns ${change}, so it leaves in clear. Put the exemption in front of that rule.`,
      origins: [exemption.origin, rule.origin, policy.origin],
      roles: ['takes the packet first', 'the policy that should have protected it'],
      ...(exemption.origin.file === rule.origin.file ? { fixes: [moveInFront(exemption, rule)] } : {}),
    });
    return found;
  }
  const exempt = exemptingLine(rule, policy);
  found.push({
    code: 'ipsec/nat-catches-tunnel',
    severity: 'warning',
    message: `This rule catches tunnel traffic: ${order('policies')}. Here it turns ${change}, and no policy takes that. Exempt what the policy for ${selectorText(policy)} protects in front of it.`,
    origins: [rule.origin, policy.origin],
    roles: ['the policy that should have protected it'],
    ...(exempt === undefined
      ? {}
      : {
          fixes: [
            {
              title: `Exempt ${selectorText(policy)} from this rule`,
              edits: [{ start: rule.origin.start, end: rule.origin.start, text: `${exempt}\n` }],
              preferred: true,
            },
          ],
        }),
  });
  return found;
}

/** A rule that leaves packets as they are and that, were it first, would have kept this one for the policy. */
function savingExemption(
  { network, again }: WalkEvidence,
  gateway: Gateway,
  taker: NatRule,
): NatRule | undefined {
  if (again === undefined || gateway.nat === undefined) return undefined;
  const { rules } = gateway.nat;
  return rules
    .filter((r) => r !== taker && isExemption(r) && r.body.direction === taker.body.direction)
    .slice(0, MOST_EXEMPTIONS_TRIED)
    .find((exemption) => {
      const nat = { ...gateway.nat!, rules: [exemption, ...rules.filter((r) => r !== exemption)] };
      return isProtectedBy(again(withGateway(network, { ...gateway, nat })), gateway);
    });
}

const MOST_EXEMPTIONS_TRIED = 5;

/** `no map ...`, or a target of `0/0`: the address stays. */
function isExemption({ body }: NatRule): boolean {
  return body.exempt || body.newSource?.kind === 'keep' || body.newDestination?.kind === 'keep';
}

function isProtectedBy(trace: Trace, gateway: Gateway): boolean {
  return stepsAt(trace, gateway).some((s) => s.spi !== undefined && s.direction === 'out');
}

function withGateway(network: Network, changed: Gateway): Network {
  return { ...network, gateways: network.gateways.map((g) => (g.name === changed.name ? changed : g)) };
}

function moveInFront(exemption: NatRule, rule: NatRule): Fix {
  const { body, origin } = exemption;
  return {
    title: 'Move the exemption in front of that rule',
    edits: [
      { start: rule.origin.start, end: rule.origin.start, text: `${ended(body)}\n` },
      { start: origin.start, end: origin.end, text: '' },
    ],
    preferred: true,
  };
}

/** `no map` must end with a semicolon; elsewhere it does no harm. */
function ended({ text }: NatRule['body']): string {
  return text.endsWith(';') ? text : `${text};`;
}

/** The rule that keeps a policy's traffic away from a `map` or `rdr`; undefined for forms that have none. */
function exemptingLine({ body }: NatRule, { selector }: SecurityPolicy): string | undefined {
  if (body.kind !== 'map' && body.kind !== 'map-block' && body.kind !== 'rdr') return undefined;
  const verb = body.kind === 'rdr' ? 'rdr' : 'map';
  return `no ${verb} ${body.interfaces.join(',')} from ${formatPrefix(selector.source)} to ${formatPrefix(selector.destination)};`;
}

function selectorText({ selector }: SecurityPolicy): string {
  return `${formatPrefix(selector.source)} to ${formatPrefix(selector.destination)}`;
}

function sameOrigin(a: Origin, b: Origin | undefined): boolean {
  return b !== undefined && a.file === b.file && a.start === b.start;
}
