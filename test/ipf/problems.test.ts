import { describe, expect, it } from 'vitest';
import { ipfDialect } from '../../server/src/dialects/ipf';
import { foundMarkers, parseMarkers } from '../harness/markers';

/** One mistake each: the text shows where it is and what is said about it. */
const MISTAKES: Readonly<Record<string, string>> = {
  'an action misspelt': `
  blcok in all
# ^^^^^ error ipf/action-expected \`blcok\` cannot stand here: an action such as \`pass\`, \`block\` or \`count\` is expected. Did you mean \`block\`?
`,
  'no action at all': `
  hello world
# ^^^^^ error ipf/action-expected \`hello\` is not an action. A rule begins with pass, block, count, log, skip, auth, preauth, call or nomatch.
`,
  'no direction': `
  pass quick all
#      ^^^^^ error ipf/direction-expected \`quick\` cannot stand here: the direction \`in\` or \`out\` is expected.
`,
  'a rule that ends too early': `
  pass
# ^^^^ error ipf/direction-expected The rule ends after \`pass\` where the direction \`in\` or \`out\` is expected.
`,
  'a protocol misspelt': `
  pass in proto tpc all
#               ^^^ error ipf/protocol \`tpc\` cannot stand here: the name or the number of a protocol is expected. Did you mean \`tcp\`?
`,
  'a protocol above 255': `
  pass in proto 300 all
#               ^^^ error ipf/protocol 300 is not a protocol: the field holds 0 to 255.
`,
  'a list of protocols': `
  pass in proto {tcp,udp} all
#               ^ error ipf/protocol-list IPFilter takes no list of protocols. Write one rule for each, or \`tcp/udp\`.
`,
  'a byte above 255': `
  pass in from 10.0.0.256 to any
#              ^^^^^^^^^^ error ipf/address \`10.0.0.256\` is not an IPv4 address: 256 is more than 255, the most one byte holds.
`,
  'five bytes': `
  pass in from 10.0.0.2.5 to any
#              ^^^^^^^^^^ error ipf/address \`10.0.0.2.5\` is not an IPv4 address: it has 5 bytes, not four.
`,
  'a mask longer than an address': `
  pass in from 10.0.0.0/33 to any
#                       ^^ error ipf/address The mask length 33 is more than 32, the bits of an IPv4 address.
`,
  'a mask longer than an IPv6 address': `
  pass in from 2001:db8::/129 to any
#                         ^^^ error ipf/address The mask length 129 is more than 128, the bits of an IPv6 address.
`,
  'an IPv6 address with two gaps': `
  pass in from 2001::db8::1 to any
#              ^^^^^^^^^^^^ error ipf/address \`2001::db8::1\` is not an IPv6 address: eight groups of up to four hex digits, one \`::\` at most.
`,
  'a network of one number': `
  pass in from 10/8 to any
#              ^^ warning ipf/address-short ipf stores \`10\` in the byte order of its machine: 10.0.0.0 on little-endian ones, 0.0.0.10 on others. Write all four bytes.
`,
  'two families in one rule': `
  pass in from 10.0.0.1 to 2001:db8::1
#              ^^^^^^^^^^^^^^^^^^^^^^^ error ipf/mixed-families The rule mixes IPv4 and IPv6 addresses, so no packet can match it. Write one rule for each family.
`,
  'a family against the addresses': `
  pass in inet6 from 10.0.0.1 to any
#         ^^^^^ error ipf/family-mismatch \`inet6\` contradicts the IPv4 addresses of the rule.
`,
  'a port above 65535': `
  pass in proto tcp from any to any port = 70000
#                                          ^^^^^ error ipf/port 70000 is not a port: ports go from 0 to 65535.
`,
  'a port without comparison': `
  pass in proto tcp from any to any port 80
#                                        ^^ error ipf/port-operator A comparison is missing: write \`port = 80\`.
`,
  'a range of ports upside down': `
  pass in proto tcp from any to any port 90:80
#                                        ^^^^^ warning ipf/port-range The range is upside down: 90 is more than 80, so no port is in it.
`,
  'nothing strictly between': `
  pass in proto tcp from any to any port 80 >< 81
#                                        ^^^^^^^^ warning ipf/port-never \`><\` means strictly between, and no port lies between 80 and 81.
`,
  'a service misspelt': `
  pass in proto tcp from any to any port = htpp
#                                          ^^^^ error ipf/unknown-service \`htpp\` cannot stand here: a port number or a service name is expected. Did you mean \`http\`?
`,
  'a service nobody knows': `
  pass in proto tcp from any to any port = frobnicated
#                                          ^^^^^^^^^^^ warning ipf/unknown-service The service \`frobnicated\` is not known here, so this rule cannot be followed. Write its port number.
`,
  'a port where a clause is expected': `
  pass in proto tcp all port = 80
#                       ^^^^ error ipf/unexpected-word \`port\` belongs behind an address: \`from any port = 53 to any\` or \`to any port = 53\`.
`,
  'clauses in the wrong order': `
  pass in proto tcp all keep state flags S
#                                  ^^^^^ error ipf/clause-order \`flags\` must come before \`keep\`: ipf reads the clauses of a rule in a fixed order.
`,
  'group before head': `
  block in on ed0 all head 5
  block in all group 5 head 6
#                      ^^^^ error ipf/clause-order \`head\` must come before \`group\`: ipf reads the clauses of a rule in a fixed order.
`,
  'flags without TCP': `
  pass in proto udp all flags S
#                       ^^^^^^^ error ipf/flags-need-tcp \`flags\` needs \`proto tcp\`: only TCP packets carry flags.
`,
  'a letter that is no flag': `
  pass in proto tcp all flags X
#                             ^ error ipf/flags \`X\` cannot stand here: a set of TCP flags, letters out of FSRPAUEC, is expected.
`,
  'flags that no packet has': `
  pass in proto tcp all flags SA/S
#                       ^^^^^^^^^^ warning ipf/flags-never This matches no packet: it asks for a flag that the mask behind \`/\` leaves out.
`,
  'icmp-type without ICMP': `
  pass in proto tcp all icmp-type echo
#                       ^^^^^^^^^^^^^^ error ipf/icmp-type-needs-icmp \`icmp-type\` needs \`proto icmp\` (or \`proto ipv6-icmp\`): only ICMP packets have a type.
`,
  'an ICMP type misspelt': `
  pass in proto icmp all icmp-type ehco
#                                  ^^^^ error ipf/icmp-type \`ehco\` cannot stand here: an ICMP type, a name such as \`echo\` or a number is expected. Did you mean \`echo\`?
`,
  'a reset for UDP': `
  block return-rst in proto udp all
# ^^^^^^^^^^^^^^^^ warning ipf/return-rst-needs-tcp \`return-rst\` can only answer TCP packets. Use \`proto tcp\`, or \`return-icmp\` for other protocols.
`,
  'an answer on the way out': `
  block return-rst out proto tcp all
# ^^^^^^^^^^^^^^^^ warning ipf/answer-out ipf sends resets and ICMP errors only for packets that come in; on \`out\` this rule blocks silently.
`,
  'an answer in the wrong place': `
  block in return-rst all
#          ^^^^^^^^^^ error ipf/unexpected-word \`return-rst\` belongs directly behind \`block\`.
`,
  'a syslog priority of another program': `
  block in log level local0.warning all
#                           ^^^^^^^ error ipf/log-level \`warning\` is not a syslog priority. Known are emerg, alert, crit, err, warn, notice, info, debug. Did you mean \`warn\`?
`,
  'a group name that is too long': `
  block in all head abcdefghijklmnop
#                   ^^^^^^^^^^^^^^^^ warning ipf/group-name The group name \`abcdefghijklmnop\` is longer than the 15 characters that IPFilter keeps: this is group \`abcdefghijklmno\`.
`,
  'the same rule twice': `
  pass in from any to any
  pass  in from any to any
# ^^^^^^^^^^^^^^^^^^^^^^^^ error ipf/duplicate-rule The rule \`pass in from any to any\` is there already, and IPFilter refuses an identical rule. Remove this one.
`,
  'a host name': `
  pass in from gw.example.org to any
#              ^^^^^^^^^^^^^^ warning ipf/host-name \`gw.example.org\` is a host name: ipf asks for its address once, when it loads the file, and what it gets is not known here. Write the address.
`,
  'all packets but one interface': `
  block in on !ed0 all
#          ^^^^ error ipf/on-not ipf has no \`on !interface\`. Write a \`skip\` or a group for the one interface instead.
`,
  'to without from': `
  block in to any
#             ^^^ error ipf/route-target Here \`to\` names the interface the packet is sent to. For a destination address write \`from any to ...\`.
`,
  'an unknown test': `
  block in all with shorts
#                   ^^^^^^ error ipf/with-test \`shorts\` cannot stand here: a test such as \`short\`, \`frags\`, \`ipopts\` or \`opt\` is expected. Did you mean \`short\`?
`,
  'an unknown option of keep state': `
  pass in proto tcp all keep state(limt 3)
#                                  ^^^^ error ipf/keep-state-option \`limt\` cannot stand here: an option of \`keep state\` such as \`limit\`, \`strict\` or \`age\` is expected. Did you mean \`limit\`?
`,
  'a variable without a value': `
  pass in on $outside all
#            ^^^^^^^^ error ipf/undefined-variable The variable \`outside\` has no value here. Set it above: \`outside="...";\`.
`,
  'a mistake in the value of a variable': `
  net="10.0.0.0/40";
  pass in from $net to any
#              ^^^^ error ipf/address The mask length 40 is more than 32, the bits of an IPv4 address.
`,
  'a variable without its semicolon': `
  net="10.0.0.0/8"
#     ^^^^^^^^^^^^ error ipf/variable-semicolon The value of \`net\` must be followed by \`;\`.
`,
  'via on the side of the rule': `
  pass in on ed0 in-via ed1 all
#                ^^^^^^ error ipf/via-direction A rule for \`in\` takes \`out-via\`: it names the interface on the other side.
`,
  'two mistakes on one line': `
  pass in proto tpc from 10.0.0.300 to any
#               ^^^ error ipf/protocol \`tpc\` cannot stand here: the name or the number of a protocol is expected. Did you mean \`tcp\`?
#                        ^^^^^^^^^^ error ipf/address \`10.0.0.300\` is not an IPv4 address: 300 is more than 255, the most one byte holds.
`,
};

