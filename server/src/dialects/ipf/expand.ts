/**
 * One written rule to the rules that ipf makes of it: every list is a product, the list that is written first
 * varying fastest, as ipf duplicates all rules made so far for each further value.
 */
import type { AddressFamily } from '../../policy/address';
import type { AddressNode, IpfRule, NumberNode, PortNode, Word } from './tree';

/** A rule without lists. */
export interface SingleRule {
  readonly rule: IpfRule;
  readonly on: readonly Word[];
  readonly tos: number | undefined;
  readonly ttl: number | undefined;
  readonly source: AddressNode | undefined;
  readonly sourcePort: PortNode | undefined;
  readonly destination: AddressNode | undefined;
  readonly destinationPort: PortNode | undefined;
  readonly icmpType: number | undefined;
  readonly icmpCode: number | undefined;
  /** Undefined: both. */
  readonly family: AddressFamily | undefined;
  /** Whether anything besides the interface is tested; without, ipf prints `all` and ignores `inet`. */
  readonly testsPackets: boolean;
}

export function expandRule(
  rule: IpfRule,
  options: { readonly assumeFamily?: AddressFamily } = {},
): SingleRule[] {
  const first: Writable<SingleRule> = {
    rule,
    on: rule.on[0] ?? [],
    tos: rule.tos[0]?.value,
    ttl: rule.ttl[0]?.value,
    source: rule.source?.addresses[0],
    sourcePort: rule.source?.ports[0],
    destination: rule.destination?.addresses[0],
    destinationPort: rule.destination?.ports[0],
    icmpType: rule.icmpTypes[0]?.value,
    icmpCode: rule.icmpCodes[0]?.value,
    family: undefined,
    testsPackets: testsPackets(rule),
  };
  const singles = hasLists(rule) ? expandLists(rule, first) : [first];
  for (const single of singles) single.family = familyOf(single, options.assumeFamily);
  return singles;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function hasLists(rule: IpfRule): boolean {
  const { source, destination } = rule;
  return (
    rule.on.length > 1 ||
    rule.tos.length > 1 ||
    rule.ttl.length > 1 ||
    rule.icmpTypes.length > 1 ||
    rule.icmpCodes.length > 1 ||
    (source !== undefined && (source.addresses.length > 1 || source.ports.length > 1)) ||
    (destination !== undefined && (destination.addresses.length > 1 || destination.ports.length > 1))
  );
}

function expandLists(rule: IpfRule, first: Writable<SingleRule>): Writable<SingleRule>[] {
  const numbers = (list: readonly NumberNode[]) => list.map((n) => n.value);
  let singles = [first];
  singles = times(singles, rule.on, (single, on) => ({ ...single, on }));
  singles = times(singles, numbers(rule.tos), (single, tos) => ({ ...single, tos }));
  singles = times(singles, numbers(rule.ttl), (single, ttl) => ({ ...single, ttl }));
  singles = times(singles, rule.source?.addresses, (single, source) => ({ ...single, source }));
  singles = times(singles, rule.source?.ports, (single, sourcePort) => ({ ...single, sourcePort }));
  singles = times(singles, rule.destination?.addresses, (single, destination) => ({
    ...single,
    destination,
  }));
  singles = times(singles, rule.destination?.ports, (single, destinationPort) => ({
    ...single,
    destinationPort,
  }));
  singles = times(singles, numbers(rule.icmpTypes), (single, icmpType) => ({ ...single, icmpType }));
  return times(singles, numbers(rule.icmpCodes), (single, icmpCode) => ({ ...single, icmpCode }));
}

/** Whether a rule looks at anything of the packet itself, and not only at its interface. */
export function testsPackets(rule: IpfRule): boolean {
  return (
    rule.protocol !== undefined ||
    rule.source !== undefined ||
    rule.destination !== undefined ||
    rule.flags !== undefined ||
    rule.icmpTypes.length > 0 ||
    rule.tests.length > 0 ||
    rule.tos.length > 0 ||
    rule.ttl.length > 0
  );
}

/** A list of one changes nothing: its value stands in the single rule already. */
function times<V>(
  singles: Writable<SingleRule>[],
  values: readonly V[] | undefined,
  withValue: (single: Writable<SingleRule>, value: V) => Writable<SingleRule>,
): Writable<SingleRule>[] {
  if (values === undefined || values.length < 2) return singles;
  return values.flatMap((value) => singles.map((single) => withValue(single, value)));
}

function familyOf(single: SingleRule, assumed: AddressFamily | undefined): AddressFamily | undefined {
  const { rule } = single;
  if (rule.family !== undefined) return rule.family.value;
  const written = literalFamily(single.source) ?? literalFamily(single.destination);
  if (written !== undefined) return written;
  const nextHop = rule.to?.nextHop ?? rule.dupTo?.nextHop ?? rule.replyTo?.nextHop;
  if (nextHop?.kind === 'network') return nextHop.value.family;
  if (rule.program?.kind === 'bpf-v4') return undefined;
  if (single.icmpType !== undefined) return rule.protocol?.numbers[0] === 58 ? 6 : 4;
  if (rule.tests.some((t) => t.kind === 'options')) return 4;
  if (rule.tests.some((t) => t.kind === 'v6-headers')) return 6;
  return assumed;
}

/** A host name is looked up as IPv4. */
function literalFamily(address: AddressNode | undefined): AddressFamily | undefined {
  if (address?.kind === 'network') return address.value.family;
  return address?.kind === 'host' ? 4 : undefined;
}
