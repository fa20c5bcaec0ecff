/**
 * The way back from bytes to what a packet line says: the inverse of `buildPacket`. What the notation has no words for
 * (TCP options other than the MSS, an AH's check value) cannot be kept; it is found by building the specification
 * again and comparing field by field, so nothing is lost without being told.
 */
import { buildDefaults, buildPacket } from './build';
import { read16, read32 } from './bytes';
import { decodePacket, summarizePacket } from './decode';
import { icmpHasIdentifier } from './icmp';
import { icmpv6HasIdentifier } from './icmpv6';
import type { PacketSpec } from './notation';
import { takesInner } from './notationWords';
import type { Layer, Packet, PacketSummary } from './packet';
import { protocolNumber } from './protocolNumbers';
import { readTcpMss } from './tcp';
import { natTraversalPort } from './udp';
import { packetView } from './view';

export interface PacketAsSpec {
  /** Without what `buildPacket` gives by default. */
  readonly spec: PacketSpec;
  /** What of the packet is not in it: `TCP Window 1024`. Empty: the specification builds the same bytes. */
  readonly losses: readonly string[];
}

export interface SpecOptions {
  /**
   * A longer payload that nothing on the way reads is kept as its length only. What is in ESP or IPComp is always
   * kept: whoever has the key reads it.
   */
  readonly longestPayloadBytes?: number;
}

/** Undefined when the bytes begin with no IP header, or an impossible one. */
export function specOfPacket(packet: Packet, options: SpecOptions = {}): PacketAsSpec | undefined {
  const summary = summarizePacket(packet);
  if (summary === undefined) return undefined;
  const { spec, shortened } = readSpec(packet, summary, options.longestPayloadBytes ?? Infinity);
  const built = rebuilt(spec);
  if (built === undefined) return undefined;
  const { losses, consequences } = lossesBetween(packet, built);
  if (shortened !== undefined) return { spec, losses: [shortened, ...losses] };
  // A checksum or a length that is wrong by itself is a property of the packet; else it follows from the rest.
  return { spec, losses: losses.length > 0 ? losses : consequences };
}

function readSpec(
  packet: Packet,
  summary: PacketSummary,
  longestPayload: number,
): { readonly spec: PacketSpec; readonly shortened?: string } {
  const { source, destination, protocol, ttl, tos, id, fragmentOffset, moreFragments } = summary;
  const isFragment = moreFragments || fragmentOffset > 0;
  const ip: PacketSpec = {
    source,
    destination,
    protocol,
    ...(ttl !== buildDefaults.ttl && { ttl }),
    ...(tos !== 0 && { tos }),
    ...((summary.family === 4 || isFragment) && id !== buildDefaults.id && { id: id & 0xffff }),
    ...(summary.dontFragment && { dontFragment: true }),
    ...(moreFragments && { moreFragments: true }),
    ...(fragmentOffset > 0 && { fragmentOffset }),
  };
  const layer = fragmentOffset > 0 ? undefined : transportLayer(packet, summary);
  const transport = layer === undefined ? {} : transportSpec(packet.bytes, layer, summary);
  const spec = { ...ip, ...transport };
  const payload = packet.bytes.slice(layer?.headerEnd ?? summary.transportStart, packet.layers[0]?.end);
  const inner = fragmentOffset > 0 ? undefined : innerSpec(spec, payload);
  if (inner !== undefined) return { spec: { ...spec, inner } };
  const usual = fragmentOffset > 0 ? 8 : usualPayloadBytes(spec);
  if (isAlphabet(payload))
    return { spec: payload.length === usual ? spec : { ...spec, payloadLength: payload.length } };
  if (payload.length <= longestPayload || isProtected(summary)) return { spec: { ...spec, payload } };
  return {
    spec: { ...spec, payloadLength: payload.length },
    shortened: `the ${payload.length} bytes of payload, of which only the number is kept`,
  };
}

/** The layer behind the IP header and its extension headers, when it is one with a header of its own. */
function transportLayer(packet: Packet, summary: PacketSummary): Layer | undefined {
  const layer = packet.layers.find((l) => l.start === summary.transportStart && l.headerEnd > l.start);
  return layer?.protocol === 'ipv4' || layer?.protocol === 'ipv6' ? undefined : layer;
}

