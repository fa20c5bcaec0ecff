/**
 * Headers put around a packet and taken off again, as tunnels and IPsec do: a whole IP header in front
 * (IP-in-IP, ESP and AH in tunnel mode), or another transport behind the same IP header (transport mode).
 */
import type { Address } from '../policy/address';
import { buildDefaults } from './build';
import { joinBytes, write16 } from './bytes';
import { decodePacket, innerPacket, summarizeBytes } from './decode';
import { emitIpv4, finishIpv4Header } from './ipv4';
import { emitIpv6 } from './ipv6';
import { ipv6ExtensionLength, isIpv6Extension } from './ipv6Extension';
import type { Packet } from './packet';
import { protocolNumber } from './protocolNumbers';

/** The IP header to put in front. Both addresses are of one family, which need not be the inner packet's. */
export interface OuterHeader {
  readonly source: Address;
  readonly destination: Address;
  /** Default: 4 or 41, by the inner packet's version. */
  readonly protocol?: number;
  /** Default 64. */
  readonly ttl?: number;
  /** Default 0. */
  readonly tos?: number;
  /** Default 1. IPv4 only. */
  readonly id?: number;
  /** Default false. IPv4 only. */
  readonly dontFragment?: boolean;
}

/** The packet as the payload of a new IP header. */
export function encapsulateInIp(inner: Packet, outer: OuterHeader): Packet {
  const version = (inner.bytes[0] ?? 0) >>> 4;
  const protocol = outer.protocol ?? (version === 6 ? protocolNumber.ipv6 : protocolNumber.ipv4);
  return wrapInIp(inner.bytes, { ...outer, protocol });
}

/** Any bytes (an ESP or AH packet of tunnel mode, a UDP datagram) as the payload of a new IP header. */
export function wrapInIp(payload: Uint8Array, outer: OuterHeader & { readonly protocol: number }): Packet {
  const { source, destination, protocol, dontFragment = false } = outer;
  const { ttl = buildDefaults.ttl, tos = 0, id = buildDefaults.id } = outer;
  if (source.family !== destination.family)
    throw new RangeError('Source and destination must both be IPv4 or both be IPv6 addresses.');
  const bytes =
    source.family === 4
      ? emitIpv4(
          {
            tos,
            id,
            dontFragment,
            moreFragments: false,
            fragmentOffset: 0,
            ttl,
            protocol,
            source,
            destination,
          },
          payload,
        )
      : emitIpv6(
          { trafficClass: tos, flowLabel: 0, nextHeader: protocol, hopLimit: ttl, source, destination },
          payload,
        );
  return decodePacket(bytes);
}

/** Takes the outer IP header off an IP-in-IP packet; undefined when it carries none. */
export function decapsulateIp(packet: Packet): Packet | undefined {
  return innerPacket(packet);
}

/**
 * The IP header and, in IPv6, the extension headers stay; behind them stand another protocol and other bytes.
 * Length and header checksum become right. A packet without a readable IP header comes back as it is.
 */
export function replaceTransport(packet: Packet, protocol: number, payload: Uint8Array): Packet {
  const summary = summarizeBytes(packet.bytes);
  if (summary === undefined) return packet;
  const bytes = joinBytes(packet.bytes.subarray(0, summary.transportStart), payload);
  if (summary.family === 4) {
    bytes[9] = protocol;
    finishIpv4Header(bytes, 0, bytes.length);
  } else {
    bytes[lastNextHeaderAt(packet.bytes, summary.transportStart)] = protocol;
    write16(bytes, 4, bytes.length - 40);
  }
  return decodePacket(bytes);
}

/** Offset of the Next Header octet that names what stands at `transportStart`. */
export function lastNextHeaderAt(bytes: Uint8Array, transportStart: number): number {
  let nextHeaderAt = 6;
  let at = 40;
  while (at < transportStart && isIpv6Extension(bytes[nextHeaderAt]!)) {
    const length = ipv6ExtensionLength(bytes, at, bytes[nextHeaderAt]!);
    nextHeaderAt = at;
    at += length;
  }
  return nextHeaderAt;
}
