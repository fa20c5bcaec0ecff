/**
 * The index that keeps long rule lists fast: for a packet it gives, in list order, the few rules that could
 * match, so that a last-match list of 10,000 rules costs a handful of tests. Every rule is filed under the one
 * property it is most selective about (an address prefix, a port, a protocol) within the interface it names;
 * a packet looks up its own values and collects the rules filed there. The full test still decides, so the
 * index may only be too generous, never wrong.
 */

import { mask4 } from '../policy/address';
import type { FilterChain, FilterRule } from '../policy/filter';
import type { Match } from '../policy/match';
import { getOrInsert } from './getOrInsert';
import type { PacketFacts } from './packetFacts';
import { indexAfterEdit, rememberIndex } from './scanIndexMemory';
import { mask6 } from './scanMatch';

export interface ChainIndex {
  /** Writes positions in ascending order to `into`; returns how many. */
  candidates(packet: PacketFacts, into: Int32Array): number;
  /** How long `into` must be. */
  readonly capacity: number;
}

/** Port ranges wider than this are no help: the rule is filed under something else. */
const WIDEST_PORT_RANGE = 32;
/** An address set is filed by its prefixes when it has at most this many. */
const MOST_PREFIXES = 64;

export function indexChain(chain: FilterChain): ChainIndex {
  const known = indexAfterEdit(chain);
  if (known !== undefined) return known;
  const index = indexRules(chain.rules);
  rememberIndex(chain, index);
  return index;
}

function indexRules(rules: readonly FilterRule[]): ChainIndex {
  const anywhere = new Shelf();
  const byInterface = new Map<string, Shelf>();
  for (const [position, rule] of rules.entries()) {
    const keys = keysOf(rule.body.match);
    if (keys.interfaces === undefined) anywhere.file(position, keys);
    else {
      for (const name of new Set(keys.interfaces)) {
        getOrInsert(byInterface, name, () => new Shelf()).file(position, keys);
      }
    }
  }
  return {
    capacity: rules.length,
    candidates(packet, into) {
      let count = anywhere.collect(packet, into, 0);
      const shelf = byInterface.get(packet.interface);
      if (shelf !== undefined) count = shelf.collect(packet, into, count);
      sortPrefix(into, count);
      return count;
    },
  };
}

/** Rules of one interface, each under its most selective property. */
class Shelf {
  private readonly always: number[] = [];
  private readonly source = new AddressFiles();
  private readonly destination = new AddressFiles();
  private readonly sourcePorts = new Map<number, number[]>();
  private readonly destinationPorts = new Map<number, number[]>();
  private readonly protocols = new Map<number, number[]>();

  file(position: number, keys: RuleKeys): void {
    const choice = cheapest(keys);
    switch (choice) {
      case 'source':
        this.source.file(position, keys.source!);
        break;
      case 'destination':
        this.destination.file(position, keys.destination!);
        break;
      case 'source-port':
        fileNumbers(this.sourcePorts, keys.sourcePorts!, position);
        break;
      case 'destination-port':
        fileNumbers(this.destinationPorts, keys.destinationPorts!, position);
        break;
      case 'protocol':
        fileNumbers(this.protocols, keys.protocols!, position);
        break;
      case 'nothing':
        this.always.push(position);
        break;
    }
  }

  collect(packet: PacketFacts, into: Int32Array, from: number): number {
    let count = append(this.always, into, from);
    count = this.source.collect(packet.family, packet.source, into, count);
    count = this.destination.collect(packet.family, packet.destination, into, count);
    if (packet.portsReadable) {
      count = append(this.sourcePorts.get(packet.sourcePort), into, count);
      count = append(this.destinationPorts.get(packet.destinationPort), into, count);
    }
    return append(this.protocols.get(packet.protocol), into, count);
  }
}

/** Rules by address prefix: one map per prefix length in use. */
class AddressFiles {
  private readonly v4: { length: number; mask: number; rules: Map<number, number[]> }[] = [];
  private readonly v6: { length: number; mask: bigint; rules: Map<bigint, number[]> }[] = [];

  file(position: number, prefixes: KeyPrefixes): void {
    for (const { value, length } of prefixes.v4) {
      let files = this.v4.find((f) => f.length === length);
      if (files === undefined) {
        files = { length, mask: mask4(length), rules: new Map() };
        this.v4.push(files);
      }
      push(files.rules, value, position);
    }
    for (const { value, length } of prefixes.v6) {
      let files = this.v6.find((f) => f.length === length);
      if (files === undefined) {
        files = { length, mask: mask6(length), rules: new Map() };
        this.v6.push(files);
      }
      push(files.rules, value, position);
    }
  }

  collect(family: 4 | 6, value: number | bigint, into: Int32Array, from: number): number {
    let count = from;
    if (family === 4) {
      const address = value as number;
      for (let i = 0; i < this.v4.length; i++) {
        const files = this.v4[i]!;
        count = append(files.rules.get((address & files.mask) >>> 0), into, count);
      }
    } else {
      const address = value as bigint;
      for (let i = 0; i < this.v6.length; i++) {
        const files = this.v6[i]!;
        count = append(files.rules.get(address & files.mask), into, count);
      }
    }
    return count;
  }
}

