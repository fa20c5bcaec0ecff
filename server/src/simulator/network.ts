/**
 * The network a walk goes through, resolved: every name looked up, every policy file lowered and merged.
 * `analysis/` builds it from `gatewalk.yaml` or infers it from a folder; the simulator only reads it.
 */
import type { PacketSpec } from '../packet/notation';
import type { Platform } from '../platforms/platform';
import type { Address, Prefix } from '../policy/address';
import type { FilterProgram } from '../policy/filter';
import type { IpsecDatabase } from '../policy/ipsec';
import type { NatTable } from '../policy/nat';
import type { Origin } from '../policy/origin';
import type { AddressPool } from '../policy/policy';

export interface Network {
  readonly gateways: readonly Gateway[];
  readonly hosts: readonly Host[];
  readonly segments: readonly Segment[];
}

export interface Gateway {
  readonly name: string;
  readonly platform: Platform;
  readonly interfaces: readonly Interface[];
  readonly routes: readonly Route[];
  readonly filter?: FilterProgram;
  readonly nat?: NatTable;
  readonly ipsec: IpsecDatabase;
  readonly pools: readonly AddressPool[];
  /** `net.inet.ip.forwarding` and its like; gateways forward unless told not to. */
  readonly forwarding: boolean;
  /** Kernel settings by sysctl name, e.g. `net.inet.ipsec.esp_net_deflev`. */
  readonly settings: ReadonlyMap<string, number>;
  /** Ports on which something listens; a closed port answers with an error. Absent: unknown, taken as open. */
  readonly listening?: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number }[];
  readonly origin?: Origin;
}

export interface Interface {
  readonly name: string;
  readonly addresses: readonly Prefix[];
  /** Name of the segment it is attached to. */
  readonly segment?: string;
  /** Bytes; 1500 unless given. */
  readonly mtu: number;
  /** gif(4): what leaves by it is put into IP from `source` to `destination`. */
  readonly tunnel?: { readonly source: Address; readonly destination: Address };
  readonly origin?: Origin;
}

export interface Route {
  readonly destination: Prefix;
  readonly nextHop?: Address;
  readonly interface?: string;
  readonly origin?: Origin;
}

/** A machine without policy: it sends, receives and answers. */
export interface Host {
  readonly name: string;
  readonly addresses: readonly Address[];
  readonly segment: string;
  /** Default next hop; on a segment with one gateway it need not be said. */
  readonly nextHop?: Address;
  readonly origin?: Origin;
}

export interface Segment {
  readonly name: string;
  /**
   * `internet`: everything outside; reaches any public address attached to it, without a common prefix.
   * `unknown`: what lies there was not described; a packet that gets there has left the known world.
   */
  readonly kind: 'lan' | 'internet' | 'unknown';
  readonly prefixes: readonly Prefix[];
  readonly origin?: Origin;
}

export interface SamplePacket {
  readonly name: string;
  /** One-line notation, as written. */
  readonly notation: string;
  readonly spec: PacketSpec;
  readonly origin: Origin;
  /** Node that sends it, when said; else the owner of the source address, or the interface of the notation. */
  readonly from?: string;
}

export interface Expectation {
  readonly packet: string;
  readonly reply: boolean;
  readonly origin: Origin;
  readonly claims: readonly Claim[];
}

/** One line of an expectation, with its own place so that a failure points at it. */
export type Claim = { readonly origin: Origin } & (
  | { readonly kind: 'delivered-to'; readonly node: string }
  | { readonly kind: 'dropped-at'; readonly node: string }
  | { readonly kind: 'encrypted-on'; readonly segment: string }
  | { readonly kind: 'clear-on'; readonly segment: string }
  | { readonly kind: 'source-seen'; readonly address: Address; readonly port?: number }
  | { readonly kind: 'destination-seen'; readonly address: Address; readonly port?: number }
  /** Reason code, e.g. `filter-rule`. */
  | { readonly kind: 'reason'; readonly reason: string }
);
