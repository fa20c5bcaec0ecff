/**
 * What IPFilter reads behind the network-layer headers: `ipf_pr_udp`, `ipf_pr_tcp`, `ipf_pr_icmp`, `ipf_pr_icmp6`
 * and `ipf_pr_gre` of fil.c, and the checksums of all of them. Both families come here with `info.dataStart` on the
 * transport header.
 */
import { CONDITION } from '../packetFacts';
import type { PacketInfo, ReadLimits } from './packetInfo';
import { TCP } from './tcpFlags';

/** ICMP's header without what it quotes. Bytes. */
const ICMP_ERROR_HEADER_LENGTH = 8;
/** `struct icmp` with the quoted IP header: what types without a rule of their own must at least have. Bytes. */
const ICMP_STRUCT_LENGTH = 28;

export function readUdp(info: PacketInfo): boolean {
  info.conditions |= CONDITION.tcpOrUdp;
  if (info.fragmentOffset === 0 && info.dataLength > 3) {
    if (!info.require(8)) {
      info.conditions |= CONDITION.short;
      return false;
    }
    info.sourcePort = info.word(info.dataStart);
    info.destinationPort = info.word(info.dataStart + 2);
  }
  return true;
}

/** True when the header is sound enough to look at the checksum. */
export function readTcp(info: PacketInfo): boolean {
  info.conditions |= CONDITION.tcpOrUdp;
  if (info.fragmentOffset !== 0) return true;
  if (!info.require(20)) return false;
  if (info.dataLength > 3) {
    info.sourcePort = info.word(info.dataStart);
    info.destinationPort = info.word(info.dataStart + 2);
  }
  if (info.has(CONDITION.short)) return false;
  const headerLength = (info.byte(info.dataStart + 12) >>> 4) << 2;
  if (headerLength < 20) {
    info.conditions |= CONDITION.bad;
    return false;
  }
  const flags = info.byte(info.dataStart + 13);
  info.tcpFlags = flags;
  if (hasNonsenseFlags(flags, info.word(info.dataStart + 18))) info.conditions |= CONDITION.bad;
  if (info.has(CONDITION.bad)) return false;
  return headerLength === 20 || info.require(headerLength);
}

export function readIcmp(info: PacketInfo, limits: ReadLimits): void {
  info.markShort(ICMP_ERROR_HEADER_LENGTH);
  if (info.fragmentOffset !== 0) return;
  if (!info.require(ICMP_ERROR_HEADER_LENGTH)) return;
  const at = info.dataStart;
  info.icmpType = info.byte(at);
  info.icmpCode = info.byte(at + 1);
  info.icmpId = info.word(at + 4);
  let minimum = ICMP_STRUCT_LENGTH;
  switch (info.icmpType) {
    case 0:
    case 8:
    case 9:
    case 10:
      info.conditions |= CONDITION.icmpQuery;
      minimum = 8;
      break;
    case 13:
    case 14:
      info.conditions |= CONDITION.icmpQuery;
      minimum = 20;
      break;
    case 15:
    case 16:
    case 17:
    case 18:
      info.conditions |= CONDITION.icmpQuery;
      minimum = 12;
      break;
    case 3:
    case 4:
    case 5:
    case 11:
    case 12:
      // The kernel compares the MTU field in the machine's own byte order; little-endian ones were run.
      if (info.icmpType === 3 && info.icmpCode === 4) {
        const mtu = (info.byte(at + 7) << 8) | info.byte(at + 6);
        if (mtu < limits.icmpMinimumFragmentMtu) info.conditions |= CONDITION.bad;
      }
      info.conditions |= CONDITION.icmpError;
      if (info.quoted) return;
      if ((info.word(at + 8 + 6) & 0x1fff) !== 0) info.conditions |= CONDITION.bad;
      if (info.long(at + 8 + 12) !== info.destination) info.conditions |= CONDITION.bad;
      break;
  }
  info.markShort(minimum);
  verifyChecksum(info);
}

