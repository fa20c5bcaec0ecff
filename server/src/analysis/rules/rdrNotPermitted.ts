/**
 * `ipnat/rdr-not-permitted`: a redirection none of whose packets gets past the inbound filter, which sees the
 * translated destination. Claimed only when no rule that could pass such a packet exists, when block rules (or the
 * default) surely take all of them, and when the engine, given one, translates it by this rule and then drops it.
 */
import type { Address } from '../../policy/address';
import { formatAddress } from '../../policy/address';
import type { FilterChain, FilterProgram } from '../../policy/filter';
import type { Interval } from '../../policy/intervals';
import type { NatRule, NatRuleBody } from '../../policy/nat';
import type { Gateway } from '../../simulator/network';
import type { Work } from '../../text/work';
import { type Box, boxesOverlap, PROPERTY, subtractBox, tidy, type Values } from './boxes';
import { lineOf, type RuleFinding } from './finding';
import { boxesOf, engineOf } from './natTrial';
import { Space } from './space';
import { witnessIn } from './witness';

const MOST_PIECES = 128;
/** Rules compared with redirections, and rules loaded to try them: what is beyond is left unsaid. */
const MOST_STEPS = 500_000;

export function* rdrNotPermitted(gateway: Gateway): Work<readonly RuleFinding[]> {
  const { filter, nat } = gateway;
  if (filter === undefined || nat === undefined) return [];
  const findings: RuleFinding[] = [];
  const spaces = { 4: new Space(4), 6: new Space(6) };
  const work = { steps: 0 };
  for (const rule of nat.rules) {
    if (!isRedirection(rule.body)) continue;
    yield;
    const finding = findingAt(gateway, filter, rule, spaces[rule.body.family ?? 4], work);
    if (work.steps > MOST_STEPS) break;
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

interface Steps {
  steps: number;
}

function isRedirection(body: NatRuleBody): boolean {
  const [iface] = body.interfaces;
  return (
    body.kind === 'rdr' &&
    !body.exempt &&
    body.unmodelled === undefined &&
    iface !== undefined &&
    iface !== '*' &&
    iface !== '-'
  );
}

function findingAt(
  gateway: Gateway,
  filter: FilterProgram,
  rule: NatRule,
  space: Space,
  work: Steps,
): RuleFinding | undefined {
  const { body, origin } = rule;
  const { family } = space;
  const before = boxesOf(body, space);
  const after = before === undefined ? undefined : translatedBoxes(body, before, family);
  if (before === undefined || after === undefined || after.length === 0) return undefined;
  if (!isAllBlocked(filter, after, space, work)) return undefined;
  for (const box of before) {
    const witness = witnessIn(box, space, 'in');
    if (witness === undefined) continue;
    work.steps += gateway.nat?.rules.length ?? 0;
    const engine = engineOf(gateway);
    const context = { interface: witness.interface, direction: 'in' as const };
    const translated = engine.natIn(witness.packet, context);
    if (!translated.changed || translated.origins[0] !== origin) continue;
    const result = engine.filter(translated.packet, context);
    if (result.verdict !== 'block' || result.uncertain !== undefined) continue;
    const [blocker] = result.origins;
    const by = blocker === undefined ? 'no rule passes them' : `${lineOf(blocker, origin)} blocks them`;
    const to = targetText(body);
    return {
      code: 'ipnat/rdr-not-permitted',
      severity: 'warning',
      origin,
      message: `Redirected packets do not get past the filter: it sees the translated destination${to === undefined ? '' : ` ${to}`}, and ${by}. Pass packets on \`${witness.interface}\` to the address and port behind \`->\`.`,
      related: blocker === undefined ? [] : [{ origin: blocker, message: 'blocks the redirected packets' }],
      witness: witness.line,
    };
  }
  return undefined;
}

function translatedBoxes(body: NatRuleBody, before: readonly Box[], family: 4 | 6): Box[] | undefined {
  const target = targetAddresses(body, family);
  if (target === undefined) return undefined;
  return before.flatMap((box) => {
    const after = new Map(box);
    if (target !== 'keep') after.set(PROPERTY.destination, target);
    const ports =
      box.has(PROPERTY.tcpFlags) || box.has(PROPERTY.destinationPort) ? newPorts(body) : undefined;
    if (ports !== undefined && isPortProtocol(box)) after.set(PROPERTY.destinationPort, ports);
    return tidy(after, family) ?? [];
  });
}

function isPortProtocol(box: Box): boolean {
  const protocol = box.get(PROPERTY.protocol)?.[0]?.[0];
  return protocol === 6 || protocol === 17;
}

function targetAddresses(body: NatRuleBody, family: 4 | 6): Values | 'keep' | undefined {
  const target = body.newDestination;
  switch (target?.kind) {
    case 'keep':
      return 'keep';
    case 'network':
      return target.address.family === family && target.length === (family === 4 ? 32 : 128)
        ? [[target.address.value, target.address.value]]
        : undefined;
    case 'range':
      return [[target.first.value, target.last.value]];
    case 'alternate':
      return [...target.addresses]
        .sort((a, b) => (a.value < b.value ? -1 : 1))
        .map((a: Address): Interval<number | bigint> => [a.value, a.value]);
    default:
      return undefined;
  }
}

/** Ports after translation; undefined: as they were. */
function newPorts(body: NatRuleBody): Values | undefined {
  const { ports } = body;
  if (ports?.kind !== 'destination') return undefined;
  if (ports.fixed) return [[ports.port, ports.port]];
  const [taken] = body.destination.ports ?? [];
  const width = taken === undefined ? 0 : taken[1] - taken[0];
  return [[ports.port, Math.min(65535, Math.max(ports.last ?? 0, ports.port + width))]];
}

function targetText({ newDestination, ports }: NatRuleBody): string | undefined {
  if (newDestination?.kind !== 'network') return undefined;
  const address = formatAddress(newDestination.address);
  return ports?.kind === 'destination' ? `${address} port ${ports.port}` : address;
}

function isAllBlocked(filter: FilterProgram, boxes: readonly Box[], space: Space, work: Steps): boolean {
  const entry = filter.entries.in;
  const list = entry === undefined ? undefined : filter.chains.get(entry);
  if (list === undefined) return false;
  for (const chain of filter.chains.values())
    if (chain.direction === 'in' && !chain.name.startsWith('account') && mayPass(chain, boxes, space, work))
      return false;
  if (filter.defaultVerdict === 'block') return true;
  let left = boxes;
  for (const { body } of list.rules) {
    if (body.verdict?.kind !== 'block' || (body.unmodelled?.length ?? 0) > 0) continue;
    if (body.matchTag !== undefined || body.keepState !== undefined || body.next.kind === 'call') continue;
    for (const box of space.atLeast(body.match))
      left = left.flatMap((b) => subtractBox(b, box, space.family));
    if (left.length === 0) return true;
    if (left.length > MOST_PIECES) return false;
  }
  return false;
}

/** Is there a rule that might let one of these packets through, or past the rules that block it? */
function mayPass(chain: FilterChain, boxes: readonly Box[], space: Space, work: Steps): boolean {
  return chain.rules.some(({ body }) => {
    if (++work.steps > MOST_STEPS) return true;
    const isHarmless =
      body.next.kind !== 'skip' &&
      body.next.kind !== 'call' &&
      (body.verdict === undefined || body.verdict.kind === 'block' || body.verdict.kind === 'nomatch');
    if (isHarmless) return false;
    return space.atMost(body.match).some((m) => boxes.some((b) => boxesOverlap(m, b)));
  });
}
