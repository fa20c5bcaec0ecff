// biome-ignore-all lint/suspicious/noTemplateCurlyInString: snippets are written in the editor's own ${1:...} syntax
/** The words of ippool.conf with what they do. Feeds completion, hover and the TextMate grammar. */
import type { Vocabulary, VocabularyWord, WordKind } from '../dialect';

const word = (kind: WordKind, name: string, documentation: string, snippet?: string): VocabularyWord => ({
  word: name,
  kind,
  documentation: `${documentation} ippool(5)`,
  ...(snippet === undefined ? {} : { snippet }),
});

export const ippoolVocabulary: Vocabulary = {
  words: [
    word(
      'action',
      'table',
      'A table of addresses that rules look up as `pool/N` (tree) or `hash/N`.',
      'table role = ${1:ipf} type = ${2:tree} number = ${3:100}\n\t{ ${4:10.0.0.0/8}; };',
    ),
    word(
      'action',
      'pool',
      'The newer form of a table, and the only one for destination lists.',
      'pool ${1:ipf}/${2:tree} (name ${3:x};)\n\t{ ${4:10.0.0.0/8}; };',
    ),
    word(
      'action',
      'group-map',
      'Gives a group of rules for an address; `call now srcgrpmap/N` looks it up.',
      'group-map ${1:in} role = ${2:ipf} number = ${3:100}\n\t{ ${4:10.0.0.0/8, group = 200}; };',
    ),
    word(
      'keyword',
      'role',
      'Which rules use the table: `ipf`, `nat`, `auth`, `count` or `all`.',
      'role = ${1:ipf}',
    ),
    word(
      'keyword',
      'type',
      'How the table is stored: `tree` (longest prefix, exceptions with `!`) or `hash`.',
      'type = ${1:tree}',
    ),
    word('keyword', 'number', 'The number by which rules name the table.', 'number = ${1:100}'),
    word('keyword', 'name', 'The name by which rules name the table.'),
    word('keyword', 'size', 'How many buckets a hash table has.'),
    word('keyword', 'seed', 'Where the hash function of the table starts.'),
    word('keyword', 'group', 'The group of rules that an address of the map leads to.', 'group = ${1:100}'),
    word(
      'keyword',
      'policy',
      'How a destination list chooses: `round-robin`, `random`, `hash`, `src-hash`, `dst-hash` or `weighted connection`.',
      'policy ${1:round-robin};',
    ),
    word('keyword', 'in', 'The map is for packets that come in.'),
    word('keyword', 'out', 'The map is for packets that leave.'),
    word(
      'keyword',
      'whois',
      'Takes the entries from a saved answer of a whois server: `whois file "name";`.',
    ),
    word('keyword', 'file', 'The file that holds the whois answer.'),
    word('constant', 'ipf', 'The table is for filter rules.'),
    word('constant', 'nat', 'The table is for NAT rules.'),
    word('constant', 'auth', 'The table is for authentication rules.'),
    word('constant', 'count', 'The table is for accounting rules.'),
    word('constant', 'all', 'The table is for all rules.'),
    word('constant', 'tree', 'The longest prefix that holds an address decides; `!` makes exceptions.'),
    word(
      'constant',
      'hash',
      'A hash table: quick, without exceptions. As a policy: the target is chosen by a hash of both addresses.',
    ),
    word('constant', 'dstlist', 'A list of destinations for `rewrite` and for `to dstlist/name`.'),
    word('constant', 'round-robin', 'The destinations take turns.'),
    word('constant', 'random', 'A destination at random.'),
    word('constant', 'src-hash', 'The destination follows from the source address, so a client keeps it.'),
    word('constant', 'dst-hash', 'The destination follows from the destination address.'),
    word(
      'constant',
      'weighted',
      'With `connection`: the destination with the fewest connections.',
      'weighted connection',
    ),
    word(
      'constant',
      'weighting',
      'With `connection`: the same as `weighted`, as the loader prints it.',
      'weighting connection',
    ),
    word('constant', 'connection', 'Behind `weighted`: connections are what is counted.'),
  ],
};
