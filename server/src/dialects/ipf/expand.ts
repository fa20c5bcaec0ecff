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
  const base = rule.family?.value ?? options.assumeFamily ?? nextHopFamily(rule);
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
    family: base,
    testsPackets: testsPackets(rule),
  };
  const singles = hasLists(rule) ? expandLists(rule, first) : [first];
  if (singles.length === 1) setFamilies(singles, rule);
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
  singles = timesAddresses(singles, rule.source?.addresses, (single, source) => ({ ...single, source }));
  singles = times(singles, rule.source?.ports, (single, sourcePort) => ({ ...single, sourcePort }));
  singles = timesAddresses(singles, rule.destination?.addresses, (single, destination) => ({
    ...single,
    destination,
  }));
  singles = times(singles, rule.destination?.ports, (single, destinationPort) => ({
    ...single,
    destinationPort,
  }));
  setImpliedFamilies(singles, rule);
  singles = times(singles, numbers(rule.icmpTypes), (single, icmpType) => ({ ...single, icmpType }));
  return times(singles, numbers(rule.icmpCodes), (single, icmpCode) => ({ ...single, icmpCode }));
}

/**
 * Families as ipf's grammar finds them (`build_srcaddr_af`, `build_dstaddr_af` in ipf_y.y): the first address of a
 * side sets the family of every rule made so far, the others that of their own copies, and an address without a
 * family takes what is there.
 */
function timesAddresses(
  singles: Writable<SingleRule>[],
  addresses: readonly AddressNode[] | undefined,
  withAddress: (single: Writable<SingleRule>, address: AddressNode) => Writable<SingleRule>,
): Writable<SingleRule>[] {
  if (addresses === undefined) return singles;
  const before = singles[0]!.family;
  const first = familyOf(addresses[0], before) ?? before;
  for (const single of singles) single.family = first;
  if (addresses.length < 2) return singles;
  return addresses.flatMap((address, index) =>
    singles.map((single) => ({
      ...withAddress(single, address),
      family: index === 0 ? first : (familyOf(address, first) ?? first),
    })),
  );
}

/** The same for a rule without lists. */
function setFamilies(singles: readonly Writable<SingleRule>[], rule: IpfRule): void {
  const single = singles[0]!;
  single.family = familyOf(single.source, single.family) ?? single.family;
  single.family = familyOf(single.destination, single.family) ?? single.family;
  setImpliedFamilies(singles, rule);
}

function setImpliedFamilies(singles: readonly Writable<SingleRule>[], rule: IpfRule): void {
  const first = singles[0]!;
  if (rule.icmpTypes.length > 0 && first.family === undefined) {
    first.family = 4;
    // ipf sets it for the first rule of a list only, unless `icmp-type` is the first thing that is tested.
    if (!testsMoreThanIcmpType(rule)) for (const single of singles) single.family = 4;
  }
  if (rule.tests.some((t) => t.kind === 'options')) for (const single of singles) single.family ??= 4;
}

function testsMoreThanIcmpType(rule: IpfRule): boolean {
  const { protocol, source, destination, tos, ttl } = rule;
  return (
    protocol !== undefined ||
    source !== undefined ||
    destination !== undefined ||
    tos.length > 0 ||
    ttl.length > 0
  );
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

function nextHopFamily(rule: IpfRule): AddressFamily | undefined {
  const hop = rule.to?.nextHop ?? rule.dupTo?.nextHop ?? rule.replyTo?.nextHop;
  return hop?.kind === 'network' ? hop.value.family : undefined;
}

/** The family that an address brings along; `present` is the one of the rule before it. A host name is IPv4. */
export function familyOf(
  address: AddressNode | undefined,
  present: AddressFamily | undefined,
): AddressFamily | undefined {
  switch (address?.kind) {
    case 'network':
      return address.value.family;
    case 'host':
      return 4;
    case 'interface':
      // `(if)` alone says no family.
      return address.of.part === 'address' && address.of.length === undefined ? undefined : (present ?? 4);
    default:
      return undefined;
  }
}
