/** What an ippool.conf statement says, with ranges relative to the statement. */
import type { TextRange } from '../../text/range';
import type { NetworkNode } from '../ipfilter-kit/addresses';
import type { NumberNode, Word } from '../ipfilter-kit/numbers';
import type { Assignment, Template } from '../ipfilter-kit/statements';

export interface IppoolTree {
  readonly items: readonly IppoolItem[];
}

export type IppoolItem = PoolTable | Assignment | Template;

export type PoolRole = 'ipf' | 'nat' | 'auth' | 'count' | 'all';
export type PoolType = 'tree' | 'hash' | 'dstlist';

export interface PoolTable extends TextRange {
  readonly kind: 'table';
  /** `table role = ...`, `pool ipf/tree (...)` or `group-map in ...`. */
  form: 'table' | 'pool' | 'group-map';
  role: PoolRole;
  type: PoolType;
  name: Word | undefined;
  /** `number = N` rather than `name = x`. */
  isNumbered: boolean;
  size: NumberNode | undefined;
  seed: NumberNode | undefined;
  /** Of a group map. */
  direction: 'in' | 'out' | undefined;
  group: Word | undefined;
  /** Of a destination list: `round-robin`, `weighted connection`, `random`, `hash`, ... */
  policy: string | undefined;
  entries: readonly PoolEntryNode[];
  /** Other files that hold entries: one address a line, or the answer of a whois server. */
  files: readonly PoolFileNode[];
}

export interface PoolFileNode extends TextRange {
  readonly format: 'addresses' | 'whois';
  readonly path: string;
  /** How many of the entries stand before it. */
  readonly position: number;
}

export interface PoolEntryNode extends TextRange {
  readonly negated: boolean;
  readonly address: NetworkNode;
  /** The address as it is written, without its mask. */
  readonly text: string;
  readonly interface: Word | undefined;
  readonly group: Word | undefined;
}
