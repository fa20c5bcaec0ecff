/**
 * IPFilter's reading of a packet: `ipf_makefrip` and the `ipf_pr_*` functions of fil.c, straight on the bytes.
 * It is not a general decoder: it finds exactly what IPFilter finds (and overlooks what it overlooks), because
 * `short`, `bad` and the readability of ports decide which rules can match at all.
 *
 * One mutable object per packet: address translation rewrites addresses and ports in place while the packet
 * is on its way through the engine, and every later stage reads the new values. The bytes are copied before
 * the first write.
 */
import { addressFromBytes } from '../../policy/address';
import {
  type AddressValue,
  addressOf,
  CONDITION,
  IPV6_HEADER_BITS,
  ipOptionBit,
  type PacketFacts,
  type PacketWire,
} from '../packetFacts';

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

/** Bits of the TCP header's flags byte. */
export const TCP = { fin: 1, syn: 2, rst: 4, push: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 } as const;

const ICMP_ERROR_HEADER_LENGTH = 8;
/** `struct icmp` with the quoted IP header: what types without a rule of their own must at least have. Bytes. */
const ICMP_STRUCT_LENGTH = 28;

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
  private quoted = false;

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
    if (this.family === 4) this.readIpv4(limits, claimedLength);
    else this.readIpv6(claimedLength);
  }

  private readIpv4(limits: ReadLimits, claimedLength?: number): void {
    const at = this.start;
    this.headerLength = (this.byte(at) & 15) << 2;
    this.totalLength = claimedLength ?? this.word(at + 2);
    this.dataStart = at + this.headerLength;
    this.dataLength = this.totalLength - this.headerLength;
    this.protocol = this.byte(at + 9);
    this.tos = this.byte(at + 1);
    this.ttl = this.byte(at + 8);
    this.id = this.word(at + 4);
    this.source = this.long(at + 12);
    this.destination = this.long(at + 16);
    if (this.destination >>> 28 === 0xe) this.conditions |= CONDITION.multicast | CONDITION.linkCast;
    this.readIpv4Offset(this.word(at + 6));

    let protocol = this.protocol;
    if (protocol === 51) protocol = this.readAuthHeader();
    switch (protocol) {
      case 17:
        this.markShort(8);
        if (this.readUdp()) this.verifyChecksum();
        break;
      case 6:
        this.markShort(20);
        if (this.readTcp()) this.verifyChecksum();
        break;
      case 1:
        this.readIcmp(limits);
        break;
      case 50:
        if (this.fragmentOffset === 0) {
          this.markShort(8);
          this.require(8);
        }
        break;
      case 47:
        this.markShort(8);
        if (this.fragmentOffset === 0) this.readGre();
        break;
    }
    if (!this.lost && this.headerLength > 20) this.readIpv4Options();
  }

  /** Sets the fragment facts; "bad" where offset and length cannot be those of one packet. */
  private readIpv4Offset(field: number): void {
    const offset = (field & 0x1fff) << 3;
    if ((field & 0x3fff) !== 0) this.conditions |= CONDITION.fragment;
    if (offset !== 0) {
      // RFC 3128: such a fragment would overwrite the TCP flags.
      if (offset === 8 && this.protocol === 6) this.conditions |= CONDITION.short;
      this.conditions |= CONDITION.fragmentBody;
      if (offset + this.dataLength > 65535 || this.dataLength === 0) this.conditions |= CONDITION.bad;
    }
    this.fragmentOffset = offset;
  }

  /** `ipf_pr_short`: the transport header must be whole in the first fragment, and in no other. */
  private markShort(minimum: number): void {
    if (this.fragmentOffset === 0 ? this.dataLength < minimum : this.fragmentOffset < minimum) {
      this.conditions |= CONDITION.short;
    }
  }

  /** `ipf_pr_pullup`: `length` bytes from `dataStart` must be in the buffer, or the packet is lost. */
  private require(length: number): boolean {
    if (this.quoted || this.bytes.length >= this.dataStart + length) return true;
    this.lost = true;
    return false;
  }

  private readAuthHeader(): number {
    this.conditions |= CONDITION.authHeader;
    this.markShort(12);
    if (this.has(CONDITION.short) || this.fragmentOffset !== 0) return 59;
    if (!this.require(12)) return 59;
    const length = (this.byte(this.dataStart + 1) + 2) << 2;
    this.markShort(length);
    if (!this.require(length)) return 59;
    const next = this.byte(this.dataStart);
    this.dataStart += length;
    this.dataLength -= length;
    return next;
  }

  private readUdp(): boolean {
    this.conditions |= CONDITION.tcpOrUdp;
    if (this.fragmentOffset === 0 && this.dataLength > 3) {
      if (!this.require(8)) {
        this.conditions |= CONDITION.short;
        return false;
      }
      this.sourcePort = this.word(this.dataStart);
      this.destinationPort = this.word(this.dataStart + 2);
    }
    return true;
  }

  /** True when the header is sound enough to look at the checksum. */
  private readTcp(): boolean {
    this.conditions |= CONDITION.tcpOrUdp;
    if (this.fragmentOffset !== 0) return true;
    if (!this.require(20)) return false;
    if (this.dataLength > 3) {
      this.sourcePort = this.word(this.dataStart);
      this.destinationPort = this.word(this.dataStart + 2);
    }
    if (this.has(CONDITION.short)) return false;
    const headerLength = (this.byte(this.dataStart + 12) >>> 4) << 2;
    if (headerLength < 20) {
      this.conditions |= CONDITION.bad;
      return false;
    }
    const flags = this.byte(this.dataStart + 13);
    this.tcpFlags = flags;
    if (hasNonsenseFlags(flags, this.word(this.dataStart + 18))) this.conditions |= CONDITION.bad;
    if (this.has(CONDITION.bad)) return false;
    return headerLength === 20 || this.require(headerLength);
  }

  private readIcmp(limits: ReadLimits): void {
    this.markShort(ICMP_ERROR_HEADER_LENGTH);
    if (this.fragmentOffset !== 0) return;
    if (!this.require(ICMP_ERROR_HEADER_LENGTH)) return;
    const at = this.dataStart;
    this.icmpType = this.byte(at);
    this.icmpCode = this.byte(at + 1);
    this.icmpId = this.word(at + 4);
    let minimum = ICMP_STRUCT_LENGTH;
    switch (this.icmpType) {
      case 0:
      case 8:
      case 9:
      case 10:
        this.conditions |= CONDITION.icmpQuery;
        minimum = 8;
        break;
      case 13:
      case 14:
        this.conditions |= CONDITION.icmpQuery;
        minimum = 20;
        break;
      case 15:
      case 16:
      case 17:
      case 18:
        this.conditions |= CONDITION.icmpQuery;
        minimum = 12;
        break;
      case 3:
      case 4:
      case 5:
      case 11:
      case 12:
        // The kernel compares the MTU field in the machine's own byte order; little-endian ones were run.
        if (this.icmpType === 3 && this.icmpCode === 4) {
          const mtu = (this.byte(at + 7) << 8) | this.byte(at + 6);
          if (mtu < limits.icmpMinimumFragmentMtu) this.conditions |= CONDITION.bad;
        }
        this.conditions |= CONDITION.icmpError;
        if (this.quoted) return;
        if ((this.word(at + 8 + 6) & 0x1fff) !== 0) this.conditions |= CONDITION.bad;
        if (this.long(at + 8 + 12) !== this.destination) this.conditions |= CONDITION.bad;
        break;
    }
    this.markShort(minimum);
    this.verifyChecksum();
  }

  private readGre(): void {
    if (!this.require(8)) return;
    if (((this.word(this.dataStart) >>> 13) & 7) === 1) this.icmpId = this.word(this.dataStart + 6);
  }

  /** `ipf_pr_ipv4hdr`, second half: which options are there. Those of 4 bytes and less are not counted. */
  private readIpv4Options(): void {
    this.conditions |= CONDITION.options;
    let at = this.start + 20;
    let left = this.headerLength - 20;
    while (left > 0) {
      const option = this.byte(at);
      if (option === 0) break;
      let length = 1;
      if (option !== 1) {
        if (left < 2) break;
        length = this.byte(at + 1);
        if (length < 2 || length > left) break;
      }
      const bit = length > 4 ? optionBitInPacket(option) : 0;
      if (option === 130 && bit !== 0) this.readBasicSecurity(at, bit);
      if (option === 134 && bit !== 0) this.readCommercialSecurity(at, length, bit);
      this.options |= bit;
      left -= length;
      at += length;
    }
    if (this.authority !== 0 && (this.authority & 0x0100) === 0) this.authority &= 0xff00;
  }

  /** `ipf_checkripso` (RFC 1108): the classification's bit and the authority bytes. */
  private readBasicSecurity(at: number, bit: number): void {
    if ((this.options & bit) !== 0) {
      this.conditions |= CONDITION.bad;
      return;
    }
    const classes = [0x01, 0x3d, 0x5a, 0x66, 0x96, 0xab, 0xcc, 0xf1];
    const index = classes.indexOf(this.byte(at + 2));
    this.securityClass = index < 0 ? 0 : 1 << index;
    this.authority = index < 0 ? 0 : this.word(at + 3);
  }

  /** `ipf_checkcipso`: only what makes the packet bad. */
  private readCommercialSecurity(at: number, length: number, bit: number): void {
    if ((this.options & bit) !== 0 || length < 6 || length > 40) {
      this.conditions |= CONDITION.bad;
      return;
    }
    let left = length - 6;
    let tagAt = at + 6;
    while (left >= 2) {
      const tag = this.byte(tagAt);
      const tagLength = this.byte(tagAt + 1);
      if (tagLength > left || tagLength < 4 || tagLength > 34) {
        this.conditions |= CONDITION.bad;
        return;
      }
      const known = tag === 1 || tag === 4 || tag === 5;
      if (known ? this.byte(tagAt + 2) !== 0 : tag <= 127) this.conditions |= CONDITION.bad;
      left -= tagLength;
      tagAt += tagLength;
    }
    this.securityClass = this.word(at + 4);
    this.authority = this.word(at + 2);
  }

  private readIpv6(claimedLength?: number): void {
    const at = this.start;
    this.headerLength = 40;
    this.dataStart = at + 40;
    this.dataLength = claimedLength ?? this.word(at + 4);
    this.totalLength = this.dataLength + 40;
    this.ttl = this.byte(at + 7);
    // IPFilter does not look at the traffic class.
    this.tos = 0;
    this.source = addressFromBytes(padded(this.bytes, at + 40), at + 8, 6).value;
    this.destination = addressFromBytes(padded(this.bytes, at + 40), at + 24, 6).value;
    if (this.byte(at + 24) === 0xff) this.conditions |= CONDITION.multicast | CONDITION.linkCast;
    this.readIpv6Chain(this.byte(at + 6));
  }

  private readIpv6Chain(first: number): void {
    let next = first;
    let going = true;
    while (going && !this.has(CONDITION.short)) {
      switch (next) {
        case 17:
          if (this.readUdp()) this.verifyChecksum(17);
          going = false;
          break;
        case 6:
          if (this.readTcp()) this.verifyChecksum(6);
          going = false;
          break;
        case 58:
          this.readIcmpv6();
          going = false;
          break;
        case 47:
          this.readGre();
          going = false;
          break;
        case 50:
          if (this.fragmentOffset === 0) this.require(8);
          going = false;
          break;
        case 0:
        case 60:
        case 135:
          next = this.readExtension(next);
          break;
        case 43:
          next = this.readRouting();
          break;
        case 51:
          this.conditions |= CONDITION.authHeader;
          next = this.readExtension(0);
          if (next !== 59 && this.dataLength < 12) this.conditions |= CONDITION.short;
          break;
        case 44:
          next = this.readFragmentHeader();
          if (this.fragmentOffset !== 0) going = false;
          break;
        case 41:
          this.options |= IPV6_HEADER_BITS.get(41)!;
          going = false;
          break;
        default:
          going = false;
          break;
      }
      if (this.lost) return;
      if (going && next !== 59 && !this.require(0)) return;
    }
    this.protocol = next;
    // A first fragment that ends before its transport header hides what it is.
    if (going && this.has(CONDITION.fragment) && this.fragmentOffset === 0) this.conditions |= CONDITION.bad;
  }

  /** `ipf_pr_ipv6exthdr`: steps over one extension header; 59 when it cannot. */
  private readExtension(protocol: number): number {
    this.conditions |= CONDITION.extensionHeaders;
    if (this.dataLength < 8) {
      this.conditions |= CONDITION.short;
      return 59;
    }
    if (!this.require(8)) return 59;
    const at = this.dataStart;
    const length = protocol === 44 ? 8 : 8 + (this.byte(at + 1) << 3);
    if (length > this.dataLength) {
      this.conditions |= CONDITION.bad;
      return 59;
    }
    this.dataStart += length;
    this.dataLength -= length;
    // `ipf_pr_fragment6` says "fragment" first, so its own header is not noted either.
    if (!this.has(CONDITION.fragment)) {
      const bit = IPV6_HEADER_BITS.get(protocol) ?? 0;
      if ((this.options & bit) !== 0) this.conditions |= CONDITION.bad;
      else this.options |= bit;
    }
    return this.byte(at);
  }

  private readRouting(): number {
    const at = this.dataStart;
    const next = this.readExtension(43);
    if (next === 59 || this.byte(at + 2) !== 0) return next;
    const length = this.byte(at + 1);
    const left = this.byte(at + 3);
    if (length >>> 1 < left || (left !== 0 && (length & 1) !== 0)) {
      this.conditions |= CONDITION.bad;
      return 59;
    }
    return next;
  }

  private readFragmentHeader(): number {
    const at = this.dataStart;
    this.conditions |= CONDITION.fragment;
    const before = this.dataStart;
    const next = this.readExtension(44);
    if (this.dataStart === before) return 59;
    const field = this.word(at + 2);
    if ((field & 1) !== 0 && (this.totalLength & 7) !== 0) this.conditions |= CONDITION.bad;
    this.fragmentDataStart = at + 8;
    this.id = this.long(at + 4);
    this.fragmentOffset = field & 0xfff8;
    if (this.fragmentOffset !== 0) this.conditions |= CONDITION.fragmentBody;
    if ((this.fragmentOffset << 3) + this.dataLength > 65535) this.conditions |= CONDITION.bad;
    return next;
  }

  private readIcmpv6(): void {
    if (!this.require(8)) return;
    let minimum = 8;
    if (this.dataLength > 1) {
      const at = this.dataStart;
      this.icmpType = this.byte(at);
      this.icmpCode = this.byte(at + 1);
      if ((this.icmpType & 0x80) !== 0) this.conditions |= CONDITION.icmpQuery;
      switch (this.icmpType) {
        case 128:
        case 129:
          if (this.dataLength >= 6) this.icmpId = this.word(at + 4);
          break;
        case 1:
        case 2:
        case 3:
        case 4:
          this.conditions |= CONDITION.icmpError;
          minimum = 48;
          if (this.totalLength < 88) break;
          if (this.quoted || !this.require(48)) return;
          for (let i = 0; i < 16; i++) {
            if (this.byte(at + 16 + i) !== this.byte(this.start + 24 + i)) {
              this.conditions |= CONDITION.bad;
              break;
            }
          }
          break;
      }
    }
    if (this.dataLength < minimum) this.conditions |= CONDITION.short;
    if (!this.has(CONDITION.short | CONDITION.bad)) this.verifyChecksum(58);
  }

  /** `ipf_checkl4sum`: a wrong transport checksum makes the packet bad. */
  private verifyChecksum(protocol = this.protocol): void {
    if (this.quoted) return;
    if (this.has(CONDITION.fragment | CONDITION.short | CONDITION.bad)) return;
    const at = this.dataStart;
    let field: number;
    switch (protocol) {
      case 6:
        field = at + 16;
        break;
      case 17:
        field = at + 6;
        if (this.word(field) === 0) return;
        break;
      case 1:
      case 58:
        field = at + 2;
        break;
      default:
        return;
    }
    // The covered range starts behind the IPv4 header, or where an IPv6 packet's transport begins.
    const from = this.family === 4 ? this.start + this.headerLength : at;
    const length = this.start + this.totalLength - from;
    let sum = protocol === 1 ? 0 : this.pseudoHeaderSum(protocol, length);
    sum += this.sumWords(from, length) - this.word(field);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    let written = this.word(field);
    if (protocol === 17 && written === 0xffff) written = 0;
    if ((~sum & 0xffff) === written) return;
    this.conditions |= CONDITION.bad;
    this.checksumWrong = true;
  }

  private pseudoHeaderSum(protocol: number, length: number): number {
    const addressWords = this.family === 4 ? 4 : 16;
    let sum = protocol + (length & 0xffff);
    for (let i = 0; i < addressWords; i++) sum += this.word(this.sourceOffset + 2 * i);
    return sum;
  }

  private sumWords(from: number, length: number): number {
    const bytes = this.bytes;
    const end = Math.min(from + length, bytes.length);
    let sum = 0;
    let at = from;
    for (; at + 1 < end; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
    if (at < end) sum += bytes[at]! << 8;
    return sum;
  }
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

/** `ipf_pr_tcpcommon`: combinations of flags that no TCP sends. */
function hasNonsenseFlags(flags: number, urgentPointer: number): boolean {
  if ((flags & TCP.urg) !== 0 && urgentPointer === 0) return true;
  if ((flags & (TCP.syn | TCP.fin)) !== 0 && (flags & (TCP.rst | TCP.ack)) === TCP.rst) return true;
  if ((flags & TCP.syn) !== 0 && (flags & (TCP.urg | TCP.push)) !== 0) return true;
  if ((flags & TCP.ack) !== 0) return false;
  if ((flags & (TCP.rst | TCP.syn)) === 0) return true;
  return flags !== TCP.syn && (flags & (TCP.urg | TCP.push | TCP.fin)) !== 0;
}

/** Addresses are read from headers that may be cut off: missing bytes count as 0. */
function padded(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length >= length) return bytes;
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
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
