/** What an ipf.conf statement says, with ranges relative to the statement. Built by `parser.ts`, read by everybody else. */
import type { AddressFamily } from '../../policy/address';
import type { BlockAnswer, KeepState } from '../../policy/filter';
import type { TextRange } from '../../text/range';
import type { HostNode, NetworkNode } from '../ipfilter-kit/addresses';
import type { NumberNode, ProtocolNode, Word } from '../ipfilter-kit/numbers';
import type { SideNode } from '../ipfilter-kit/sides';
import type { Assignment, Template } from '../ipfilter-kit/statements';

export type { NumberNode, Word } from '../ipfilter-kit/numbers';
export type { PortNode, PortNumber, PortOperator } from '../ipfilter-kit/ports';
export type { AddressNode, InlineEntry, PoolNode, SideNode } from '../ipfilter-kit/sides';

export interface IpfTree {
  /** Usually one; several when a line holds several rules; none for blank lines and comments. */
  readonly items: readonly IpfItem[];
}

export type IpfItem = IpfRule | Assignment | IpfSetting | Template;

/** `set name value;` */
export interface IpfSetting extends TextRange {
  readonly kind: 'setting';
  readonly name: Word;
  readonly value: Word;
}

export type ActionName =
  | 'pass'
  | 'block'
  | 'log'
  | 'count'
  | 'skip'
  | 'auth'
  | 'preauth'
  | 'call'
  | 'nomatch'
  | 'decapsulate';

export interface IpfRule extends TextRange {
  readonly kind: 'rule';
  insertAt: NumberNode | undefined;
  collection: NumberNode | undefined;
  action: ActionName;
  actionRange: TextRange;
  answer: BlockAnswer | undefined;
  skipCount: number;
  call: { readonly function: string; readonly argument: string; readonly now: boolean } | undefined;
  direction: 'in' | 'out';
  log: LogNode | undefined;
  quick: boolean;
  /** Alternatives of `on {a,b}`, each one or two names. */
  on: readonly (readonly Word[])[];
  /** `out-via` (or `in-via`) names. */
  via: readonly Word[];
  to: RouteNode | undefined;
  dupTo: RouteNode | undefined;
  replyTo: RouteNode | undefined;
  fastroute: boolean;
  family: { readonly value: AddressFamily; readonly range: TextRange } | undefined;
  tos: readonly NumberNode[];
  ttl: readonly NumberNode[];
  protocol: ProtocolNode | undefined;
  all: boolean;
  /** A clause that turns `all` into `from any to any`: ports, flags, protocol, tests. */
  source: SideNode | undefined;
  destination: SideNode | undefined;
  flags: { readonly value: number; readonly mask: number; readonly range: TextRange } | undefined;
  icmpTypes: readonly NumberNode[];
  icmpCodes: readonly NumberNode[];
  icmpRange: TextRange | undefined;
  tests: readonly TestNode[];
  keepState: KeepStateNode | undefined;
  keepFragments: { readonly strict: boolean } | undefined;
  head: Word | undefined;
  group: Word | undefined;
  setTag: TagNode | undefined;
  matchTag: TagNode | undefined;
  packetsPerSecond: NumberNode | undefined;
  stateAge: readonly [number, number] | undefined;
  ruleTtl: NumberNode | undefined;
  comment: string | undefined;
  program:
    | { readonly kind: 'bpf-v4' | 'bpf-v6' | 'exp'; readonly text: string; readonly range: TextRange }
    | undefined;
}

export interface LogNode {
  readonly body: boolean;
  readonly first: boolean;
  readonly orBlock: boolean;
  readonly level: string | undefined;
}

export interface RouteNode extends TextRange {
  readonly interface: string;
  readonly nextHop: NetworkNode | HostNode | undefined;
  /** `dstlist/name`. */
  readonly list: Word | undefined;
}

export type TestNode = TextRange & { readonly negated: boolean } & (
    | { readonly kind: 'condition'; readonly condition: ConditionName }
    | { readonly kind: 'options'; readonly options: readonly number[]; readonly classes: number }
    | { readonly kind: 'v6-headers'; readonly names: readonly string[] }
  );

export type ConditionName =
  | 'ipopts'
  | 'short'
  | 'frag'
  | 'frag-body'
  | 'nat'
  | 'lowttl'
  | 'bad'
  | 'bad-src'
  | 'bad-nat'
  | 'oow'
  | 'mbcast'
  | 'bcast'
  | 'mcast'
  | 'state'
  | 'ah'
  | 'v6hdrs';

export type KeepStateNode = KeepState & { readonly icmpHeadRange?: TextRange };

export interface TagNode extends TextRange {
  readonly log: number | undefined;
  readonly nat: string | undefined;
}
