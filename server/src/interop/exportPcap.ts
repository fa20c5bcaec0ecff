/**
 * A walk as a capture: every packet as it crossed every network, one interface per network, so that Wireshark shows
 * side by side what a tap on each of them would have recorded. A walk has no clock: packets stand one
 * millisecond apart from time 0, in the order of the walk, so the same walk gives the same file.
 */

import type { Packet } from '../packet/packet';
import { formatPrefix } from '../policy/address';
import type { Network } from '../simulator/network';
import { fragmentsToText, type Trace, type TraceStep } from '../simulator/trace';
import { espSaFile } from './espSa';
import { type CaptureInterface, writePcapng } from './writePcapng';

export interface PcapExport {
  /** A pcapng file. */
  readonly pcap: Uint8Array;
  /** Wireshark's `esp_sa` lines for the associations of the policy files. */
  readonly espSa: string;
  /** What the files could not take along, in whole sentences. */
  readonly notes: readonly string[];
}

export function exportPcap(trace: Trace, network: Network): PcapExport {
  const interfaces: (CaptureInterface & { readonly key: string })[] = network.segments.map((segment) => ({
    key: segmentKey(segment.name),
    name: segment.name,
    description: segment.prefixes.map(formatPrefix).join(', ') || segment.kind,
  }));
  const packets = crossingsOf(trace, network).map((crossing, index) => {
    let at = interfaces.findIndex((i) => i.key === crossing.key);
    if (at < 0) at = interfaces.push({ key: crossing.key, name: crossing.name }) - 1;
    return {
      interface: at,
      microseconds: index * 1000,
      bytes: crossing.packet.bytes,
      comment: crossing.comment,
    };
  });
  const { text, notes } = espSaFile(network);
  const verdict = fragmentsToText(trace.verdict.said);
  return {
    pcap: writePcapng(interfaces, packets, 'gatewalk'),
    espSa: text,
    notes:
      packets.length > 0
        ? notes
        : [`The packet crossed no network, so the capture holds no packet. ${verdict}`, ...notes],
  };
}

interface CrossingPacket {
  readonly key: string;
  /** What the interface is called when no described network stands for it. */
  readonly name: string;
  readonly packet: Packet;
  readonly comment: string;
}

/**
 * Networks are crossed by `wire` steps. A packet handed straight to a gateway's interface, or sent out by one that is
 * attached to nothing described, crosses something too: it is recorded on that gateway's interface.
 */
function crossingsOf(trace: Trace, network: Network): CrossingPacket[] {
  const crossings: CrossingPacket[] = [];
  trace.steps.forEach((step, index) => {
    const before = trace.steps[index - 1];
    const after = trace.steps[index + 1];
    const comment = commentOf(step, index, trace.steps);
    if (step.stage === 'wire')
      crossings.push({ key: segmentKey(step.node), name: step.node, packet: step.after, comment });
    else if (step.stage === 'receive' && before?.stage !== 'wire')
      crossings.push({ ...atInterface(network, step), packet: step.after, comment });
    else if (step.stage === 'transmit' && step.outcome !== 'dropped' && after?.stage !== 'wire')
      crossings.push({ ...atInterface(network, step), packet: step.after, comment });
  });
  return crossings;
}

function atInterface(network: Network, step: TraceStep): Pick<CrossingPacket, 'key' | 'name'> {
  const name = step.interface ?? '';
  const gateway = network.gateways.find((g) => g.name === step.node);
  const segment = gateway?.interfaces.find((i) => i.name === name)?.segment;
  if (segment !== undefined) return { key: segmentKey(segment), name: segment };
  return { key: `interface ${step.node} ${name}`, name: `${step.node} ${name}`.trim() };
}

function segmentKey(name: string): string {
  return `segment ${name}`;
}

/** Who sent it and what that means; an answer says that it is one. */
function commentOf(step: TraceStep, index: number, steps: readonly TraceStep[]): string {
  const said = fragmentsToText(step.said);
  const answer = step.depth > 0 ? 'Sent because of the packet: ' : '';
  if (step.stage !== 'wire') return `${answer}${said}`;
  const sender = steps.slice(0, index).findLast((s) => s.nodeKind !== 'network' && s.depth === step.depth);
  return sender === undefined ? `${answer}${said}` : `${answer}From ${sender.node}. ${said}`;
}