interface KeyPrefixes {
  readonly v4: readonly { readonly value: number; readonly length: number }[];
  readonly v6: readonly { readonly value: bigint; readonly length: number }[];
  /** Share of all addresses, 0 to 1. */
  readonly share: number;
}

interface RuleKeys {
  interfaces?: readonly string[];
  source?: KeyPrefixes;
  destination?: KeyPrefixes;
  sourcePorts?: readonly number[];
  destinationPorts?: readonly number[];
  protocols?: readonly number[];
}

/** What a match requires of a packet, as far as it can be filed: only tests that must all hold count. */
function keysOf(match: Match): RuleKeys {
  const keys: RuleKeys = {};
  const visit = (m: Match): void => {
    switch (m.kind) {
      case 'and':
        for (const part of m.of) visit(part);
        break;
      case 'interface':
        if (m.field === 'interface' && !m.names.some((n) => n === '*' || n === '-'))
          keys.interfaces = m.names;
        break;
      case 'address': {
        const prefixes = keyPrefixes(m.set.v4, m.set.v6);
        if (prefixes !== undefined) keys[m.field] = prefixes;
        break;
      }
      case 'number': {
        const numbers = enumerate(m.set);
        if (numbers === undefined) break;
        if (m.field === 'source-port') keys.sourcePorts = numbers;
        else if (m.field === 'destination-port') keys.destinationPorts = numbers;
        else if (m.field === 'protocol') keys.protocols = numbers;
        break;
      }
    }
  };
  visit(match);
  return keys;
}

type KeyChoice = 'source' | 'destination' | 'source-port' | 'destination-port' | 'protocol' | 'nothing';

function cheapest(keys: RuleKeys): KeyChoice {
  let choice: KeyChoice = 'nothing';
  let best = 1;
  const offer = (name: KeyChoice, share: number | undefined): void => {
    if (share !== undefined && share < best) {
      best = share;
      choice = name;
    }
  };
  // Traffic is lumpy: a protocol or a well-known port takes far more of it than its share of the numbers.
  offer('protocol', keys.protocols && 0.3 * keys.protocols.length);
  offer('source-port', keys.sourcePorts && 0.02 * keys.sourcePorts.length);
  offer('destination-port', keys.destinationPorts && 0.03 * keys.destinationPorts.length);
  offer('source', keys.source && lumpyShare(keys.source.share));
  offer('destination', keys.destination && lumpyShare(keys.destination.share));
  return choice;
}

/** So do the private networks: 10/8 counts as a tenth of the traffic, a /16 as a hundredth, a /24 as a thousandth. */
function lumpyShare(share: number): number {
  return share ** 0.4;
}

function enumerate(set: readonly (readonly [number, number])[]): number[] | undefined {
  let total = 0;
  for (const [first, last] of set) total += last - first + 1;
  if (total > WIDEST_PORT_RANGE) return undefined;
  const numbers: number[] = [];
  for (const [first, last] of set) for (let n = first; n <= last; n++) numbers.push(n);
  return numbers;
}

function keyPrefixes(
  v4: readonly (readonly [number, number])[],
  v6: readonly (readonly [bigint, bigint])[],
): KeyPrefixes | undefined {
  if (v4.length + v6.length > MOST_PREFIXES) return undefined;
  const prefixes4: { value: number; length: number }[] = [];
  const prefixes6: { value: bigint; length: number }[] = [];
  let share = 0;
  for (const [first, last] of v4) {
    let at = first;
    while (at <= last) {
      let size = at === 0 ? 2 ** 32 : (at & -at) >>> 0;
      while (at + size - 1 > last) size /= 2;
      prefixes4.push({ value: at, length: 32 - Math.log2(size) });
      share += size / 2 ** 32;
      at += size;
    }
  }
  for (const [first, last] of v6) {
    let at = first;
    while (at <= last) {
      let size = at === 0n ? 1n << 128n : at & -at;
      while (at + size - 1n > last) size >>= 1n;
      const length = 128 - (size.toString(2).length - 1);
      prefixes6.push({ value: at, length });
      share += 2 ** -length;
      at += size;
    }
  }
  if (prefixes4.length + prefixes6.length > MOST_PREFIXES) return undefined;
  return { v4: prefixes4, v6: prefixes6, share };
}

function fileNumbers(files: Map<number, number[]>, numbers: readonly number[], position: number): void {
  for (const n of numbers) push(files, n, position);
}

function push<K>(files: Map<K, number[]>, key: K, position: number): void {
  const list = files.get(key);
  if (list === undefined) files.set(key, [position]);
  else list.push(position);
}

function append(list: readonly number[] | undefined, into: Int32Array, from: number): number {
  if (list === undefined) return from;
  for (let i = 0; i < list.length; i++) into[from + i] = list[i]!;
  return from + list.length;
}

/** Ascending, in place: insertion for the usual handful, the typed array's own sort beyond. */
function sortPrefix(values: Int32Array, count: number): void {
  if (count > 32) {
    values.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    let at = i - 1;
    while (at >= 0 && values[at]! > value) {
      values[at + 1] = values[at]!;
      at--;
    }
    values[at + 1] = value;
  }
}
