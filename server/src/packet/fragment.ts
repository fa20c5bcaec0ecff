/**
 * Cutting a packet into fragments and putting fragments together again: RFC 791 section 3.2 for IPv4, RFC 8200
 * section 4.5 for IPv6. A fragment of a fragment keeps counting from the first packet's start.
 */
import { joinBytes, write16 } from './bytes';
import { decodePacket, summarizeBytes } from './decode';
import { emitIpv4, ipv4HeaderBytes, parseIpv4 } from './ipv4';
import { ipv6HeaderBytes } from './ipv6';
import {
  emitIpv6Fragment,
  ipv6ExtensionLength,
  ipv6FragmentHeaderBytes,
  isIpv6Extension,
} from './ipv6Extension';
import type { Packet, PacketSummary } from './packet';
import { protocolNumber } from './protocolNumbers';

/**
 * The packet in pieces of at most `mtuBytes` each; the packet itself when it fits, when its IP header cannot be read,
 * or when the MTU leaves no room for 8 bytes behind the headers. Whether it may be cut (DF, or IPv6 in a router)
 * is the caller's question. `ipv6Id` goes into the fragment headers of a packet that has none.
 */
export function fragmentPacket(packet: Packet, mtuBytes: number, ipv6Id = 1): readonly Packet[] {
  const summary = summarizeBytes(packet.bytes);
  if (summary === undefined || summary.totalLength <= mtuBytes) return [packet];
  return summary.family === 4
    ? fragmentIpv4(packet, mtuBytes)
    : fragmentIpv6(packet, summary, mtuBytes, ipv6Id);
}

/**
 * The whole packet once every fragment of it is there, in any order and with exact repetitions allowed;
 * undefined while some are missing, when fragments overlap, or when they are of different packets.
 */
export function reassemble(packets: readonly Packet[]): Packet | undefined {
  const pieces: Piece[] = [];
  for (const packet of packets) {
    const piece = pieceOf(packet);
    if (piece === undefined) return undefined;
    if (pieces.length > 0 && !ofSamePacket(pieces[0]!.summary, piece.summary)) return undefined;
    const repeated = pieces.some(
      (p) => p.summary.fragmentOffset === piece.summary.fragmentOffset && p.body.length === piece.body.length,
    );
    if (!repeated) pieces.push(piece);
  }
  pieces.sort((a, b) => a.summary.fragmentOffset - b.summary.fragmentOffset);
  const first = pieces[0];
  if (first === undefined) return undefined;
  let end = 0;
  for (const { summary, body } of pieces) {
    if (summary.fragmentOffset !== end) return undefined;
    end += body.length;
  }
  if (pieces.at(-1)!.summary.moreFragments) return undefined;
  const body = joinBytes(...pieces.map((piece) => piece.body));
  return first.summary.family === 4 ? wholeIpv4(first.bytes, body) : wholeIpv6(first.bytes, body);
}

function fragmentIpv4(packet: Packet, mtuBytes: number): readonly Packet[] {
  const reading = parseIpv4(packet.bytes, 0, packet.bytes.length);
  if (reading.kind !== 'header') return [packet];
  const { header, headerEnd, end } = reading;
  const body = packet.bytes.subarray(headerEnd, end);
  const fragments: Packet[] = [];
  for (let at = 0; at < body.length; ) {
    const options = at === 0 ? header.options : copiedOptions(header.options);
    const room = mtuBytes - ipv4HeaderBytes - (options?.length ?? 0);
    const last = body.length - at <= room;
    const take = last ? body.length - at : room - (room % 8);
    if (take < 8 && !last) return [packet];
    const { options: _, ...fixed } = header;
    fragments.push(
      decodePacket(
        emitIpv4(
          {
            ...fixed,
            fragmentOffset: header.fragmentOffset + at,
            moreFragments: header.moreFragments || !last,
            ...(options !== undefined && { options }),
          },
          body.subarray(at, at + take),
        ),
      ),
    );
    at += take;
  }
  return fragments.length === 0 ? [packet] : fragments;
}

/** RFC 791: an option goes into every fragment when the first bit of its type is set, else into the first only. */
function copiedOptions(options: Uint8Array | undefined): Uint8Array | undefined {
  if (options === undefined) return undefined;
  const kept: number[] = [];
  for (let at = 0; at < options.length; ) {
    const type = options[at]!;
    if (type === 0) break;
    const length = type === 1 ? 1 : (options[at + 1] ?? 0);
    if (length < 1 || (type !== 1 && length < 2) || at + length > options.length) break;
    if (type & 0x80) kept.push(...options.subarray(at, at + length));
    at += length;
  }
  while (kept.length % 4 !== 0) kept.push(0);
  return kept.length === 0 ? undefined : Uint8Array.from(kept);
}

