/**
 * Writing a session's addresses and ports into a packet, in either direction, with every checksum that covers
 * them (`ipf_nat_in`, `ipf_nat_out`, `ipf_nat_icmperror` of ip_nat.c).
 */
import { CONDITION } from '../packetFacts';
import { addDelta, addressSum, foldOnce, removeDelta, sumDelta, swapLong } from './natChecksum';
import { NAT_FLAG } from './natRules';
import type { NatSession } from './natSessions';
import type { PacketInfo, ReadLimits } from './packetInfo';
import { TCP } from './tcpFlags';

/** A packet on its way in. `flags`: as what it was found (`NAT_FLAG`). */
export function translateArriving(info: PacketInfo, session: NatSession, flags: number): void {
  const isError = info.has(CONDITION.icmpError);
  let headerDelta = session.headerSumDelta;
  info.makeWritable();
  if (session.direction === 'in') {
    if (!isError) writeSource(info, session.newSource);
    else headerDelta = (headerDelta - rawDelta(session.oldSource, session.newSource)) >>> 0;
    writeDestination(info, session.newDestination);
    fixHeader(info, headerDelta, addDelta);
  } else {
    if (!isError) writeSource(info, session.oldDestination);
    else headerDelta = (headerDelta - rawDelta(session.oldDestination, session.newDestination)) >>> 0;
    writeDestination(info, session.oldSource);
    fixHeader(info, headerDelta, removeDelta);
  }
  info.reverse = session.direction === 'out';
  rewriteTransport(info, session, flags, session.direction === 'in');
  info.conditions |= CONDITION.translated;
  info.tag = session.rule.rule.body.tag ?? info.tag;
}

/** Behind an IPv4 and a UDP header: where a diverted packet begins. Bytes. */
const WRAPPING_LENGTH = 28;

/** A packet that `divert` takes is wrapped on its way and unwrapped on the way back (`ipf_nat_decap`). */
export function wrapOrUnwrap(info: PacketInfo, session: NatSession, limits: ReadLimits): void {
  const takes = info.out === (session.direction === 'out');
  info.become(takes ? wrapped(info, session) : info.bytes.slice(WRAPPING_LENGTH), limits);
  info.reverse = !takes;
  info.conditions |= CONDITION.translated;
}

function wrapped(info: PacketInfo, session: NatSession): Uint8Array {
  const inner = info.bytes;
  const bytes = new Uint8Array(WRAPPING_LENGTH + inner.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x4500);
  view.setUint16(2, bytes.length);
  view.setUint16(8, 0xff11);
  view.setUint32(12, Number(session.newSource));
  view.setUint32(16, Number(session.newDestination));
  view.setUint16(20, session.newSourcePort);
  view.setUint16(22, session.newDestinationPort);
  view.setUint16(24, inner.length + 8);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
  view.setUint16(10, ~foldOnce(foldOnce(sum)) & 0xffff);
  bytes.set(inner, WRAPPING_LENGTH);
  return bytes;
}

/** A packet on its way out. */
export function translateLeaving(info: PacketInfo, session: NatSession, flags: number): void {
  info.makeWritable();
  if (flags === NAT_FLAG.icmpError) {
    // The error may come from any host on the way, so the delta is worked out from what the packet has.
    const outward = session.direction === 'out';
    const delta =
      sumDelta(addressSum(info.source), addressSum(outward ? session.newSource : session.oldDestination)) +
      sumDelta(
        addressSum(info.destination),
        addressSum(outward ? session.newDestination : session.oldSource),
      );
    fixHeader(info, delta, addDelta);
  } else if (info.checksumWrong && session.headerSumDelta !== 0 && info.family === 4) {
    // "Wrong" shares a bit with "left to the hardware", so the kernel leaves the header's checksum to it.
    info.writeWord(info.start + 10, 0);
  } else fixHeader(info, session.headerSumDelta, session.direction === 'out' ? addDelta : removeDelta);
  if (session.direction === 'out') {
    writeSource(info, session.newSource);
    writeDestination(info, session.newDestination);
  } else {
    writeSource(info, session.oldDestination);
    writeDestination(info, session.oldSource);
  }
  info.reverse = session.direction === 'in';
  rewriteTransport(info, session, flags, session.direction === 'out');
  info.conditions |= CONDITION.translated;
}

