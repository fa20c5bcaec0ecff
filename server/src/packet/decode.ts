/**
 * From bytes to layers, and to the summary that filters, NAT and policy look-ups ask for. Decoding is a loop
 * over "what stands next" rather than recursion, so that a hostile packet of a thousand nested headers costs
 * time in proportion to its bytes and no stack. It never throws: a header that cannot be read becomes the last
 * layer, with the reason as its fault.
 *
 * `summarizeBytes` reads the same bytes without building layers: the simulator asks it for every packet and
 * the rule classifier millions of times.
 */
import { addressFromBytes } from '../policy/address';
import { parseAh } from './ah';
import { read16, read32 } from './bytes';
import { pseudoHeaderSumAt } from './checksum';
import { parseEsp } from './esp';
import { etherType, parseGre } from './gre';
import type { HeaderReading } from './header';
import { icmpHasIdentifier, icmpIdentifierAt, isIcmpError, parseIcmp } from './icmp';
import { icmpv6HasIdentifier, isIcmpv6Error, parseIcmpv6 } from './icmpv6';
import { parseIpcomp } from './ipcomp';
import { ipv4DestinationAt, ipv4HeaderBytes, ipv4SourceAt, parseIpv4 } from './ipv4';
import { ipv6DestinationAt, ipv6HeaderBytes, ipv6SourceAt, parseIpv6 } from './ipv6';
import { ipv6ExtensionLength, isIpv6Extension, parseIpv6Extension } from './ipv6Extension';
import type { Layer, LayerProtocol, Packet, PacketSummary } from './packet';
import { protocolNumber } from './protocolNumbers';
import { parseTcp, tcpFlagsAt } from './tcp';
import { natTraversalPort, parseUdp } from './udp';

/** Any bytes give a packet; what is wrong with them stands in the layers' faults. */
export function decodePacket(bytes: Uint8Array): Packet {
  const layers: Layer[] = [];
  let next: Next | undefined = { kind: 'ip', start: 0, limit: bytes.length, quoted: false };
  while (next !== undefined) next = decodeNext(bytes, next, layers);
  return { bytes, layers };
}

/** Of the outermost IP header and what it carries; undefined when that header cannot be read. */
export function summarizePacket(packet: Packet): PacketSummary | undefined {
  return summarizeBytes(packet.bytes);
}

/** Offset of the IP header that an ICMP error quotes; undefined when the packet is no ICMP error. */
export function quotedStart(packet: Packet): number | undefined {
  const index = packet.layers.findIndex((layer) => !isIpPart(layer.protocol));
  const layer = packet.layers[index];
  if (layer?.protocol !== 'icmp' && layer?.protocol !== 'icmpv6') return undefined;
  const quoted = packet.layers[index + 1];
  return quoted?.protocol === 'ipv4' || quoted?.protocol === 'ipv6' ? quoted.start : undefined;
}

/** Of the packet that an ICMP error quotes, as far as it is quoted. Offsets are those of the whole packet. */
export function summarizeQuoted(packet: Packet): PacketSummary | undefined {
  const start = quotedStart(packet);
  return start === undefined ? undefined : summarizeBytes(packet.bytes, start);
}

/** The packet that stands directly in another's IP header (protocol 4 or 41); undefined when there is none. */
export function innerPacket(packet: Packet): Packet | undefined {
  for (let index = 1; index < packet.layers.length; index++) {
    const layer = packet.layers[index]!;
    if (layer.protocol === 'ipv6-extension') continue;
    if (layer.protocol !== 'ipv4' && layer.protocol !== 'ipv6') return undefined;
    return decodePacket(packet.bytes.slice(layer.start, layer.end));
  }
  return undefined;
}

/** What the decoder found to stand next. */
type Next =
  | {
      readonly kind: 'ip';
      readonly version?: 4 | 6;
      readonly start: number;
      readonly limit: number;
      readonly quoted: boolean;
    }
  | {
      readonly kind: 'protocol';
      readonly number: number;
      readonly start: number;
      readonly limit: number;
      readonly ip: IpContext;
    }
  | { readonly kind: 'payload' | 'encrypted'; readonly start: number; readonly limit: number };

/** What the headers behind an IP header need to know of it. */
interface IpContext {
  readonly family: 4 | 6;
  readonly sourceAt: number;
  readonly quoted: boolean;
  /** All bytes that the transport checksum covers are here, and the addresses are those it was computed with. */
  readonly whole: boolean;
}

