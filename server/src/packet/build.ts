/**
 * From what a packet line says to bytes. Everything not said has a constant default, so that the same line
 * gives the same bytes every time: TTL 64, type of service 0, identification 1, DF clear, TCP sequence and
 * acknowledgement 0 with window 65535 and no options, ICMP echo with identifier 1, sequence 1 and 8 bytes of
 * payload, ESP and AH with SPI 0x1000 and sequence 1, ESP with 32 bytes that nobody can read. TCP and UDP
 * have no payload unless told.
 */

import { ahFixedBytes, emitAh } from './ah';
import { joinBytes } from './bytes';
import { pseudoHeaderSum } from './checksum';
import { decodePacket } from './decode';
import { emitEsp } from './esp';
import { emitGre, etherType } from './gre';
import { emitIcmp, icmpHasIdentifier, icmpType } from './icmp';
import { icmpv6HasIdentifier, icmpv6Type } from './icmpv6';
import { emitIpcomp } from './ipcomp';
import { emitIpv4 } from './ipv4';
import { emitIpv6 } from './ipv6';
import { emitIpv6Fragment } from './ipv6Extension';
import type { PacketSpec } from './notation';
import type { Packet } from './packet';
import { protocolNumber } from './protocolNumbers';
import { emitTcp, tcpMssOption } from './tcp';
import { emitUdp } from './udp';

export const buildDefaults = {
  ttl: 64,
  id: 1,
  tcpWindow: 65535,
  icmpId: 1,
  icmpSequence: 1,
  icmpEchoPayloadBytes: 8,
  spi: 0x1000,
  sequence: 1,
  espBodyBytes: 32,
  /** HMAC-96, as most transforms of AH have it. */
  ahIcvBytes: 12,
} as const;

/**
 * A whole packet with right lengths and checksums. A later fragment (`fragmentOffset` above 0) has no transport
 * header, only payload; a first fragment's checksum covers the bytes that are in it. Lengths that do not
 * fit 16 bits, or a fragment offset that is no multiple of 8, throw a RangeError.
 */
export function buildPacket(spec: PacketSpec): Packet {
  return decodePacket(buildBytes(spec));
}

function buildBytes(spec: PacketSpec): Uint8Array {
  const fragmentOffset = spec.fragmentOffset ?? 0;
  if (fragmentOffset % 8 !== 0 || fragmentOffset < 0 || fragmentOffset > 0xfff8)
    throw new RangeError(`A fragment offset is a multiple of 8 up to 65528, not ${fragmentOffset}.`);
  if (spec.source.family !== spec.destination.family)
    throw new RangeError('Source and destination must both be IPv4 or both be IPv6 addresses.');
  const body = fragmentOffset > 0 ? buildPayload(spec, 8) : buildTransport(spec);
  const ttl = spec.ttl ?? buildDefaults.ttl;
  const tos = spec.tos ?? 0;
  const id = spec.id ?? buildDefaults.id;
  const { source, destination, protocol } = spec;
  const moreFragments = spec.moreFragments ?? false;
  if (source.family === 4) {
    if (body.length > 0xffff - 20) throw new RangeError(`${body.length} bytes do not fit an IPv4 packet.`);
    const dontFragment = spec.dontFragment ?? false;
    return emitIpv4(
      { tos, id, dontFragment, moreFragments, fragmentOffset, ttl, protocol, source, destination },
      body,
    );
  }
  const isFragment = moreFragments || fragmentOffset > 0;
  const payload = isFragment
    ? joinBytes(emitIpv6Fragment(protocol, { offset: fragmentOffset, moreFragments, id }), body)
    : body;
  if (payload.length > 0xffff) throw new RangeError(`${payload.length} bytes do not fit an IPv6 packet.`);
  const nextHeader = isFragment ? protocolNumber.fragment : protocol;
  return emitIpv6(
    { trafficClass: tos, flowLabel: 0, nextHeader, hopLimit: ttl, source, destination },
    payload,
  );
}

