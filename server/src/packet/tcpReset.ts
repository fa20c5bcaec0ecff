/**
 * The TCP reset that answers a segment for which there is no connection, from a closed port or from a filter in its
 * place: RFC 9293 section 3.10.7.1. It has no window, and its numbers are those the segment asks for.
 */
import { read32 } from './bytes';
import { pseudoHeaderSum } from './checksum';
import { summarizeBytes } from './decode';
import { wrapInIp } from './encapsulate';
import { isMulticastOrBroadcast } from './icmpError';
import type { Packet } from './packet';
import { protocolNumber } from './protocolNumbers';
import { emitTcp, tcpFlag } from './tcp';

/** The rest of the header that systems do differently. */
export interface ResetHeader {
  readonly ttl: number;
  readonly dontFragment: boolean;
}

/** Undefined where no reset may be sent: about a reset, a fragment, a multicast, or no readable segment at all. */
export function buildTcpReset(segment: Packet, { ttl, dontFragment }: ResetHeader): Packet | undefined {
  const summary = summarizeBytes(segment.bytes);
  if (summary?.protocol !== protocolNumber.tcp || summary.fragmentOffset > 0) return undefined;
  if (isMulticastOrBroadcast(summary.destination)) return undefined;
  const layer = segment.layers.find((l) => l.start === summary.transportStart);
  const { sourcePort, destinationPort, tcpFlags } = summary;
  if (layer === undefined || sourcePort === undefined || destinationPort === undefined) return undefined;
  if (tcpFlags === undefined || tcpFlags & tcpFlag.rst) return undefined;
  const start = summary.transportStart;
  const answersAck = (tcpFlags & tcpFlag.ack) !== 0;
  // SYN and FIN each count for one byte of the stream (RFC 9293 section 3.4).
  const counted =
    (tcpFlags & tcpFlag.syn ? 1 : 0) + (tcpFlags & tcpFlag.fin ? 1 : 0) + (layer.end - layer.headerEnd);
  const { source: destination, destination: source } = summary;
  const reset = emitTcp(
    {
      sourcePort: destinationPort,
      destinationPort: sourcePort,
      sequence: answersAck ? read32(segment.bytes, start + 8) : 0,
      acknowledgement: answersAck ? 0 : (read32(segment.bytes, start + 4) + counted) >>> 0,
      flags: answersAck ? tcpFlag.rst : tcpFlag.rst | tcpFlag.ack,
      window: 0,
      urgentPointer: 0,
    },
    new Uint8Array(0),
    (length) => pseudoHeaderSum(source, destination, protocolNumber.tcp, length),
  );
  return wrapInIp(reset, { source, destination, protocol: protocolNumber.tcp, ttl, dontFragment });
}
