/**
 * Matches compiled to closures. A rule's `Match` tree is looked at once per program; what is left per packet
 * is a handful of number comparisons. Answers are three-valued: an `unmodelled` test, a pool nobody defined
 * or an interface whose address nobody gave is "maybe", and stays so through `not`, `and` and `or`.
 */

import { runBpf } from '../packet/bpf';
import { type Address, mask4, prefixBounds } from '../policy/address';
import type { BpfProgram } from '../policy/bpf';
import { complementIntervals, type Intervals, intervalsContain } from '../policy/intervals';
import type { AddressField, InterfaceAddress, Match, PoolEntry, PoolReference } from '../policy/match';
import type { AddressPool } from '../policy/policy';
import { getOrInsert } from './getOrInsert';
import {
  type AddressValue,
  assertNever,
  conditionBit,
  ipOptionBit,
  ipv6HeaderBit,
  type PacketFacts,
} from './packetFacts';

export const NO = 0;
export const YES = 1;
export const MAYBE = 2;
export type Ternary = typeof NO | typeof YES | typeof MAYBE;

/** What a test needs to know of the gateway beyond the packet. */
export interface MatchSurroundings {
  readonly pools: PoolFinder;
  addressesOf(interfaceName: string): readonly Address[];
  /** Told why an answer is "maybe". */
  doubt(reason: string): void;
}

export interface PoolFinder {
  find(reference: PoolReference): PoolTable | undefined;
}

export type Test = (packet: PacketFacts, around: MatchSurroundings) => Ternary;

export function compileMatch(match: Match): Test {
  switch (match.kind) {
    case 'all':
      return () => YES;
    case 'and':
      return conjunction(match.of.map(compileMatch));
    case 'or':
      return disjunction(match.of.map(compileMatch));
    case 'not':
      return negation(match.of);
    case 'family': {
      const family = match.family;
      return (p) => (p.family === family ? YES : NO);
    }
    case 'address':
      return addressTest(match.field, match.set.v4, match.set.v6);
    case 'masked':
      return maskedTest(match.field, match.value, match.mask);
    case 'interface-address':
      return interfaceAddressTest(match.field, match.of);
    case 'pool':
      return poolTest(match.field, match.pool);
    case 'number':
      return numberTest(match.field, match.set);
    case 'tcp-flags': {
      const { value, mask } = match;
      return (p) => tcpFlagsMatch(p, value, mask);
    }
    case 'interface':
      return interfaceTest(match.field, match.names);
    case 'condition': {
      const bit = conditionBit(match.condition);
      return (p) => ((p.conditions & bit) !== 0 ? YES : NO);
    }
    case 'ip-options': {
      const set = match.set.reduce((bits, option) => bits | ipOptionBit(option), 0);
      const clear = match.clear.reduce((bits, option) => bits | ipOptionBit(option), 0);
      const classValue = match.security?.value ?? 0;
      const classMask = match.security?.mask ?? 0;
      return (p) =>
        (p.options & set) === set && (p.options & clear) === 0 && (p.securityClass & classMask) === classValue
          ? YES
          : NO;
    }
    case 'ipv6-headers': {
      const set = match.set.reduce((bits, name) => bits | ipv6HeaderBit(name), 0);
      const clear = match.clear.reduce((bits, name) => bits | ipv6HeaderBit(name), 0);
      return (p) => ((p.options & set) === set && (p.options & clear) === 0 ? YES : NO);
    }
    case 'bpf':
      return bpfTest(match.family, match.program);
    case 'unmodelled': {
      const what = match.what;
      return (_, around) => {
        around.doubt(what);
        return MAYBE;
      };
    }
    default:
      return assertNever(match);
  }
}

/** `fr_type == FR_T_BPFOPC` of `ipf_scanlist`: packets of the other family never match. */
function bpfTest(family: 4 | 6, program: BpfProgram): Test {
  return (p, around) => {
    if (p.family !== family) return NO;
    if (p.wire === undefined) {
      around.doubt('a BPF program where the bytes of the packet are not known');
      return MAYBE;
    }
    const { bytes, start, length } = p.wire;
    return runBpf(program, bytes.subarray(start), length) === 0 ? NO : YES;
  };
}

function conjunction(tests: readonly Test[]): Test {
  return (p, around) => {
    let answer: Ternary = YES;
    for (let i = 0; i < tests.length; i++) {
      const one = tests[i]!(p, around);
      if (one === NO) return NO;
      if (one === MAYBE) answer = MAYBE;
    }
    return answer;
  };
}

