/** What a stage is given and what it answers; `walk.ts` is the only caller. */
import type { Packet } from '../packet/packet';
import type { PathName, PlatformStep, WithinName } from '../platforms/platform';
import type { Address } from '../policy/address';
import type { IpsecRequest, SecurityAssociation, SecurityPolicy } from '../policy/ipsec';
import type { Origin } from '../policy/origin';
import type { GatewayState } from './gatewayState';
import type { Gateway, Interface, Network } from './network';
import type { Fragment, ReasonCode, StepOutcome } from './trace';

/** What a packet carries with it through one gateway besides its bytes: the kernel's mbuf flags and tags. */
export interface PacketMarks {
  readonly receivedOn?: Interface;
  readonly leavesBy?: { readonly interface: Interface; readonly nextHop?: Address };
  /** Made or answered by this gateway itself. */
  readonly local: boolean;
  readonly ipsecDone: boolean;
  /** Associations that took protection off, outermost first. */
  readonly cameBy: readonly SecurityAssociation[];
  /** The last one took off a tunnel: the packet entered `input` again. */
  readonly decapsulated: boolean;
  readonly chosenPolicy?: SecurityPolicy;
  readonly sourceAtLookUp?: Address;
  /** The packet as it arrived, when NAT changed it on the way in. */
  readonly beforeNat?: Packet | undefined;
  /** A forwarded packet as it was before its TTL was counted down: what ICMP errors quote (ip_forward(): mcopy). */
  readonly asReceived?: Packet;
  /** What this gateway has put on it, the innermost first. */
  readonly putOn?: readonly { readonly request: IpsecRequest; readonly association: SecurityAssociation }[];
  /** Times protection was put on in this gateway: more than a few is a loop. */
  readonly encapsulations: number;
}

export interface StageContext {
  readonly network: Network;
  readonly gateway: Gateway;
  readonly state: GatewayState;
  readonly step: PlatformStep;
  readonly path: PathName | WithinName;
  readonly packet: Packet;
  readonly marks: PacketMarks;
}

export interface StageResult {
  readonly outcome: StepOutcome;
  readonly said: readonly Fragment[];
  readonly origins?: readonly Origin[];
  /** The packet the step began with, when that is not what the step before it ended with. */
  readonly before?: Packet;
  /** The packet behind the stage; absent: as before. */
  readonly packet?: Packet;
  readonly marks?: PacketMarks;
  readonly entry?: string;
  readonly spi?: number;
  /** See `TraceStep.intermediate`. */
  readonly intermediate?: Packet;
  readonly uncertain?: string;
  readonly quiet?: boolean;
  readonly visitedRules?: number;
  readonly flow: Flow;
  /** A packet this gateway sends because of this one: an ICMP error, a reset. */
  readonly answers?: readonly Packet[];
  /** More steps the stage took, in order, before its own (one per association of a bundle). */
  readonly substeps?: readonly Substep[];
  /** The hook the step ran on, when that is not the stage's own: enc0 inside encapsulation. */
  readonly within?: { readonly row: PlatformStep; readonly path: WithinName };
}

/** A step inside a stage. */
export type Substep = Omit<StageResult, 'flow' | 'substeps'>;

export type Flow =
  | { readonly kind: 'next' }
  /** Go on at the beginning of another path. */
  | { readonly kind: 'path'; readonly path: PathName }
  /** Several packets go on from here in place of one. */
  | { readonly kind: 'split'; readonly packets: readonly Packet[] }
  | { readonly kind: 'drop'; readonly reason: ReasonCode }
  | { readonly kind: 'delivered'; readonly reason: 'delivered' | 'consumed' }
  /** Swallowed without a verdict: a fragment waits for the others. */
  | { readonly kind: 'hold' }
  | { readonly kind: 'transmit' };

export const NEXT: Flow = { kind: 'next' };
