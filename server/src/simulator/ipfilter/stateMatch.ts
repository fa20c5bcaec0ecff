/** Which packets and flows a state entry stands for: comparisons that change nothing (ip_state.c). */
import type { AddressValue } from '../packetFacts';
import type { PacketInfo } from './packetInfo';
import type { StateEntry } from './stateEntry';

export function portsFit(entry: StateEntry, sourcePort: number, destinationPort: number): boolean {
  return (
    (entry.anySourcePort || entry.sourcePort === sourcePort) && entry.destinationPort === destinationPort
  );
}

/**
 * `ipf_state_match`: the same flow, either way, under the same verdict. The fresh one still has the verdict of its
 * rule as it is written, so under `log first` none is the same as another.
 */
export function isSameFlow(known: StateEntry, fresh: StateEntry): boolean {
  if (known.decision.word !== fresh.rule.decision.word) return false;
  if (known.protocol !== fresh.protocol || known.family !== fresh.family) return false;
  if (known.options[0] !== fresh.options[0] || known.options[1] !== fresh.options[1]) return false;
  if (known.optionMasks[1] !== fresh.optionMasks[1]) return false;
  if (known.securityClass !== fresh.securityClass || known.authority !== fresh.authority) return false;
  const addresses =
    known.source === fresh.source && known.destination === fresh.destination
      ? 2
      : known.source === fresh.destination && known.destination === fresh.source
        ? 1
        : 0;
  if (addresses === 0) return false;
  switch (known.protocol) {
    case 1:
    case 58:
      return known.icmpId === fresh.icmpId && known.icmpType === fresh.icmpType;
    case 6:
    case 17:
    case 47: {
      const ports =
        known.sourcePort === fresh.sourcePort && known.destinationPort === fresh.destinationPort
          ? 2
          : known.sourcePort === fresh.destinationPort && known.destinationPort === fresh.sourcePort
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
