/**
 * A packet in one line, as engineers already write it, both ways:
 *
 *     [name:] [in|out] [on IF] PROTO SRC[:PORT] > DST[:PORT] [words] [{ packet }]
 *     web: out on fxp0 tcp 10.1.0.5:40000 > 198.51.100.7:80 S
 *
 * PROTO is a name or number. IPv6 addresses with a port stand in brackets. The words, in any order:
 *
 * - TCP flags as letters out of `FSRPAUEC`, or `flags none`; `seq N`, `ack N`, `mss N`
 * - ICMP: a type's name or number, with its code behind a slash: `echo`, `unreachable/3`, `40/1`, or `type N`,
 *   `code N`; `icmp-id N`, `icmp-seq N`
 * - ESP, AH: `spi N`, `seq N`; IPComp: `cpi N`
 * - IP: `ttl N`, `tos N`, `id N`, `df`, `mf`, `frag BYTES`
 * - payload: `len BYTES`, or `payload 0x...` with the bytes themselves
 * - in braces, the packet inside another IP header, GRE or AH, or the one that an ICMP error quotes
 *
 * Numbers are decimal or 0x-hexadecimal. What a user reads about it is in `docs/packet-notation.md`. Reading is
 * in `parseLine.ts`, writing in `formatLine.ts`, the words they share in `notationWords.ts`.
 */
import type { Address } from '../policy/address';

export { formatPacketLine } from './formatLine';
export { parsePacketLine } from './parseLine';

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
  /** Of ESP and AH; the CPI of IPComp. */
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
  /** IP in IP, in GRE or AH; or the packet that an ICMP error quotes. */
  readonly inner?: PacketSpec;
}
