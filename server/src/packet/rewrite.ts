/**
 * What NAT and forwarding do to a packet: a few fields change, everything else stays. Checksums are updated
 * from the change (RFC 1624), as kernels do it, so a first fragment keeps a right one and a packet that came
 * with a wrong one leaves with a wrong one. Bytes behind AH and ESP are never touched.
 */
import { type Address, writeAddress } from '../policy/address';
import { read16, write16 } from './bytes';
import { replaceBytes, updateChecksumAt } from './checksum';
import { decodePacket, quotedStart, summarizeBytes } from './decode';
import { icmpChecksumAt, icmpIdentifierAt } from './icmp';
import { ipv4ChecksumAt, ipv4DestinationAt, ipv4SourceAt } from './ipv4';
import { ipv6DestinationAt, ipv6SourceAt } from './ipv6';
import type { Packet, PacketSummary } from './packet';
import { protocolNumber } from './protocolNumbers';
import { findTcpMss, tcpChecksumAt, tcpHeaderBytes } from './tcp';
import { nonZeroChecksum, udpChecksumAt } from './udp';

/** What becomes different; what is absent, or what the packet does not have, stays. */
export interface PacketChange {
  readonly source?: Address;
  readonly destination?: Address;
  /** TCP and UDP. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Identifier of an ICMP query or reply. */
  readonly icmpId?: number;
  /** Hop limit in IPv6. */
  readonly ttl?: number;
  /** Traffic class in IPv6. */
  readonly tos?: number;
  /** IPv4 only. */
  readonly id?: number;
  /** IPv4 only. */
  readonly dontFragment?: boolean;
  /** Value for the maximum segment size option, where the packet has one. */
  readonly tcpMss?: number;
}

/**
 * The outermost packet with fields replaced. An address of the other family cannot be written and throws a
 * RangeError; a packet without a readable IP header comes back as it is.
 */
export function rewritePacket(packet: Packet, change: PacketChange): Packet {
  const summary = summarizeBytes(packet.bytes);
  if (summary === undefined) return packet;
  const bytes = packet.bytes.slice();
  rewriteAt(bytes, 0, summary, change);
  return decodePacket(bytes);
}

/**
 * The same for the packet that an ICMP error quotes, with the error's own checksum updated. A packet that is
 * no ICMP error comes back as it is.
 */
export function rewriteQuoted(packet: Packet, change: PacketChange): Packet {
  const start = quotedStart(packet);
  const outer = summarizeBytes(packet.bytes);
  const summary = start === undefined ? undefined : summarizeBytes(packet.bytes, start);
  if (start === undefined || outer === undefined || summary === undefined) return packet;
  const quoted = packet.bytes.slice();
  rewriteAt(quoted, start, summary, change);
  const bytes = packet.bytes.slice();
  const gain = replaceBytes(bytes, start, quoted.subarray(start), outer.transportStart);
  updateChecksumAt(bytes, outer.transportStart + icmpChecksumAt, gain);
  return decodePacket(bytes);
}

function rewriteAt(bytes: Uint8Array, start: number, summary: PacketSummary, change: PacketChange): void {
  const addressGain = rewriteAddresses(bytes, start, summary.family, change);
  const headerGain = summary.family === 4 ? rewriteIpv4(bytes, start, change) : 0;
  if (summary.family === 4) updateChecksumAt(bytes, start + ipv4ChecksumAt, addressGain + headerGain);
  else rewriteIpv6(bytes, start, change);
  if (summary.fragmentOffset === 0) rewriteTransport(bytes, start, summary, change, addressGain);
}

function rewriteAddresses(bytes: Uint8Array, start: number, family: 4 | 6, change: PacketChange): number {
  const write = (address: Address | undefined, at: number): number => {
    if (address === undefined) return 0;
    if (address.family !== family)
      throw new RangeError(`An IPv${address.family} address cannot stand in an IPv${family} header.`);
    const replacement = new Uint8Array(family === 4 ? 4 : 16);
    writeAddress(replacement, 0, address);
    return replaceBytes(bytes, start + at, replacement, start);
  };
  return (
    write(change.source, family === 4 ? ipv4SourceAt : ipv6SourceAt) +
    write(change.destination, family === 4 ? ipv4DestinationAt : ipv6DestinationAt)
  );
}

