/**
 * AH as bytes (RFC 4302): the header goes between the IP header and its payload, and its ICV covers both, the
 * fields that routers change taken as zero and those they change predictably as they arrive. That is why NAT
 * breaks AH: the addresses are covered.
 */
import type { SecurityAssociation } from '../../policy/ipsec';
import { ahFixedBytes, emitAh, parseAh } from '../ah';
import { joinBytes } from '../bytes';
import { summarizeBytes } from '../decode';
import { replaceTransport } from '../encapsulate';
import { ipv4HeaderBytes } from '../ipv4';
import { ipv6ExtensionLength } from '../ipv6Extension';
import type { Packet } from '../packet';
import { protocolNumber } from '../protocolNumbers';
import { type Authenticator, authenticator, sameBytes } from './crypto';
import { failed, type IpsecResult } from './result';

/** Puts AH behind the IP header (and extension headers) of a packet. */
export function sealAh(
  packet: Packet,
  sa: SecurityAssociation,
  sequence: number,
): IpsecResult<{ readonly packet: Packet }> {
  const suite = authenticatorOf(sa);
  if (suite.failure !== undefined) return suite;
  const summary = summarizeBytes(packet.bytes);
  if (summary === undefined) return failed('malformed', 'The packet has no readable IP header.');
  const payload = packet.bytes.slice(summary.transportStart, summary.totalLength);
  const emptyIcv = new Uint8Array(paddedIcvBytes(suite.integrity, summary.family));
  const header = { nextHeader: summary.protocol, spi: sa.spi, sequence };
  const unsigned = replaceTransport(packet, protocolNumber.ah, emitAh({ ...header, icv: emptyIcv }, payload));
  const icv = computeIcv(unsigned.bytes, summary.transportStart, suite.integrity, sa);
  const signed = unsigned.bytes.slice();
  signed.set(icv, summary.transportStart + ahFixedBytes);
  return {
    packet: replaceTransport(packet, protocolNumber.ah, signed.slice(summary.transportStart)),
  };
}

/** Checks the ICV and takes AH off; the IP header then names the protocol that AH carried. */
export function openAh(
  packet: Packet,
  sa: SecurityAssociation,
): IpsecResult<{ readonly packet: Packet; readonly sequence: number; readonly protocol: number }> {
  const suite = authenticatorOf(sa);
  if (suite.failure !== undefined) return suite;
  const summary = summarizeBytes(packet.bytes);
  if (summary === undefined) return failed('malformed', 'The packet has no readable IP header.');
  const start = summary.transportStart;
  const limit = Math.min(packet.bytes.length, summary.totalLength);
  const reading = parseAh(packet.bytes, start, limit);
  if (reading.kind !== 'header') return failed('malformed', 'The AH header is cut short.');
  const { header, headerEnd } = reading;
  const expectedBytes = paddedIcvBytes(suite.integrity, summary.family);
  if (header.icv.length !== expectedBytes) {
    return failed(
      'malformed',
      `The ICV has ${header.icv.length} bytes, but \`${sa.authentication?.name}\` gives ${expectedBytes}.`,
    );
  }
  const icv = computeIcv(packet.bytes.slice(0, limit), start, suite.integrity, sa);
  if (!sameBytes(icv, header.icv.slice(0, icv.length))) {
    return failed(
      'authentication-failed',
      'The ICV of the AH header is not the one the packet and this key give: a covered field (addresses, payload) was changed on the way, or the keys differ.',
    );
  }
  const opened = replaceTransport(packet, header.nextHeader, packet.bytes.slice(headerEnd, limit));
  return { packet: opened, sequence: header.sequence, protocol: header.nextHeader };
}

/** Bytes that AH adds; undefined when its algorithm is not computed. */
export function ahOverhead(sa: SecurityAssociation, family: 4 | 6): number | undefined {
  const suite = authenticatorOf(sa);
  return suite.failure === undefined ? ahFixedBytes + paddedIcvBytes(suite.integrity, family) : undefined;
}

function authenticatorOf(sa: SecurityAssociation): IpsecResult<{ readonly integrity: Authenticator }> {
  if (sa.old) return failed('unmodelled', 'The bytes of `ah-old` (RFC 1826) are not computed.');
  const name = sa.authentication?.name ?? 'none';
  const integrity = authenticator(name);
  return integrity === undefined
    ? failed('unmodelled', `The bytes of the algorithm \`${name}\` are not computed.`)
    : { integrity };
}

