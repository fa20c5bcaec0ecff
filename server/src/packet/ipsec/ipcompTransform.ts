/**
 * IPComp as bytes (RFC 3173): the payload is replaced by its compressed form behind a 4-byte header, but only
 * when that makes the packet smaller; else the packet goes on as it was (section 2.2).
 */
import type { SecurityAssociation } from '../../policy/ipsec';
import { replaceTransport } from '../encapsulate';
import { emitIpcomp, ipcompHeaderBytes, parseIpcomp } from '../ipcomp';
import type { Packet, PacketSummary } from '../packet';
import { protocolNumber } from '../protocolNumbers';
import { deflate, inflate } from './deflate';
import type { Payload } from './espTransform';
import { failed, type IpsecResult } from './result';

/** Packets up to this many bytes are not worth a try (sys/opencrypto/xform.c, comp_algo_deflate: minlen). */
const NOT_WORTH_COMPRESSING = 90;

export function sealIpcomp(
  packet: Packet,
  payload: Payload,
  sa: SecurityAssociation,
): IpsecResult<{ readonly packet: Packet }> {
  if (sa.compression !== 'deflate') return notComputed(sa);
  if (packet.bytes.length <= NOT_WORTH_COMPRESSING) return { packet };
  const compressed = deflate(payload.bytes);
  if (compressed.length + ipcompHeaderBytes >= payload.bytes.length) return { packet };
  const header = { nextHeader: payload.protocol, cpi: compressionIndex(sa) };
  return {
    packet: replaceTransport(packet, protocolNumber.ipcomp, emitIpcomp(header, compressed)),
  };
}

export function openIpcomp(
  packet: Packet,
  summary: PacketSummary,
  sa: SecurityAssociation,
): IpsecResult<{ readonly packet: Packet; readonly protocol: number }> {
  if (sa.compression !== 'deflate') return notComputed(sa);
  const end = Math.min(packet.bytes.length, summary.totalLength);
  const reading = parseIpcomp(packet.bytes, summary.transportStart, end);
  if (reading.kind !== 'header') return failed('malformed', 'The IPComp header is cut short.');
  const payload = inflate(packet.bytes.slice(reading.headerEnd, end), 65535);
  if (payload === undefined) return failed('malformed', 'The IPComp payload is no sound DEFLATE stream.');
  const protocol = reading.header.nextHeader;
  return { packet: replaceTransport(packet, protocol, payload), protocol };
}

/** What stands in the packet for the SA. */
export function compressionIndex(sa: SecurityAssociation): number {
  return sa.rawCpi === true ? sa.spi & 0xffff : WELL_KNOWN_DEFLATE;
}

/** RFC 2394 section 3. */
const WELL_KNOWN_DEFLATE = 2;

function notComputed(sa: SecurityAssociation) {
  return failed(
    'unmodelled',
    `The bytes of the compression \`${sa.compression ?? 'none'}\` are not computed.`,
  );
}
