/**
 * A packet is its bytes and what those bytes decode to. Stages that change a packet make new bytes with right
 * checksums and decode them again; nobody edits a decoded field in place, so bytes and layers cannot disagree.
 */
import type { Address } from '../policy/address';
import type { FieldSpec } from './field';

export interface Packet {
  /** From the first byte of the IP header to the end; no link header. */
  readonly bytes: Uint8Array;
  /** Outermost first. Decoding ends at the first layer that cannot be read on (encrypted, fragment body, unknown). */
  readonly layers: readonly Layer[];
}

export type LayerProtocol =
  | 'ipv4'
  | 'ipv6'
  | 'ipv6-extension'
  | 'tcp'
  | 'udp'
  | 'icmp'
  | 'icmpv6'
  | 'esp'
  | 'ah'
  | 'ipcomp'
  | 'gre'
  | 'payload'
  /** ESP's ciphertext, padding and ICV: bytes nobody on the way can read. */
  | 'encrypted';

export interface Layer {
  readonly protocol: LayerProtocol;
  /** Offset of the header in `Packet.bytes`. */
  readonly start: number;
  /**
   * Offset behind the header (the payload starts here). Where the bytes end within the header, as in the packet
   * that an ICMP error quotes, it is where they end; `payload` and `encrypted` have no header: it is their start.
   */
  readonly headerEnd: number;
  /** Offset behind this layer's payload, as its own length field says, clamped to the bytes there are. */
  readonly end: number;
  /** What is wrong with the header, in words; empty when it is sound. */
  readonly faults: readonly string[];
}

/** What filters, NAT and policy look-ups ask of a packet: the outermost IP header and the transport behind it. */
export interface PacketSummary {
  readonly family: 4 | 6;
  readonly source: Address;
  readonly destination: Address;
  /** The last header's protocol number. */
  readonly protocol: number;
  readonly ttl: number;
  readonly tos: number;
  /** IPv4 identification, or that of an IPv6 fragment header; 0 without one. */
  readonly id: number;
  /** Bytes from the start of the IP header, as the header says. */
  readonly totalLength: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** Bytes. */
  readonly fragmentOffset: number;
  /** Offset of the transport header in the packet's bytes. */
  readonly transportStart: number;
  /** Absent on later fragments, on truncated headers and for protocols without ports. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly tcpFlags?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly icmpId?: number;
  /** Of ESP and AH; IPComp's CPI, which is what its SA is found by. */
  readonly spi?: number;
  readonly sequence?: number;
}

/** Descriptors of one protocol, as the packet diagram and the trace words want them. */
export interface WireFormat {
  readonly protocol: LayerProtocol;
  /** `IPv4`, `ESP`. */
  readonly title: string;
  /** `RFC 791`. */
  readonly reference: string;
  readonly fields: readonly FieldSpec[];
}
