// biome-ignore-all lint/suspicious/noTemplateCurlyInString: snippets are written in the editor's own ${1:...} syntax
/** The words of ipf.conf with what they do. Feeds completion, hover and the TextMate grammar. */
import type { Vocabulary, VocabularyWord, WordKind } from '../dialect';

const word = (kind: WordKind, name: string, documentation: string, snippet?: string): VocabularyWord => ({
  word: name,
  kind,
  documentation: `${documentation} ipf(5)`,
  ...(snippet === undefined ? {} : { snippet }),
});

const action = (name: string, documentation: string, snippet?: string) =>
  word('action', name, documentation, snippet);
const keyword = (name: string, documentation: string, snippet?: string) =>
  word('keyword', name, documentation, snippet);
const option = (name: string, documentation: string, snippet?: string) =>
  word('option', name, documentation, snippet);
const operator = (name: string, documentation: string) => word('operator', name, documentation);

const OPTION_WORDS = {
  lsrr: 'IP option: loose source route.',
  ssrr: 'IP option: strict source route.',
  rr: 'IP option: record route.',
  ts: 'IP option: timestamp.',
  sec: 'IP option: basic security (RFC 1108).',
  'e-sec': 'IP option: extended security (RFC 1108).',
  cipso: 'IP option: commercial security.',
  satid: 'IP option: stream identifier.',
  nop: 'IP option: no operation, padding between options.',
  rtralrt: 'IP option: router alert (RFC 2113).',
};

