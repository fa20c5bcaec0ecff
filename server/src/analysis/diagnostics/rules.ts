/** What the rules of a gateway give away together (`analysis/rules`). */
import { type DiagnosticEntry, entry } from './entry';

export const ruleDiagnostics: readonly DiagnosticEntry[] = [
  entry(
    'ipf/never-reached',
    'warning',
    'Rule never reached',
    'Every packet the rule is written for is decided before it gets here: by one `quick` rule, or by several together. The rule does nothing, though its author meant it to. Move it up, narrow the rules before it (they are listed as related places), or delete it.\n\nA `quick` rule with `keep state` is not counted as deciding: when its state cannot be made, the packet goes on to the next rule.',
    'block in quick proto tcp from any to any\npass in quick proto tcp from any to any port = 22',
  ),
  entry(
    'ipf/always-overridden',
    'warning',
    'Rule always overridden later',
    'Without `quick` the last match decides, and every packet that this rule matches is matched again by a later rule. The rule does nothing. Add `quick`, move it behind the rules listed as related places, or delete it.',
    'pass in proto tcp from any to any port = 22\nblock in all',
  ),
  entry(
    'ipf/group-never-entered',
    'warning',
    'Group never entered',
    'The rules that head this group are never reached, so none of its rules is ever looked at. See the finding at the head.',
    'block in quick all\npass in on fxp0 all head 100\npass in all group 100',
  ),
  entry(
    'ipf/group-without-head',
    'warning',
    'Group without a head',
    'No rule has `head` with the name of this group, so ipf never looks at its rules. Add the head, or correct the name.',
    'pass in all group 100',
  ),
  entry(
    'ipf/head-direction',
    'warning',
    'Head and group differ in direction',
    'Groups of the two directions, and of accounting, are apart even when they have one name: a head on an `in` rule leads to the `in` rules of the group only.',
    'block out all head 100\npass in all group 100',
  ),
  entry(
    'ipf/skip-past-end',
    'warning',
    '`skip` past the end',
    'Fewer rules follow in this list than are to be skipped, so the rest of the list is skipped. Rules of groups and of the other direction do not count. Correct the number.',
    'skip 3 in on lo0 all\nblock in all',
  ),
  entry(
    'ipf/state-stolen-by-log',
    'warning',
    'A `log` or `skip` rule takes over the state',
    'Behind a `pass ... keep state` without `quick`, a `log` or `skip` rule that matches too becomes the rule that the state belongs to. It has no action, so the first packet passes and **all later packets of the connection are dropped**. Verified on IPFilter 5.1.2. Add `quick` to the pass rule, or write the `log` rule before it.',
    'block in all\npass in proto tcp from any to any port = 80 flags S keep state\nlog in proto tcp from any to any',
  ),
  entry(
    'ipf/keep-state-never-made',
    'warning',
    '`keep state` that never makes state',
    'State is not made for TCP resets, for ICMP other than queries, for fragments without a header, for short or bad packets, and not by `log` rules. Every packet of this rule is one of these. A rule that passes without `quick` even **blocks** them; with `quick` it does not match. Remove `keep state`.',
    'pass in quick proto icmp from any to any icmp-type unreach keep state',
  ),
  entry(
    'net/host-bits-set',
    'warning',
    'Host bits set in a network',
    'The address has bits behind the mask. IPFilter clears them: `10.1.0.5/24` means the whole of 10.1.0.0/24. Write the network, or `/32` for the one host.',
    'pass in from 10.1.0.5/24 to any',
  ),
  entry(
    'ipnat/rdr-not-permitted',
    'warning',
    'Redirected packets are blocked by the filter',
    'On the way in NAT comes first, so the filter sees the **translated** destination, and no rule passes it. Nothing gets through the redirection. Pass the address and port behind `->`, not those before it.',
    '# ipnat.conf\nrdr fxp0 192.0.2.1/32 port 80 -> 10.1.0.80 port 8080 tcp\n# ipf.conf\nblock in on fxp0 all\npass in quick on fxp0 proto tcp from any to 192.0.2.1/32 port = 80',
  ),
  entry(
    'ipnat/map-shadowed',
    'information',
    'Map shadowed by a longer mask',
    'ipnat does not take the first rule that matches but the one with the longest mask: the rule further down translates a part of what this one seems to take. Put the narrower rule first, so that the file reads as it works; if this rule was meant to win, narrow or remove the other.',
    'map fxp0 10.0.0.0/8 -> 192.0.2.1/32\nmap fxp0 10.1.0.0/16 -> 192.0.2.2/32',
  ),
  entry(
    'ipnat/unknown-interface',
    'warning',
    'NAT rule on an interface nobody has',
    'The gateway has no interface of this name, so the rule never acts. Correct the name, or add the interface to `gatewalk.yaml`.',
  ),
];
