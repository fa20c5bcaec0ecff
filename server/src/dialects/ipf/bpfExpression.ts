/**
 * Filter expressions of libpcap (pcap-filter(7)), read to conditions over header fields: what stands in
 * `bpf-v4 { "src host 1.1.1.1" }`. Read are hosts, networks, ports, protocols and lengths, joined by `and`, `or`
 * and `not`; `and` and `or` bind alike and from the left, and a value alone takes the words of the one before it.
 * Everything else is left to the caller as "not known": names that a resolver would have to answer, arithmetic on
 * header bytes, link-layer words, IPv6.
 */
import { mask4, parseAddress } from '../../policy/address';
import { protocolByName } from '../../policy/protocols';
import { servicePort } from '../../syntax/services';

/** Tests of an IPv4 packet, by place in its headers. */
export type BpfCondition =
  | { readonly kind: 'always' }
  | { readonly kind: 'and' | 'or'; readonly left: BpfCondition; readonly right: BpfCondition }
  | { readonly kind: 'not'; readonly of: BpfCondition }
  | {
      readonly kind: 'address';
      readonly side: 'source' | 'destination';
      readonly value: number;
      readonly mask: number;
    }
  | { readonly kind: 'protocol'; readonly number: number }
  /** Ports of one transport protocol, first fragments and whole packets only; `first` to `last`. */
  | {
      readonly kind: 'port';
      readonly protocol: number;
      readonly sides: Sides;
      readonly first: number;
      readonly last: number;
    }
  /** Bytes of the whole packet. */
  | { readonly kind: 'length'; readonly at: 'least' | 'most'; readonly bytes: number };

export type Sides = 'source' | 'destination' | 'either' | 'both';

/** Undefined when some part of it is not known here. */
export function parseBpfExpression(text: string): BpfCondition | undefined {
  const words = text.match(/&&|\|\||[!()]|[^\s!()&|]+/g) ?? [];
  if (words.length > MOST_WORDS) return undefined;
  if (words.join('') !== text.replace(/\s+/g, '')) return undefined;
  const reader = new Reader(words);
  const condition = words.length === 0 ? ({ kind: 'always' } as const) : reader.expression();
  return condition !== undefined && reader.isAtEnd ? condition : undefined;
}

/** Longer expressions would nest deeper than is worth following. */
const MOST_WORDS = 400;
const TRANSPORTS = [6, 17, 132] as const;

interface Qualifiers {
  readonly protocol: number | 'ip' | undefined;
  readonly sides: Sides;
  readonly kind: 'host' | 'net' | 'port' | 'portrange';
}

class Reader {
  private at = 0;
  private last: Qualifiers | undefined;

  constructor(private readonly words: readonly string[]) {}

  get isAtEnd(): boolean {
    return this.at === this.words.length;
  }

  private get word(): string | undefined {
    return this.words[this.at];
  }

  private take(...wanted: readonly string[]): string | undefined {
    const { word } = this;
    if (word === undefined || !wanted.includes(word)) return undefined;
    this.at++;
    return word;
  }

  expression(): BpfCondition | undefined {
    let left = this.term();
    while (left !== undefined) {
      const kind = this.take('and', '&&') ? 'and' : this.take('or', '||') ? 'or' : undefined;
      if (kind === undefined) return left;
      const right = this.term();
      left = right === undefined ? undefined : { kind, left, right };
    }
    return undefined;
  }

  private term(): BpfCondition | undefined {
    if (this.take('not', '!')) {
      const of = this.term();
      return of === undefined ? undefined : { kind: 'not', of };
    }
    if (this.take('(')) {
      const inner = this.expression();
      return inner !== undefined && this.take(')') ? inner : undefined;
    }
    return this.primitive();
  }

  private primitive(): BpfCondition | undefined {
    const start = this.at;
    const lengthWord = this.take('less', 'greater');
    if (lengthWord !== undefined) {
      const bytes = this.number(0xffffffff);
      return bytes === undefined
        ? undefined
        : { kind: 'length', at: lengthWord === 'less' ? 'most' : 'least', bytes };
    }
    const protocol = this.protocolWord();
    if (protocol === 'ip' && this.take('proto')) return this.protocolValue();
    if (protocol === undefined && this.take('proto')) return this.protocolValue();
    const sides = this.sidesWords();
    const kind = this.take('host', 'net', 'port', 'portrange') as Qualifiers['kind'] | undefined;
    if (this.at === start) {
      // A value alone: as the one before it, or a host.
      return this.value(this.last ?? { protocol: undefined, sides: 'either', kind: 'host' });
    }
    if (sides === undefined && kind === undefined) {
      if (this.hasValue()) return this.value(this.note({ protocol, sides: 'either', kind: 'host' }));
      this.last = undefined;
      return protocol === 'ip' ? { kind: 'always' } : { kind: 'protocol', number: protocol! };
    }
    return this.value(this.note({ protocol, sides: sides ?? 'either', kind: kind ?? 'host' }));
  }

