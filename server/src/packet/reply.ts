/**
 * What the host that a packet was for sends back, so that the way back can be walked: SYN is answered with SYN and
 * ACK, other TCP with ACK, UDP with its ports swapped and the same payload, an echo request with its reply.
 */

import { buildPacket } from './build';
import { read32 } from './bytes';
import { summarizeBytes } from './decode';
import { icmpType } from './icmp';
import { isMulticastOrBroadcast } from './icmpError';
import { icmpv6Type } from './icmpv6';
import type { PacketSpec } from './notation';
import type { Packet, PacketSummary } from './packet';
import { protocolNumber } from './protocolNumbers';
import { readTcpMss, tcpFlag } from './tcp';

/**
 * Undefined where nothing answers: RST, ICMP other than echo, protocols without requests, multicast, fragments
 * that are not put together, and packets that a host drops unread because a length or checksum is wrong.
 */
export function buildReply(packet: Packet): Packet | undefined {
  const summary = summarizeBytes(packet.bytes);
  if (summary === undefined || summary.fragmentOffset > 0 || summary.moreFragments) return undefined;
  if (isMulticastOrBroadcast(summary.destination)) return undefined;
  const index = packet.layers.findIndex((layer) => layer.start === summary.transportStart);
  if (index < 0 || packet.layers.slice(0, index + 1).some((layer) => layer.faults.length > 0))
    return undefined;
  const transport = packet.layers[index]!;
  // UDP that carries ESP is the tunnel's own; what is inside is answered when it is out.
  if (packet.layers[index + 1]?.protocol === 'esp') return undefined;
  const answer = answerOf(packet.bytes, summary, transport.headerEnd, transport.end);
  if (answer === undefined) return undefined;
  return buildPacket({
    source: summary.destination,
    destination: summary.source,
    protocol: summary.protocol,
    ...answer,
  });
}

function answerOf(
  bytes: Uint8Array,
  summary: PacketSummary,
  headerEnd: number,
  end: number,
): Partial<PacketSpec> | undefined {
  const ports = {
    ...(summary.destinationPort !== undefined && { sourcePort: summary.destinationPort }),
    ...(summary.sourcePort !== undefined && { destinationPort: summary.sourcePort }),
  };
  const start = summary.transportStart;
  switch (summary.protocol) {
    case protocolNumber.tcp: {
      const flags = summary.tcpFlags ?? 0;
      if (flags & tcpFlag.rst) return undefined;
      const opens = (flags & (tcpFlag.syn | tcpFlag.ack)) === tcpFlag.syn;
      // SYN and FIN each count for one byte of the stream (RFC 9293 section 3.4).
      const counted = (flags & tcpFlag.syn ? 1 : 0) + (flags & tcpFlag.fin ? 1 : 0) + (end - headerEnd);
      const mss = opens ? readTcpMss(bytes, start, headerEnd) : undefined;
      return {
        ...ports,
        tcpFlags: opens ? tcpFlag.syn | tcpFlag.ack : tcpFlag.ack,
        tcpSequence: flags & tcpFlag.ack ? read32(bytes, start + 8) : 0,
        tcpAcknowledgement: (read32(bytes, start + 4) + counted) >>> 0,
        ...(mss !== undefined && { tcpMss: mss }),
      };
    }
    case protocolNumber.udp:
      return { ...ports, payload: bytes.slice(headerEnd, end) };
    case protocolNumber.icmp:
    case protocolNumber.icmpv6: {
      const request = summary.family === 4 ? icmpType.echo : icmpv6Type.echo;
      if (summary.icmpType !== request) return undefined;
      const rest = read32(bytes, start + 4);
      return {
        icmpType: summary.family === 4 ? icmpType.echoReply : icmpv6Type.echoReply,
        icmpCode: 0,
        icmpId: rest >>> 16,
        icmpSequence: rest & 0xffff,
        payload: bytes.slice(headerEnd, end),
      };
    }
    default:
      return undefined;
  }
}
