/**
 * What a walk found, as one structured value. Hover, webview, command line, JSON, tests and exports all
 * render this; nothing is rendered twice from different sources. Text is kept as fragments that point at
 * rules and values, so that each renderer links them its own way.
 */
import type { Packet } from '../packet/packet';
import type { Citation, PathName, StageName, WithinName } from '../platforms/platform';
import type { Origin } from '../policy/origin';

export interface Trace {
  /** The packet as it was handed to the first node. */
  readonly start: Packet;
  readonly reply: boolean;
  readonly steps: readonly TraceStep[];
  readonly verdict: TraceVerdict;
}

export interface TraceStep {
  /** Name of the gateway, host or network. */
  readonly node: string;
  readonly nodeKind: 'gateway' | 'host' | 'network';
  readonly stage: StageName | 'send' | 'receive' | 'wire' | 'state' | 'account' | 'answer';
  readonly hook?: string;
  /** The path of the platform's table the step stands on. */
  readonly path?: PathName | WithinName;
  readonly interface?: string;
  readonly direction?: 'in' | 'out';
  readonly outcome: StepOutcome;
  /** One sentence. */
  readonly said: readonly Fragment[];
  /** The rules, mappings, policies involved; the deciding one first. */
  readonly origins: readonly Origin[];
  readonly before: Packet;
  readonly after: Packet;
  /** State, NAT session, or SA that was used or made, in one line. */
  readonly entry?: string;
  /** SPI of the SA that `ipsec-out`, `ipsec-transform` and `ipsec-in` used. */
  readonly spi?: number;
  /** With its tunnel header and not yet encrypted, or no longer: what is between `before` and `after` in IPsec. */
  readonly intermediate?: Packet;
  /** 0 for the walk's own packet; 1 for what a node sent because of it (an ICMP error), and so on. */
  readonly depth: number;
  readonly citation?: Citation;
  readonly uncertain?: string;
  /** How a packet crossed a segment; on `wire` steps only. */
  readonly protection?: Protection;
  /** Nothing was there to decide (no rules loaded, nothing to fragment): views leave it out. */
  readonly quiet?: boolean;
  /** Rules of the filter program visited: counted so that tests can hold the index to its promise. */
  readonly visitedRules?: number;
}

export type StepOutcome = 'continue' | 'pass' | 'changed' | 'skipped' | 'dropped' | 'delivered' | 'sent';

export type Protection = 'clear' | 'authenticated' | 'encrypted';

export type Fragment =
  | { readonly kind: 'text'; readonly text: string }
  /** An address, interface, header: set in code type. */
  | { readonly kind: 'value'; readonly text: string }
  /** `whole`: the text is the statement itself, in its canonical form, rather than a short name for it. */
  | { readonly kind: 'rule'; readonly text: string; readonly origin: Origin; readonly whole?: true };

export interface TraceVerdict {
  readonly kind: 'delivered' | 'dropped' | 'lost' | 'looped' | 'uncertain';
  readonly node: string;
  readonly reason: ReasonCode;
  readonly said: readonly Fragment[];
  readonly origins: readonly Origin[];
}

/** Stable names of why a walk ended; documented in `docs/reasons.md`. */
export const REASON_CODES = [
  'delivered',
  'consumed',
  'filter-rule',
  'filter-default',
  'nat-failed',
  'policy-discard',
  'no-sa',
  'unknown-spi',
  'plaintext-where-protected',
  'authentication-failed',
  'replayed',
  'inner-not-in-policy',
  'not-unpacked',
  'no-route',
  'no-entry',
  'no-reply',
  'no-neighbour',
  'private-address-on-internet',
  'ttl-expired',
  'too-big',
  'not-forwarding',
  'loop',
  'malformed',
  'bad-checksum',
  'unmodelled',
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

export function text(...parts: readonly (string | Fragment)[]): Fragment[] {
  return parts.map((p) => (typeof p === 'string' ? { kind: 'text', text: p } : p));
}

export function value(v: string): Fragment {
  return { kind: 'value', text: v };
}

export function rule(label: string, origin: Origin): Fragment {
  return { kind: 'rule', text: label, origin };
}

/** A rule's statement as a part of a sentence. */
export function statement(canonical: string, origin: Origin): Fragment {
  return { kind: 'rule', text: canonical, origin, whole: true };
}

/** Rules are quoted: their words would read as the sentence's own. */
export function fragmentsToText(fragments: readonly Fragment[]): string {
  return fragments.map((f) => (f.kind === 'rule' ? `“${f.text}”` : f.text)).join('');
}