function decodeNext(bytes: Uint8Array, next: Next, layers: Layer[]): Next | undefined {
  switch (next.kind) {
    case 'ip':
      return decodeIp(bytes, next, layers);
    case 'protocol':
      return decodeProtocol(bytes, next, layers);
    case 'payload':
    case 'encrypted':
      if (next.start < next.limit)
        layers.push({
          protocol: next.kind,
          start: next.start,
          headerEnd: next.start,
          end: next.limit,
          faults: [],
        });
      return undefined;
  }
}

function decodeIp(
  bytes: Uint8Array,
  { version, start, limit, quoted }: Extract<Next, { kind: 'ip' }>,
  layers: Layer[],
): Next | undefined {
  const family = version ?? (start < limit ? bytes[start]! >>> 4 : undefined);
  if (family === 4) {
    const reading = parseIpv4(bytes, start, limit, quoted);
    if (!addLayer(layers, 'ipv4', start, limit, reading, quoted)) return undefined;
    const { header, headerEnd, end, faults } = reading;
    if (header.fragmentOffset > 0) return { kind: 'payload', start: headerEnd, limit: end };
    // A source route changes the destination on the way; the checksum covers the last one.
    const whole = !quoted && faults.length === 0 && !header.moreFragments && header.options === undefined;
    const ip: IpContext = { family: 4, sourceAt: start + ipv4SourceAt, quoted, whole };
    return { kind: 'protocol', number: header.protocol, start: headerEnd, limit: end, ip };
  }
  if (family === 6) {
    const reading = parseIpv6(bytes, start, limit, quoted);
    if (!addLayer(layers, 'ipv6', start, limit, reading, quoted)) return undefined;
    const { header, headerEnd, end, faults } = reading;
    const whole = !quoted && faults.length === 0;
    const ip: IpContext = { family: 6, sourceAt: start + ipv6SourceAt, quoted, whole };
    return { kind: 'protocol', number: header.nextHeader, start: headerEnd, limit: end, ip };
  }
  const fault =
    family === undefined
      ? 'There are no bytes where an IP header was expected.'
      : `An IP header begins with version 4 or 6, but here the version is ${family}.`;
  layers.push({ protocol: 'payload', start, headerEnd: start, end: limit, faults: [fault] });
  return undefined;
}

