import type { CitationView, TraceView } from './traceView';

/** The same packet walked twice, under two orders of stages, side by side. Version 1. */
export interface ComparisonView {
  readonly version: 1;
  readonly packet: string;
  readonly notation: string;
  readonly reply: boolean;
  readonly a: ComparedWalk;
  readonly b: ComparedWalk;
  /** In the order of the walks: a row that both have stands once, a moved one at both its places. */
  readonly rows: readonly ComparisonRow[];
  /** Both end at the same node for the same reason. */
  readonly sameVerdict: boolean;
  readonly why: ComparisonReason;
}

export interface ComparedWalk {
  /** What the side is called: `NetBSD before 2001`. */
  readonly title: string;
  readonly trace: TraceView;
}

export interface ComparisonRow {
  /**
   * `same`: the same stage with the same outcome and packet. `differs`: the same stage, but `differences` tells what it did
   * otherwise. `moved`: both pass it, at different places. `only-a`, `only-b`: one of them does not pass it.
   */
  readonly kind: 'same' | 'differs' | 'moved' | 'only-a' | 'only-b';
  readonly node: string;
  /** `Packet filter (out) on fxp1`. */
  readonly title: string;
  /** `StepView.index` in `a.trace.steps`. */
  readonly a?: number;
  /** `StepView.index` in `b.trace.steps`. */
  readonly b?: number;
  /** Of a moved row: in whose order it stands here. */
  readonly at?: 'a' | 'b';
  readonly differences: readonly StepDifference[];
}

export interface StepDifference {
  /** `outcome`, `rule`, `IPv4 Source Address`, `ESP header`. */
  readonly what: string;
  /** Absent: this side has none. */
  readonly a?: string;
  readonly b?: string;
}

export interface ComparisonReason {
  /** One sentence, its sources in it. */
  readonly text: string;
  /** The first difference that decides, by row; absent when there is none. */
  readonly row?: number;
  readonly citations: readonly CitationView[];
}