function disjunction(tests: readonly Test[]): Test {
  return (p, around) => {
    let answer: Ternary = NO;
    for (let i = 0; i < tests.length; i++) {
      const one = tests[i]!(p, around);
      if (one === YES) return YES;
      if (one === MAYBE) answer = MAYBE;
    }
    return answer;
  };
}

function negation(inner: Match): Test {
  // A port that cannot be read is not "another port": the negation is over the numbers, not over the test.
  if (inner.kind === 'number')
    return numberTest(inner.field, complementIntervals(inner.set, [0, 0xffffffff]));
  const test = compileMatch(inner);
  return (p, around) => {
    const answer = test(p, around);
    return answer === MAYBE ? MAYBE : answer === YES ? NO : YES;
  };
}

function addressTest(field: AddressField, v4: Intervals<number>, v6: Intervals<bigint>): Test {
  if (v4.length === 1 && v6.length === 0) {
    const [first, last] = v4[0]!;
    return field === 'source'
      ? (p) => (p.family === 4 && p.source >= first && p.source <= last ? YES : NO)
      : (p) => (p.family === 4 && p.destination >= first && p.destination <= last ? YES : NO);
  }
  return (p) => {
    const value = p[field];
    if (typeof value === 'number') return intervalsContain(v4, value) ? YES : NO;
    return intervalsContain(v6, value) ? YES : NO;
  };
}

function maskedTest(field: AddressField, value: Address, mask: Address): Test {
  if (value.family === 4 && mask.family === 4) {
    const wanted = (value.value & mask.value) >>> 0;
    const bits = mask.value;
    return (p) => (p.family === 4 && (Number(p[field]) & bits) >>> 0 === wanted ? YES : NO);
  }
  if (value.family === 6 && mask.family === 6) {
    const wanted = value.value & mask.value;
    const bits = mask.value;
    return (p) => (p.family === 6 && (BigInt(p[field]) & bits) === wanted ? YES : NO);
  }
  return () => NO;
}

function interfaceAddressTest(field: AddressField, of: InterfaceAddress): Test {
  return (p, around) => {
    const own = around.addressesOf(of.name).find((a) => a.family === p.family);
    if (own === undefined) {
      around.doubt(`the address of ${of.name} is not known`);
      return MAYBE;
    }
    if (of.part !== 'address') {
      around.doubt(`(${of.name})/${of.part} is not modelled`);
      return MAYBE;
    }
    const full = own.family === 4 ? 32 : 128;
    const { first, last } = prefixBounds({ address: own, length: of.length ?? full });
    return p[field] >= first.value && p[field] <= last.value ? YES : NO;
  };
}

function poolTest(field: AddressField, reference: PoolReference): Test {
  const inline = reference.inline === undefined ? undefined : new PoolTable(reference.inline);
  return (p, around) => {
    const table = inline ?? around.pools.find(reference);
    if (table === undefined) {
      around.doubt(`${reference.type}/${reference.name} is not defined`);
      return MAYBE;
    }
    return table.contains(p.family, p[field]) ? YES : NO;
  };
}

function numberTest(field: Extract<Match, { kind: 'number' }>['field'], set: Intervals): Test {
  const single = set.length === 1 ? set[0]! : undefined;
  const first = single?.[0] ?? 0;
  const last = single?.[1] ?? 0;
  const inSet = single ? (n: number) => n >= first && n <= last : (n: number) => intervalsContain(set, n);
  switch (field) {
    case 'protocol':
      return (p) => (inSet(p.protocol) ? YES : NO);
    case 'source-port':
      return (p) => (p.portsReadable && inSet(p.sourcePort) ? YES : NO);
    case 'destination-port':
      return (p) => (p.portsReadable && inSet(p.destinationPort) ? YES : NO);
    case 'icmp-type':
      return (p) => (p.icmpReadable && inSet(p.icmpType) ? YES : NO);
    case 'icmp-code':
      return (p) => (p.icmpReadable && inSet(p.icmpCode) ? YES : NO);
    case 'tos':
      return (p) => (inSet(p.tos) ? YES : NO);
    case 'ttl':
      return (p) => (inSet(p.ttl) ? YES : NO);
    case 'length':
      return (p) => (inSet(p.totalLength) ? YES : NO);
    case 'tag':
      return (_, around) => {
        around.doubt('numeric tags');
        return MAYBE;
      };
    default:
      return assertNever(field);
  }
}

