/**
 * The ICMP error a node sends about a packet: unreachable, time exceeded, packet too big and the rest. It quotes the
 * packet, so that the sender (and the NAT on the way back) can tell which one it was.
 */
import type { Address } from '../policy/address';
import { buildDefaults } from './build';
import { pseudoHeaderSum } from './checksum';
import { summarizeBytes } from './decode';
import { wrapInIp } from './encapsulate';
import { emitIcmp, icmpType, isIcmpError } from './icmp';
import { icmpv6Type } from './icmpv6';
import type { Packet, PacketSummary } from './packet';
import { protocolNumber } from './protocolNumbers';

export interface IcmpErrorSpec {
  readonly type: number;
  readonly code: number;
  /** Address of the node that sends the error, of the packet's own family. */
  readonly from: Address;
  /** Bytes: next-hop MTU of "fragmentation needed" and "packet too big". */
  readonly mtu?: number;
  /** Byte of the packet that a "parameter problem" points at. */
  readonly pointer?: number;
  /**
   * IPv4: bytes quoted behind the IP header. Default 8, as BSD systems send and RFC 792 says; RFC 1812
   * section 4.3.2.3 and Linux quote what fits 576 bytes in all, which is also the limit here.
   */
  readonly quotedBytes?: number;
}

const ipv4ErrorLimitBytes = 576;
const ipv6ErrorLimitBytes = 1280;

/**
 * Undefined when no error may be sent about the packet (RFC 1122 section 3.2.2, RFC 4443 section 2.4): it is
 * itself an ICMP error or a later fragment, or it came from or went to an address that stands for many or none.
 */
export function buildIcmpError(original: Packet, error: IcmpErrorSpec): Packet | undefined {
  const summary = summarizeBytes(original.bytes);
  if (summary === undefined || !mayBeAnsweredWithError(summary, error)) return undefined;
  const { from: source } = error;
  const destination = summary.source;
  if (summary.family === 4) {
    const headerBytes = summary.transportStart;
    const room = ipv4ErrorLimitBytes - 20 - 8 - headerBytes;
    const quotedBytes = Math.min(error.quotedBytes ?? 8, room);
    const end = Math.min(original.bytes.length, summary.totalLength, headerBytes + quotedBytes);
    const message = emitIcmp(
      { type: error.type, code: error.code, rest: icmpRest(error) },
      original.bytes.subarray(0, end),
    );
    return wrapInIp(message, { source, destination, protocol: protocolNumber.icmp });
  }
  const end = Math.min(original.bytes.length, summary.totalLength, ipv6ErrorLimitBytes - 40 - 8);
  const rest = error.type === icmpv6Type.packetTooBig ? (error.mtu ?? 0) : (error.pointer ?? 0);
  const message = emitIcmp(
    { type: error.type, code: error.code, rest },
    original.bytes.subarray(0, end),
    (length) => pseudoHeaderSum(source, destination, protocolNumber.icmpv6, length),
  );
  return wrapInIp(message, { source, destination, protocol: protocolNumber.icmpv6, ttl: buildDefaults.ttl });
}

function icmpRest(error: IcmpErrorSpec): number {
  if (error.type === icmpType.parameterProblem) return (error.pointer ?? 0) * 0x1000000;
  return error.mtu ?? 0;
}

function mayBeAnsweredWithError(summary: PacketSummary, error: IcmpErrorSpec): boolean {
  if (summary.fragmentOffset > 0 || standsForManyOrNone(summary.source)) return false;
  if (summary.family === 4) {
    if (summary.icmpType !== undefined && isIcmpError(summary.icmpType)) return false;
    return !isMulticastOrBroadcast(summary.destination);
  }
  if (summary.icmpType !== undefined && (summary.icmpType < 128 || summary.icmpType === 137)) return false;
  // Path MTU discovery works for multicast too, and an unknown option may ask for an answer.
  const answersMulticast =
    error.type === icmpv6Type.packetTooBig ||
    (error.type === icmpv6Type.parameterProblem && error.code === 2);
  return answersMulticast || !isMulticastOrBroadcast(summary.destination);
}

/** Of IPv4 only the limited broadcast is known here: a subnet's own needs its mask. */
export function isMulticastOrBroadcast(address: Address): boolean {
  return address.family === 4
    ? address.value >>> 28 === 0xe || address.value === 0xffffffff
    : address.value >> 120n === 0xffn;
}

function standsForManyOrNone(address: Address): boolean {
  return (
    isMulticastOrBroadcast(address) || (address.family === 4 ? address.value === 0 : address.value === 0n)
  );
}