function transportSpec(bytes: Uint8Array, layer: Layer, summary: PacketSummary): Partial<PacketSpec> {
  const { start, headerEnd } = layer;
  switch (layer.protocol) {
    case 'tcp': {
      const mss = readTcpMss(bytes, start, headerEnd);
      const sequence = read32(bytes, start + 4);
      const acknowledgement = read32(bytes, start + 8);
      return {
        ...portsOf(summary),
        ...(summary.tcpFlags !== undefined && { tcpFlags: summary.tcpFlags }),
        ...(sequence !== 0 && { tcpSequence: sequence }),
        ...(acknowledgement !== 0 && { tcpAcknowledgement: acknowledgement }),
        ...(mss !== undefined && { tcpMss: mss }),
      };
    }
    case 'udp':
      return portsOf(summary);
    case 'icmp':
    case 'icmpv6': {
      const { icmpType = 0, icmpCode = 0, icmpId } = summary;
      const sequence = read16(bytes, start + 6);
      return {
        icmpType,
        ...(icmpCode !== 0 && { icmpCode }),
        ...(icmpId !== undefined && icmpId !== buildDefaults.icmpId && { icmpId }),
        ...(icmpId !== undefined && sequence !== buildDefaults.icmpSequence && { icmpSequence: sequence }),
      };
    }
    case 'esp':
    case 'ah': {
      const { spi, sequence } = summary;
      return {
        ...(spi !== undefined && { spi }),
        ...(sequence !== undefined && sequence !== buildDefaults.sequence && { sequence }),
      };
    }
    case 'ipcomp':
      return summary.spi === undefined ? {} : { spi: summary.spi };
    default:
      return {};
  }
}

function portsOf({ sourcePort, destinationPort }: PacketSummary): Partial<PacketSpec> {
  return {
    ...(sourcePort !== undefined && { sourcePort }),
    ...(destinationPort !== undefined && { destinationPort }),
  };
}

/** A packet in the packet is told as one when its words build the same bytes; else the bytes themselves are kept. */
function innerSpec(spec: PacketSpec, payload: Uint8Array): PacketSpec | undefined {
  if (!takesInner(spec.protocol) || payload.length === 0) return undefined;
  const inner = specOfPacket(decodePacket(payload));
  return inner === undefined || inner.losses.length > 0 ? undefined : inner.spec;
}

function usualPayloadBytes(spec: PacketSpec): number {
  const { protocol, icmpType = 0, source } = spec;
  if (protocol === protocolNumber.esp) return buildDefaults.espBodyBytes;
  const isQuery =
    source.family === 4
      ? protocol === protocolNumber.icmp && icmpHasIdentifier(icmpType)
      : protocol === protocolNumber.icmpv6 && icmpv6HasIdentifier(icmpType);
  return isQuery ? buildDefaults.icmpEchoPayloadBytes : 0;
}

/** What `buildPacket` fills a payload of a given length with. */
function isAlphabet(payload: Uint8Array): boolean {
  return payload.every((byte, index) => byte === 0x61 + (index % 26));
}

function isProtected(summary: PacketSummary): boolean {
  const { protocol, sourcePort, destinationPort } = summary;
  return (
    protocol === protocolNumber.esp ||
    protocol === protocolNumber.ipcomp ||
    (protocol === protocolNumber.udp &&
      (sourcePort === natTraversalPort || destinationPort === natTraversalPort))
  );
}

function rebuilt(spec: PacketSpec): Packet | undefined {
  try {
    return buildPacket(spec);
  } catch (error) {
    // Lengths that make no packet: bytes can claim what no specification can.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Fields of the packet that the one built from its specification has otherwise, or not at all. */
function lossesBetween(packet: Packet, built: Packet): { losses: string[]; consequences: string[] } {
  const boxes = packetView(packet).boxes;
  const others = packetView(built).boxes;
  const losses: string[] = [];
  const consequences: string[] = [];
  boxes.forEach((box, index) => {
    const other = others[index];
    if (other?.title !== box.title) {
      if (box.reference !== undefined) losses.push(`the ${box.title} header`);
      return;
    }
    const values = new Map(other.fields.map((field) => [field.name, field.value]));
    for (const field of box.fields) {
      if (values.get(field.name) === field.value) continue;
      const isConsequence =
        /checksum|total length|payload length|^length$|header length|ihl|data offset/i.test(field.name);
      (isConsequence ? consequences : losses).push(`${box.title} ${field.name} ${field.value}`);
    }
  });
  return { losses, consequences };
}
