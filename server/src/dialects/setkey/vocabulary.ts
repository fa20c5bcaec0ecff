/** Every word of setkey(8) with what it does, in our own words. Completion, hover and the colour grammar read it. */
import type { Vocabulary, VocabularyWord, WordKind } from '../dialect';
import {
  AUTHENTICATION_ALGORITHMS,
  COMPRESSION_ALGORITHMS,
  describeKeyBits,
  ENCRYPTION_ALGORITHMS,
  type KeyedAlgorithmWord,
} from './words';

const MANUAL = 'setkey(8)';

export const setkeyVocabulary: Vocabulary = {
  words: [
    ...words('action', {
      add: 'Enters a security association: two addresses, a protocol, an SPI, options, and algorithms with their keys.',
      get: 'Shows one security association.',
      delete: 'Removes one security association, named by its addresses, protocol and SPI.',
      deleteall:
        'Removes all security associations between two addresses for a protocol, whatever their SPI.',
      flush: 'Removes all security associations, or those of one protocol. Policies stay; see `spdflush`.',
      dump: 'Shows all security associations, or those of one protocol.',
      spdadd:
        'Enters a policy: which packets (two ranges and a protocol), and behind `-P` what happens to them. The first entry that matches counts, in the order they were entered.',
      spdupdate: 'Replaces the policy with the same direction and selectors; enters it when there is none.',
      spddelete: 'Removes the policy with this direction and these selectors.',
      spdflush: 'Removes all policies. Security associations stay; see `flush`.',
      spddump: 'Shows all policies.',
      exit: 'Ends the file here; nothing behind it is carried out.',
      quit: 'The same as `exit`.',
      bye: 'The same as `exit`.',
    }),
    ...words('action', {
      discard: 'Packets that match are dropped.',
      none: 'Packets that match pass without IPsec. Put it before a wider `ipsec` entry to make an exception.',
      ipsec: 'Packets that match are protected as the requests behind it say, the first request innermost.',
      entrust: 'For the policy of a socket: use what the SPD says. The kernel refuses it in the SPD itself.',
      bypass: 'For the policy of a socket: pass without IPsec. The kernel refuses it in the SPD itself.',
    }),
    ...words('option', {
      '-4': 'Host names stand for their IPv4 addresses only.',
      '-6': 'Host names stand for their IPv6 addresses only.',
      '-n': 'Addresses are numeric; the resolver is not asked.',
      '-P': 'What follows, up to `;`, is the policy: direction, action and requests.',
      '-E': 'The encryption algorithm and its key.',
      '-A': 'The authentication algorithm and its key.',
      '-C': 'The compression algorithm of IPComp.',
      '-R': 'Puts the SPI into the packet as the CPI of IPComp.',
      '-m': 'The mode the association serves: `transport`, `tunnel` or `any` (the default).',
      '-r': 'The size of the replay window in bytes; with 0, or without it, replayed packets are accepted.',
      '-u': 'The number by which a policy at level `unique:N` finds this association.',
      '-f': 'Padding (`zero-pad`, `random-pad`, `seq-pad`), or `nocyclic-seq`: sequence numbers may not wrap.',
      '-lh': 'Hard lifetime in seconds: then the association is removed.',
      '-ls': 'Soft lifetime in seconds: then a key daemon is asked for the next one.',
      '-bh': 'Hard lifetime in bytes.',
      '-bs': 'Soft lifetime in bytes.',
      '-esp_frag': 'Largest fragment before ESP over UDP, in bytes.',
      '-ctx': 'Security label: domain of interpretation, algorithm and the label in quotes.',
    }),
    ...words('protocol', {
      esp: 'Encapsulating Security Payload (RFC 4303): encrypts, authenticates, or both.',
      'esp-old': 'ESP as in RFC 1827: no sequence numbers.',
      'esp-udp':
        'ESP in UDP (RFC 3948), to pass through NAT; ports stand on the addresses, 4500 unless written.',
      ah: 'Authentication Header (RFC 4302): authenticates the payload and the addresses, so NAT breaks it.',
      'ah-old': 'AH as in RFC 1826: no sequence numbers.',
      ipcomp: 'IP payload compression (RFC 3173).',
      tcp: 'As an association: the TCP MD5 signature (RFC 2385), SPI 0x1000. As a selector: TCP packets.',
      udp: 'UDP packets.',
      icmp: 'ICMP packets; type and code may follow as `8,0`.',
      icmp6: 'ICMPv6 packets; type and code may follow as `128,0`.',
      ip4: 'IPv4 in IP.',
      gre: 'GRE packets; the key may follow.',
    }),
    ...words('keyword', {
      in: 'The policy is for packets that arrive; `ipsec` demands that they come protected.',
      out: 'The policy is for packets that leave.',
      fwd: 'Linux: the policy is for packets passed on. NetBSD and FreeBSD read it as `in`.',
      transport: 'Only the payload is protected; the packet keeps its IP header.',
      tunnel: 'The whole packet is put into another one between two gateways.',
      any: 'Every port, protocol or mode.',
      'zero-pad': 'ESP padding of zeros.',
      'random-pad': 'ESP padding of random bytes.',
      'seq-pad': 'ESP padding 1, 2, 3, ...',
      'nocyclic-seq': 'Sequence numbers may not wrap.',
      default: 'The level that the sysctl `net.inet.ipsec.esp_net_deflev` (and its like) sets.',
      use: 'Protected when there is an association; without one, **in clear**.',
      require:
        'Protected, or not sent at all: without an association the packet is dropped and a key daemon asked.',
      unique: "As `require`, with an association of this policy's own. `unique:N` names it by its `-u N`.",
      tagged: 'The policy is for packets that the packet filter gave this tag.',
      priority: 'Linux: where the entry stands among the others.',
      prio: 'The same as `priority`.',
      low: 'A low priority, looked at late. Linux only.',
      def: 'The middle priority. Linux only.',
      high: 'A high priority, looked at early. Linux only.',
      me: "In `me-any` and `any-me`: this machine's end of the tunnel, left to the key daemon.",
    }),
    ...algorithms(ENCRYPTION_ALGORITHMS),
    ...algorithms(AUTHENTICATION_ALGORITHMS.filter((a) => a.name !== 'null')),
    ...[...COMPRESSION_ALGORITHMS].map(([word, note]) => documented(word, 'algorithm', note)),
  ],
};

const byWord = new Map(setkeyVocabulary.words.map((w) => [w.word, w]));

export function vocabularyWord(word: string): VocabularyWord | undefined {
  return byWord.get(word);
}

function words(kind: WordKind, documentation: Record<string, string>): VocabularyWord[] {
  return Object.entries(documentation).map(([word, text]) => documented(word, kind, text));
}

function algorithms(list: readonly KeyedAlgorithmWord[]): VocabularyWord[] {
  return list.flatMap((a) =>
    [a.name, ...a.aliases].map((word) =>
      documented(word, 'algorithm', `Key: ${describeKeyBits(a)}. ${a.note}`),
    ),
  );
}

function documented(word: string, kind: WordKind, text: string): VocabularyWord {
  return { word, kind, documentation: `${text} ${MANUAL}` };
}
