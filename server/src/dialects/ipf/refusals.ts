/**
 * Rules that ipf refuses for the family they have by then. The family comes from `inet` and `inet6`, from addresses
 * and from `-6`, so a file may load with `ipf -6` and not without: who reads the file says which it is.
 *
 * Source: `hostname`, `seticmptype`, `ipopts` and `startv6hdr` in ipf_y.y of IPFilter 5.1.2.
 */
import type { AddressFamily } from '../../policy/address';
import type { Problem } from '../../syntax/problem';
import { range, type TextRange } from '../../text/range';
import { familyOf } from './expand';
import type { AddressNode, IpfRule, SideNode } from './tree';

/** Ranges relative to the statement. */
export function refusalsOf(rule: IpfRule, assumed: AddressFamily | undefined): Problem[] {
  if (assumed !== undefined && rule.family !== undefined && rule.family.value !== assumed)
    return [
      refusal(
        'ipf/family-mismatch',
        rule.family.range,
        `\`${inet(rule.family.value)}\` is refused in a file that is loaded with \`ipf -6\`.`,
      ),
    ];
  let family = rule.family?.value ?? assumed;
  const hop = rule.to?.nextHop ?? rule.dupTo?.nextHop ?? rule.replyTo?.nextHop;
  if (family === undefined && hop?.kind === 'network') family = hop.value.family;
  for (const side of [rule.source, rule.destination]) {
    const other = firstOfOtherFamily(side, family);
    if (other !== undefined) return [mismatch(rule, other, family!, assumed)];
    family = familyOf(side?.addresses[0], family) ?? family;
  }
  return refusedTests(rule, family);
}

/** The first address that does not fit; the family of a list is that of its first address. */
function firstOfOtherFamily(
  side: SideNode | undefined,
  before: AddressFamily | undefined,
): Extract<AddressNode, { kind: 'network' }> | undefined {
  let family = before;
  for (const [index, address] of (side?.addresses ?? []).entries()) {
    if (address.kind === 'network' && family !== undefined && address.value.family !== family) return address;
    if (index === 0) family = familyOf(address, family) ?? family;
  }
  return undefined;
}

function mismatch(
  rule: IpfRule,
  address: Extract<AddressNode, { kind: 'network' }>,
  family: AddressFamily,
  assumed: AddressFamily | undefined,
): Problem {
  if (rule.family !== undefined)
    return refusal(
      'ipf/family-mismatch',
      rule.family.range,
      `\`${inet(rule.family.value)}\` contradicts the IPv${address.value.family} addresses of the rule.`,
    );
  if (assumed !== undefined)
    return refusal(
      'ipf/family-mismatch',
      address,
      `An IPv${address.value.family} address is refused in a file that is loaded with \`ipf -${family}\`.`,
    );
  return refusal(
    'ipf/mixed-families',
    range(rule.source?.start ?? rule.start, rule.destination?.end ?? rule.source?.end ?? rule.end),
    'The rule mixes IPv4 and IPv6 addresses, so no packet can match it. Write one rule for each family.',
  );
}

function refusedTests(rule: IpfRule, family: AddressFamily | undefined): Problem[] {
  const protocol = rule.protocol?.numbers[0];
  const isOne = rule.protocol?.numbers.length === 1;
  if (rule.icmpRange !== undefined && isOne) {
    if (family === 6 && protocol === 1)
      return [
        refusal(
          'ipf/icmp-type-family',
          rule.icmpRange,
          'In a rule for IPv6 `icmp-type` needs `proto ipv6-icmp`.',
        ),
      ];
    if (family !== 6 && protocol === 58)
      return [
        refusal(
          'ipf/icmp-type-family',
          rule.icmpRange,
          family === 4
            ? 'In a rule for IPv4 `icmp-type` needs `proto icmp`.'
            : 'ipf takes `icmp-type` for one of IPv4 unless the rule says `inet6` or the file is loaded with `ipf -6`. Write `inet6` before `proto`.',
          insertInet6(rule, family),
        ),
      ];
  }
  // `icmp-type` has made the rule one for IPv4 by then.
  const known = family ?? (rule.icmpRange === undefined ? undefined : 4);
  for (const test of rule.tests) {
    if (test.kind === 'options' && known === 6)
      return [
        refusal('ipf/option-family', test, 'Only IPv4 has these options: a rule for IPv6 cannot test them.'),
      ];
    if (test.kind === 'v6-headers' && known !== 6)
      return [
        refusal(
          'ipf/option-family',
          test,
          'ipf takes `v6hdr` only in a rule for IPv6. Write `inet6` before the addresses.',
        ),
      ];
  }
  return [];
}

function insertInet6(rule: IpfRule, family: AddressFamily | undefined): Problem['fixes'] {
  if (family !== undefined || rule.protocol === undefined) return undefined;
  // The word `proto` and the blank behind it.
  const at = rule.protocol.start - 'proto '.length;
  return [{ title: 'Write `inet6`', edits: [{ start: at, end: at, text: 'inet6 ' }], preferred: true }];
}

function inet(family: AddressFamily): string {
  return family === 4 ? 'inet' : 'inet6';
}

function refusal(code: string, where: TextRange, message: string, fixes?: Problem['fixes']): Problem {
  const problem: Problem = {
    code,
    severity: 'error',
    range: { start: where.start, end: where.end },
    message,
  };
  return fixes === undefined ? problem : { ...problem, fixes };
}
