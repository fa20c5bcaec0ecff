/** What one setkey statement says. Every word that a message or hover may point at keeps its place. */
import type { Address, AddressFamily } from '../../policy/address';
import type { IpsecLevel, IpsecMode, IpsecProtocol, PolicyDirection } from '../../policy/ipsec';
import type { TextRange } from '../../text/range';
import type { ClassifiedToken } from '../dialect';

/** A value and the words it was read from, counted from the start of the statement. */
export interface Written<T> {
  readonly value: T;
  readonly start: number;
  readonly end: number;
}

export interface SetkeyTree {
  readonly command: Command;
  /** From the first word to the `;`, without the blanks and comments around them. */
  readonly content: TextRange;
  /** Every mark of the statement that has a colour, in order. */
  readonly tokens: readonly ClassifiedToken[];
}

export type Command =
  | { readonly kind: 'blank' }
  | { readonly kind: 'comment' }
  /** Could not be read to its end; `word` is its command word, when it has one. */
  | { readonly kind: 'broken'; readonly word: Written<string> | undefined }
  | AddCommand
  | SaCommand
  | { readonly kind: 'flush' | 'dump'; readonly word: Written<string>; readonly protocol?: Written<string> }
  | SpdCommand
  | TaggedCommand
  | { readonly kind: 'spdflush' | 'spddump' | 'exit'; readonly word: Written<string> };

/** `get`, `delete` (with an SPI) and `deleteall` (without). */
export interface SaCommand {
  readonly kind: 'get' | 'delete' | 'deleteall';
  readonly word: Written<string>;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly protocol: Written<string>;
  readonly spi?: Written<number>;
}

export interface AddCommand {
  readonly kind: 'add';
  readonly word: Written<string>;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly protocol: Written<string>;
  readonly spi: Written<number>;
  readonly mode?: Written<IpsecMode | 'any'>;
  readonly replayWindow?: Written<number>;
  readonly uniqueId?: Written<number>;
  readonly flags: readonly Written<string>[];
  /** `-lh`, `-ls`, `-bh`, `-bs`, `-esp_frag`. */
  readonly limits: readonly { readonly option: string; readonly value: Written<number> }[];
  readonly context?: Written<string>;
  readonly encryption?: AlgorithmUse;
  readonly authentication?: AlgorithmUse;
  readonly compression?: Written<string>;
  readonly rawCpi: boolean;
}

export interface AlgorithmUse {
  readonly word: Written<string>;
  /** The vocabulary's name. */
  readonly name: string;
  readonly key?: Written<Uint8Array>;
}

export interface SpdCommand {
  readonly kind: 'spdadd' | 'spdupdate' | 'spddelete';
  readonly word: Written<string>;
  readonly source: Range;
  readonly destination: Range;
  readonly upper: Written<UpperProtocol>;
  readonly context?: Written<string>;
  readonly policy: PolicyString;
}

export interface TaggedCommand {
  readonly kind: 'tagged';
  readonly word: Written<string>;
  readonly tag: Written<string>;
  readonly policy: PolicyString;
}

/** An address, or a host name that only a resolver could turn into one. */
export type Host = Written<Address | undefined> & {
  readonly text: string;
  /** `%if` behind an IPv6 address. */
  readonly scope?: string;
};

export interface Endpoint {
  readonly host: Host;
  readonly port?: Written<number>;
  /** A port is written by a name that only the loading machine may know. */
  readonly unknownService?: boolean;
}

export interface Range extends Endpoint {
  readonly length?: Written<number>;
}

export interface UpperProtocol {
  readonly text: string;
  /** Absent: any. */
  readonly number?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly greKey?: string;
}

export interface PolicyString {
  readonly direction: Written<PolicyDirection>;
  /** Of the kernel's scale, where a lower number is looked at first; Linux only. */
  readonly priority?: Written<number>;
  /** Absent when only a direction is written, as `spddelete` may. */
  readonly action?: Written<'discard' | 'none' | 'ipsec' | 'entrust' | 'bypass'>;
  readonly requests: readonly Request[];
}

export interface Request {
  readonly protocol: Written<IpsecProtocol>;
  readonly mode: Written<IpsecMode>;
  readonly endpoints?: RequestEndpoints;
  readonly level?: Written<IpsecLevel>;
  readonly uniqueId?: number;
  readonly start: number;
  readonly end: number;
}

export type RequestEndpoints =
  | { readonly kind: 'addresses'; readonly source: Endpoint; readonly destination: Endpoint }
  /** `me-any` and `any-me`: left to the key daemon. */
  | { readonly kind: 'negotiated'; readonly start: number; readonly end: number };

export type { AddressFamily };