/** `forward`: the packet goes the way the session's first one went, so it gets the new values. */
function rewriteTransport(info: PacketInfo, session: NatSession, flags: number, forward: boolean): void {
  if (info.has(CONDITION.short) || info.fragmentOffset !== 0) return;
  const at = info.dataStart;
  const decisivePort = info.out ? session.newSourcePort : session.oldDestinationPort;
  if ((flags & NAT_FLAG.tcpUdp) !== 0 && decisivePort !== 0) {
    info.sourcePort = forward ? session.newSourcePort : session.oldDestinationPort;
    info.destinationPort = forward ? session.newDestinationPort : session.oldSourcePort;
    info.writeWord(at, info.sourcePort);
    info.writeWord(at + 2, info.destinationPort);
  }
  if ((flags & NAT_FLAG.icmpQuery) !== 0 && session.oldIcmpId !== 0) {
    const id = forward ? session.newIcmpId : session.oldIcmpId;
    info.writeWord(at + 4, id);
    info.icmpId = id;
  }
  const checksumAt = checksumField(info, flags);
  const clamp = session.mssClamp;
  if (info.protocol === 6 && clamp !== undefined && (info.byte(at + 13) & TCP.syn) !== 0) {
    clampMss(info, clamp, checksumAt);
  }
  if (checksumAt === undefined) return;
  const fix = forward ? addDelta : removeDelta;
  info.writeWord(checksumAt, fix(info.word(checksumAt), session.sumDelta));
}

/** `ipf_nat_proto`: UDP without a checksum stays without one. */
function checksumField(info: PacketInfo, flags: number): number | undefined {
  const at = info.dataStart;
  switch (info.protocol) {
    case 6:
      return (flags & NAT_FLAG.tcp) !== 0 ? at + 16 : undefined;
    case 17:
      return (flags & NAT_FLAG.udp) !== 0 && info.word(at + 6) !== 0 ? at + 6 : undefined;
    case 1:
    case 58:
      return (flags & NAT_FLAG.icmpQuery) !== 0 && info.word(at + 2) !== 0 ? at + 2 : undefined;
    default:
      return undefined;
  }
}

/** Lowers the MSS option of a SYN, never raises it. */
function clampMss(info: PacketInfo, most: number, checksumAt: number | undefined): void {
  const end = info.dataStart + ((info.byte(info.dataStart + 12) >>> 4) << 2);
  let at = info.dataStart + 20;
  while (at < end) {
    const option = info.byte(at);
    if (option === 0) break;
    if (option === 1) {
      at++;
      continue;
    }
    if (at + 1 >= end) break;
    const length = info.byte(at + 1);
    if (length === 0 || at + length > end) break;
    if (option === 2 && length === 4) {
      const mss = info.word(at + 2);
      if (mss > most) {
        info.writeWord(at + 2, most);
        if (checksumAt !== undefined) {
          info.writeWord(checksumAt, addDelta(info.word(checksumAt), sumDelta(mss, most)));
        }
      }
    }
    at += length;
  }
}

function fixHeader(info: PacketInfo, delta: number, fix: (checksum: number, delta: number) => number): void {
  if (info.family !== 4) return;
  info.writeWord(info.start + 10, fix(info.word(info.start + 10), delta));
}

function writeSource(info: PacketInfo, value: NatSession['newSource']): void {
  info.source = value;
  info.writeAddress(info.sourceOffset, value);
}

function writeDestination(info: PacketInfo, value: NatSession['newSource']): void {
  info.destination = value;
  info.writeAddress(info.destinationOffset, value);
}

/** For errors the kernel takes this delta over the addresses in the machine's own byte order. */
function rawDelta(before: NatSession['newSource'], after: NatSession['newSource']): number {
  if (typeof before !== 'number' || typeof after !== 'number') return 0;
  return sumDelta(swapLong(before), swapLong(after));
}

/**
 * Makes the packet quoted in an ICMP error look as its sender sent it: the reverse translation of addresses,
 * ports and ids inside the error, its inner checksums, and what of that the outer ICMP checksum notices.
 */
