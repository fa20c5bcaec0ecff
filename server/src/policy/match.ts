/**
 * What a rule matches: a set of packets, said over named fields. One form for all filter languages, so that
 * the simulator evaluates it, the analysis intersects it and the classifier indexes it without knowing where
 * it came from. What a dialect can parse but nobody can evaluate is an `unmodelled` test: it matches "maybe",
 * and the walk that depends on it says so.
 */
import type { Address, AddressFamily } from './address';
import type { BpfProgram } from './bpf';
import type { Intervals } from './intervals';

export type Match =
  | { readonly kind: 'all' }
  | { readonly kind: 'and'; readonly of: readonly Match[] }
  | { readonly kind: 'or'; readonly of: readonly Match[] }
  | { readonly kind: 'not'; readonly of: Match }
  | { readonly kind: 'family'; readonly family: AddressFamily }
  | { readonly kind: 'address'; readonly field: AddressField; readonly set: AddressSet }
  /** Address tests whose mask has holes: `(address & mask) === value`. */
  | { readonly kind: 'masked'; readonly field: AddressField; readonly value: Address; readonly mask: Address }
  /** Resolved against the gateway's interfaces when the packet passes. */
  | { readonly kind: 'interface-address'; readonly field: AddressField; readonly of: InterfaceAddress }
  | { readonly kind: 'pool'; readonly field: AddressField; readonly pool: PoolReference }
  | { readonly kind: 'number'; readonly field: NumberField; readonly set: Intervals }
  /** `(tcp flags & mask) === value`. */
  | { readonly kind: 'tcp-flags'; readonly value: number; readonly mask: number }
  /** The interface the hook runs on (`interface`), or the one it came in on / leaves by on other paths. */
  | { readonly kind: 'interface'; readonly field: InterfaceField; readonly names: readonly string[] }
  | { readonly kind: 'condition'; readonly condition: PacketCondition }
  /** IP options present: all of `set`, none of `clear`, as option numbers (RFC 791) or IPv6 header names. */
  | {
      readonly kind: 'ip-options';
      readonly set: readonly number[];
      readonly clear: readonly number[];
      /** Classification of RFC 1108, one bit a level, lowest for `reserv-4`: `(class & mask) === value`. */
      readonly security?: { readonly value: number; readonly mask: number };
    }
  | { readonly kind: 'ipv6-headers'; readonly set: readonly string[]; readonly clear: readonly string[] }
  /** A BPF program that accepts something of the packet, read from its IP header on; of one family only. */
  | { readonly kind: 'bpf'; readonly family: AddressFamily; readonly program: BpfProgram }
  | { readonly kind: 'unmodelled'; readonly what: string };

export type AddressField = 'source' | 'destination';
export type InterfaceField = 'interface' | 'in-interface' | 'out-interface';

export type NumberField =
  | 'protocol'
  | 'source-port'
  | 'destination-port'
  | 'icmp-type'
  | 'icmp-code'
  | 'tos'
  | 'ttl'
  | 'length'
  | 'tag';

/** Facts about a packet that are worked out once per packet (IPFilter's `fin_flx` and its like). */
export type PacketCondition =
  | 'ip-options'
  | 'short'
  | 'fragment'
  | 'fragment-body'
  | 'low-ttl'
  | 'multicast'
  | 'broadcast'
  | 'mbcast'
  | 'bad'
  | 'nat'
  | 'bad-nat'
  | 'bad-source'
  | 'out-of-window'
  | 'in-state'
  | 'auth-header'
  | 'ipv6-headers';

export interface AddressSet {
  readonly v4: Intervals<number>;
  readonly v6: Intervals<bigint>;
}

export interface InterfaceAddress {
  readonly name: string;
  readonly part: 'address' | 'network' | 'netmasked' | 'broadcast' | 'peer';
  /** Prefix length written behind the name, when one is. */
  readonly length?: number;
}

export interface PoolReference {
  readonly type: 'pool' | 'hash' | 'dstlist';
  readonly name: string;
  /** The entries when the pool is written in line. */
  readonly inline?: readonly PoolEntry[];
}

export interface PoolEntry {
  readonly address: Address;
  readonly length: number;
  readonly negated: boolean;
  /** Group of a `group-map`. */
  readonly group?: string;
  /** Interface of a destination list's node. */
  readonly interface?: string;
}

export const ALL: Match = { kind: 'all' };

/** `and` without needless nesting: drops `all`, unwraps a single part. */
export function allOf(parts: readonly Match[]): Match {
  const useful = parts.filter((p) => p.kind !== 'all');
  if (useful.length === 0) return ALL;
  return useful.length === 1 ? useful[0]! : { kind: 'and', of: useful };
}

export function anyOf(parts: readonly Match[]): Match {
  if (parts.some((p) => p.kind === 'all')) return ALL;
  return parts.length === 1 ? parts[0]! : { kind: 'or', of: parts };
}
