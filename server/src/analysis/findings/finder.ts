/** What a finder is given: one walk, and a way to ask how it would have gone on a changed network. */
import { summarizePacket } from '../../packet/decode';
import type { PacketSpec } from '../../packet/notation';
import type { Packet, PacketSummary } from '../../packet/packet';
import type { SecurityPolicy } from '../../policy/ipsec';
import { lookUpPolicy } from '../../simulator/ipsec/spd';
import type { Gateway, Network } from '../../simulator/network';
import type { Trace, TraceStep } from '../../simulator/trace';
import type { WalkFinding } from '../snapshot';

export interface WalkEvidence {
  readonly network: Network;
  readonly trace: Trace;
  /** Somebody wrote the packet down, so its fate matters even where the policy alone would not tell. */
  readonly asked: boolean;
  /** The same packet on another network; absent where the walk rests on one before it (a reply). */
  readonly again?: (network: Network) => Trace;
}

export type WalkFinder = (evidence: WalkEvidence) => readonly WalkFinding[];

/** The steps of the walk's own packet in one gateway, in order. */
export function stepsAt(trace: Trace, gateway: Gateway): readonly TraceStep[] {
  return trace.steps.filter((s) => s.node === gateway.name && s.nodeKind === 'gateway' && s.depth === 0);
}

/** The packet was made by the gateway itself. */
export function isOwnPacket(trace: Trace, gateway: Gateway): boolean {
  const first = trace.steps[0];
  return first?.stage === 'send' && first.nodeKind === 'gateway' && first.node === gateway.name;
}

export function isLookUp(step: TraceStep): boolean {
  return step.stage === 'ipsec-out' || step.stage === 'ipsec-lookup';
}

/** The policy that would put a packet under protection on its way out, as the gateway looks it up. */
export function protectingPolicy(
  gateway: Gateway,
  packet: Packet | PacketSummary,
  forwarded: boolean,
): SecurityPolicy | undefined {
  const summary = 'layers' in packet ? summarizePacket(packet) : packet;
  const policy =
    summary === undefined
      ? undefined
      : lookUpPolicy(gateway.ipsec, 'out', summary, { behaviour: gateway.platform.ipsec, forwarded });
  return policy?.action === 'ipsec' ? policy : undefined;
}

/** The first crossing of a network behind a step, when anybody on it can read the packet. */
export function clearCrossingAfter(trace: Trace, step: TraceStep): TraceStep | undefined {
  const next = trace.steps.slice(trace.steps.indexOf(step)).find((s) => s.stage === 'wire' && s.depth === 0);
  return next?.protection === 'clear' ? next : undefined;
}

export function gatewayOf(network: Network, name: string): Gateway | undefined {
  return network.gateways.find((g) => g.name === name);
}

/** What comes back for a packet: both ends turned round, SYN answered with SYN and ACK, a request with its reply. */
export function answerTo(packet: PacketSummary): PacketSpec {
  const { sourcePort, destinationPort, icmpType } = packet;
  return {
    source: packet.destination,
    destination: packet.source,
    protocol: packet.protocol,
    ...(destinationPort === undefined ? {} : { sourcePort: destinationPort }),
    ...(sourcePort === undefined ? {} : { destinationPort: sourcePort }),
    ...(packet.protocol === 6 ? { tcpFlags: 0x12 } : {}),
    ...(icmpType === undefined ? {} : { icmpType: answeringType(icmpType) }),
  };
}

/** The ICMP type that comes back for one, of RFC 792 and RFC 4443; types without an answer stay. */
export function answeringType(type: number): number {
  return ANSWERS.get(type) ?? type;
}

const ANSWERS: ReadonlyMap<number, number> = new Map([
  [8, 0],
  [0, 8],
  [128, 129],
  [129, 128],
]);
