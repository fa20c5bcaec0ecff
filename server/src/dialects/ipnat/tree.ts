/** What an ipnat.conf statement says, with ranges relative to the statement. Built by `parser.ts`. */
import type { NatKind } from '../../policy/nat';
import type { TextRange } from '../../text/range';
import type { HostNode, NetworkNode } from '../ipfilter-kit/addresses';
import type { NumberNode, ProtocolNode, Word } from '../ipfilter-kit/numbers';
import type { PortNumber } from '../ipfilter-kit/ports';
import type { SideNode } from '../ipfilter-kit/sides';
import type { Assignment, Template } from '../ipfilter-kit/statements';

export interface IpnatTree {
  readonly items: readonly IpnatItem[];
}

export type IpnatItem = IpnatRule | Assignment | Template;

export interface IpnatRule extends TextRange {
  readonly kind: 'rule';
  verb: NatKind;
  verbRange: TextRange;
  exempt: boolean;
  /** Of `rewrite` and `divert`. */
  direction: 'in' | 'out' | undefined;
  interfaces: readonly Word[];
  inet: boolean;
  inet6: boolean;
  protocol: ProtocolNode | undefined;
  /** `ip`: said to be any protocol. */
  anyProtocol: boolean;
  /** `from ... to ...` was written. */
  isFilter: boolean;
  source: SideNode | undefined;
  destination: SideNode | undefined;
  /** `rdr le0 9.8.7.6/32 port 80-90`: the ports without `from ... to`. */
  takenPorts: { readonly first: PortNumber; readonly last: PortNumber | undefined } | undefined;
  newSource: TargetNode | undefined;
  newDestination: TargetNode | undefined;
  sourcePorts: (PortSpan & { readonly fixed: boolean }) | undefined;
  destinationPorts: (PortSpan & { readonly fixed: boolean }) | undefined;
  portmap: PortmapNode | undefined;
  icmpIds: { readonly first: number; readonly last: number; readonly sequential: boolean } | undefined;
  /** `map-block ... ports N`, 0 for `auto` and when nothing is written. */
  blockPorts: { readonly count: number; readonly auto: boolean } | undefined;
  proxy: ProxyNode | undefined;
  roundRobin: boolean;
  fragments: boolean;
  age: readonly [number, number] | undefined;
  sticky: boolean;
  mssClamp: NumberNode | undefined;
  tag: string | undefined;
  purge: boolean;
}

export type TargetNode =
  | {
      readonly kind: 'addresses';
      readonly list: readonly (NetworkNode | HostNode)[];
      readonly range: TextRange;
    }
  | {
      readonly kind: 'span';
      readonly first: NetworkNode;
      readonly last: NetworkNode;
      readonly range: TextRange;
    }
  | { readonly kind: 'list'; readonly name: Word; readonly range: TextRange };

export interface PortSpan {
  readonly first: PortNumber;
  readonly last: PortNumber | undefined;
}

export interface PortmapNode extends TextRange {
  readonly protocols: readonly number[];
  readonly auto: boolean;
  readonly first: number;
  readonly last: number;
  readonly sequential: boolean;
}

export interface ProxyNode extends TextRange {
  readonly name: string;
  /** Undefined for `proxy name` at the end of an `rdr`. */
  readonly port: PortNumber | undefined;
}
