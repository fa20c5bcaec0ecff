import type { FilterProgram } from './filter';
import type { IpsecDatabase } from './ipsec';
import type { PoolEntry } from './match';
import type { NatTable } from './nat';
import type { Origin } from './origin';

/** What one policy file contributes to its gateway. */
export interface Policy {
  readonly filter?: FilterProgram;
  readonly nat?: NatTable;
  readonly ipsec?: IpsecDatabase;
  readonly pools?: readonly AddressPool[];
}

/** An ippool(5) table, hash or destination list, looked up by name from filter and NAT rules. */
export interface AddressPool {
  readonly type: 'pool' | 'hash' | 'dstlist';
  readonly name: string;
  /** `ipf`, `nat`, `auth`, `count` or `all`. */
  readonly role: string;
  readonly entries: readonly PoolEntry[];
  /** Selection policy of a destination list. */
  readonly selection?: string;
  /** The table as its canonical printer writes it, two lines; a dump lists tables with it, the last loaded first. */
  readonly text?: string;
  readonly origin: Origin;
}