export const ipfVocabulary: Vocabulary = {
  words: [
    action(
      'pass',
      'Lets the packet through, unless a later matching rule says otherwise or this one is `quick`.',
    ),
    action(
      'block',
      'Drops the packet, silently or with an answer (`return-rst`, `return-icmp`). A later matching rule can still let it through unless this one is `quick`.',
    ),
    action(
      'log',
      'As an action: logs the packet and leaves the verdict as it was. Behind another action: logs the packets that the rule decides.',
    ),
    action(
      'count',
      'Counts packets and bytes in the accounting lists, which are separate from the filter and never change a verdict.',
    ),
    action(
      'skip',
      'Steps over the next N rules of the same list. The verdict stays as it was.',
      'skip ${1:1}',
    ),
    action('auth', 'Holds the packet until a program has answered for it through /dev/ipauth.'),
    action(
      'preauth',
      'Lets the list of pre-authenticated rules decide; a packet without a match there is dropped.',
    ),
    action(
      'call',
      'Calls a function of the kernel: `srcgrpmap/N` and `dstgrpmap/N` choose a group by address from a group map.',
      'call now ${1:srcgrpmap}/${2:100}',
    ),
    action('nomatch', 'Drops the packet as if no rule had matched.'),
    action('decapsulate', 'Takes the outer header off and filters the packet inside.'),
    keyword(
      'in',
      'The rule is for packets that come in from an interface. Addresses are those after `rdr` has rewritten the destination.',
    ),
    keyword(
      'out',
      'The rule is for packets that leave by an interface. Addresses are those before `map` rewrites the source.',
    ),
    keyword('quick', 'When this rule matches it is the last one: no later rule is looked at.'),
    keyword(
      'on',
      'Limits the rule to one interface. The second name of `a,b` binds the reverse direction of a state.',
      'on ${1:interface}',
    ),
    keyword(
      'in-via',
      'On an `out` rule: the interface that replies come in by. Binds the state of the rule.',
    ),
    keyword('out-via', 'On an `in` rule: the interface the packet leaves by. Binds the state of the rule.'),
    keyword(
      'to',
      'Before an address: the destination. Among the options: sends the packet out by this interface (and next hop), whatever the routing table says.',
    ),
    keyword(
      'route-to',
      'Sends the packet out by this interface and next hop, whatever the routing table says; the same as `to`.',
    ),
    keyword('dup-to', 'Sends a copy of the packet out by another interface; the packet itself goes on.'),
    keyword(
      'reply-to',
      'Sends the replies of the state by this interface and next hop, so that they take the way the first packet came.',
    ),
    keyword(
      'dstlist',
      'A destination list of ippool.conf, from which the next hop is chosen: `to dstlist/name`.',
    ),
    keyword('fastroute', 'Hands the packet to the outgoing interface at once, past the rest of the system.'),
    keyword('inet', 'Only IPv4. Ignored on a rule that tests nothing else (`pass in inet all`).'),
    keyword('inet6', 'Only IPv6. Ignored on a rule that tests nothing else (`pass in inet6 all`).'),
    keyword('family', 'Introduces the address family: `family inet` or `family inet6`.'),
    keyword('tos', 'The type-of-service byte must be this one, or one of `{a,b}`.', 'tos ${1:0x10}'),
    keyword('ttl', 'The time to live must be this one, or one of `{a,b}`.', 'ttl ${1:1}'),
    keyword('proto', 'The protocol, by name or number; `tcp/udp` is the one pair.', 'proto ${1:tcp}'),
    keyword('all', 'All packets: the same as `from any to any`.'),
    keyword(
      'from',
      'The source: `any`, an address, a network, a list, a pool, an interface, each with an optional `!` before it.',
      'from ${1:any} to ${2:any}',
    ),
    keyword('any', 'Any address of both families.'),
    keyword(
      'mask',
      'The mask of the address before it: `10.0.0.0 mask 255.0.0.0`, the same as `10.0.0.0/8`.',
    ),
    keyword(
      'port',
      'Tests the port of TCP or UDP: `= 80`, `!= 25`, `> 1023`, `1024:65535`, `20 >< 25`, `= {80,443}`.',
      'port = ${1:80}',
    ),
    keyword(
      'pool',
      'A table of ippool.conf by name or number (`pool/100`), the longest prefix deciding; or one in place: `pool=(10/8,!10.1/16)`.',
    ),
    keyword('hash', 'A hash table of ippool.conf (`hash/100`), or one in place: `hash=(10.0.0.1,10.0.0.2)`.'),
    keyword(
      'bpf-v4',
      'A test of IPv4 packets by BPF: an expression of tcpdump (`"src host 10.0.0.1"`) or the numbers of a program. Only an IPFilter built with BPF loads it.',
    ),
    keyword(
      'bpf-v6',
      'A test of IPv6 packets by BPF: the numbers of a program. Only an IPFilter built with BPF loads it; expressions for IPv6 are read and not followed.',
    ),
    keyword(
      'exp',
      'An expression over header fields as the test: `exp { "ip.src = 10.0.0.1; tcp.dport = 80;" }`.',
    ),
    keyword(
      'flags',
      'TCP flags: those before `/` set, the others of the mask clear. `S` alone means `S/FSRPAU`. Needs `proto tcp`.',
      'flags ${1:S/SA}',
    ),
    keyword(
      'icmp-type',
      'The ICMP type, by name or number. Needs `proto icmp` or `ipv6-icmp`.',
      'icmp-type ${1:echo}',
    ),
    keyword('code', 'The ICMP code, behind `icmp-type`; names are those of "unreachable".', 'code ${1:0}'),
    keyword(
      'with',
      'Tests of facts about the packet: `short`, `frags`, `ipopts`, `opt lsrr`, each with an optional `not`.',
    ),
    keyword('and', 'Another test behind `with`.'),
    keyword('not', 'Negates the test behind it.'),
    keyword('no', 'Negates the test behind it; the same as `not`.'),
    keyword(
      'keep',
      'Remembers the flow (`keep state`) or the fragments of the packet (`keep frags`).',
      'keep state',
    ),
    keyword(
      'state',
      'Behind `keep`: later packets of the flow pass by the state table and follow this rule. Behind `with`: the packet belongs to a state.',
    ),
    keyword(
      'frags',
      'Behind `keep`: fragments of the packet follow the verdict. Behind `with`: the packet is a fragment.',
    ),
    keyword(
      'head',
      'Makes the rule the head of a group: when it matches, the rules of the group are scanned, and a match there replaces its verdict.',
      'head ${1:100}',
    ),
    keyword(
      'group',
      'Puts the rule into a group, which is scanned only when its head has matched.',
      'group ${1:100}',
    ),
    keyword(
      'set-tag',
      'Marks the packet for the log (`log=N`) or for NAT rules (`nat=name`).',
      'set-tag(log=${1:1})',
    ),
    keyword('match-tag', 'Tests the mark that `set-tag` made.', 'match-tag(nat=${1:name})'),
    keyword('pps', 'The rule matches at most this many packets a second.', 'pps ${1:100}'),
    keyword('age', 'Seconds an entry of the state lives, forward and reverse: `age 600/60`.'),
    option(
      'state-age',
      'Seconds the state lives, forward and reverse; the same as `age`.',
      'state-age ${1:600}/${2:60}',
    ),
    keyword('rule-ttl', 'The rule is removed after so many seconds.', 'rule-ttl ${1:600}'),
    keyword(
      'comment',
      'A note that the kernel keeps with the rule and `ipfstat` shows.',
      'comment "${1:text}"',
    ),
    keyword('set', 'Sets a tunable of IPFilter; only before any rule.', 'set ${1:name} ${2:value};'),
    keyword(
      'now',
      'Behind `call`: the function runs when the rule is looked at, not when it was the last match.',
    ),
    option('return-rst', 'Answers with a TCP reset. Only for packets that come in.'),
    option(
      'return-icmp',
      'Answers with ICMP unreachable, from the gateway itself; the code goes in parentheses. Only for packets that come in.',
    ),
    option(
      'return-icmp-as-dest',
      'Answers with ICMP unreachable that looks as if the destination had sent it. Only for packets that come in.',
    ),
    option('body', 'Logs the first 128 bytes of the packet too.'),
    option('first', 'Logs only the packet that makes the state, not the whole flow.'),
    option('or-block', 'Drops the packet when it cannot be logged.'),
    option(
      'level',
      'The syslog level of the log entry: `info`, or `auth.info` with a facility.',
      'level ${1:info}',
    ),
    option('limit', 'The largest number of states the rule may hold.', 'limit ${1:100}'),
    option('strict', 'Only packets in order: TCP segments for a state, fragments for `keep frags`.'),
    option('loose', 'TCP packets of the state are not checked against the window.'),
    option('newisn', 'Gives the connection new random sequence numbers. Needs `proto tcp`.'),
    option('no-icmp-err', 'ICMP errors do not pass by this state.'),
    option('sync', 'Tells the state to a second machine.'),
    option(
      'icmp-head',
      'The group whose rules judge ICMP errors that belong to this state.',
      'icmp-head ${1:group}',
    ),
    option('nolog', 'The state itself is not logged.'),
    option('rpc', 'Follows RPC portmapper replies.'),
    option(
      'max-srcs',
      'The largest number of source addresses with a state of this rule.',
      'max-srcs ${1:10}',
    ),
    option(
      'max-per-src',
      'The largest number of states for one source, or for each network of the given length.',
      'max-per-src ${1:5}/${2:32}',
    ),
    option('ipopts', 'The packet has IP options.'),
    option('ipopt', 'The packet has IP options; the same as `ipopts`.'),
    option('short', 'The packet is too short to hold the header of its protocol.'),
    option('frag', 'The packet is a fragment.'),
    option('frag-body', 'The packet is a fragment, and not the first one.'),
    option('nat', 'NAT translates the packet.'),
    option('lowttl', 'The TTL of an incoming packet is below the minimum (4).'),
    option('bad', 'The headers of the packet contradict each other or a checksum is wrong.'),
    option('bad-src', 'The route back to the source leads to another interface.'),
    option('bad-nat', 'The translation of the packet failed.'),
    option('oow', 'The TCP sequence number is outside the window of the state.'),
    option('mbcast', 'The packet came as a multicast or broadcast.'),
    option('bcast', 'The packet came as a broadcast of the link.'),
    option('broadcast', 'Behind an interface and `/`: its broadcast address.'),
    option('mcast', 'The packet came as a multicast or has a class D destination.'),
    option('multicast', 'The packet came as a multicast; the same as `mcast`.'),
    option('ah', 'The packet has an authentication header.'),
    option('v6hdrs', 'The packet has IPv6 extension headers.'),
    option(
      'v6hdr',
      'The packet has the named IPv6 extension headers: `v6hdr routing`.',
      'v6hdr ${1:routing}',
    ),
    option('opt', 'The packet has the named IP options: `opt lsrr,ssrr`.', 'opt ${1:lsrr}'),
    option(
      'sec-class',
      'The packet has the security option (RFC 1108) with one of the named classes.',
      'sec-class ${1:secret}',
    ),
    option('l5-as', 'What the inner packet of `decapsulate` is.'),
    option('network', 'Behind an interface and `/`: the network of the interface.'),
    option('netmasked', 'Behind an interface and `/`: the address of the interface with its mask.'),
    option('peer', 'Behind an interface and `/`: the address at the other end of a point-to-point link.'),
    operator('eq', 'The port is this one; the same as `=`.'),
    operator('ne', 'The port is not this one; the same as `!=`.'),
    operator('lt', 'The port is below this one; the same as `<`.'),
    operator('le', 'The port is this one or below; the same as `<=`.'),
    operator('gt', 'The port is above this one; the same as `>`.'),
    operator('ge', 'The port is this one or above; the same as `>=`.'),
    operator('><', 'The port lies strictly between the two.'),
    operator('<>', 'The port lies strictly outside the two; the two themselves do not match.'),
    ...Object.entries(OPTION_WORDS).map(([name, documentation]) => word('constant', name, documentation)),
  ],
};
