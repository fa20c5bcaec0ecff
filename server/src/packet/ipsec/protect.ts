/**
 * A packet put under a security association, as bytes. Tunnel mode is IP-in-IP first and then the transform on
 * that outer packet, which is how the BSD kernels do it too (ipip_output, then esp_output); so what a filter on
 * enc0 sees between the two is a value here as well (`intermediate`). The way back is `unprotect.ts`.
 *
 * Nothing is remembered: the caller counts sequence numbers and hands them in.
 */
import type { SecurityAssociation, TunnelEndpoints } from '../../policy/ipsec';
import { write16 } from '../bytes';
import { summarizeBytes } from '../decode';
import { encapsulateInIp, replaceTransport } from '../encapsulate';
import { ipcompHeaderBytes } from '../ipcomp';
import type { Packet, PacketSummary } from '../packet';
import { protocolNumber } from '../protocolNumbers';
import { udpHeaderBytes } from '../udp';
import { ahOverhead, sealAh } from './ahTransform';
import { espEstimate, espOverhead, sealEsp } from './espTransform';
import { sealIpcomp } from './ipcompTransform';
import { failed, type IpsecResult } from './result';

export interface Protection {
  readonly mode: 'transport' | 'tunnel';
  /** The ends of the tunnel; without them those of the SA. */
  readonly tunnel?: Pick<TunnelEndpoints, 'source' | 'destination'>;
  /** The packet's number under this SA; the first is 1. */
  readonly sequence: number;
  /** Derived from SPI and sequence number when deterministic, so that results repeat. */
  readonly iv: Uint8Array | 'deterministic';
  readonly outer?: OuterOptions;
}

/** Rules for the outer header of a tunnel. The defaults are those of NetBSD and FreeBSD. */
export interface OuterOptions {
  /** Default 64 (`net.inet.ip.ttl`). */
  readonly ttl?: number;
  /** IPv4 identification; default 1, so that results repeat. */
  readonly id?: number;
  /** `net.inet.ipsec.dfbit`: 0, 1, 2. Default `clear`. */
  readonly dontFragment?: 'clear' | 'set' | 'copy';
  /** `net.inet.ipsec.ecn`. Default `forbidden`: the outer header says "not ECN capable". */
  readonly ecn?: 'forbidden' | 'allowed';
}

export interface ProtectedPacket {
  readonly packet: Packet;
  /** Before the transform: in tunnel mode the IP-in-IP packet, in transport mode the packet itself. */
  readonly intermediate: Packet;
}

export function protect(
  packet: Packet,
  sa: SecurityAssociation,
  how: Protection,
): IpsecResult<ProtectedPacket> {
  const intermediate = how.mode === 'tunnel' ? putInTunnel(packet, sa, how) : packet;
  if (isTooLarge(intermediate)) return TOO_LARGE;
  const summary = summarizeBytes(intermediate.bytes);
  if (summary === undefined) return failed('malformed', 'The packet has no readable IP header.');
  if (summary.moreFragments || summary.fragmentOffset > 0) {
    return failed(
      'malformed',
      'A fragment cannot be protected in transport mode; it must be put together first.',
    );
  }
  const transformed = transform(intermediate, summary, sa, how);
  if (transformed.failure !== undefined) return transformed;
  return isTooLarge(transformed.packet) ? TOO_LARGE : { packet: transformed.packet, intermediate };
}

const TOO_LARGE = failed(
  'too-big',
  'With its IPsec headers the packet is larger than its length field can say.',
);

/** IPv4 counts the whole packet in 16 bits, IPv6 what stands behind its 40 bytes. */
function isTooLarge({ bytes }: Packet): boolean {
  return bytes.length > (bytes[0]! >>> 4 === 6 ? 65535 + 40 : 65535);
}

/**
 * Bytes that an SA adds to a packet of `length` bytes; undefined when its algorithms are not computed.
 * `family` is that of the outermost IP header.
 */
