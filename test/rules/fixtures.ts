/**
 * Every finding about rules: policy texts that bring it about and their near misses. Carets mark the rule, as in
 * `harness/markers.ts`. Lines of markers count as lines.
 */
export const RULE_FIXTURES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'never reached: one quick rule before': {
    'ipf.conf': `
  block in quick proto tcp from any to any
  pass in quick proto tcp from any to any port = 22 keep state
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/never-reached This rule is never reached: line 1 decides about all its packets before.
`,
  },
  'never reached: two rules together': {
    'ipf.conf': `
  block in quick from 10.0.0.0/9 to any
  block in quick from 10.128.0.0/9 to any
  pass in quick from 10.0.0.0/8 to any
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/never-reached This rule is never reached: line 1 and line 2 together decide about all its packets before.
`,
  },
  'never reached: by the quick rules of a group': {
    'ipf.conf': `
  block in on fxp0 all head 100
  block in quick from 10.0.0.0/8 to any group 100
  pass in quick on fxp0 from 10.1.0.0/16 to any
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/never-reached This rule is never reached: line 1 decides about all its packets before.
`,
  },
  'never reached: a list of which every part is covered': {
    'ipf.conf': `
  block in quick proto tcp from any to any port < 1024
  pass in quick proto tcp from any to any port = {22,80}
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/never-reached This rule is never reached: line 1 decides about all its packets before.
`,
  },
  'reached: a list of which a part is not covered': {
    'ipf.conf': `
  block in quick proto tcp from any to any port < 1024
  pass in quick proto tcp from any to any port = {22,8080}
`,
  },
  'reached: half of the packets are left': {
    'ipf.conf': `
  block in quick from 10.0.0.0/9 to any
  pass in quick from 10.0.0.0/8 to any
`,
  },
  'reached: the rule before keeps state, which may fail': {
    'ipf.conf': `
  pass in quick proto tcp from any to any keep state
  block in log quick proto tcp from any to any port = 22
`,
  },
  'reached: the rule before is for one interface': {
    'ipf.conf': `
  block in quick on fxp0 all
  pass in quick proto tcp from any to any port = 22
`,
  },
  'reached: the rule before is for the other direction': {
    'ipf.conf': `
  block out quick all
  pass in quick all
`,
  },
  'reached: packets without readable ports are left': {
    'ipf.conf': `
  block in quick proto tcp from any to any port <= 65535
  block in quick proto tcp from any to any
`,
  },
  'reached: a skip carries packets past the rule before': {
    'ipf.conf': `
  skip 1 in from 10.0.0.0/8 to any
  block in quick all
  pass in quick from 10.1.0.0/16 to any
`,
  },
  'reached: the rule before asks for what is not modelled': {
    'ipf.conf': `
  block in quick from pool/7 to any
  pass in quick from 10.0.0.0/8 to any
`,
  },
  'reached: a quick head whose group goes on': {
    'ipf.conf': `
  block in quick on fxp0 all head 100
  pass in proto tcp from any to any group 100
  block in quick on fxp0 proto tcp from any to any port = 25
`,
  },
  'always overridden': {
    'ipf.conf': `
  pass in proto tcp from any to any port = 22
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/always-overridden This rule never decides: the last match counts, and line 3 matches all its packets again. Add \`quick\`, move it down, or remove it.
  block in all
`,
  },
  'always overridden: by two rules together': {
    'ipf.conf': `
  pass in from 10.0.0.0/8 to any
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/always-overridden This rule never decides: the last match counts, and line 3 and line 4 together match all its packets again. Add \`quick\`, move it down, or remove it.
  block in from 10.0.0.0/9 to any
  block in from 10.128.0.0/9 to any
`,
  },
  'not overridden: some packets keep the verdict': {
    'ipf.conf': `
  pass in from 10.0.0.0/8 to any
  block in from 10.0.0.0/9 to any
`,
  },
  'not overridden: quick': {
    'ipf.conf': `
  pass in quick from 10.0.0.0/8 to any
  block in all
`,
  },
  'not overridden: counting rules count every packet': {
    'ipf.conf': `
  count in from 10.0.0.0/8 to any
  count in all
`,
  },
  'not overridden: a log rule sets no verdict': {
    'ipf.conf': `
  pass in from 10.0.0.0/8 to any
  log in all
`,
  },
  'not overridden: a quick rule with state may not match': {
    'ipf.conf': `
  block in from 10.0.0.0/8 to any
  pass in quick all keep state
`,
  },
  'group never entered': {
    'ipf.conf': `
  block in quick all
  pass in on fxp0 all head 100
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/never-reached This rule is never reached: line 1 decides about all its packets before.
  pass in proto tcp from any to any group 100
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/group-never-entered This group is never entered: its head (line 2) is never reached.
`,
  },
  'group entered by one of two heads': {
    'ipf.conf': `
  block in quick on fxp0 all
  pass in on fxp0 all head 100
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/never-reached This rule is never reached: line 1 decides about all its packets before.
  pass in on fxp1 all head 100
  pass in proto tcp from any to any group 100
`,
  },
  'group without head': {
    'ipf.conf': `
  pass in all group 100
#                   ^^^ warning ipf/group-without-head No rule here has \`head 100\`, so ipf never looks at the rules of group 100.
`,
  },
  'head of the other direction': {
    'ipf.conf': `
  block out all head 100
  pass in all group 100
#                   ^^^ warning ipf/head-direction \`head 100\` stands on a rule for \`out\` or for accounting, so a rule for \`in\` in group 100 is never looked at.
`,
  },
  'head in another file of the gateway': {
    'ipf.conf': `
  block in all head 100
`,
    'ipf6.conf': `
  pass in proto tcp from any to any group 100
`,
  },
  'head of the other direction in another file of the gateway': {
    'ipf.conf': `
  block out all head 100
`,
    'ipf6.conf': `
  pass in proto tcp from any to any group 100
#                                         ^^^ warning ipf/head-direction \`head 100\` stands on a rule for \`out\` or for accounting, so a rule for \`in\` in group 100 is never looked at.
`,
  },
  'group of an icmp-head': {
    'ipf.conf': `
  pass in proto tcp from any to any keep state (icmp-head 100)
  block in proto icmp from any to any group 100
`,
  },
  'an answer on the way out': {
    'ipf.conf': `
  block return-rst out proto tcp from any to any port = 25
# ^^^^^^^^^^^^^^^^ warning ipf/answer-out ipf sends resets and ICMP errors only for packets that come in; on \`out\` this rule blocks silently.
  block return-icmp in proto udp from any to any port = 25
`,
  },
  'a port between two that are neighbours': {
    'ipf.conf': `
  pass in proto tcp from any to any port 80 >< 81
#                                        ^^^^^^^^ warning ipf/port-never \`><\` means strictly between, and no port lies between 80 and 81.
  pass out proto tcp from any to any port 80 >< 82
`,
  },
  'host bits in a NAT rule': {
    'ipnat.conf': `
  map le0 10.1.2.3/8 -> 192.0.2.1/32
#         ^^^^^^^^^^ warning net/host-bits-set 10.1.2.3 has bits behind its mask, and IPFilter clears them: this is the network 10.0.0.0/8. Write that, or 10.1.2.3/32 for the one address.
  map le0 192.168.0.0/16 -> 192.0.2.2/32
`,
  },
  'two rules that differ in their options': {
    'ipf.conf': `
  block in from 10.1.0.0/16 to any
  block return-icmp in on le0 from 10.1.0.0/16 to any
  block in on le1 from 10.1.0.0/16 to any
`,
  },
  'head and group': {
    'ipf.conf': `
  block in all head 100
  pass in proto tcp from any to any group 100
`,
  },
  'skip past the end': {
    'ipf.conf': `
  skip 3 in on lo0 all
# ^^^^^^^^^^^^^^^^^^^^ warning ipf/skip-past-end \`skip 3\` goes past the end: in the list \`in\` one follows. Rules of groups and of the other direction do not count.
  block in all
  pass out all
`,
  },
  'skip up to the end': {
    'ipf.conf': `
  skip 1 in on lo0 all
  block in all
`,
  },
  'state stolen by log': {
    'ipf.conf': `
  block in all
  pass in proto tcp from any to any port = 80 flags S keep state
  log in proto tcp from any to any
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/state-stolen-by-log This \`log\` rule takes over the state that line 2 makes: the first packet passes, and all later packets of the connection are dropped. Put \`quick\` on that rule, or this rule before it.
`,
  },
  'state stolen by skip': {
    'ipf.conf': `
  block in all
  pass in proto tcp from any to any port = 80 keep state
  skip 1 in proto tcp from any to any
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/state-stolen-by-log This \`skip\` rule takes over the state that line 2 makes: the first packet passes, and all later packets of the connection are dropped. Put \`quick\` on that rule, or this rule before it.
  block in proto udp from any to any
`,
  },
  'state kept: quick': {
    'ipf.conf': `
  block in all
  pass in quick proto tcp from any to any port = 80 flags S keep state
  log in proto tcp from any to any
`,
  },
  'state kept: the log rule stands before': {
    'ipf.conf': `
  block in all
  log in proto tcp from any to any
  pass in proto tcp from any to any port = 80 flags S keep state
`,
  },
  'state kept: the log rule is for other packets': {
    'ipf.conf': `
  block in all
  pass in proto tcp from any to any port = 80 flags S keep state
  log in proto udp from any to any
`,
  },
  'state never made: an ICMP error': {
    'ipf.conf': `
  pass in quick proto icmp from any to any icmp-type unreach keep state
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/keep-state-never-made \`keep state\` never makes state here: of ICMP only queries get one. A quick rule whose state cannot be made does not match, so this rule never does. Remove \`keep state\`.
`,
  },
  'state never made: a reset': {
    'ipf.conf': `
  pass in proto tcp from any to any flags R/R keep state
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/keep-state-never-made \`keep state\` never makes state here: resets get none. So the packets are blocked, not passed. Remove \`keep state\`.
`,
  },
  'state never made: log': {
    'ipf.conf': `
  log in proto tcp from any to any keep state
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipf/keep-state-never-made \`keep state\` never makes state here: a rule without a verdict makes none. It has no effect. Remove \`keep state\`.
`,
  },
  'state made: a ping': {
    'ipf.conf': `
  pass in quick proto icmp from any to any icmp-type echo keep state
`,
  },
  'state made: one of the listed types': {
    'ipf.conf': `
  pass in quick proto icmp from any to any icmp-type {echo,unreach} keep state
`,
  },
  'state made: some of the types': {
    'ipf.conf': `
  pass in quick proto icmp from any to any keep state
`,
  },
  'inet ignored': {
    'ipf.conf': `
  block in inet6 all
#          ^^^^^ warning ipf/inet-all-ignored ipf ignores \`inet6\` next to a plain \`all\`: the rule takes IPv4 and IPv6 packets. Write \`from any to any\` to keep it to IPv6.
`,
  },
  'inet honoured': {
    'ipf.conf': `
  block in inet6 from any to any
`,
  },
  'outside of a range that ends at the last port': {
    'ipf.conf': `
  pass in proto tcp from any to any port 1024 <> 65535
#                                        ^^^^^^^^^^^^^ warning ipf/port-range-reversed \`<>\` takes the ports outside, so this is the ports below 1024. Write \`1024:65535\` for the range with both ends, or \`><\` for what lies strictly between them.
`,
  },
  'outside of a range that begins at the first port': {
    'ipf.conf': `
  pass in proto tcp from any to any port 0 <> 1024
#                                        ^^^^^^^^^ warning ipf/port-range-reversed \`<>\` takes the ports outside, so this is the ports above 1024. Write \`0:1024\` for the range with both ends, or \`><\` for what lies strictly between them.
`,
  },
  'outside of a range upside down': {
    'ipf.conf': `
  pass in proto tcp from any to any port 6010 <> 6000
#                                        ^^^^^^^^^^^^ warning ipf/port-range-reversed \`<>\` takes the ports outside, so this is every port. Write \`6000:6010\` for the range with both ends, or \`><\` for what lies strictly between them.
`,
  },
  'outside of a range in the middle': {
    'ipf.conf': `
  pass in proto tcp from any to any port 6000 <> 6010
`,
  },
  'flags without a protocol': {
    'ipf.conf': `
  pass in from any to any flags S
#                         ^^^^^^^ error ipf/flags-need-tcp \`flags\` needs \`proto tcp\`: only TCP packets carry flags.
`,
  },
  'flags with tcp/udp': {
    'ipf.conf': `
  pass in proto tcp/udp from any to any flags S
#                                       ^^^^^^^ error ipf/flags-need-tcp \`flags\` needs \`proto tcp\`: only TCP packets carry flags.
`,
  },
  'flags with tcp': {
    'ipf.conf': `
  pass in proto tcp from any to any flags S
`,
  },
  'a reset for UDP': {
    'ipf.conf': `
  block return-rst in proto udp from any to any
# ^^^^^^^^^^^^^^^^ warning ipf/return-rst-needs-tcp \`return-rst\` can only answer TCP packets. Use \`proto tcp\`, or \`return-icmp\` for other protocols.
`,
  },
  'a reset for TCP': {
    'ipf.conf': `
  block return-rst in proto tcp from any to any
`,
  },
  'the same rule twice': {
    'ipf.conf': `
  pass in all
  pass in all
# ^^^^^^^^^^^ error ipf/duplicate-rule The rule \`pass in all\` is there already, and IPFilter refuses an identical rule. Remove this one.
`,
  },
  'the same rule in another direction': {
    'ipf.conf': `
  pass in all
  pass out all
`,
  },
  'host bits': {
    'ipf.conf': `
  pass in from 10.1.0.5/24 to any
#              ^^^^^^^^^^^ warning net/host-bits-set 10.1.0.5 has bits behind its mask, and IPFilter clears them: this is the network 10.1.0.0/24. Write that, or 10.1.0.5/32 for the one address.
`,
  },
  'host bits with a dotted mask': {
    'ipf.conf': `
  pass in from any to 10.1.0.5 mask 255.255.0.0
#                     ^^^^^^^^^^^^^^^^^^^^^^^^^ warning net/host-bits-set 10.1.0.5 has bits behind its mask, and IPFilter clears them: this is the network 10.1.0.0/16. Write that, or 10.1.0.5/32 for the one address.
`,
  },
  'host bits of IPv6': {
    'ipf.conf': `
  pass in from 2001:db8::1/64 to any
#              ^^^^^^^^^^^^^^ warning net/host-bits-set 2001:db8::1 has bits behind its mask, and IPFilter clears them: this is the network 2001:db8::/64. Write that, or 2001:db8::1/128 for the one address.
`,
  },
  'no host bits': {
    'ipf.conf': `
  pass in from 10.1.0.0/24 to 10.1.0.5/32
`,
  },
  'redirection that the filter blocks': {
    'ipnat.conf': `
  rdr fxp1 192.0.2.1/32 port 80 -> 10.1.0.80 port 8080 tcp
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipnat/rdr-not-permitted Redirected packets do not get past the filter: it sees the translated destination 10.1.0.80 port 8080, and line 1 of ipf.conf blocks them. Pass packets on \`fxp1\` to the address and port behind \`->\`.
`,
    'ipf.conf': `
  block in on fxp1 all
  pass in quick on fxp1 proto tcp from any to 192.0.2.1/32 port = 80 keep state
`,
  },
  'redirection that the filter passes': {
    'ipnat.conf': `
  rdr fxp1 192.0.2.1/32 port 80 -> 10.1.0.80 port 8080 tcp
`,
    'ipf.conf': `
  block in on fxp1 all
  pass in quick on fxp1 proto tcp from any to 10.1.0.80/32 port = 8080 flags S keep state
`,
  },
  'redirection that the filter passes for some': {
    'ipnat.conf': `
  rdr fxp1 192.0.2.1/32 port 80 -> 10.1.0.80 port 8080 tcp
`,
    'ipf.conf': `
  block in on fxp1 all
  pass in quick on fxp1 proto tcp from 198.51.100.0/24 to 10.1.0.80/32 port = 8080
`,
  },
  'redirection on an interface without rules': {
    'ipnat.conf': `
  rdr fxp1 192.0.2.1/32 port 80 -> 10.1.0.80 port 8080 tcp
`,
    'ipf.conf': `
  block in on fxp0 all
`,
  },
  'map shadowed by a longer mask': {
    'ipnat.conf': `
  map fxp1 10.0.0.0/8 -> 192.0.2.1/32
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ information ipnat/map-shadowed Packets from 10.1.0.5 are not translated by this rule, though it comes first: line 3 has a longer mask, and ipnat looks longer masks up first. Write the narrower rule before this one.
  map fxp1 10.1.0.0/16 -> 192.0.2.2/32
`,
  },
  'map behind the longer mask': {
    'ipnat.conf': `
  map fxp1 10.1.0.0/16 -> 192.0.2.2/32
  map fxp1 10.0.0.0/8 -> 192.0.2.1/32
`,
  },
  'map on another interface': {
    'ipnat.conf': `
  map fxp1 10.0.0.0/8 -> 192.0.2.1/32
  map fxp2 10.1.0.0/16 -> 192.0.2.2/32
`,
  },
  'map of another protocol': {
    'ipnat.conf': `
  map fxp1 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp 40000:50000
  map fxp1 10.1.0.0/16 -> 192.0.2.2/32 portmap udp 40000:50000
`,
  },
  'NAT on an interface nobody has': {
    'ipnat.conf': `
  map fxp2 10.1.0.0/24 -> 0/32
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning ipnat/unknown-interface A has no interface \`fxp2\`, so this rule never acts. Did you mean \`fxp0\`?
`,
    'ipf.conf': `
  pass in all
`,
    'gatewalk.yaml': `
networks: { X: 10.1.0.0/24, Z: internet }
gateways:
  A:
    platform: netbsd
    interfaces:
      fxp0: 10.1.0.1/24
      fxp1: { address: 192.0.2.1/24, network: Z }
    policy: [ipf.conf, ipnat.conf]
`,
  },
  'NAT on an interface that a filter rule names': {
    'ipnat.conf': `
  map ppp0 10.1.0.0/24 -> 0/32
`,
    'ipf.conf': `
  pass in on ppp0 all
`,
    'gatewalk.yaml': `
networks: { X: 10.1.0.0/24, Z: internet }
gateways:
  A:
    platform: netbsd
    interfaces:
      fxp0: 10.1.0.1/24
      fxp1: { address: 192.0.2.1/24, network: Z }
    policy: [ipf.conf, ipnat.conf]
`,
  },
};
