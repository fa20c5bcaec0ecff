/**
 * The security policy database and the security association database (RFC 4301 section 4.4), as setkey(8)
 * fills them. Selectors are kept as prefixes and small numbers, because that is what the kernels compare.
 */
import type { Address, Prefix } from './address';
import type { Origin } from './origin';

export interface IpsecDatabase {
  /** In look-up order: the first match counts (NetBSD, FreeBSD; Linux orders by `priority` first). */
  readonly policies: readonly SecurityPolicy[];
  readonly associations: readonly SecurityAssociation[];
}

export type PolicyDirection = 'in' | 'out' | 'fwd';

export interface SecurityPolicy {
  readonly direction: PolicyDirection;
  readonly selector: TrafficSelector;
  readonly action: 'discard' | 'none' | 'ipsec' | 'entrust' | 'bypass';
  /** What to apply, in the order written: on output the first is the innermost. */
  readonly requests: readonly IpsecRequest[];
  /** Linux only: a lower number wins. */
  readonly priority?: number;
  readonly origin: Origin;
  /** The statement in one line, for titles. */
  readonly text: string;
  readonly unmodelled?: readonly string[];
}

export interface TrafficSelector {
  readonly source: Prefix;
  readonly destination: Prefix;
  /** IP protocol number; absent: any. */
  readonly protocol?: number;
  /** Absent: any. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
}

export type IpsecProtocol = 'esp' | 'ah' | 'ipcomp';
export type IpsecMode = 'transport' | 'tunnel';
export type IpsecLevel = 'default' | 'use' | 'require' | 'unique';

export interface IpsecRequest {
  readonly protocol: IpsecProtocol;
  readonly mode: IpsecMode;
  readonly tunnel?: TunnelEndpoints;
  readonly level: IpsecLevel;
  /** N of `unique:N`: only an SA with `-u N` serves. */
  readonly uniqueId?: number;
}

/**
 * A `unique` without a number: the kernel makes up an id above those that a file can give, so no association of
 * a file serves it, only those of a key daemon (sys/netipsec/key.c, key_msg2sp(): key_newreqid()).
 */
export function asksForOwnAssociation(request: IpsecRequest): boolean {
  return request.level === 'unique' && request.uniqueId === undefined;
}

/** All but the addresses: protocol, mode, and the id of `unique:N` (sys/netipsec/key.c, key_cmpsaidx()). */
export function fitsRequest(sa: SecurityAssociation, request: IpsecRequest): boolean {
  return (
    sa.protocol === request.protocol &&
    (sa.mode === 'any' || sa.mode === request.mode) &&
    !asksForOwnAssociation(request) &&
    (request.uniqueId === undefined || sa.uniqueId === request.uniqueId)
  );
}

export interface TunnelEndpoints {
  readonly source: Address;
  readonly destination: Address;
  /** UDP ports of ESP over UDP (RFC 3948). */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

export interface SecurityAssociation {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: IpsecProtocol;
  /** Written as `esp-udp`, or with ports on the addresses. */
  readonly udpEncapsulation?: { readonly sourcePort: number; readonly destinationPort: number };
  /** `esp-old`, `ah-old` (RFC 1827, 1826). */
  readonly old?: boolean;
  readonly spi: number;
  readonly mode: IpsecMode | 'any';
  readonly encryption?: KeyedAlgorithm;
  readonly authentication?: KeyedAlgorithm;
  readonly compression?: string;
  /** `-R`: the SPI stands in the packet as CPI; without it the algorithm's well-known number does. */
  readonly rawCpi?: boolean;
  /** ESP padding other than 1, 2, 3, ... */
  readonly padding?: 'zero';
  /** Bytes of replay window; 0: no check. */
  readonly replayWindow: number;
  /** `-u`: 0 when absent. */
  readonly uniqueId: number;
  readonly origin: Origin;
  readonly text: string;
  readonly unmodelled?: readonly string[];
}

export interface KeyedAlgorithm {
  /** The canonical name of the vocabulary: `aes-cbc`, also when written `rijndael-cbc`. */
  readonly name: string;
  readonly key: Uint8Array;
}