function buildTransport(spec: PacketSpec): Uint8Array {
  const pseudoSum = (length: number) => pseudoHeaderSum(spec.source, spec.destination, spec.protocol, length);
  const { spi = buildDefaults.spi, sequence = buildDefaults.sequence } = spec;
  switch (spec.protocol) {
    case protocolNumber.tcp:
      return emitTcp(
        {
          sourcePort: spec.sourcePort ?? 0,
          destinationPort: spec.destinationPort ?? 0,
          sequence: spec.tcpSequence ?? 0,
          acknowledgement: spec.tcpAcknowledgement ?? 0,
          flags: spec.tcpFlags ?? 0,
          window: buildDefaults.tcpWindow,
          urgentPointer: 0,
          ...(spec.tcpMss !== undefined && { options: tcpMssOption(spec.tcpMss) }),
        },
        buildPayload(spec, 0),
        pseudoSum,
      );
    case protocolNumber.udp:
      return emitUdp(
        { sourcePort: spec.sourcePort ?? 0, destinationPort: spec.destinationPort ?? 0 },
        buildPayload(spec, 0),
        pseudoSum,
      );
    case protocolNumber.icmp: {
      if (spec.source.family !== 4) break;
      const type = spec.icmpType ?? icmpType.echo;
      return emitIcmp(
        { type, code: spec.icmpCode ?? 0, rest: icmpRest(spec, icmpHasIdentifier(type)) },
        icmpPayload(spec, icmpHasIdentifier(type)),
      );
    }
    case protocolNumber.icmpv6: {
      if (spec.source.family !== 6) break;
      const type = spec.icmpType ?? icmpv6Type.echo;
      return emitIcmp(
        { type, code: spec.icmpCode ?? 0, rest: icmpRest(spec, icmpv6HasIdentifier(type)) },
        icmpPayload(spec, icmpv6HasIdentifier(type)),
        pseudoSum,
      );
    }
    case protocolNumber.esp:
      return emitEsp({ spi, sequence }, buildPayload(spec, buildDefaults.espBodyBytes));
    case protocolNumber.ah: {
      // RFC 4302 section 3.3.3.2.1: over IPv6 header and ICV together are a multiple of 8 bytes.
      const icvBytes =
        spec.source.family === 4
          ? buildDefaults.ahIcvBytes
          : Math.ceil((ahFixedBytes + buildDefaults.ahIcvBytes) / 8) * 8 - ahFixedBytes;
      const nextHeader = spec.inner === undefined ? protocolNumber.noNextHeader : ipProtocolOf(spec.inner);
      return emitAh({ nextHeader, spi, sequence, icv: new Uint8Array(icvBytes) }, innerOrPayload(spec));
    }
    case protocolNumber.ipcomp: {
      const nextHeader = spec.inner === undefined ? protocolNumber.ipv4 : ipProtocolOf(spec.inner);
      // CPI 2 is DEFLATE's well-known one (RFC 3173 section 3.3 and its registry).
      return emitIpcomp({ nextHeader, cpi: spec.spi ?? 2 }, buildPayload(spec, 0));
    }
    case protocolNumber.gre: {
      const family = spec.inner?.source.family;
      const protocolType = family === 4 ? etherType.ipv4 : family === 6 ? etherType.ipv6 : etherType.ethernet;
      return emitGre({ version: 0, protocolType }, innerOrPayload(spec));
    }
  }
  return innerOrPayload(spec);
}

function icmpRest(spec: PacketSpec, hasIdentifier: boolean): number {
  if (!hasIdentifier) return 0;
  const id = spec.icmpId ?? buildDefaults.icmpId;
  return id * 0x10000 + (spec.icmpSequence ?? buildDefaults.icmpSequence);
}

/** Queries carry a few bytes; an error carries the packet it is about, when that is said (`inner`). */
function icmpPayload(spec: PacketSpec, hasIdentifier: boolean): Uint8Array {
  if (spec.inner !== undefined) return buildBytes(spec.inner);
  return buildPayload(spec, hasIdentifier ? buildDefaults.icmpEchoPayloadBytes : 0);
}

function innerOrPayload(spec: PacketSpec): Uint8Array {
  return spec.inner === undefined ? buildPayload(spec, 0) : buildBytes(spec.inner);
}

function ipProtocolOf(inner: PacketSpec): number {
  return inner.source.family === 4 ? protocolNumber.ipv4 : protocolNumber.ipv6;
}

/** The bytes said, or the alphabet over and over for a length said or by default. */
function buildPayload(spec: PacketSpec, defaultLength: number): Uint8Array {
  if (spec.payload !== undefined) return spec.payload;
  const length = spec.payloadLength ?? defaultLength;
  if (!(length >= 0 && length <= 0xffff))
    throw new RangeError(`A payload has from 0 to 65535 bytes, not ${length}.`);
  return Uint8Array.from({ length }, (_, i) => 0x61 + (i % 26));
}
