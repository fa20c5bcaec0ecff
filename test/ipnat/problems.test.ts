import { describe, expect, it } from 'vitest';
import { ipnatDialect } from '../../server/src/dialects/ipnat';
import { foundMarkers, parseMarkers } from '../harness/markers';

/** One mistake each: the text shows where it is and what is said about it. */
const MISTAKES: Readonly<Record<string, string>> = {
  'a verb misspelt': `
  mpa le0 10.0.0.0/8 -> 0/32
# ^^^ error ipnat/verb-expected \`mpa\` cannot stand here: a rule such as \`map\`, \`rdr\` or \`bimap\` is expected. Did you mean \`map\`?
`,
  'no interface': `
  map 10.0.0.0/8 -> 0/32
#     ^^^^^^^^ error ipnat/interface \`10.0.0.0\` cannot stand here: the name of an interface is expected.
`,
  'no arrow': `
  map le0 10.0.0.0/8 0/32
#                    ^ error ipnat/arrow-expected \`0\` cannot stand here: \`->\` and the new address is expected.
`,
  'no target': `
  map le0 10.0.0.0/8 ->
#                    ^^ error ipnat/target The rule ends after \`->\` where the new address is expected.
`,
  'a byte above 255': `
  map le0 10.0.0.256/32 -> 0/32
#         ^^^^^^^^^^ error ipnat/address \`10.0.0.256\` is not an IPv4 address: 256 is more than 255, the most one byte holds.
`,
  'a mask that is too long': `
  map le0 10.0.0.0/33 -> 0/32
#                  ^^ error ipnat/address The mask length 33 is more than 32, the bits of an IPv4 address.
`,
  'from without to': `
  map le0 from 10.0.0.0/8 -> 0/32
#                         ^^ error ipnat/to-expected \`->\` cannot stand here: \`to\` and the destination is expected.
`,
  'a portmap without protocol': `
  map le0 10.0.0.0/8 -> 0/32 portmap 1000:2000
#                                         ^^^^ error ipnat/portmap-protocol The rule ends after \`2000\` where \`tcp\`, \`udp\`, \`tcp/udp\` or a range of ports is expected.
`,
  'a range of ports upside down': `
  map le0 10.0.0.0/8 -> 0/32 portmap tcp 2000:1000
#                                        ^^^^^^^^^ error ipnat/port-range The range is upside down: 2000 is more than 1000.
`,
  'a port above 65535': `
  rdr le0 0/0 port 70000 -> 10.0.0.1 port 80 tcp
#                  ^^^^^ error ipnat/port 70000 is not a port: ports go from 0 to 65535.
`,
  'a range of addresses upside down': `
  map le0 10.0.0.0/8 -> range 192.0.2.9-192.0.2.1
#                       ^^^^^^^^^^^^^^^^^^^^^^^^^ error ipnat/range The range is upside down: its first address is above its last.
`,
  'two families': `
  map le0 10.0.0.0/8 -> 2001:db8::1/128
#                       ^^^^^^^^^^^^^^^ error ipnat/mixed-families The rule takes IPv4 packets but gives them an IPv6 address. NAT stays within one family.
`,
  'a proxy nobody has': `
  map le0 10.0.0.0/8 -> 0/32 proxy port 1720 h323/tcp
#                                            ^^^^ error ipnat/unknown-proxy IPFilter has no proxy \`h323\`. It has ftp, tftp, irc, rcmd, raudio, pptp, ipsec, netbios, rpcbu, rpcbt, dns.
`,
  'a proxy misspelt': `
  map le0 10.0.0.0/8 -> 0/32 proxy port 21 ftpp/tcp
#                                          ^^^^ error ipnat/unknown-proxy IPFilter has no proxy \`ftpp\`. Did you mean \`ftp\`?
`,
  'options in the wrong order': `
  map le0 10.0.0.0/8 -> 0/32 age 10 frag
#                                   ^^^^ error ipnat/option-order \`frag\` must come before \`age\`: ipnat reads the options of a rule in a fixed order.
`,
  'sticky on a map': `
  map le0 10.0.0.0/8 -> 0/32 sticky
#                            ^^^^^^ error ipnat/sticky-map \`sticky\` is for \`rdr\` rules.
`,
  'sticky with one target': `
  rdr le0 0/0 port 80 -> 10.0.0.1 port 80 tcp sticky
#                                             ^^^^^^ warning ipnat/sticky-alone \`sticky\` does nothing here: it keeps a client on one of several targets, so it needs \`round-robin\` or two addresses.
`,
  'ports of a protocol without ports': `
  rdr le0 10.0.0.1/32 port 80 -> 10.0.0.2 port 80 icmp
#                          ^^ warning ipnat/ports-ignored The ports are ignored: only TCP and UDP have them.
`,
  'a rewrite without its semicolon': `
  rewrite in on le0 from any to any -> src 0/0 dst 10.0.0.1
#                                                  ^^^^^^^^ error ipnat/semicolon A \`rewrite\` rule must end with \`;\`.
`,
  'a rewrite without a direction': `
  rewrite on le0 from any to any -> src 0/0 dst 10.0.0.1;
#         ^^ error ipnat/direction-expected \`on\` cannot stand here: \`in\` or \`out\` is expected. Did you mean \`in\`?
`,
  'a word behind the rule': `
  map le0 10.0.0.0/8 -> 0/32 please
#                            ^^^^^^ error ipnat/unexpected-word \`please\` cannot stand here: the end of the rule is expected.
`,
  'the same rule twice': `
  map le0 10.0.0.0/8 -> 0/32
  map le0 10.0.0.0/8  ->  0/32
# ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error ipnat/duplicate-rule The rule \`map le0 10.0.0.0/8 -> 0/32\` is there already, and IPFilter refuses an identical NAT rule. Remove this one.
`,
  'a host name': `
  map le0 10.0.0.0/8 -> gw.example.org/32
#                       ^^^^^^^^^^^^^^^^^ warning ipnat/host-name \`gw.example.org\` is a host name: ipnat asks for its address once, when it loads the file, and what it gets is not known here. Write the address.
`,
  'a variable without a value': `
  map $outside 10.0.0.0/8 -> 0/32
#     ^^^^^^^^ error ipnat/undefined-variable The variable \`outside\` has no value here. Set it above: \`outside="...";\`.
`,
};

describe('problems of ipnat.conf stand at the exact word and say what to do', () => {
  for (const [name, text] of Object.entries(MISTAKES)) {
    it(name, () => {
      const expected = parseMarkers(text);
      expect(expected.length).toBeGreaterThan(0);
      expect(foundMarkers(ipnatDialect, text)).toEqual(expected);
    });
  }

  it('a last word that the real lexer loses is no error', () => {
    const [statement] = ipnatDialect.parse('map igb0 10.0.0.0/8 -> 0/32 portmap').statements;
    expect(statement?.problems.map((p) => [p.severity, p.code, p.range])).toEqual([
      ['information', 'ipnat/no-final-line-end', { start: 28, end: 35 }],
    ]);
  });
});
