/**
 * IPFilter's reading of a packet: `ipf_makefrip` and the `ipf_pr_*` functions of fil.c, straight on the bytes
 * (readIpv4.ts, readIpv6.ts, readTransport.ts). It is not a general decoder: it finds exactly what IPFilter finds
 * (and overlooks what it overlooks), because `short`, `bad` and the readability of ports decide which rules can
 * match at all.
 *
 * One mutable object per packet: address translation rewrites addresses and ports in place while the packet
 * is on its way through the engine, and every later stage reads the new values. The bytes are copied before
 * the first write.
 */
import { type AddressValue, addressOf, CONDITION, type PacketFacts, type PacketWire } from '../packetFacts';
import { readIpv4 } from './readIpv4';
import { readIpv6 } from './readIpv6';

/** Link-level facts that come from outside the bytes, as condition bits. */
export interface PacketArrival {
  readonly out: boolean;
  readonly interface: string;
  readonly linkConditions?: number;
}

export interface ReadLimits {
  /** `icmp_minfragmtu`: an ICMP "fragmentation needed" that names less is bad. Bytes. */
  readonly icmpMinimumFragmentMtu: number;
}

export class PacketInfo implements PacketFacts {
  family: 4 | 6 = 4;
  source: AddressValue = 0;
  destination: AddressValue = 0;
  protocol = 0;
  tos = 0;
  ttl = 0;
  totalLength = 0;
  conditions = 0;
  sourcePort = 0;
  destinationPort = 0;
  tcpFlags = 0;
  icmpType = 0;
  icmpCode = 0;
  /** ICMP identifier, or the GRE call id, as the kernel keeps it in the place of a port. */
  icmpId = 0;
  options = 0;
  securityClass = 0;
  authority = 0;
  out = false;
  interface = '';
  inInterface: string | undefined;
  outInterface: string | undefined;
  tag: string | undefined;

  bytes: Uint8Array;
  /** Offset of the IP header in `bytes`: not 0 in a quoted packet. */
  start = 0;
  /** Bytes of the IPv4 header, 40 for IPv6. */
  headerLength = 0;
  /** Offset behind all network-layer headers. */
  dataStart = 0;
  /** Bytes behind `dataStart`, as the header says; may be negative on nonsense. */
  dataLength = 0;
  /** Bytes; whole packets have 0. */
  fragmentOffset = 0;
  id = 0;
  /** Where the data behind an IPv6 fragment header begins. */
  fragmentDataStart = 0;
  /** The packet goes against the direction of the state or session it belongs to. */
  reverse = false;
  /** Headers were cut off: the engine cannot look at the packet at all. */
  lost = false;
  /** Packets seen of the session it belongs to, in this direction. */
  packetNumber = 0;
  private owned = false;
  /** The transport checksum was looked at and is wrong (`FI_CK_BAD`). */
  checksumWrong = false;
  /** A quoted packet: no checksum to verify, nothing behind it to pull up. */
  quoted = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** FI_TCPUDP, more than 3 bytes of data, offset 0 (`portcmp` of `ipf_scanlist`). */
  get portsReadable(): boolean {
    return (this.conditions & CONDITION.tcpOrUdp) !== 0 && this.dataLength > 3 && this.fragmentOffset === 0;
  }

  /** `ipf_check_ipf`: ICMP at offset 0 with type and code in it. */
  get icmpReadable(): boolean {
    return (this.protocol === 1 || this.protocol === 58) && this.fragmentOffset === 0 && this.dataLength >= 2;
  }

  get wire(): PacketWire {
    return { bytes: this.bytes, start: this.start, length: this.headerLength + this.dataLength };
  }

  has(bits: number): boolean {
    return (this.conditions & bits) !== 0;
  }

  byte(offset: number): number {
    return this.bytes[offset] ?? 0;
  }

  word(offset: number): number {
    return (this.byte(offset) << 8) | this.byte(offset + 1);
  }

