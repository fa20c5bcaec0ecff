/**
 * Matches as boxes. A `Space` is the packets of one address family as one program can tell them apart: it numbers
 * the interfaces that rules name and the yes-or-no questions they ask.
 *
 * A question that nobody can answer beforehand (`unmodelled`) has no number. So there are two readings of a match:
 * the packets it takes for certain (`atLeast`), and those it may take (`atMost`). A finding that claims
 * "always" subtracts the first kind from the second.
 */
import type { Match } from '../../policy/match';
import { Shared } from '../../policy/sharing';
import {
  type Box,
  EVERYTHING,
  intersectBoxes,
  PROPERTY,
  subtractBox,
  tidy,
  universeOf,
  type Values,
} from './boxes';

/** A match of more boxes than this is taken as "nothing for certain", "anything perhaps". */
const MOST_BOXES = 64;

type Memory = Pick<WeakMap<Match, readonly Box[]>, 'get' | 'set'>;

const NO_MEMORY: Pick<Map<Match, readonly Box[]>, 'get' | 'set'> = {
  get: () => undefined,
  set() {
    return new Map();
  },
};

export class Space {
  private readonly interfaces = new Map<string, number>();
  private readonly atoms = new Map<string, number>([['condition short', PROPERTY.short]]);
  private readonly flags = new Shared<readonly Box[]>();
  private readonly least: Memory;
  private readonly most: Memory;

  /** One that forgets reads a match anew each time: for who asks once and has many. */
  constructor(
    readonly family: 4 | 6,
    memory: 'remembers' | 'forgets' = 'remembers',
  ) {
    this.least = memory === 'remembers' ? new WeakMap() : NO_MEMORY;
    this.most = memory === 'remembers' ? new WeakMap() : NO_MEMORY;
  }

  /** Packets that match for certain. */
  atLeast(match: Match): readonly Box[] {
    let boxes = this.least.get(match);
    if (boxes === undefined) {
      boxes = this.read(match, 'least') ?? [];
      this.least.set(match, boxes);
    }
    return boxes;
  }

  /** Packets that may match: all others do not. */
  atMost(match: Match): readonly Box[] {
    const exact = isExact(match) ? this.atLeast(match) : [];
    if (exact.length > 0) return exact;
    let boxes = this.most.get(match);
    if (boxes === undefined) {
      boxes = this.read(match, 'most') ?? [EVERYTHING];
      this.most.set(match, boxes);
    }
    return boxes;
  }

  /** Number of an interface; 0 is left for those that no rule names. */
  interfaceNumber(name: string): number {
    let number = this.interfaces.get(name);
    if (number === undefined) {
      number = this.interfaces.size + 1;
      this.interfaces.set(name, number);
    }
    return number;
  }

  /** Interfaces by number, from 1. */
  get interfaceNames(): readonly string[] {
    return [...this.interfaces.keys()];
  }

  atom(question: string): number {
    let number = this.atoms.get(question);
    if (number === undefined) {
      number = PROPERTY.firstAtom - 1 + this.atoms.size;
      this.atoms.set(question, number);
    }
    return number;
  }

  /** Undefined: too many boxes. */
  private read(match: Match, reading: Reading): readonly Box[] | undefined {
    switch (match.kind) {
      case 'all':
        return [EVERYTHING];
      case 'and': {
        let boxes: readonly Box[] = [EVERYTHING];
        for (const part of match.of) {
          const next = this.read(part, reading);
          if (next === undefined) return undefined;
          boxes = boxes.flatMap((a) => next.flatMap((b) => intersectBoxes(a, b) ?? []));
          if (boxes.length === 0) return boxes;
          if (boxes.length > MOST_BOXES) return undefined;
        }
        return boxes.flatMap((b) => tidy(b, this.family) ?? []);
      }
      case 'or': {
        const boxes: Box[] = [];
        for (const part of match.of) {
          const next = this.read(part, reading);
          if (next === undefined) return undefined;
          boxes.push(...next);
          if (boxes.length > MOST_BOXES) return undefined;
        }
        return boxes;
      }
      case 'not':
        return this.readNot(match.of, reading);
      case 'family':
        return match.family === this.family ? [EVERYTHING] : [];
      case 'address':
        return this.one(PROPERTY[match.field], this.family === 4 ? match.set.v4 : match.set.v6);
      case 'number':
        return this.readNumber(match.field, match.set, reading);
      case 'tcp-flags':
        return this.readFlags(match.value, match.mask);
      case 'interface': {
        if (match.names.some((n) => n === '*' || n === '-')) return [EVERYTHING];
        if (match.field !== 'interface') return this.readAtom(`interface ${textOf(match)}`);
        return match.names.flatMap((name) => {
          const number = this.interfaceNumber(name);
          return this.one(PROPERTY.interface, [[number, number]]);
        });
      }
      case 'condition':
        return this.readAtom(`condition ${match.condition}`);
      case 'masked':
      case 'interface-address':
      case 'pool':
      case 'ip-options':
      case 'ipv6-headers':
        return this.readAtom(textOf(match));
      case 'bpf':
        return match.family === this.family ? this.readAtom(textOf(match)) : [];
      case 'unmodelled':
        return reading === 'most' ? [EVERYTHING] : [];
      default: {
        const impossible: never = match;
        return impossible;
      }
    }
  }