function fragmentIpv6(
  packet: Packet,
  summary: PacketSummary,
  mtuBytes: number,
  newId: number,
): readonly Packet[] {
  const { bytes } = packet;
  const limit = Math.min(bytes.length, summary.totalLength);
  const before = perHopPart(bytes, limit);
  const already = bytes[before.nextHeaderAt] === protocolNumber.fragment;
  const nextHeader = already ? bytes[before.end]! : bytes[before.nextHeaderAt]!;
  const id = already ? summary.id : newId;
  const body = bytes.subarray(before.end + (already ? ipv6FragmentHeaderBytes : 0), limit);
  const room = mtuBytes - before.end - ipv6FragmentHeaderBytes;
  const head = bytes.slice(0, before.end);
  head[before.nextHeaderAt] = protocolNumber.fragment;
  const fragments: Packet[] = [];
  for (let at = 0; at < body.length; ) {
    const last = body.length - at <= room;
    const take = last ? body.length - at : room - (room % 8);
    if (take < 8 && !last) return [packet];
    const offset = summary.fragmentOffset + at;
    const moreFragments = summary.moreFragments || !last;
    const piece = joinBytes(
      head,
      emitIpv6Fragment(nextHeader, { offset, moreFragments, id }),
      body.subarray(at, at + take),
    );
    write16(piece, 4, piece.length - ipv6HeaderBytes);
    fragments.push(decodePacket(piece));
    at += take;
  }
  return fragments.length === 0 ? [packet] : fragments;
}

/**
 * RFC 8200's "Per-Fragment headers": the IPv6 header and the extension headers up to the last one that nodes on the
 * way read (hop-by-hop, routing, and destination options in front of a routing header).
 */
function perHopPart(bytes: Uint8Array, limit: number): { end: number; nextHeaderAt: number } {
  let part = { end: ipv6HeaderBytes, nextHeaderAt: 6 };
  let at = ipv6HeaderBytes;
  let nextHeaderAt = 6;
  for (;;) {
    const number = bytes[nextHeaderAt]!;
    if (!isIpv6Extension(number) || number === protocolNumber.fragment || at + 8 > limit) return part;
    const length = ipv6ExtensionLength(bytes, at, number);
    if (at + length > limit) return part;
    nextHeaderAt = at;
    at += length;
    if (number !== protocolNumber.destinationOptions) part = { end: at, nextHeaderAt };
  }
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly summary: PacketSummary;
  readonly body: Uint8Array;
}

function pieceOf(packet: Packet): Piece | undefined {
  const { bytes } = packet;
  const summary = summarizeBytes(bytes);
  if (summary === undefined) return undefined;
  const start = summary.family === 4 ? summary.transportStart : ipv6FragmentBodyStart(bytes, summary);
  return { bytes, summary, body: bytes.subarray(start, Math.min(bytes.length, summary.totalLength)) };
}

/** Everything behind the fragment header, extension headers among it; of a packet without one, everything. */
function ipv6FragmentBodyStart(bytes: Uint8Array, summary: PacketSummary): number {
  const { end, nextHeaderAt } = perHopPart(bytes, Math.min(bytes.length, summary.totalLength));
  return bytes[nextHeaderAt] === protocolNumber.fragment ? end + ipv6FragmentHeaderBytes : end;
}

/** RFC 791 tells packets apart by addresses, protocol and identification; RFC 8200 leaves the protocol out. */
function ofSamePacket(a: PacketSummary, b: PacketSummary): boolean {
  return (
    a.family === b.family &&
    a.source.value === b.source.value &&
    a.destination.value === b.destination.value &&
    a.id === b.id &&
    (a.family === 6 || a.protocol === b.protocol)
  );
}

function wholeIpv4(first: Uint8Array, body: Uint8Array): Packet | undefined {
  const reading = parseIpv4(first, 0, first.length);
  if (reading.kind !== 'header' || reading.headerEnd + body.length > 0xffff) return undefined;
  return decodePacket(emitIpv4({ ...reading.header, fragmentOffset: 0, moreFragments: false }, body));
}

function wholeIpv6(first: Uint8Array, body: Uint8Array): Packet | undefined {
  const { end, nextHeaderAt } = perHopPart(first, first.length);
  const head = first.slice(0, end);
  if (head[nextHeaderAt] === protocolNumber.fragment) head[nextHeaderAt] = first[end]!;
  const bytes = joinBytes(head, body);
  if (bytes.length - ipv6HeaderBytes > 0xffff) return undefined;
  write16(bytes, 4, bytes.length - ipv6HeaderBytes);
  return decodePacket(bytes);
}