  private note(qualifiers: Qualifiers): Qualifiers {
    this.last = qualifiers;
    return qualifiers;
  }

  private hasValue(): boolean {
    return this.word !== undefined && /^\d/.test(this.word);
  }

  private protocolWord(): Qualifiers['protocol'] {
    const word = this.take('ip', 'tcp', 'udp', 'sctp', 'icmp', 'igmp', 'pim', 'vrrp', 'esp', 'ah');
    return word === undefined || word === 'ip' ? word : protocolByName(word);
  }

  private protocolValue(): BpfCondition | undefined {
    const word = this.words[this.at++];
    if (word === undefined) return undefined;
    this.last = undefined;
    const name = word.startsWith('\\') ? word.slice(1) : word;
    const number = /^\d{1,3}$/.test(name) ? Number(name) : protocolByName(name);
    return number === undefined || number > 255 ? undefined : { kind: 'protocol', number };
  }

  private sidesWords(): Sides | undefined {
    const first = this.take('src', 'dst');
    if (first === undefined) return undefined;
    const joint = this.word;
    const second = this.words[this.at + 1];
    if ((joint === 'or' || joint === 'and') && second === (first === 'src' ? 'dst' : 'src')) {
      this.at += 2;
      return joint === 'or' ? 'either' : 'both';
    }
    return first === 'src' ? 'source' : 'destination';
  }

  private value(qualifiers: Qualifiers): BpfCondition | undefined {
    switch (qualifiers.kind) {
      case 'host':
        return this.hostValue(qualifiers);
      case 'net':
        return this.netValue(qualifiers);
      case 'port':
      case 'portrange':
        return this.portValue(qualifiers);
    }
  }

  private hostValue({ protocol, sides }: Qualifiers): BpfCondition | undefined {
    // `tcp host 10.0.0.1` is an error of libpcap's.
    if (typeof protocol === 'number') return undefined;
    const word = this.words[this.at++] ?? '';
    const address = /^\d+\.\d+\.\d+\.\d+$/.test(word) ? parseAddress(word) : undefined;
    return address?.family === 4 ? addressCondition(sides, address.value, 0xffffffff) : undefined;
  }

  private netValue({ protocol, sides }: Qualifiers): BpfCondition | undefined {
    if (typeof protocol === 'number') return undefined;
    const word = this.words[this.at++] ?? '';
    const [, written = '', length] = /^(\d{1,3}(?:\.\d{1,3}){0,3})(?:\/(\d{1,2}))?$/.exec(word) ?? [];
    const parts = written.split('.').map(Number);
    if (written === '' || parts.some((part) => part > 255)) return undefined;
    const value = [...parts, 0, 0, 0].slice(0, 4).reduce((sum, part) => sum * 256 + part, 0);
    let mask = mask4(length === undefined ? 8 * parts.length : Math.min(Number(length), 32));
    if (length !== undefined && Number(length) > 32) return undefined;
    if (this.take('mask')) {
      const given = parseAddress(this.words[this.at++] ?? '');
      if (length !== undefined || given?.family !== 4) return undefined;
      mask = given.value;
    }
    // libpcap refuses a network with bits behind its mask.
    return (value & ~mask) === 0 ? addressCondition(sides, value, mask) : undefined;
  }

  private portValue({ protocol, sides, kind }: Qualifiers): BpfCondition | undefined {
    const protocols =
      typeof protocol !== 'number' ? TRANSPORTS : TRANSPORTS.filter((number) => number === protocol);
    if (protocols.length === 0) return undefined;
    const word = this.words[this.at++] ?? '';
    const ends = kind === 'portrange' ? word.split('-') : [word];
    if (kind === 'portrange' && ends.length > 2) return undefined;
    const service = protocol === 6 ? 'tcp' : protocol === 17 ? 'udp' : 'both';
    const numbers = ends.map((end) => (/^\d+$/.test(end) ? Number(end) : servicePort(end, service)));
    const first = numbers[0];
    const last = numbers.at(-1);
    if (first === undefined || last === undefined || first > 65535 || last > 65535) return undefined;
    const [low, high] = first <= last ? [first, last] : [last, first];
    return protocols
      .map((one): BpfCondition => ({ kind: 'port', protocol: one, sides, first: low, last: high }))
      .reduce((left, right) => ({ kind: 'or', left, right }));
  }

  private number(most: number): number | undefined {
    const word = this.words[this.at++] ?? '';
    return /^\d{1,10}$/.test(word) && Number(word) <= most ? Number(word) : undefined;
  }
}

function addressCondition(sides: Sides, value: number, mask: number): BpfCondition {
  const one = (side: 'source' | 'destination'): BpfCondition => ({ kind: 'address', side, value, mask });
  switch (sides) {
    case 'source':
    case 'destination':
      return one(sides);
    case 'either':
      return { kind: 'or', left: one('source'), right: one('destination') };
    case 'both':
      return { kind: 'and', left: one('source'), right: one('destination') };
  }
}
