/**
 * A decoded packet in one line, addresses first: `10.1.0.10:40000 > 10.2.0.10:80 tcp S`. What a packet carries inside
 * another IP header, behind AH or quoted by an ICMP error stands in brackets.
 */
import { type Address, formatAddress } from '../policy/address';
import { read16 } from './bytes';
import { summarizeBytes } from './decode';
import { icmpCodeName, icmpTypeName } from './icmp';
import { icmpv6CodeName, icmpv6TypeName } from './icmpv6';
import type { Packet, PacketSummary } from './packet';
import { protocolName } from './protocolNumbers';
import { formatTcpFlags } from './tcp';

export function packetOneLine(packet: Packet): string {
  return packet.layers.length === 0 ? 'no packet' : lineFrom(packet, 0);
}

/** From the IP layer at `index`. */
function lineFrom(packet: Packet, index: number): string {
  const layer = packet.layers[index]!;
  const summary = summarizeBytes(packet.bytes.subarray(0, layer.end), layer.start);
  if (summary === undefined || (layer.protocol !== 'ipv4' && layer.protocol !== 'ipv6'))
    return `${layer.end - layer.start} unreadable bytes`;
  let next = index + 1;
  while (packet.layers[next]?.protocol === 'ipv6-extension') next++;
  const ends = `${endText(summary.source, summary.sourcePort)} > ${endText(summary.destination, summary.destinationPort)}`;
  return [ends, ...transportWords(packet, next, summary), ...fragmentWords(summary)].join(' ');
}

function transportWords(packet: Packet, index: number, summary: PacketSummary): string[] {
  const name = protocolName(summary.protocol) ?? `protocol ${summary.protocol}`;
  const layer = packet.layers[index];
  const inside = packet.layers[index + 1];
  if (summary.fragmentOffset > 0 || layer === undefined) return [name];
  switch (layer.protocol) {
    case 'tcp':
      return summary.tcpFlags ? [name, formatTcpFlags(summary.tcpFlags)] : [name];
    case 'udp':
      return inside?.protocol === 'esp' ? [name, 'esp', spiWords(packet, inside.start, 0)] : [name];
    case 'icmp':
    case 'icmpv6':
      return [name, ...icmpWords(packet, index, summary)];
    case 'esp':
      return [name, spiWords(packet, layer.start, 0)];
    case 'ah':
      return [name, spiWords(packet, layer.start, 4), ...bracketed(packet, index + 1)];
    case 'ipcomp':
      return summary.spi === undefined ? [name] : [name, `cpi ${hex(summary.spi)}`];
    case 'gre':
      return [name, ...bracketed(packet, index + 1)];
    case 'ipv4':
    case 'ipv6':
      return [name, ...bracketed(packet, index)];
    default:
      return [name];
  }
}

function icmpWords(packet: Packet, index: number, summary: PacketSummary): string[] {
  const { icmpType: type, icmpCode: code = 0 } = summary;
  if (type === undefined) return [];
  const forIpv4 = summary.family === 4;
  const typeName = (forIpv4 ? icmpTypeName(type) : icmpv6TypeName(type)) ?? `type ${type}`;
  const codeName = forIpv4 ? icmpCodeName(type, code) : icmpv6CodeName(type, code);
  const words = [typeName];
  if (codeName !== undefined) words.push(codeName);
  else if (code !== 0) words.push(`code ${code}`);
  return [...words, ...bracketed(packet, index + 1)];
}

/** The IP packet, or the transport behind AH, at `index`; nothing when nothing readable stands there. */
function bracketed(packet: Packet, index: number): string[] {
  const layer = packet.layers[index];
  switch (layer?.protocol) {
    case 'ipv4':
    case 'ipv6':
      return [`[${lineFrom(packet, index)}]`];
    case 'tcp':
    case 'udp': {
      if (layer.headerEnd - layer.start < 4) return [];
      const ports = `${read16(packet.bytes, layer.start)} > ${read16(packet.bytes, layer.start + 2)}`;
      const flags =
        layer.protocol === 'tcp' && layer.headerEnd - layer.start > 13
          ? ` ${formatTcpFlags(packet.bytes[layer.start + 13]!)}`
          : '';
      return [`[${layer.protocol} ${ports}${flags}]`];
    }
    case 'icmp':
    case 'icmpv6':
    case 'ipcomp':
      return [`[${layer.protocol}]`];
    case 'esp':
      return [`[esp ${spiWords(packet, layer.start, 0)}]`];
    default:
      return [];
  }
}

function fragmentWords(summary: PacketSummary): string[] {
  if (summary.fragmentOffset > 0)
    return [`frag ${summary.fragmentOffset}${summary.moreFragments ? ' mf' : ''}`];
  return summary.moreFragments ? ['frag 0 mf'] : [];
}

function spiWords(packet: Packet, start: number, offset: number): string {
  const at = start + offset;
  const spi = read16(packet.bytes, at) * 0x10000 + read16(packet.bytes, at + 2);
  return `spi ${hex(spi)}`;
}

function endText(address: Address, port: number | undefined): string {
  const text = formatAddress(address);
  if (port === undefined) return text;
  return address.family === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