export function protectionOverhead(
  length: number,
  sa: SecurityAssociation,
  mode: 'transport' | 'tunnel',
  family: 4 | 6,
): number | undefined {
  const ipHeader = family === 4 ? 20 : 40;
  const outer = mode === 'tunnel' ? ipHeader : 0;
  switch (sa.protocol) {
    case 'esp': {
      const udp = sa.udpEncapsulation === undefined ? 0 : udpHeaderBytes;
      const added = espOverhead(mode === 'tunnel' ? length : length - ipHeader, sa);
      return added === undefined ? undefined : outer + udp + added;
    }
    case 'ah': {
      const added = ahOverhead(sa, family);
      return added === undefined ? undefined : outer + added;
    }
    case 'ipcomp':
      // Compression makes a packet smaller, or leaves it as it is.
      return outer;
  }
}

/** What a kernel takes off an MTU for an association, tunnel header apart; undefined when it is not computed. */
export function headerEstimate(sa: SecurityAssociation, family: 4 | 6): number | undefined {
  switch (sa.protocol) {
    case 'esp':
      return espEstimate(sa);
    case 'ah':
      return ahOverhead(sa, family);
    case 'ipcomp':
      return ipcompHeaderBytes;
  }
}

/** The IP-in-IP packet of a tunnel, before its transform. */
export function putInTunnel(
  packet: Packet,
  sa: SecurityAssociation,
  how: Pick<Protection, 'tunnel' | 'outer'>,
): Packet {
  const inner = summarizeBytes(packet.bytes);
  const { ttl = 64, id = 1, dontFragment = 'clear', ecn = 'forbidden' } = how.outer ?? {};
  const { source, destination } = how.tunnel ?? sa;
  return encapsulateInIp(packet, {
    source,
    destination,
    ttl,
    id,
    tos: outerTos(inner?.tos ?? 0, ecn),
    dontFragment: dontFragment === 'set' || (dontFragment === 'copy' && inner?.dontFragment === true),
  });
}

/**
 * The DSCP is copied. ECN as ip_ecn_ingress of KAME does it: forbidden clears the two bits; allowed copies
 * them, but a congestion mark starts anew as "capable" (RFC 3168 section 9.1.1, full functionality).
 */
function outerTos(innerTos: number, ecn: 'forbidden' | 'allowed'): number {
  if (ecn === 'forbidden') return innerTos & 0xfc;
  return (innerTos & 3) === 3 ? (innerTos & 0xfc) | 2 : innerTos;
}

function transform(
  packet: Packet,
  summary: PacketSummary,
  sa: SecurityAssociation,
  how: Protection,
): IpsecResult<{ readonly packet: Packet }> {
  const payload = {
    protocol: summary.protocol,
    bytes: packet.bytes.slice(summary.transportStart, summary.totalLength),
  };
  switch (sa.protocol) {
    case 'ah':
      return sealAh(packet, sa, how.sequence);
    case 'esp': {
      const sealed = sealEsp(payload, sa, how.sequence, how.iv);
      if (sealed.failure !== undefined) return sealed;
      return { packet: behindIp(packet, sealed.bytes, sa) };
    }
    case 'ipcomp':
      return sealIpcomp(packet, payload, sa);
  }
}

/** ESP straight behind the IP header, or in UDP, whose checksum is 0 there (RFC 3948 section 2.1). */
function behindIp(packet: Packet, esp: Uint8Array, sa: SecurityAssociation): Packet {
  const ports = sa.udpEncapsulation;
  if (ports === undefined) return replaceTransport(packet, protocolNumber.esp, esp);
  const datagram = new Uint8Array(udpHeaderBytes + esp.length);
  write16(datagram, 0, ports.sourcePort);
  write16(datagram, 2, ports.destinationPort);
  write16(datagram, 4, datagram.length);
  datagram.set(esp, udpHeaderBytes);
  return replaceTransport(packet, protocolNumber.udp, datagram);
}