/** RFC 4302 section 3.3.3.2.1: the whole header is a multiple of 4 bytes over IPv4, of 8 over IPv6. */
function paddedIcvBytes(integrity: Authenticator, family: 4 | 6): number {
  const align = family === 4 ? 4 : 8;
  return Math.ceil((ahFixedBytes + integrity.icvBytes) / align) * align - ahFixedBytes;
}

function computeIcv(
  bytes: Uint8Array,
  ahStart: number,
  integrity: Authenticator,
  sa: SecurityAssociation,
): Uint8Array {
  const header = bytes.slice(0, ahStart);
  if (header[0]! >>> 4 === 4) zeroMutableIpv4(header);
  else zeroMutableIpv6(header);
  const ah = bytes.slice(ahStart);
  const ahLength = (ah[1]! + 2) * 4;
  ah.fill(0, ahFixedBytes, ahLength);
  return integrity.compute(sa.authentication!.key, joinBytes(header, ah));
}

/** RFC 4302 section 3.3.3.1.1: TOS, flags and fragment offset, TTL and checksum; options as its appendix A says. */
function zeroMutableIpv4(header: Uint8Array): void {
  header[1] = 0;
  header.fill(0, 6, 9);
  header.fill(0, 10, 12);
  let at = ipv4HeaderBytes;
  while (at < header.length) {
    const type = header[at]!;
    if (type === 0) break;
    if (type === 1) {
      at++;
      continue;
    }
    const length = header[at + 1] ?? 0;
    if (length < 2 || at + length > header.length) break;
    if (isSourceRoute(type)) predictDestination4(header, at, length);
    if (!IMMUTABLE_IPV4_OPTIONS.has(type)) header.fill(0, at, at + length);
    at += length;
  }
}

/** Security, extended security, commercial security, router alert, sender directed multi-destination delivery. */
const IMMUTABLE_IPV4_OPTIONS: ReadonlySet<number> = new Set([130, 133, 134, 148, 149]);

function isSourceRoute(type: number): boolean {
  return type === 131 || type === 137;
}

/** With hops left, the destination that arrives is the last of the route. */
function predictDestination4(header: Uint8Array, at: number, length: number): void {
  const pointer = header[at + 2] ?? 0;
  const lastAddress = at + length - 4;
  if (pointer <= length - 3 && lastAddress >= at + 3) header.copyWithin(16, lastAddress, lastAddress + 4);
}

/** RFC 4302 section 3.3.3.1.2: class, flow label, hop limit; options marked changeable; routes as they arrive. */
function zeroMutableIpv6(header: Uint8Array): void {
  header[0] = 0x60;
  header.fill(0, 1, 4);
  header[7] = 0;
  let next = header[6]!;
  let at = 40;
  while (at + 8 <= header.length) {
    const length = ipv6ExtensionLength(header, at, next);
    if (next === 0 || next === 60)
      zeroChangeableOptions(header, at + 2, Math.min(at + length, header.length));
    else if (next === protocolNumber.routing) predictRoute6(header, at, length);
    next = header[at]!;
    at += length;
  }
}

/** The third bit of an option's type says that routers may change its data (RFC 8200 section 4.2). */
function zeroChangeableOptions(header: Uint8Array, start: number, end: number): void {
  let at = start;
  while (at < end) {
    const type = header[at]!;
    if (type === 0) {
      at++;
      continue;
    }
    const dataEnd = at + 2 + (header[at + 1] ?? 0);
    if ((type & 0x20) !== 0) header.fill(0, at + 2, Math.min(dataEnd, end));
    at = dataEnd;
  }
}

/** Routing type 0: the header as the last hop sees it, the final destination in the IPv6 header. */
function predictRoute6(header: Uint8Array, at: number, length: number): void {
  const segmentsLeft = header[at + 3]!;
  const count = (length - 8) / 16;
  if (header[at + 2] !== 0 || segmentsLeft === 0 || segmentsLeft > count) return;
  for (let left = segmentsLeft; left > 0; left--) {
    const slot = at + 8 + 16 * (count - left);
    const destination = header.slice(24, 40);
    header.copyWithin(24, slot, slot + 16);
    header.set(destination, slot);
  }
  header[at + 3] = 0;
}