  long(offset: number): number {
    return ((this.word(offset) << 16) | this.word(offset + 2)) >>> 0;
  }

  writeWord(offset: number, value: number): void {
    this.makeWritable();
    this.bytes[offset] = (value >>> 8) & 255;
    this.bytes[offset + 1] = value & 255;
  }

  writeLong(offset: number, value: number): void {
    this.writeWord(offset, value >>> 16);
    this.writeWord(offset + 2, value & 0xffff);
  }

  /** From now on the bytes are this object's own. */
  makeWritable(): void {
    if (this.owned) return;
    this.bytes = this.bytes.slice();
    this.owned = true;
  }

  replaceBytes(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.owned = true;
  }

  /** The packet is wrapped in another or unwrapped: everything is read anew. */
  become(bytes: Uint8Array, limits: ReadLimits): void {
    const fresh = new PacketInfo(bytes);
    fresh.owned = true;
    fresh.family = (bytes[0] ?? 0) >>> 4 === 6 ? 6 : 4;
    fresh.out = this.out;
    fresh.interface = this.interface;
    fresh.inInterface = this.inInterface;
    fresh.outInterface = this.outInterface;
    fresh.readHeaders(limits);
    Object.assign(this, fresh);
  }

  get isChanged(): boolean {
    return this.owned;
  }

  get sourceOffset(): number {
    return this.start + (this.family === 4 ? 12 : 8);
  }

  get destinationOffset(): number {
    return this.start + (this.family === 4 ? 16 : 24);
  }

  writeAddress(offset: number, value: AddressValue): void {
    this.makeWritable();
    if (typeof value === 'number') {
      this.writeLong(offset, value);
      return;
    }
    let rest = value;
    for (let i = 15; i >= 0; i--) {
      this.bytes[offset + i] = Number(rest & 255n);
      rest >>= 8n;
    }
  }

  /** The packet quoted at `start` (in an ICMP error), `length` bytes of it; as if it went the other way. */
  quote(start: number, length: number, limits: ReadLimits): PacketInfo {
    const inner = new PacketInfo(this.bytes);
    inner.quoted = true;
    inner.start = start;
    inner.interface = this.interface;
    inner.out = !this.out;
    inner.family = this.family;
    inner.readHeaders(limits, length);
    return inner;
  }

  /** `ipf_makefrip`. `claimedLength` replaces the length field, for quoted packets. */
  readHeaders(limits: ReadLimits, claimedLength?: number): void {
    if (this.family === 4) readIpv4(this, limits, claimedLength);
    else readIpv6(this, claimedLength);
  }

  /** `ipf_pr_short`: the transport header must be whole in the first fragment, and in no other. */
  markShort(minimum: number): void {
    if (this.fragmentOffset === 0 ? this.dataLength < minimum : this.fragmentOffset < minimum) {
      this.conditions |= CONDITION.short;
    }
  }

  /** `ipf_pr_pullup`: `length` bytes from `dataStart` must be in the buffer, or the packet is lost. */
  require(length: number): boolean {
    if (this.quoted || this.bytes.length >= this.dataStart + length) return true;
    this.lost = true;
    return false;
  }
}

/**
 * Reads a packet as it arrives at the engine; undefined for bytes that are no IP packet at all. The caller
 * still has to look at `lost`.
 */
export function readPacketInfo(
  bytes: Uint8Array,
  arrival: PacketArrival,
  limits: ReadLimits,
): PacketInfo | undefined {
  const version = (bytes[0] ?? 0) >>> 4;
  if (version !== 4 && version !== 6) return undefined;
  const info = new PacketInfo(bytes);
  info.family = version;
  info.out = arrival.out;
  info.interface = arrival.interface;
  info.conditions = arrival.linkConditions ?? 0;
  info.readHeaders(limits);
  return info;
}

export function sourceAddress(info: PacketInfo) {
  return addressOf(info.family, info.source);
}

export function destinationAddress(info: PacketInfo) {
  return addressOf(info.family, info.destination);
}
