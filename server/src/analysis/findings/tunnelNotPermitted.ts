/** `ipsec/tunnel-not-permitted`: the filter drops what the tunnel itself needs: ESP, AH, IPComp, IKE, NAT-T. */
import { buildPacket } from '../../packet/build';
import { summarizePacket } from '../../packet/decode';
import { packetOneLine } from '../../packet/oneLine';
import type { PacketSummary } from '../../packet/packet';
import type { FilterProgram, FilterRule } from '../../policy/filter';
import type { Origin } from '../../policy/origin';
import { createIpfilterEngine } from '../../simulator/ipfilter/engine';
import type { Gateway } from '../../simulator/network';
import type { Trace, TraceStep } from '../../simulator/trace';
import type { Fix } from '../../syntax/problem';
import type { WalkFinding } from '../snapshot';
import { firstRuleOf, isInEntryChain, type Permit, permitText } from './filterText';
import { gatewayOf, stepsAt, type WalkEvidence } from './finder';
import { endBetween, type TunnelEnd } from './tunnelEnds';

export function tunnelNotPermitted({ network, trace }: WalkEvidence): readonly WalkFinding[] {
  const { verdict } = trace;
  if (verdict.reason !== 'filter-rule' && verdict.reason !== 'filter-default') return [];
  const gateway = gatewayOf(network, verdict.node);
  const step = trace.steps.findLast((s) => s.depth === 0 && s.outcome === 'dropped');
  const summary = step === undefined ? undefined : summarizePacket(step.before);
  if (gateway === undefined || step === undefined || summary === undefined) return [];
  const end = endBetween(network, summary.source, summary.destination, gateway);
  const needed = neededBy(summary);
  if (end !== undefined && needed === undefined) return laterFragment(trace, gateway, step, summary, end);
  if (end === undefined || needed === undefined) return [];
  const permit: Permit = {
    direction: step.direction ?? 'in',
    interface: step.interface,
    source: summary.source,
    destination: summary.destination,
    ...needed.permit,
  };
  const wanted = permitText(gateway.filter?.semantics ?? 'ipfilter', permit);
  const place = step.origins[0] ?? placeByDefault(gateway, permit) ?? end.policy.origin;
  const fixes = fixFor(gateway, permit, step, wanted);
  return [
    {
      code: 'ipsec/tunnel-not-permitted',
      severity: 'warning',
      message: `The tunnel needs ${needed.name} here, and the filter of ${gateway.name} drops it${step.origins.length === 0 ? ' because no rule passes it' : ''}: ${packetOneLine(step.before)}${isFragment(summary) ? ', a fragment,' : ''} does not pass.${opensItself(gateway, permit, step, summary) ? ` Its state lets it in only once ${gateway.name} has sent some itself, so the other side cannot begin.` : ''} Add \`${wanted}\`.`,
      origins: [place, end.policy.origin],
      roles: ['the policy that needs it'],
      ...(fixes === undefined ? {} : { fixes }),
    },
  ];
}

/**
 * Of ESP in UDP that comes in fragments only the first has the port a rule asks for; the others pass where the rule
 * that takes the first keeps them in mind.
 */