function rewriteIpv4(bytes: Uint8Array, start: number, change: PacketChange): number {
  let gain = 0;
  if (change.tos !== undefined) gain += replaceBytes(bytes, start + 1, Uint8Array.of(change.tos), start);
  if (change.id !== undefined) gain += replaceBytes(bytes, start + 4, word(change.id), start);
  if (change.dontFragment !== undefined) {
    const flags = (bytes[start + 6]! & ~0x40) | (change.dontFragment ? 0x40 : 0);
    gain += replaceBytes(bytes, start + 6, Uint8Array.of(flags), start);
  }
  if (change.ttl !== undefined) gain += replaceBytes(bytes, start + 8, Uint8Array.of(change.ttl), start);
  return gain;
}

/** IPv6 has no header checksum, and no pseudo-header covers these fields. */
function rewriteIpv6(bytes: Uint8Array, start: number, change: PacketChange): void {
  if (change.tos !== undefined)
    write16(bytes, start, (read16(bytes, start) & 0xf00f) | ((change.tos & 255) << 4));
  if (change.ttl !== undefined) bytes[start + 7] = change.ttl;
}

function rewriteTransport(
  bytes: Uint8Array,
  start: number,
  summary: PacketSummary,
  change: PacketChange,
  addressGain: number,
): void {
  const at = summary.transportStart;
  const present = Math.min(bytes.length, start + summary.totalLength) - at;
  switch (summary.protocol) {
    case protocolNumber.tcp: {
      const gain =
        addressGain + rewritePorts(bytes, at, present, change) + rewriteMss(bytes, at, present, change);
      // A quoted packet may end before its checksum.
      if (present >= tcpChecksumAt + 2) updateChecksumAt(bytes, at + tcpChecksumAt, gain);
      return;
    }
    case protocolNumber.udp: {
      const gain = addressGain + rewritePorts(bytes, at, present, change);
      const checksumAt = at + udpChecksumAt;
      if (present < udpChecksumAt + 2 || read16(bytes, checksumAt) === 0) return;
      updateChecksumAt(bytes, checksumAt, gain);
      write16(bytes, checksumAt, nonZeroChecksum(read16(bytes, checksumAt)));
      return;
    }
    case protocolNumber.icmp:
    case protocolNumber.icmpv6: {
      const covered = summary.protocol === protocolNumber.icmpv6 && summary.family === 6 ? addressGain : 0;
      const identifier =
        change.icmpId !== undefined && summary.icmpId !== undefined
          ? replaceBytes(bytes, at + icmpIdentifierAt, word(change.icmpId), at)
          : 0;
      if (present >= icmpChecksumAt + 2 && summary.icmpType !== undefined)
        updateChecksumAt(bytes, at + icmpChecksumAt, covered + identifier);
      return;
    }
    default:
      return;
  }
}

function rewritePorts(bytes: Uint8Array, at: number, present: number, change: PacketChange): number {
  if (present < 4) return 0;
  let gain = 0;
  if (change.sourcePort !== undefined) gain += replaceBytes(bytes, at, word(change.sourcePort), at);
  if (change.destinationPort !== undefined)
    gain += replaceBytes(bytes, at + 2, word(change.destinationPort), at);
  return gain;
}

function rewriteMss(bytes: Uint8Array, at: number, present: number, change: PacketChange): number {
  if (change.tcpMss === undefined || present < tcpHeaderBytes) return 0;
  const headerEnd = Math.min(at + (bytes[at + 12]! >>> 4) * 4, at + present);
  const mssAt = findTcpMss(bytes, at, headerEnd);
  return mssAt === undefined ? 0 : replaceBytes(bytes, mssAt, word(change.tcpMss), at);
}

function word(value: number): Uint8Array {
  return Uint8Array.of((value >>> 8) & 255, value & 255);
}
