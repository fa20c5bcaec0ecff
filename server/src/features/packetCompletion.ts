/** The words of a packet line at the cursor: direction, interface, protocol, addresses of the network, options. */
import type { Project } from '../analysis/snapshot';
import type { Expectation } from '../dialects/dialect';
import { numberWords } from '../packet/notationWords';
import { protocolByName, protocolNames } from '../packet/protocolNumbers';
import { formatAddress } from '../policy/address';

/** `start`..`offset`: the line's part in front of the cursor. */
export function packetLineCompletion(
  project: Project | undefined,
  text: string,
  start: number,
  offset: number,
): Expectation[] {
  const typed = /[^\s{}]*$/.exec(text.slice(start, offset))![0];
  const replace = { start: offset - typed.length, end: offset };
  const words = text
    .slice(start, replace.start)
    .split(/\s+/)
    .filter((w) => w !== '' && !w.endsWith(':') && !/^["']$/.test(w));
  const offers = nextWords(project, words.slice(words.lastIndexOf('{') + 1));
  return offers.map(([label, kind, detail]) => ({
    label,
    insert: label,
    kind,
    ...(detail === '' ? {} : { detail }),
    replace,
  }));
}

type Offer = readonly [label: string, kind: Expectation['kind'], detail: string];

function nextWords(project: Project | undefined, words: readonly string[]): Offer[] {
  const last = words.at(-1);
  if (last === 'on') return interfaces(project);
  const at = words.findIndex(
    (w, i) => words[i - 1] !== 'on' && protocolByName(w.toLowerCase()) !== undefined,
  );
  if (at < 0)
    return [
      ...(words.includes('in') || words.includes('out') || words.includes('on')
        ? []
        : ([
            ['in', 'keyword', 'arrives at the interface'],
            ['out', 'keyword', 'leaves by the interface'],
          ] as const)),
      ...(words.includes('on') ? [] : ([['on', 'keyword', 'the interface']] as const)),
      ...protocolNames().map((name): Offer => [name, 'protocol', '']),
    ];
  const protocol = protocolByName(words[at]!.toLowerCase())!;
  const arrow = words.indexOf('>');
  if (arrow < 0) return words.length > at + 1 ? [['>', 'operator', 'to']] : addresses(project);
  if (arrow === words.length - 1) return addresses(project);
  const flags: Offer[] =
    protocol === 6
      ? [
          ['S', 'constant', 'SYN: opens a connection'],
          ['SA', 'constant', 'SYN and ACK: the answer to it'],
          ['A', 'constant', 'ACK'],
          ['PA', 'constant', 'data'],
          ['FA', 'constant', 'closes'],
          ['R', 'constant', 'reset'],
        ]
      : [];
  const numbers = numberWords
    .filter((w) => w.appliesTo(protocol) && !words.includes(w.word))
    .map((w): Offer => [w.word, 'option', `a number from ${w.minimum} to ${w.maximum}`]);
  const others: Offer[] = [
    ['df', 'option', "don't fragment"],
    ['mf', 'option', 'more fragments follow'],
    ['payload', 'option', 'the bytes, 0x...'],
  ];
  return [...flags, ...numbers, ...others.filter(([word]) => !words.includes(word))];
}

function interfaces(project: Project | undefined): Offer[] {
  return (project?.network.gateways ?? []).flatMap((g) =>
    g.interfaces.map((i): Offer => [i.name, 'interface', g.name]),
  );
}

function addresses(project: Project | undefined): Offer[] {
  const { hosts = [], gateways = [] } = project?.network ?? {};
  return [
    ...hosts.flatMap((h) => h.addresses.map((a): Offer => [formatAddress(a), 'address', h.name])),
    ...gateways.flatMap((g) =>
      g.interfaces.flatMap((i) =>
        i.addresses.map((p): Offer => [formatAddress(p.address), 'address', `${g.name}, ${i.name}`]),
      ),
    ),
  ];
}
