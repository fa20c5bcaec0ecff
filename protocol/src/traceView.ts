import type { PacketView } from './packetView';

/**
 * A walk as the webview, the hover and the command line's JSON show it. Version 1; described by
 * `docs/walk.schema.json`, which a test holds against this file.
 */
export interface TraceView {
  readonly version: 1;
  /** Name of the sample packet, or its one-line notation. */
  readonly packet: string;
  readonly notation: string;
  readonly reply: boolean;
  /** Platform override, when one was asked for. */
  readonly platform?: string;
  /** Nobody described the network; interfaces and addresses were taken from the rules. */
  readonly inferred?: boolean;
  readonly topology: TopologyView;
  readonly steps: readonly StepView[];
  readonly verdict: VerdictView;
  readonly findings: readonly FindingView[];
}

export interface TopologyView {
  readonly nodes: readonly TopologyNode[];
  readonly links: readonly TopologyLink[];
}

export interface TopologyNode {
  readonly id: string;
  readonly kind: 'host' | 'gateway' | 'network' | 'internet';
  /** `NetBSD` for a gateway, its prefix for a network. */
  readonly detail: string;
  /** The walk came here. */
  readonly visited: boolean;
}

export interface TopologyLink {
  readonly from: string;
  readonly to: string;
  /** Interface of the gateway at this link, if any. */
  readonly interface?: string;
  /** How the packet crossed it: in clear, encrypted, or not at all. */
  readonly crossed: 'clear' | 'encrypted' | 'no';
}

export interface StepView {
  readonly index: number;
  /** Host, network or gateway. */
  readonly node: string;
  /** `filter`, `nat`, `ipsec-out`, ... */
  readonly stage: string;
  /** What its users call it: `Packet filter (in)`. */
  readonly title: string;
  /** The kernel's hook: `PFIL_IN`. */
  readonly hook?: string;
  readonly interface?: string;
  readonly direction?: 'in' | 'out';
  readonly outcome: StepOutcome;
  /** Absent for the walk's own packet; 1 for what a node sent because of it (an ICMP error), and so on. */
  readonly depth?: number;
  /** One sentence: what happened. */
  readonly text: string;
  /** The rules involved; the first is the deciding one. */
  readonly places: readonly PlaceView[];
  readonly packet: PacketView;
  /** One line before and after when the stage changed the headers. */
  readonly before?: string;
  readonly after?: string;
  /** Security association, NAT session or state entry that was used or made, in one line. */
  readonly entry?: string;
  readonly citation?: CitationView;
  /** Why the outcome is not certain. */
  readonly uncertain?: string;
}

export type StepOutcome = 'continue' | 'pass' | 'changed' | 'skipped' | 'dropped' | 'delivered' | 'sent';

export interface CitationView {
  /** `sys/netinet/ip_output.c, ip_output()`. */
  readonly source: string;
  readonly note?: string;
}

export interface PlaceView {
  readonly uri: string;
  /** `ipnat.conf:3`. */
  readonly label: string;
  /** 0-based. */
  readonly line: number;
  readonly startCharacter: number;
  readonly endLine: number;
  readonly endCharacter: number;
  /** The rule's text. */
  readonly text: string;
}

export interface VerdictView {
  readonly kind: 'delivered' | 'dropped' | 'lost' | 'looped' | 'uncertain';
  readonly node: string;
  /** Stable, e.g. `filter-rule`, `no-sa`, `no-route`. */
  readonly reason: string;
  /** One sentence with the real cause. */
  readonly text: string;
  readonly places: readonly PlaceView[];
}

export interface FindingView {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'information' | 'hint';
  readonly text: string;
  readonly places: readonly PlaceView[];
}