function decodeProtocol(
  bytes: Uint8Array,
  { number, start, limit, ip }: Extract<Next, { kind: 'protocol' }>,
  layers: Layer[],
): Next | undefined {
  const pseudoSum = (length: number) => pseudoHeaderSumAt(bytes, ip.sourceAt, ip.family, number, length);
  switch (number) {
    case protocolNumber.tcp: {
      const reading = parseTcp(bytes, start, limit, ip.whole ? pseudoSum(limit - start) : undefined);
      if (!addLayer(layers, 'tcp', start, limit, reading, ip.quoted)) return undefined;
      return { kind: 'payload', start: reading.headerEnd, limit };
    }
    case protocolNumber.udp: {
      const reading = parseUdp(bytes, start, limit, ip.whole ? pseudoSum : undefined, ip.family === 4);
      if (!addLayer(layers, 'udp', start, limit, reading, ip.quoted)) return undefined;
      const { header, headerEnd, end } = reading;
      const natTraversal =
        header.sourcePort === natTraversalPort || header.destinationPort === natTraversalPort;
      // RFC 3948 section 2: ESP never has SPI 0 there, so four zero bytes mark IKE; one byte is a keepalive.
      if (natTraversal && end - headerEnd >= 8 && read32(bytes, headerEnd) !== 0)
        return { kind: 'protocol', number: protocolNumber.esp, start: headerEnd, limit: end, ip };
      return { kind: 'payload', start: headerEnd, limit: end };
    }
    case protocolNumber.icmp: {
      if (ip.family !== 4) break;
      const reading = parseIcmp(bytes, start, limit, ip.whole);
      if (!addLayer(layers, 'icmp', start, limit, reading, ip.quoted)) return undefined;
      return isIcmpError(reading.header.type) && reading.headerEnd < limit
        ? { kind: 'ip', start: reading.headerEnd, limit, quoted: true }
        : { kind: 'payload', start: reading.headerEnd, limit };
    }
    case protocolNumber.icmpv6: {
      if (ip.family !== 6) break;
      const reading = parseIcmpv6(bytes, start, limit, ip.whole ? pseudoSum(limit - start) : undefined);
      if (!addLayer(layers, 'icmpv6', start, limit, reading, ip.quoted)) return undefined;
      return isIcmpv6Error(reading.header.type) && reading.headerEnd < limit
        ? { kind: 'ip', start: reading.headerEnd, limit, quoted: true }
        : { kind: 'payload', start: reading.headerEnd, limit };
    }
    case protocolNumber.esp: {
      const reading = parseEsp(bytes, start, limit);
      if (!addLayer(layers, 'esp', start, limit, reading, ip.quoted)) return undefined;
      return { kind: 'encrypted', start: reading.headerEnd, limit };
    }
    case protocolNumber.ah: {
      const reading = parseAh(bytes, start, limit);
      if (!addLayer(layers, 'ah', start, limit, reading, ip.quoted)) return undefined;
      const { headerEnd, header } = reading;
      return { kind: 'protocol', number: header.nextHeader, start: headerEnd, limit, ip };
    }
    case protocolNumber.ipcomp: {
      const reading = parseIpcomp(bytes, start, limit);
      if (!addLayer(layers, 'ipcomp', start, limit, reading, ip.quoted)) return undefined;
      return { kind: 'payload', start: reading.headerEnd, limit };
    }
    case protocolNumber.gre: {
      const reading = parseGre(bytes, start, limit);
      if (!addLayer(layers, 'gre', start, limit, reading, ip.quoted)) return undefined;
      const { protocolType, version } = reading.header;
      const inside = { start: reading.headerEnd, limit };
      if (version === 0 && protocolType === etherType.ipv4)
        return { kind: 'ip', version: 4, ...inside, quoted: ip.quoted };
      if (version === 0 && protocolType === etherType.ipv6)
        return { kind: 'ip', version: 6, ...inside, quoted: ip.quoted };
      return { kind: 'payload', ...inside };
    }
    case protocolNumber.ipv4:
      return { kind: 'ip', version: 4, start, limit, quoted: ip.quoted };
    case protocolNumber.ipv6:
      return { kind: 'ip', version: 6, start, limit, quoted: ip.quoted };
    default:
      if (ip.family === 6 && isIpv6Extension(number)) {
        const reading = parseIpv6Extension(bytes, start, limit, number);
        if (!addLayer(layers, 'ipv6-extension', start, limit, reading, ip.quoted)) return undefined;
        const { headerEnd, header } = reading;
        if (header.fragment !== undefined && header.fragment.offset > 0)
          return { kind: 'payload', start: headerEnd, limit };
        // With a routing header the checksum covers the last destination, not the one in the IPv6 header.
        const whole = ip.whole && !header.fragment?.moreFragments && number !== protocolNumber.routing;
        return { kind: 'protocol', number: header.nextHeader, start: headerEnd, limit, ip: { ...ip, whole } };
      }
  }
  return { kind: 'payload', start, limit };
}

/** Adds the layer, readable or not; true when decoding can go on behind it. */
function addLayer<Header>(
  layers: Layer[],
  protocol: LayerProtocol,
  start: number,
  limit: number,
  reading: HeaderReading<Header>,
  quoted: boolean,
): reading is Extract<HeaderReading<Header>, { kind: 'header' }> {
  if (reading.kind === 'header') {
    const { headerEnd, end, faults } = reading;
    layers.push({ protocol, start, headerEnd, end, faults });
    return true;
  }
  // An ICMP error may quote as little as 8 bytes of the transport header: that it is cut off is no fault.
  const cutOff = quoted && protocol !== 'ipv4' && protocol !== 'ipv6';
  layers.push({ protocol, start, headerEnd: limit, end: limit, faults: cutOff ? [] : reading.faults });
  return false;
}

function isIpPart(protocol: LayerProtocol): boolean {
  return protocol === 'ipv4' || protocol === 'ipv6' || protocol === 'ipv6-extension';
}

/** The summary of the packet whose IP header is at `start`. Offsets in it are offsets in `bytes`. */
export function summarizeBytes(bytes: Uint8Array, start = 0): PacketSummary | undefined {
  switch ((bytes[start] ?? 0) >>> 4) {
    case 4:
      return summarizeIpv4(bytes, start);
    case 6:
      return summarizeIpv6(bytes, start);
    default:
      return undefined;
  }
}

