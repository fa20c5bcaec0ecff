/**
 * Address translation as IPFilter says it (the richest of the languages at hand): which packets a rule takes,
 * on which interfaces and direction, and how the new addresses and ports are chosen. Specification:
 * ipnat(5); semantics of the allocation forms as IPFilter 5.1.2 runs them.
 */
import type { Address, AddressFamily } from './address';
import type { Intervals } from './intervals';
import type { InterfaceAddress, PoolReference } from './match';
import type { Origin } from './origin';

export interface NatTable {
  readonly semantics: 'ipfilter';
  /** In file order; the engine orders by mask length itself. */
  readonly rules: readonly NatRule[];
}

export interface NatRule {
  readonly body: NatRuleBody;
  readonly origin: Origin;
}

export type NatKind = 'map' | 'map-block' | 'rdr' | 'bimap' | 'rewrite' | 'divert';

export interface NatRuleBody {
  readonly kind: NatKind;
  /** `no map ...`: packets it takes stay untranslated. */
  readonly exempt: boolean;
  /** `map` and `map-block` act on the way out, `rdr` on the way in, `bimap` both. */
  readonly direction: 'in' | 'out' | 'both';
  /** One name, or two: the interface by which the packet came and the one by which it leaves. */
  readonly interfaces: readonly string[];
  readonly family?: AddressFamily;
  /** Empty: any protocol. */
  readonly protocols: readonly number[];
  readonly source: NatSelector;
  readonly destination: NatSelector;
  readonly newSource?: NatTarget;
  readonly newDestination?: NatTarget;
  readonly ports?: PortAllocation;
  /** `rewrite ... -> src A,p-q dst B,r-s`: the ports of the destination. Those of the source are in `ports`. */
  readonly newDestinationPorts?: Extract<PortAllocation, { readonly kind: 'destination' }>;
  /** `icmpidmap icmp lo:hi`. */
  readonly icmpIds?: { readonly first: number; readonly last: number; readonly sequential: boolean };
  readonly roundRobin: boolean;
  readonly fragments: boolean;
  readonly sticky: boolean;
  /** Seconds, forward and reverse. */
  readonly age?: readonly [forward: number, reverse: number];
  readonly mssClamp?: number;
  /** Application proxy, e.g. `ftp`; those of `MODELLED_PROXIES` do in the simulator what they do in the kernel. */
  readonly proxy?: string;
  readonly tag?: string;
  readonly purge: boolean;
  /** The rule as the canonical printer writes it. */
  readonly text: string;
  readonly unmodelled?: readonly string[];
}

/** Which addresses and ports of one side a NAT rule takes. */
export interface NatSelector {
  readonly address: NatAddress;
  readonly negated: boolean;
  /** Ports, for TCP and UDP. Absent: any. */
  readonly ports?: Intervals;
}

export type NatAddress =
  | { readonly kind: 'any' }
  /** `(address & mask) === value`; `length` is the mask's length when it is contiguous. */
  | { readonly kind: 'masked'; readonly value: Address; readonly mask: Address; readonly length?: number }
  | { readonly kind: 'range'; readonly first: Address; readonly last: Address }
  | { readonly kind: 'interface'; readonly of: InterfaceAddress }
  | { readonly kind: 'pool'; readonly pool: PoolReference };

/** What the address becomes. */
export type NatTarget =
  /** `0/32`: the interface's own address. */
  | { readonly kind: 'interface'; readonly name?: string }
  /** `0/0`: left as it is. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'network'; readonly address: Address; readonly length: number }
  | { readonly kind: 'range'; readonly first: Address; readonly last: Address }
  /** `rdr ... -> a,b`: taken in turn. */
  | { readonly kind: 'alternate'; readonly addresses: readonly Address[] }
  | { readonly kind: 'list'; readonly name: string };

export type PortAllocation =
  | {
      readonly kind: 'range';
      readonly first: number;
      readonly last: number;
      readonly sequential: boolean;
      /** Empty: those of the rule. */
      readonly protocols: readonly number[];
    }
  | { readonly kind: 'auto'; readonly protocols: readonly number[] }
  /** `map-block ... ports N`; 0 when not written. */
  | { readonly kind: 'block'; readonly portsPerAddress: number; readonly auto: boolean }
  /** `rdr ... port a-b -> x port p`: p plus the offset in the range; `port = p`: always p. */
  | { readonly kind: 'destination'; readonly port: number; readonly last?: number; readonly fixed: boolean };

/** Proxies that the simulator runs. */
export const MODELLED_PROXIES: ReadonlySet<string> = new Set(['ftp', 'pptp', 'rcmd', 'rpcbu']);
