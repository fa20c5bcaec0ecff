/** Which packets and flows a state entry stands for: comparisons that change nothing (ip_state.c). */
import type { AddressValue } from '../packetFacts';
import type { PacketInfo } from './packetInfo';
import type { StateEntry } from './stateTable';

export function portsFit(entry: StateEntry, sourcePort: number, destinationPort: number): boolean {
  return (
    (entry.anySourcePort || entry.sourcePort === sourcePort) && entry.destinationPort === destinationPort
  );
}

/** `ipf_state_match`: the same flow, either way, under the same verdict. */
export function isSameFlow(a: StateEntry, b: StateEntry): boolean {
  if (a.decision.word !== b.decision.word || a.protocol !== b.protocol || a.family !== b.family) return false;
  if (a.options[0] !== b.options[0] || a.options[1] !== b.options[1]) return false;
  if (a.optionMasks[1] !== b.optionMasks[1]) return false;
  if (a.securityClass !== b.securityClass || a.authority !== b.authority) return false;
  const addresses =
    a.source === b.source && a.destination === b.destination
      ? 2
      : a.source === b.destination && a.destination === b.source
        ? 1
        : 0;
  if (addresses === 0) return false;
  switch (a.protocol) {
    case 1:
    case 58:
      return a.icmpId === b.icmpId && a.icmpType === b.icmpType;
    case 6:
    case 17:
    case 47: {
      const ports =
        a.sourcePort === b.sourcePort && a.destinationPort === b.destinationPort
          ? 2
          : a.sourcePort === b.destinationPort && a.destinationPort === b.sourcePort
            ? 1
            : 0;
      return ports === addresses;
    }
    default:
      return false;
  }
}

/** `ipf_matchicmpqueryreply`. */
export function answersQuery(info: PacketInfo, entry: StateEntry): boolean {
  const reply = info.protocol === 1 ? ICMP_REPLIES[entry.icmpType] : ICMPV6_REPLIES[entry.icmpType];
  const expected = info.reverse ? reply : entry.icmpType;
  if (info.icmpType !== expected) return false;
  const isEchoReply = info.icmpType === (info.protocol === 1 ? 0 : 129);
  return !isEchoReply || info.icmpId === entry.icmpId;
}

const ICMP_REPLIES: Readonly<Record<number, number>> = { 8: 0, 10: 9, 13: 14, 15: 16, 17: 18 };

const ICMPV6_REPLIES: Readonly<Record<number, number>> = { 128: 129, 130: 131, 133: 134, 135: 136, 139: 140 };

/** Symmetric, so that both directions of a flow look in the same place. */
export function addressSum(value: AddressValue): number {
  if (typeof value === 'number') return value;
  let sum = 0;
  for (let rest = value; rest > 0n; rest >>= 32n) sum += Number(rest & 0xffffffffn);
  return sum;
}

export function isMulticast6(value: AddressValue): boolean {
  return typeof value === 'bigint' && value >> 120n === 0xffn;
}