export function readGre(info: PacketInfo): void {
  if (!info.require(8)) return;
  if (((info.word(info.dataStart) >>> 13) & 7) === 1) info.icmpId = info.word(info.dataStart + 6);
}

export function readIcmpv6(info: PacketInfo): void {
  if (!info.require(8)) return;
  let minimum = 8;
  if (info.dataLength > 1) {
    const at = info.dataStart;
    info.icmpType = info.byte(at);
    info.icmpCode = info.byte(at + 1);
    if ((info.icmpType & 0x80) !== 0) info.conditions |= CONDITION.icmpQuery;
    switch (info.icmpType) {
      case 128:
      case 129:
        if (info.dataLength >= 6) info.icmpId = info.word(at + 4);
        break;
      case 1:
      case 2:
      case 3:
      case 4:
        info.conditions |= CONDITION.icmpError;
        minimum = 48;
        if (info.totalLength < 88) break;
        if (info.quoted || !info.require(48)) return;
        for (let i = 0; i < 16; i++) {
          if (info.byte(at + 16 + i) !== info.byte(info.start + 24 + i)) {
            info.conditions |= CONDITION.bad;
            break;
          }
        }
        break;
    }
  }
  if (info.dataLength < minimum) info.conditions |= CONDITION.short;
  if (!info.has(CONDITION.short | CONDITION.bad)) verifyChecksum(info, 58);
}

/** `ipf_checkl4sum`: a wrong transport checksum makes the packet bad. */
export function verifyChecksum(info: PacketInfo, protocol = info.protocol): void {
  if (info.quoted) return;
  if (info.has(CONDITION.fragment | CONDITION.short | CONDITION.bad)) return;
  const at = info.dataStart;
  let field: number;
  switch (protocol) {
    case 6:
      field = at + 16;
      break;
    case 17:
      field = at + 6;
      if (info.word(field) === 0) return;
      break;
    case 1:
    case 58:
      field = at + 2;
      break;
    default:
      return;
  }
  // The covered range starts behind the IPv4 header, or where an IPv6 packet's transport begins.
  const from = info.family === 4 ? info.start + info.headerLength : at;
  const length = info.start + info.totalLength - from;
  let sum = protocol === 1 ? 0 : pseudoHeaderSum(info, protocol, length);
  sum += sumWords(info, from, length) - info.word(field);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  let written = info.word(field);
  if (protocol === 17 && written === 0xffff) written = 0;
  if ((~sum & 0xffff) === written) return;
  info.conditions |= CONDITION.bad;
  info.checksumWrong = true;
}

function pseudoHeaderSum(info: PacketInfo, protocol: number, length: number): number {
  const addressWords = info.family === 4 ? 4 : 16;
  let sum = protocol + (length & 0xffff);
  for (let i = 0; i < addressWords; i++) sum += info.word(info.sourceOffset + 2 * i);
  return sum;
}

function sumWords(info: PacketInfo, from: number, length: number): number {
  const bytes = info.bytes;
  const end = Math.min(from + length, bytes.length);
  let sum = 0;
  let at = from;
  for (; at + 1 < end; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  if (at < end) sum += bytes[at]! << 8;
  return sum;
}

/** `ipf_pr_tcpcommon`: combinations of flags that no TCP sends. */
function hasNonsenseFlags(flags: number, urgentPointer: number): boolean {
  if ((flags & TCP.urg) !== 0 && urgentPointer === 0) return true;
  if ((flags & (TCP.syn | TCP.fin)) !== 0 && (flags & (TCP.rst | TCP.ack)) === TCP.rst) return true;
  if ((flags & TCP.syn) !== 0 && (flags & (TCP.urg | TCP.push)) !== 0) return true;
  if ((flags & TCP.ack) !== 0) return false;
  if ((flags & (TCP.rst | TCP.syn)) === 0) return true;
  return flags !== TCP.syn && (flags & (TCP.urg | TCP.push | TCP.fin)) !== 0;
}