  private readNot(match: Match, reading: Reading): readonly Box[] | undefined {
    // A port that cannot be read is not "another port": see `negation` in scanMatch.ts.
    if (match.kind === 'number') {
      const property = NUMBERS[match.field];
      if (property === undefined) return reading === 'most' ? [EVERYTHING] : [];
      const last = universeOf(property, this.family)[1];
      const readable = this.one(property, [[0, last]]);
      return this.without(readable, this.one(property, match.set));
    }
    const inner = this.read(match, reading === 'most' ? 'least' : 'most');
    return inner === undefined ? undefined : this.without([EVERYTHING], inner);
  }

  private without(boxes: readonly Box[], taken: readonly Box[]): readonly Box[] | undefined {
    let rest = boxes;
    for (const box of taken) {
      rest = rest.flatMap((r) => subtractBox(r, box, this.family));
      if (rest.length > MOST_BOXES) return undefined;
    }
    return rest;
  }

  private readNumber(field: NumberField, set: Values, reading: Reading): readonly Box[] {
    const property = NUMBERS[field];
    if (property === undefined) return reading === 'most' ? [EVERYTHING] : [];
    return this.one(property, set);
  }

  /** As `tcpFlagsMatch` in scanMatch.ts: UDP is not asked, a short header matches no flags. */
  private readFlags(value: number, mask: number): readonly Box[] {
    return this.flags.get(`${value}/${mask}`, () => {
      const readable: Values = [[0, 65535]];
      const flags: [number, number][] = [];
      for (let f = 0; f <= 255; f++) if ((f & mask) === value) flags.push([f, f]);
      return [
        new Map<number, Values>([
          [PROPERTY.protocol, [[17, 17]]],
          [PROPERTY.sourcePort, readable],
        ]),
        new Map<number, Values>([
          [PROPERTY.protocol, [[6, 6]]],
          [PROPERTY.sourcePort, readable],
          [PROPERTY.tcpFlags, flags],
        ]),
      ].flatMap((box) => tidy(box, this.family) ?? []);
    });
  }

  private readAtom(question: string): readonly Box[] {
    return [new Map<number, Values>([[this.atom(question), [[1, 1]]]])];
  }

  private one(property: number, values: Values): readonly Box[] {
    return values.length === 0 ? [] : [new Map([[property, values]])];
  }
}

/** Nothing in it is unknown: both readings are the same, unless it is too much to read. */
function isExact(match: Match): boolean {
  switch (match.kind) {
    case 'and':
    case 'or':
      return match.of.every(isExact);
    case 'not':
      return isExact(match.of);
    case 'number':
      return NUMBERS[match.field] !== undefined;
    case 'unmodelled':
      return false;
    default:
      return true;
  }
}

type Reading = 'least' | 'most';
type NumberField = Extract<Match, { kind: 'number' }>['field'];

const NUMBERS: Readonly<Record<NumberField, number | undefined>> = {
  protocol: PROPERTY.protocol,
  'source-port': PROPERTY.sourcePort,
  'destination-port': PROPERTY.destinationPort,
  'icmp-type': PROPERTY.icmpType,
  'icmp-code': PROPERTY.icmpCode,
  tos: PROPERTY.tos,
  ttl: PROPERTY.ttl,
  length: PROPERTY.length,
  tag: undefined,
};

function textOf(match: Match): string {
  return JSON.stringify(match, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
