/** What an IPFilter engine is given, asked and answers. */
import type { Packet } from '../../packet/packet';
import type { Address } from '../../policy/address';
import type { BlockAnswer, FilterProgram, RouteTarget } from '../../policy/filter';
import type { NatTable } from '../../policy/nat';
import type { Origin } from '../../policy/origin';
import type { AddressPool } from '../../policy/policy';
import type { CompiledProgram, CompiledRule } from '../scan';
import type { Decision } from '../scanDecision';
import type { Fragment, ReasonCode } from '../trace';
import type { LogEntry, LogSink } from './log';
import type { Translator } from './nat';
import type { StateTable } from './stateTable';

export interface IpfilterConfig {
  readonly filter?: FilterProgram | undefined;
  readonly nat?: NatTable | undefined;
  readonly pools?: readonly AddressPool[] | undefined;
  /** Addresses of an interface of the gateway, by name. */
  readonly addressesOf?: (interfaceName: string) => readonly Address[];
  /** 32-bit random numbers for ports; default: the first of every range, so that walks repeat. */
  readonly random?: () => number;
  readonly tunables?: Partial<IpfilterTunables>;
  /** Counts how often every rule matched (for dumps). */
  readonly countHits?: boolean;
  /** Walk every rule instead of asking the index. */
  readonly linear?: boolean;
  /** Called with the lines that application proxies print in `ipftest`. */
  readonly proxyNote?: (line: string) => void;
  /** `check` also follows `to` and `dup-to` (`ipf_fastroute`) and says what left by them. */
  readonly routes?: boolean;
  /** Where log entries go; without, they always find room. */
  readonly log?: LogSink;
}

/** `ipf -T` names, with the defaults of IPFilter 5.1.2. */
export interface IpfilterTunables {
  readonly stateMaximum: number;
  readonly minimumTtl: number;
  readonly icmpMinimumFragmentMtu: number;
  readonly defaultPass: 'pass' | 'block' | undefined;
  readonly updateIpId: boolean;
}

export const DEFAULT_TUNABLES: IpfilterTunables = {
  stateMaximum: 4013,
  minimumTtl: 4,
  icmpMinimumFragmentMtu: 68,
  defaultPass: undefined,
  updateIpId: false,
};

export interface HookContext {
  readonly interface: string;
  readonly direction: 'in' | 'out';
  /** The interface it came in by, on the way out; the one it will leave by, if that is known on the way in. */
  readonly otherInterface?: string | undefined;
  /** Sent to a group or to all on the link. */
  readonly linkCast?: 'multicast' | 'broadcast' | undefined;
}

/** Why the engine itself dropped a packet (`FRB_*`, ip_fil.h). */
export type DropCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 9 | 15 | 16;

export interface IpfilterResult {
  readonly packet: Packet;
  /** `block`: by a rule or the default; `drop`: by the engine, `dropCode` says why. */
  readonly verdict: 'pass' | 'block' | 'drop';
  /** When not passed. */
  readonly reason?: ReasonCode | undefined;
  readonly dropCode?: DropCode | undefined;
  /** One sentence. */
  readonly said: readonly Fragment[];
  /** The deciding rule first. */
  readonly origins: readonly Origin[];
  /** State or session used or made, in one line. */
  readonly entry?: string | undefined;
  /** What the sender of a blocked packet gets; only on the way in. */
  readonly answer?: BlockAnswer | undefined;
  /** `to`, `reply-to` and `dup-to` of the deciding rule. */
  readonly route?: { readonly to?: RouteTarget; readonly duplicateTo?: RouteTarget } | undefined;
  /** Copies that `dup-to` and `to` sent, in order; only from `check`, and when `routes` is asked for. */
  readonly sent?: readonly SentPacket[] | undefined;
  /** `to` took the packet itself. */
  readonly taken?: boolean | undefined;
  readonly uncertain?: string | undefined;
  /** What was written to the log about the packet, in order. */
  readonly logged?: readonly LogEntry[] | undefined;
  readonly visitedRules: number;
  /** No rules of this kind are loaded: there was nothing to decide. */
  readonly quiet: boolean;
  readonly changed: boolean;
  readonly decision: Decision;
  /** The packet's facts at the end, as `ipftest -v` prints them. */
  readonly conditions: number;
}

export interface SentPacket {
  readonly packet: Packet;
  readonly interface: string;
  readonly direction: 'in' | 'out';
}

export interface IpfilterEngine {
  natIn(packet: Packet, context: HookContext): IpfilterResult;
  natOut(packet: Packet, context: HookContext): IpfilterResult;
  filter(packet: Packet, context: HookContext): IpfilterResult;
  /** The whole hook in IPFilter's order: in, translation then filter; out, filter then translation. */
  check(packet: Packet, context: HookContext): IpfilterResult;
  readonly states: StateTable;
  readonly translator: Translator;
  readonly compiled: CompiledProgram | undefined;
  hitsOf(rule: CompiledRule): number;
}