function laterFragment(
  trace: Trace,
  gateway: Gateway,
  dropped: TraceStep,
  summary: PacketSummary,
  end: TunnelEnd,
): readonly WalkFinding[] {
  if (summary.protocol !== 17 || summary.fragmentOffset === 0) return [];
  const passed = stepsAt(trace, gateway).find((s) => {
    const first = s.stage === 'filter' && s.outcome === 'pass' ? summarizePacket(s.before) : undefined;
    return first?.id === summary.id && first.moreFragments && first.protocol === 17;
  });
  const rule = passed && ruleAt(gateway.filter, passed.origins[0]);
  if (rule === undefined || rule.body.keepFragments !== undefined) return [];
  const words = rule.body.keepState === undefined ? 'keep state keep frags' : 'keep frags';
  return [
    {
      code: 'ipsec/tunnel-not-permitted',
      severity: 'warning',
      message: `ESP in UDP comes in fragments here, and only the first has the port that this rule asks for: the filter of ${gateway.name} drops the next, ${packetOneLine(dropped.before)}, so nothing large arrives. Add \`${words}\` to the rule.`,
      origins: [rule.origin, ...dropped.origins, end.policy.origin],
      roles: [...dropped.origins.map(() => 'drops the other fragments'), 'the policy that needs them'],
      ...(/\b(head|group|tag|pps)\b/.test(rule.body.text)
        ? {}
        : {
            fixes: [
              {
                title: `Add \`${words}\``,
                edits: [{ start: rule.origin.end, end: rule.origin.end, text: ` ${words}` }],
                preferred: true,
              },
            ],
          }),
    },
  ];
}

function ruleAt(filter: FilterProgram | undefined, origin: Origin | undefined): FilterRule | undefined {
  if (filter === undefined || origin === undefined) return undefined;
  for (const chain of filter.chains.values())
    for (const rule of chain.rules)
      if (rule.origin.file === origin.file && rule.origin.start === origin.start) return rule;
  return undefined;
}

/** `keep state` of the gateway's own packet would let this one in. */
function opensItself(gateway: Gateway, permit: Permit, step: TraceStep, summary: PacketSummary): boolean {
  if (gateway.filter === undefined || permit.direction !== 'in' || isFragment(summary)) return false;
  const engine = createIpfilterEngine({
    filter: gateway.filter,
    pools: gateway.pools,
    addressesOf: (name) =>
      gateway.interfaces.find((i) => i.name === name)?.addresses.map((p) => p.address) ?? [],
  });
  const own = buildPacket({
    source: summary.destination,
    destination: summary.source,
    protocol: summary.protocol,
    ...(permit.port === undefined ? {} : { sourcePort: permit.port, destinationPort: permit.port }),
  });
  const name = permit.interface ?? '';
  const sent = engine.filter(own, { interface: name, direction: 'out' });
  return (
    sent.verdict === 'pass' &&
    engine.filter(step.before, { interface: name, direction: 'in' }).verdict === 'pass'
  );
}

function isFragment(summary: PacketSummary): boolean {
  return summary.moreFragments || summary.fragmentOffset > 0;
}

function neededBy(
  summary: PacketSummary,
): { name: string; permit: Pick<Permit, 'protocol' | 'port'> } | undefined {
  switch (summary.protocol) {
    case 50:
      return { name: 'ESP', permit: { protocol: 'esp' } };
    case 51:
      return { name: 'AH', permit: { protocol: 'ah' } };
    case 108:
      return { name: 'IPComp', permit: { protocol: 'ipcomp' } };
    case 17:
      if (summary.destinationPort === 500)
        return { name: 'key exchange (UDP port 500)', permit: { protocol: 'udp', port: 500 } };
      if (summary.destinationPort === 4500)
        return { name: 'ESP in UDP (port 4500, NAT-T)', permit: { protocol: 'udp', port: 4500 } };
      return undefined;
    default:
      return undefined;
  }
}

function placeByDefault(gateway: Gateway, permit: Permit): Origin | undefined {
  return gateway.filter === undefined ? undefined : firstRuleOf(gateway.filter, permit.direction);
}

/** In front of the rule that decided; where nothing decided, in front of the first. */
function fixFor(
  gateway: Gateway,
  permit: Permit,
  step: TraceStep,
  wanted: string,
): readonly Fix[] | undefined {
  const { filter } = gateway;
  const at = step.origins[0] ?? placeByDefault(gateway, permit);
  if (filter === undefined || at === undefined || !isInEntryChain(filter, permit.direction, at))
    return undefined;
  return [
    {
      title: `Add \`${wanted}\``,
      edits: [{ start: at.start, end: at.start, text: `${wanted}\n` }],
      preferred: true,
    },
  ];
}
