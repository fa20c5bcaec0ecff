/**
 * ESP, AH or IPComp taken off a packet again, with the checks of the kernels in their order: is it this SA's,
 * is its sequence number fresh, is its ICV right, does it decrypt to something sound.
 */
import type { SecurityAssociation } from '../../policy/ipsec';
import { read32 } from '../bytes';
import { decodePacket, summarizeBytes } from '../decode';
import { decapsulateIp, replaceTransport } from '../encapsulate';
import type { Packet, PacketSummary } from '../packet';
import { protocolNumber } from '../protocolNumbers';
import { natTraversalPort, udpHeaderBytes } from '../udp';
import { openAh } from './ahTransform';
import { openEsp } from './espTransform';
import { compressionIndex, openIpcomp } from './ipcompTransform';
import type { OuterOptions } from './protect';
import { acceptSequence, isFresh, type ReplayState } from './replay';
import { failed, type IpsecResult } from './result';

export interface UnprotectedPacket {
  /** What goes on: in tunnel mode the inner packet, in transport mode the packet without its IPsec header. */
  readonly packet: Packet;
  /** With the outer IP header, and what it carried in clear: in tunnel mode still IP-in-IP. */
  readonly intermediate: Packet;
  readonly mode: 'transport' | 'tunnel';
  readonly sequence: number;
  /** The window after this packet. */
  readonly replay: ReplayState;
}

/** `replay`: the window before this packet; the answer holds the one after it. */
export function unprotect(
  packet: Packet,
  sa: SecurityAssociation,
  replay: ReplayState,
  options: Pick<OuterOptions, 'ecn'> = {},
): IpsecResult<UnprotectedPacket> {
  const summary = summarizeBytes(packet.bytes);
  if (summary === undefined) return failed('malformed', 'The packet has no readable IP header.');
  const found = protectionOf(packet.bytes, summary);
  if (found === undefined || found.protocol !== sa.protocol || found.spi !== spiOnTheWire(sa)) {
    return failed('unknown-spi', `The packet is not one of the SA with SPI ${sa.spi}.`);
  }
  const { sequence } = found;
  const isCounted = sa.protocol !== 'ipcomp';
  if (isCounted && !isFresh(replay, sequence, sa.replayWindow)) {
    return failed(
      'replayed',
      `Sequence number ${sequence} was accepted before, or lies behind the replay window of ${sa.replayWindow * 8} numbers that ends at ${replay.highest}.`,
    );
  }
  const opened = open(packet, summary, sa);
  if (opened.failure !== undefined) return opened;
  const rest = {
    intermediate: opened.packet,
    sequence,
    replay: isCounted ? acceptSequence(replay, sequence, sa.replayWindow) : replay,
  };
  const carriesIp = opened.protocol === protocolNumber.ipv4 || opened.protocol === protocolNumber.ipv6;
  const inner = carriesIp && sa.mode !== 'transport' ? decapsulateIp(opened.packet) : undefined;
  if (inner === undefined) return { packet: opened.packet, mode: 'transport', ...rest };
  const marked = options.ecn === 'allowed' ? withCongestionMark(inner, summary.tos) : inner;
  return { packet: marked, mode: 'tunnel', ...rest };
}

/** What a packet says of its protection: the protocol, and the SPI by which its SA is found. */
export interface FoundProtection {
  readonly protocol: SecurityAssociation['protocol'];
  /** The CPI, for IPComp. */
  readonly spi: number;
  readonly sequence: number;
  readonly inUdp: boolean;
}

/** Undefined when the packet is not protected, as IKE and keepalives on UDP port 4500 are not. */
export function protectionOf(bytes: Uint8Array, summary: PacketSummary): FoundProtection | undefined {
  const { protocol, spi, sequence = 0 } = summary;
  switch (protocol) {
    case protocolNumber.udp:
      return espInUdp(bytes, summary);
    case protocolNumber.esp:
      return spi === undefined ? undefined : { protocol: 'esp', spi, sequence, inUdp: false };
    case protocolNumber.ah:
      return spi === undefined ? undefined : { protocol: 'ah', spi, sequence, inUdp: false };
    case protocolNumber.ipcomp:
      return spi === undefined ? undefined : { protocol: 'ipcomp', spi, sequence, inUdp: false };
    default:
      return undefined;
  }
}

/** SPI and sequence number of ESP over UDP; undefined for IKE, keepalives and other datagrams. */
export function espInUdp(bytes: Uint8Array, summary: PacketSummary): FoundProtection | undefined {
  const { protocol, sourcePort, destinationPort, transportStart, totalLength } = summary;
  if (protocol !== protocolNumber.udp) return undefined;
  if (sourcePort !== natTraversalPort && destinationPort !== natTraversalPort) return undefined;
  const start = transportStart + udpHeaderBytes;
  if (Math.min(bytes.length, totalLength) - start < 8) return undefined;
  const spi = read32(bytes, start);
  // Four zero bytes mark IKE (RFC 3948 section 2.2).
  return spi === 0 ? undefined : { protocol: 'esp', spi, sequence: read32(bytes, start + 4), inUdp: true };
}

/** What a packet of this SA says where its SPI, or CPI, stands. */
export function spiOnTheWire(sa: SecurityAssociation): number {
  return sa.protocol === 'ipcomp' ? compressionIndex(sa) : sa.spi;
}

function open(
  packet: Packet,
  summary: PacketSummary,
  sa: SecurityAssociation,
): IpsecResult<{ readonly packet: Packet; readonly protocol: number }> {
  switch (sa.protocol) {
    case 'ah':
      return openAh(packet, sa);
    case 'esp': {
      const udp = summary.protocol === protocolNumber.udp ? udpHeaderBytes : 0;
      const end = Math.min(packet.bytes.length, summary.totalLength);
      const opened = openEsp(packet.bytes.slice(summary.transportStart + udp, end), sa);
      if (opened.failure !== undefined) return opened;
      const { protocol, bytes } = opened.payload;
      return { packet: replaceTransport(packet, protocol, bytes), protocol };
    }
    case 'ipcomp':
      return openIpcomp(packet, summary, sa);
  }
}

/** A congestion mark on the outer header reaches the inner one, when the inner one takes part in ECN. */
function withCongestionMark(inner: Packet, outerTos: number): Packet {
  const summary = summarizeBytes(inner.bytes);
  if ((outerTos & 3) !== 3 || summary === undefined || (summary.tos & 3) === 0) return inner;
  const bytes = inner.bytes.slice();
  if (summary.family === 4) {
    bytes[1]! |= 3;
    return replaceTransport({ bytes, layers: [] }, summary.protocol, bytes.slice(summary.transportStart));
  }
  // The two bits of ECN end the traffic class, which begins in the second half of the first byte.
  bytes[1]! |= 0x30;
  return decodePacket(bytes);
}
