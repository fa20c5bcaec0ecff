/**
 * A packet in one line, as engineers already write it, both ways:
 *
 *     web: out on fxp0 tcp 10.1.0.5:40000 > 198.51.100.7:80 S
 *
 * A name, direction and interface are optional; IPv6 addresses with a port stand in brackets.
 */
import type { Address } from '../policy/address';

/** What a packet line says. Everything not said has the defaults `buildPacket` documents. */
export interface PacketSpec {
  readonly name?: string;
  readonly direction?: 'in' | 'out';
  readonly interface?: string;
  readonly source: Address;
  readonly destination: Address;
  /** IP protocol number: 6, 17, 1, 58, 50, 51, 4, 41, ... */
  readonly protocol: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Bits as in the header: F=1 S=2 R=4 P=8 A=16 U=32 E=64 C=128. */
  readonly tcpFlags?: number;
  readonly tcpSequence?: number;
  readonly tcpAcknowledgement?: number;
  readonly tcpMss?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly icmpId?: number;
  readonly icmpSequence?: number;
  readonly spi?: number;
  readonly sequence?: number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** Bytes, a multiple of 8. */
  readonly fragmentOffset?: number;
  /** Bytes behind the transport header. */
  readonly payloadLength?: number;
  readonly payload?: Uint8Array;
  /** IP in IP. */
  readonly inner?: PacketSpec;
}