function summarizeIpv4(bytes: Uint8Array, start: number): PacketSummary | undefined {
  const headerLength = (bytes[start]! & 15) * 4;
  if (headerLength < ipv4HeaderBytes || start + headerLength > bytes.length) return undefined;
  const totalLength = read16(bytes, start + 2);
  const fragment = read16(bytes, start + 6);
  const transportStart = start + headerLength;
  const fragmentOffset = (fragment & 0x1fff) * 8;
  const protocol = bytes[start + 9]!;
  const limit = Math.min(bytes.length, start + totalLength);
  return {
    family: 4,
    source: addressFromBytes(bytes, start + ipv4SourceAt, 4),
    destination: addressFromBytes(bytes, start + ipv4DestinationAt, 4),
    protocol,
    ttl: bytes[start + 8]!,
    tos: bytes[start + 1]!,
    id: read16(bytes, start + 4),
    totalLength,
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset,
    transportStart,
    ...(fragmentOffset === 0 && summarizeTransport(bytes, transportStart, limit, protocol, 4)),
  };
}

function summarizeIpv6(bytes: Uint8Array, start: number): PacketSummary | undefined {
  if (start + ipv6HeaderBytes > bytes.length) return undefined;
  const totalLength = ipv6HeaderBytes + read16(bytes, start + 4);
  const limit = Math.min(bytes.length, start + totalLength);
  let protocol = bytes[start + 6]!;
  let transportStart = start + ipv6HeaderBytes;
  let id = 0;
  let fragmentOffset = 0;
  let moreFragments = false;
  while (fragmentOffset === 0 && isIpv6Extension(protocol) && transportStart + 8 <= limit) {
    const length = ipv6ExtensionLength(bytes, transportStart, protocol);
    if (transportStart + length > limit) break;
    if (protocol === protocolNumber.fragment) {
      const word = read16(bytes, transportStart + 2);
      fragmentOffset = word & 0xfff8;
      moreFragments = (word & 1) !== 0;
      id = read32(bytes, transportStart + 4);
    }
    protocol = bytes[transportStart]!;
    transportStart += length;
  }
  return {
    family: 6,
    source: addressFromBytes(bytes, start + ipv6SourceAt, 6),
    destination: addressFromBytes(bytes, start + ipv6DestinationAt, 6),
    protocol,
    ttl: bytes[start + 7]!,
    tos: (read16(bytes, start) >>> 4) & 255,
    id,
    totalLength,
    dontFragment: false,
    moreFragments,
    fragmentOffset,
    transportStart,
    ...(fragmentOffset === 0 && summarizeTransport(bytes, transportStart, limit, protocol, 6)),
  };
}

type TransportSummary = Pick<
  PacketSummary,
  'sourcePort' | 'destinationPort' | 'tcpFlags' | 'icmpType' | 'icmpCode' | 'icmpId' | 'spi' | 'sequence'
>;

/** Each field only when all its bytes are there. */
function summarizeTransport(
  bytes: Uint8Array,
  start: number,
  limit: number,
  protocol: number,
  family: 4 | 6,
): TransportSummary | undefined {
  const present = limit - start;
  switch (protocol) {
    case protocolNumber.tcp:
    case protocolNumber.udp:
      if (present < 4) return undefined;
      return {
        sourcePort: read16(bytes, start),
        destinationPort: read16(bytes, start + 2),
        ...(protocol === protocolNumber.tcp &&
          present > tcpFlagsAt && { tcpFlags: bytes[start + tcpFlagsAt]! }),
      };
    case protocolNumber.icmp:
    case protocolNumber.icmpv6: {
      // ICMP over IPv6 and ICMPv6 over IPv4 are bytes of an unknown protocol to both stacks.
      if (present < 2 || (protocol === protocolNumber.icmp) !== (family === 4)) return undefined;
      const type = bytes[start]!;
      const hasIdentifier = family === 4 ? icmpHasIdentifier(type) : icmpv6HasIdentifier(type);
      return {
        icmpType: type,
        icmpCode: bytes[start + 1]!,
        ...(hasIdentifier && present >= 6 && { icmpId: read16(bytes, start + icmpIdentifierAt) }),
      };
    }
    case protocolNumber.esp:
      if (present < 8) return undefined;
      return { spi: read32(bytes, start), sequence: read32(bytes, start + 4) };
    case protocolNumber.ah:
      if (present < 12) return undefined;
      return { spi: read32(bytes, start + 4), sequence: read32(bytes, start + 8) };
    case protocolNumber.ipcomp:
      return present < 4 ? undefined : { spi: read16(bytes, start + 2) };
    default:
      return undefined;
  }
}