describe('problems of ipf.conf stand at the exact word and say what to do', () => {
  for (const [name, text] of Object.entries(MISTAKES)) {
    it(name, () => {
      const expected = parseMarkers(text);
      expect(expected.length).toBeGreaterThan(0);
      expect(foundMarkers(ipfDialect, text)).toEqual(expected);
    });
  }

  it('a broken line does not spoil the next', () => {
    const parse = ipfDialect.parse('pass in from {10.0.0.1, to any\npass in all\nblock out all\n');
    expect(parse.statements.map((s) => [s.text, s.problems.map((p) => p.code)])).toEqual([
      ['pass in from {10.0.0.1, to any\n', ['ipf/address']],
      ['pass in all\n', []],
      ['block out all\n', []],
    ]);
  });

  it('a fix is offered for a misspelt word, and it is right', () => {
    const [statement] = ipfDialect.parse('pass in proto tpc all\n').statements;
    expect(statement?.problems[0]?.fixes).toEqual([
      { title: 'Change to `tcp`', edits: [{ start: 14, end: 17, text: 'tcp' }], preferred: true },
    ]);
  });

  it('a file without a final line end loses its last word, as the real lexer does', () => {
    const [statement] = ipfDialect.parse('pass in all').statements;
    expect(statement?.problems.map((p) => [p.severity, p.code, p.range])).toEqual([
      ['information', 'ipf/no-final-line-end', { start: 8, end: 11 }],
    ]);
  });
});
