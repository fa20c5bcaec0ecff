/**
 * The IPv6 header and the chain of extension headers behind it, as `ipf_pr_ipv6hdr` of fil.c walks it: each header is
 * allowed once, a fragment header hides those behind it, and what cannot be stepped over ends the reading.
 */
import { addressFromBytes } from '../../policy/address';
import { CONDITION, IPV6_HEADER_BITS } from '../packetFacts';
import type { PacketInfo } from './packetInfo';
import { readGre, readIcmpv6, readTcp, readUdp, verifyChecksum } from './readTransport';

export function readIpv6(info: PacketInfo, claimedLength?: number): void {
  const at = info.start;
  info.headerLength = 40;
  info.dataStart = at + 40;
  info.dataLength = claimedLength ?? info.word(at + 4);
  info.totalLength = info.dataLength + 40;
  info.ttl = info.byte(at + 7);
  // IPFilter does not look at the traffic class.
  info.tos = 0;
  info.source = addressFromBytes(padded(info.bytes, at + 40), at + 8, 6).value;
  info.destination = addressFromBytes(padded(info.bytes, at + 40), at + 24, 6).value;
  if (info.byte(at + 24) === 0xff) info.conditions |= CONDITION.multicast | CONDITION.linkCast;
  readIpv6Chain(info, info.byte(at + 6));
}

function readIpv6Chain(info: PacketInfo, first: number): void {
  let next = first;
  let going = true;
  while (going && !info.has(CONDITION.short)) {
    switch (next) {
      case 17:
        if (readUdp(info)) verifyChecksum(info, 17);
        going = false;
        break;
      case 6:
        if (readTcp(info)) verifyChecksum(info, 6);
        going = false;
        break;
      case 58:
        readIcmpv6(info);
        going = false;
        break;
      case 47:
        readGre(info);
        going = false;
        break;
      case 50:
        if (info.fragmentOffset === 0) info.require(8);
        going = false;
        break;
      case 0:
      case 60:
      case 135:
        next = readExtension(info, next);
        break;
      case 43:
        next = readRouting(info);
        break;
      case 51:
        info.conditions |= CONDITION.authHeader;
        next = readExtension(info, 0);
        if (next !== 59 && info.dataLength < 12) info.conditions |= CONDITION.short;
        break;
      case 44:
        next = readFragmentHeader(info);
        if (info.fragmentOffset !== 0) going = false;
        break;
      case 41:
        info.options |= IPV6_HEADER_BITS.get(41)!;
        going = false;
        break;
      default:
        going = false;
        break;
    }
    if (info.lost) return;
    if (going && next !== 59 && !info.require(0)) return;
  }
  info.protocol = next;
  // A first fragment that ends before its transport header hides what it is.
  if (going && info.has(CONDITION.fragment) && info.fragmentOffset === 0) info.conditions |= CONDITION.bad;
}

/** `ipf_pr_ipv6exthdr`: steps over one extension header; 59 when it cannot. */
function readExtension(info: PacketInfo, protocol: number): number {
  info.conditions |= CONDITION.extensionHeaders;
  if (info.dataLength < 8) {
    info.conditions |= CONDITION.short;
    return 59;
  }
  if (!info.require(8)) return 59;
  const at = info.dataStart;
  const length = protocol === 44 ? 8 : 8 + (info.byte(at + 1) << 3);
  if (length > info.dataLength) {
    info.conditions |= CONDITION.bad;
    return 59;
  }
  info.dataStart += length;
  info.dataLength -= length;
  // `ipf_pr_fragment6` says "fragment" first, so its own header is not noted either.
  if (!info.has(CONDITION.fragment)) {
    const bit = IPV6_HEADER_BITS.get(protocol) ?? 0;
    if ((info.options & bit) !== 0) info.conditions |= CONDITION.bad;
    else info.options |= bit;
  }
  return info.byte(at);
}

function readRouting(info: PacketInfo): number {
  const at = info.dataStart;
  const next = readExtension(info, 43);
  if (next === 59 || info.byte(at + 2) !== 0) return next;
  const length = info.byte(at + 1);
  const left = info.byte(at + 3);
  if (length >>> 1 < left || (left !== 0 && (length & 1) !== 0)) {
    info.conditions |= CONDITION.bad;
    return 59;
  }
  return next;
}

function readFragmentHeader(info: PacketInfo): number {
  const at = info.dataStart;
  info.conditions |= CONDITION.fragment;
  const before = info.dataStart;
  const next = readExtension(info, 44);
  if (info.dataStart === before) return 59;
  const field = info.word(at + 2);
  if ((field & 1) !== 0 && (info.totalLength & 7) !== 0) info.conditions |= CONDITION.bad;
  info.fragmentDataStart = at + 8;
  info.id = info.long(at + 4);
  info.fragmentOffset = field & 0xfff8;
  if (info.fragmentOffset !== 0) info.conditions |= CONDITION.fragmentBody;
  if ((info.fragmentOffset << 3) + info.dataLength > 65535) info.conditions |= CONDITION.bad;
  return next;
}

/** Addresses are read from headers that may be cut off: missing bytes count as 0. */
function padded(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length >= length) return bytes;
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}
