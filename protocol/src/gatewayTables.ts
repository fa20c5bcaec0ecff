import type { PlaceView } from './traceView';

/**
 * What a gateway remembers after a walk: its state table, NAT sessions, security associations and policies, each as
 * a table ready to be drawn. A table without rows is left out, except where the walk shows that it should have one.
 */
export interface GatewayTables {
  readonly gateway: string;
  /** `NetBSD 10`. */
  readonly platform: string;
  readonly tables: readonly GatewayTable[];
}

export interface GatewayTable {
  readonly kind: 'state' | 'nat' | 'policies' | 'associations';
  /** `State table`. */
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  /** As many as there are columns. */
  readonly cells: readonly string[];
  /** The rule or statement that made the entry. */
  readonly place?: PlaceView;
  /** This walk made or used it. */
  readonly touched: boolean;
}
