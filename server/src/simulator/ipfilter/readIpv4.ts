/**
 * The IPv4 header as `ipf_pr_ipv4hdr` of fil.c reads it: fragment facts, the authentication header in front of the
 * transport, and which options there are with what the two security options say.
 */
import { CONDITION, ipOptionBit } from '../packetFacts';
import { headerOptions } from './headerOptions';
import type { PacketInfo, ReadLimits } from './packetInfo';
import { readGre, readIcmp, readTcp, readUdp, verifyChecksum } from './readTransport';

export function readIpv4(info: PacketInfo, limits: ReadLimits, claimedLength?: number): void {
  const at = info.start;
  info.headerLength = (info.byte(at) & 15) << 2;
  info.totalLength = claimedLength ?? info.word(at + 2);
  info.dataStart = at + info.headerLength;
  info.dataLength = info.totalLength - info.headerLength;
  info.protocol = info.byte(at + 9);
  info.tos = info.byte(at + 1);
  info.ttl = info.byte(at + 8);
  info.id = info.word(at + 4);
  info.source = info.long(at + 12);
  info.destination = info.long(at + 16);
  if (info.destination >>> 28 === 0xe) info.conditions |= CONDITION.multicast | CONDITION.linkCast;
  readIpv4Offset(info, info.word(at + 6));

  let protocol = info.protocol;
  if (protocol === 51) protocol = readAuthHeader(info);
  switch (protocol) {
    case 17:
      info.markShort(8);
      if (readUdp(info)) verifyChecksum(info);
      break;
    case 6:
      info.markShort(20);
      if (readTcp(info)) verifyChecksum(info);
      break;
    case 1:
      readIcmp(info, limits);
      break;
    case 50:
      if (info.fragmentOffset === 0) {
        info.markShort(8);
        info.require(8);
      }
      break;
    case 47:
      info.markShort(8);
      if (info.fragmentOffset === 0) readGre(info);
      break;
  }
  if (!info.lost && info.headerLength > 20) readIpv4Options(info);
}

/** Sets the fragment facts; "bad" where offset and length cannot be those of one packet. */
function readIpv4Offset(info: PacketInfo, field: number): void {
  const offset = (field & 0x1fff) << 3;
  if ((field & 0x3fff) !== 0) info.conditions |= CONDITION.fragment;
  if (offset !== 0) {
    // RFC 3128: such a fragment would overwrite the TCP flags.
    if (offset === 8 && info.protocol === 6) info.conditions |= CONDITION.short;
    info.conditions |= CONDITION.fragmentBody;
    if (offset + info.dataLength > 65535 || info.dataLength === 0) info.conditions |= CONDITION.bad;
  }
  info.fragmentOffset = offset;
}

function readAuthHeader(info: PacketInfo): number {
  info.conditions |= CONDITION.authHeader;
  info.markShort(12);
  if (info.has(CONDITION.short) || info.fragmentOffset !== 0) return 59;
  if (!info.require(12)) return 59;
  const length = (info.byte(info.dataStart + 1) + 2) << 2;
  info.markShort(length);
  if (!info.require(length)) return 59;
  const next = info.byte(info.dataStart);
  info.dataStart += length;
  info.dataLength -= length;
  return next;
}

/** `ipf_pr_ipv4hdr`, second half: which options are there. Those of 4 bytes and less are not counted. */
function readIpv4Options(info: PacketInfo): void {
  info.conditions |= CONDITION.options;
  for (const { kind, at, length } of headerOptions(info, info.start + 20, info.headerLength - 20)) {
    const bit = length > 4 ? optionBitInPacket(kind) : 0;
    if (kind === 130 && bit !== 0) readBasicSecurity(info, at, bit);
    if (kind === 134 && bit !== 0) readCommercialSecurity(info, at, length, bit);
    info.options |= bit;
  }
  if (info.authority !== 0 && (info.authority & 0x0100) === 0) info.authority &= 0xff00;
}

/** `ipf_checkripso` (RFC 1108): the classification's bit and the authority bytes. */
function readBasicSecurity(info: PacketInfo, at: number, bit: number): void {
  if ((info.options & bit) !== 0) {
    info.conditions |= CONDITION.bad;
    return;
  }
  const classes = [0x01, 0x3d, 0x5a, 0x66, 0x96, 0xab, 0xcc, 0xf1];
  const index = classes.indexOf(info.byte(at + 2));
  info.securityClass = index < 0 ? 0 : 1 << index;
  info.authority = index < 0 ? 0 : info.word(at + 3);
}

/** `ipf_checkcipso`: only what makes the packet bad. */
function readCommercialSecurity(info: PacketInfo, at: number, length: number, bit: number): void {
  if ((info.options & bit) !== 0 || length < 6 || length > 40) {
    info.conditions |= CONDITION.bad;
    return;
  }
  let left = length - 6;
  let tagAt = at + 6;
  while (left >= 2) {
    const tag = info.byte(tagAt);
    const tagLength = info.byte(tagAt + 1);
    if (tagLength > left || tagLength < 4 || tagLength > 34) {
      info.conditions |= CONDITION.bad;
      return;
    }
    const known = tag === 1 || tag === 4 || tag === 5;
    if (known ? info.byte(tagAt + 2) !== 0 : tag <= 127) info.conditions |= CONDITION.bad;
    left -= tagLength;
    tagAt += tagLength;
  }
  info.securityClass = info.word(at + 4);
  info.authority = info.word(at + 2);
}

/** `addext` and `visa`, which stand in the wrong order in the table that the kernel searches by halves. */
const OVERLOOKED_OPTIONS: ReadonlySet<number> = new Set([147, 142]);

/**
 * The mask of options seen has 16 bits only, and two options are never found (`ipf_pr_ipv4hdr`): rules that test the
 * last five options never match.
 */
function optionBitInPacket(option: number): number {
  return OVERLOOKED_OPTIONS.has(option) ? 0 : ipOptionBit(option) & 0xffff;
}