export function translateQuoted(info: PacketInfo, session: NatSession): void {
  info.makeWritable();
  const icmpAt = info.dataStart;
  const quoted = icmpAt + 8;
  // `map-block` is no kind of `map` here, so what its errors quote comes out the wrong way round.
  const isMap = session.rule.mode !== 'rdr' && session.rule.mode !== 'map-block' && !isInbound(session);
  const isRdr = session.rule.mode === 'rdr' || session.rule.mode === 'bimap' || isInbound(session);
  const toOld = (!info.out && (isMap || session.rule.mode === 'bimap')) || (info.out && isRdr);
  const source = toOld ? session.oldSource : session.newDestination;
  const destination = toOld ? session.oldDestination : session.newSource;
  if (info.family === 6) {
    translateQuoted6(info, session, toOld, quoted);
    return;
  }
  const headerLength = (info.byte(quoted) & 15) << 2;
  const protocol = info.byte(quoted + 9);
  const data = quoted + headerLength;
  const dataLength = info.start + info.totalLength - data;
  const addressDelta =
    sumDelta(info.long(quoted + 16), Number(destination)) + sumDelta(info.long(quoted + 12), Number(source));
  info.writeLong(quoted + 12, Number(source));
  info.writeLong(quoted + 16, Number(destination));
  if (addressDelta !== 0) info.writeWord(quoted + 10, addDelta(info.word(quoted + 10), addressDelta));
  if ((protocol === 6 || protocol === 17) && dataLength >= 4) {
    const sourcePort = toOld ? session.oldSourcePort : session.newDestinationPort;
    const destinationPort = toOld ? session.oldDestinationPort : session.newSourcePort;
    const oldSourcePort = info.word(data);
    const oldDestinationPort = info.word(data + 2);
    info.writeWord(data, sourcePort);
    info.writeWord(data + 2, destinationPort);
    const delta =
      addressDelta + sumDelta(oldSourcePort, sourcePort) + sumDelta(oldDestinationPort, destinationPort);
    if (delta === 0 && addressDelta === 0) return;
    let outer = addressDelta;
    const checksumAt = data + (protocol === 6 ? 16 : 6);
    const isThere = protocol === 6 ? dataLength >= 18 : dataLength >= 8 && info.word(checksumAt) !== 0;
    if (isThere) info.writeWord(checksumAt, addDelta(info.word(checksumAt), delta));
    else {
      outer =
        sumDelta(afterBorrow(oldSourcePort, sourcePort), oldSourcePort) +
        sumDelta(afterBorrow(oldDestinationPort, destinationPort), oldDestinationPort);
    }
    if (outer !== 0) {
      const folded = foldOnce(foldOnce(foldOnce(outer)));
      info.writeWord(icmpAt + 2, removeDelta(info.word(icmpAt + 2), folded));
    }
  } else if (protocol === 1 && dataLength >= 8 && toOld && info.word(data + 4) !== session.oldIcmpId) {
    const delta = sumDelta(info.word(data + 4), session.oldIcmpId);
    info.writeWord(data + 4, session.oldIcmpId);
    info.writeWord(data + 2, addDelta(info.word(data + 2), delta));
  }
}

/** `CALC_SUMD` is a macro: working out one delta leaves the borrow in the variable that the next one reads. */
function afterBorrow(before: number, after: number): number {
  return before > after ? after - 1 : after;
}

function isInbound(session: NatSession): boolean {
  return session.rule.mode === 'rewrite' && session.rule.rule.body.direction === 'in';
}

/**
 * `ipf_nat6_icmperror` (ip_nat6.c) counts as its IPv4 twin does, as if there were a header checksum to cancel the
 * change of addresses, and overlooks the outer addresses that ICMPv6 sums: such errors leave with a wrong checksum.
 */
function translateQuoted6(info: PacketInfo, session: NatSession, toOld: boolean, quoted: number): void {
  const source = toOld ? session.oldSource : session.newDestination;
  const destination = toOld ? session.oldDestination : session.newSource;
  const protocol = info.byte(quoted + 6);
  const data = quoted + 40;
  const before = wordsBetween(info, quoted + 8, data);
  info.writeAddress(quoted + 8, source);
  info.writeAddress(quoted + 24, destination);
  const addressDelta = sumDelta(before, wordsBetween(info, quoted + 8, data));
  if (protocol !== 6 && protocol !== 17) return;
  const sourcePort = toOld ? session.oldSourcePort : session.newDestinationPort;
  const destinationPort = toOld ? session.oldDestinationPort : session.newSourcePort;
  const oldSourcePort = info.word(data);
  const oldDestinationPort = info.word(data + 2);
  info.writeWord(data, sourcePort);
  info.writeWord(data + 2, destinationPort);
  const checksumAt = data + (protocol === 6 ? 16 : 6);
  const isThere = checksumAt + 2 <= info.bytes.length && (protocol === 6 || info.word(checksumAt) !== 0);
  let outer = addressDelta;
  if (isThere) {
    const delta =
      addressDelta + sumDelta(oldSourcePort, sourcePort) + sumDelta(oldDestinationPort, destinationPort);
    info.writeWord(checksumAt, addDelta(info.word(checksumAt), delta));
  } else outer = sumDelta(sourcePort, oldSourcePort) + sumDelta(destinationPort, oldDestinationPort);
  const folded = foldOnce(foldOnce(foldOnce(outer)));
  info.writeWord(info.dataStart + 2, removeDelta(info.word(info.dataStart + 2), folded));
}

function wordsBetween(info: PacketInfo, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += info.word(at);
  return sum;
}
