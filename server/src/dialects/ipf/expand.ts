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
  let singles: SingleRule[] = [
    {
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
    },
  ];
  const numbers = (list: readonly NumberNode[]) => list.map((n) => n.value);
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
  singles = times(singles, numbers(rule.icmpCodes), (single, icmpCode) => ({ ...single, icmpCode }));
  return singles.map((single) => ({ ...single, family: familyOf(single, options.assumeFamily) }));
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
  singles: SingleRule[],
  values: readonly V[] | undefined,
  withValue: (single: SingleRule, value: V) => SingleRule,
): SingleRule[] {
  if (values === undefined || values.length < 2) return singles;
  return values.flatMap((value) => singles.map((single) => withValue(single, value)));
}

function familyOf(single: SingleRule, assumed: AddressFamily | undefined): AddressFamily | undefined {
  const { rule } = single;
  if (rule.family !== undefined) return rule.family.value;
  for (const address of [single.source, single.destination])
    if (address?.kind === 'network') return address.value.family;
    else if (address?.kind === 'host') return 4;
  const nextHop = rule.to?.nextHop ?? rule.dupTo?.nextHop ?? rule.replyTo?.nextHop;
  if (nextHop?.kind === 'network') return nextHop.value.family;
  if (rule.program?.kind === 'bpf-v4') return undefined;
  if (single.icmpType !== undefined) return rule.protocol?.numbers[0] === 58 ? 6 : 4;
  if (rule.tests.some((t) => t.kind === 'options')) return 4;
  if (rule.tests.some((t) => t.kind === 'v6-headers')) return 6;
  return assumed;
}
