// biome-ignore-all lint/suspicious/noTemplateCurlyInString: snippets are written in the editor's own ${1:...} syntax
/** The words of ipnat.conf with what they do. Feeds completion, hover and the TextMate grammar. */
import { MODELLED_PROXIES } from '../../policy/nat';
import type { Vocabulary, VocabularyWord, WordKind } from '../dialect';
import { PROXIES } from './options';

const word = (kind: WordKind, name: string, documentation: string, snippet?: string): VocabularyWord => ({
  word: name,
  kind,
  documentation: `${documentation} ipnat(5)`,
  ...(snippet === undefined ? {} : { snippet }),
});

const action = (name: string, documentation: string, snippet?: string) =>
  word('action', name, documentation, snippet);
const keyword = (name: string, documentation: string, snippet?: string) =>
  word('keyword', name, documentation, snippet);
const option = (name: string, documentation: string, snippet?: string) =>
  word('option', name, documentation, snippet);

export const ipnatVocabulary: Vocabulary = {
  words: [
    action(
      'map',
      'Gives packets that leave by the interface a new source address, and undoes that for replies. Rules with the longest source mask come first.',
      'map ${1:ext0} ${2:10.0.0.0/8} -> ${3:0/32}',
    ),
    action(
      'map-block',
      'Maps a network to a smaller one and gives every inside address a fixed share of ports.',
      'map-block ${1:ext0} ${2:10.0.0.0/24} -> ${3:192.0.2.0/28} ports ${4:auto}',
    ),
    action(
      'bimap',
      'Maps an inside address to an outside one in both directions.',
      'bimap ${1:ext0} ${2:10.0.0.1/32} -> ${3:192.0.2.1/32}',
    ),
    action(
      'rdr',
      'Sends packets that come in on the interface to another destination, and undoes that for replies. Rules with the longest destination mask come first. The filter sees the new destination.',
      'rdr ${1:ext0} ${2:0/0} port ${3:80} -> ${4:10.0.0.1} port ${5:80} tcp',
    ),
    action(
      'rewrite',
      'Changes source and destination at once. The rule ends with `;`.',
      'rewrite ${1:in} on ${2:ext0} proto ${3:tcp} from ${4:any} to ${5:any} -> src ${6:0/0} dst ${7:10.0.0.1};',
    ),
    action(
      'divert',
      'Wraps packets in UDP between the given addresses and ports. The rule ends with `;`.',
      'divert ${1:in} on ${2:ext0} from any to any -> src ${3:127.0.0.1,10101} dst ${4:127.0.0.1,10101} udp;',
    ),
    action('no', 'Before `map` or `rdr`: packets that match stay untranslated. The rule ends with `;`.'),
    keyword('in', 'The `rewrite` or `divert` is for packets that come in.'),
    keyword('out', 'The `rewrite` or `divert` is for packets that leave.'),
    keyword('on', 'The interface of a `rewrite` or `divert`.'),
    keyword(
      'from',
      'The source packets must have: `from A to B` takes the place of the single address.',
      'from ${1:any} to ${2:any}',
    ),
    keyword('to', 'The destination packets must have. `! to` takes all others.'),
    keyword('any', 'Any address, of the family of the rule.'),
    keyword('mask', 'The mask of the address before it.'),
    keyword(
      'port',
      'Ports: `port 80` and `port 80-90` in an `rdr`, a comparison such as `port = 80` behind `from` and `to`. On the right, `port 90` counts up with the range and `port = 90` stays.',
    ),
    keyword('proto', 'The protocol of a `rewrite` or `divert`.', 'proto ${1:tcp}'),
    keyword(
      'range',
      'New addresses from a first to a last one: `range 192.0.2.1-192.0.2.9`.',
      'range ${1:192.0.2.1}-${2:192.0.2.9}',
    ),
    keyword(
      'portmap',
      'Gives TCP or UDP packets a new source port too: out of a range, or a share of all ports (`auto`). Other protocols are not matched.',
      'portmap ${1:tcp/udp} ${2:10000:60000}',
    ),
    keyword(
      'icmpidmap',
      'Gives ICMP queries a new identifier out of a range.',
      'icmpidmap icmp ${1:1000}:${2:2000}',
    ),
    keyword(
      'proxy',
      'Hands the connection to a proxy in the kernel that rewrites its content.',
      'proxy port ${1:21} ${2:ftp}/tcp',
    ),
    keyword(
      'ports',
      'How many ports each inside address of a `map-block` has, or `auto`.',
      'ports ${1:auto}',
    ),
    keyword('src', 'The new source of a `rewrite` or `divert`.'),
    keyword('dst', 'The new destination of a `rewrite` or `divert`.'),
    keyword(
      'dstlist',
      'A destination list of ippool.conf from which the new address is chosen: `dst dstlist/name`.',
    ),
    keyword(
      'pool',
      'A table of ippool.conf: `from pool/100 to any`. Counts as a mask of length 0 in the order of rules.',
    ),
    keyword('hash', 'A hash table of ippool.conf: `from hash/100 to any`.'),
    keyword('inet6', 'The rule is for IPv6.'),
    option('auto', 'Every inside address has its own share of the ports above 1023.'),
    option('sequential', 'Ports of the range are given in turn; without it at random.'),
    option('round-robin', 'After use the rule goes behind the others of its kind, so targets take turns.'),
    option('frag', 'Later fragments of a packet are translated too.'),
    option('age', 'Seconds an idle session lives, forward and reverse: `age 600/60`.', 'age ${1:600}'),
    option('sticky', 'A client keeps the target it was given. Needs `round-robin` or two targets.'),
    option(
      'mssclamp',
      'Lowers the largest segment size that TCP connections announce.',
      'mssclamp ${1:1452}',
    ),
    option('tag', 'Takes only packets that the filter marked with `set-tag(nat=name)`.', 'tag ${1:name}'),
    option('purge', 'Sessions of the rule go when the rule is removed.'),
    option('tcpudp', 'TCP and UDP; the same as `tcp/udp`.'),
    ...['tcp', 'udp', 'icmp', 'ip'].map((name) =>
      word(
        'protocol',
        name,
        name === 'ip' ? 'Packets of any protocol.' : `Only ${name.toUpperCase()} packets.`,
      ),
    ),
    ...PROXIES.map((name) =>
      word(
        'constant',
        name,
        MODELLED_PROXIES.has(name)
          ? `The ${name} proxy. The connections it makes way for are modelled here.`
          : `The ${name} proxy. Its rewriting of content is not modelled here.`,
      ),
    ),
  ],
};