/** `ipf_tcpudpchk`: flags need a readable header; a short one matches no flags; UDP is not asked. */
function tcpFlagsMatch(p: PacketFacts, value: number, mask: number): Ternary {
  if (!p.portsReadable) return NO;
  if (p.protocol !== 6) return YES;
  if ((p.conditions & conditionBit('short')) !== 0) return NO;
  return (p.tcpFlags & mask) === value ? YES : NO;
}

function interfaceTest(
  field: Extract<Match, { kind: 'interface' }>['field'],
  names: readonly string[],
): Test {
  const anyName = names.some((n) => n === '*' || n === '-');
  if (anyName) return () => YES;
  const only = names.length === 1 ? names[0] : undefined;
  switch (field) {
    case 'interface':
      if (only !== undefined) return (p) => (p.interface === only ? YES : NO);
      return (p) => (names.includes(p.interface) ? YES : NO);
    case 'in-interface':
      return (p) => (p.inInterface !== undefined && names.includes(p.inInterface) ? YES : NO);
    case 'out-interface':
      return (p) => (p.outInterface !== undefined && names.includes(p.outInterface) ? YES : NO);
    default:
      return assertNever(field);
  }
}

/**
 * An ippool(5) table: the longest entry that holds the address decides, and may say no (`!`); of two with the same
 * network the second is refused. Entries are kept by prefix length, so a look-up costs one map access per length in
 * use.
 */
export class PoolTable {
  private readonly v4 = new Map<number, Map<number, PoolEntry>>();
  private readonly v6 = new Map<number, Map<bigint, PoolEntry>>();
  private readonly lengths4: number[];
  private readonly lengths6: number[];

  constructor(readonly entries: readonly PoolEntry[]) {
    for (const entry of entries) {
      if (entry.address.family === 4) {
        const table = getOrInsert(this.v4, entry.length, () => new Map<number, PoolEntry>());
        getOrInsert(table, (entry.address.value & mask4(entry.length)) >>> 0, () => entry);
      } else {
        const table = getOrInsert(this.v6, entry.length, () => new Map<bigint, PoolEntry>());
        getOrInsert(table, entry.address.value & mask6(entry.length), () => entry);
      }
    }
    this.lengths4 = [...this.v4.keys()].sort((a, b) => b - a);
    this.lengths6 = [...this.v6.keys()].sort((a, b) => b - a);
  }

  contains(family: 4 | 6, value: AddressValue): boolean {
    const entry = this.find(family, value);
    return entry !== undefined && !entry.negated;
  }

  find(family: 4 | 6, value: AddressValue): PoolEntry | undefined {
    if (family === 4) {
      for (const length of this.lengths4) {
        const entry = this.v4.get(length)!.get((Number(value) & mask4(length)) >>> 0);
        if (entry !== undefined) return entry;
      }
      return undefined;
    }
    for (const length of this.lengths6) {
      const entry = this.v6.get(length)!.get(BigInt(value) & mask6(length));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

export function mask6(length: number): bigint {
  return ((1n << 128n) - 1n) ^ ((1n << BigInt(128 - length)) - 1n);
}

/** Roles in the order in which the kernel searches them for a tree (`ipf_pool_exists`). */
const TREE_ROLES = ['all', 'ipf', 'nat', 'auth', 'count'];

/**
 * The table that a rule of some role means. A tree is found whatever its role, a hash only by rules of its own: that
 * `all` is one of the roles does not help it (`ipf_pool_select_add_ref`, `ipf_htable_select_add_ref`).
 */
export function poolFinder(pools: readonly AddressPool[], role: string): PoolFinder {
  const tables = new Map<AddressPool, PoolTable>();
  return {
    find({ type, name }) {
      const named = pools.filter((p) => p.type === type && p.name === name);
      const pool = type === 'pool' ? firstTree(named) : named.find((p) => p.role === role);
      return pool === undefined ? undefined : getOrInsert(tables, pool, () => new PoolTable(pool.entries));
    },
  };
}

/** A tree for all is refused when one of its name is there already, for whomever. */
function firstTree([first, ...others]: readonly AddressPool[]): AddressPool | undefined {
  if (first === undefined) return undefined;
  const trees = [first, ...others.filter((p) => p.role !== 'all')];
  return TREE_ROLES.flatMap((role) => trees.find((p) => p.role === role) ?? [])[0];
}
