/** ICMP errors about the packets of a state: what must be there of the quoted packet, and how many may come. */
import type { PacketInfo, ReadLimits } from './packetInfo';
import type { StateEntry } from './stateEntry';

/** `ipf_checkicmpmatchingstate` and its IPv6 twin: enough of the quoted packet must be there. */
export function readQuoted(info: PacketInfo, limits: ReadLimits): PacketInfo | undefined {
  const quoted = info.dataStart + 8;
  if (info.family === 6) {
    if (info.totalLength < 48) return undefined;
    return info.quote(quoted, info.dataLength - 8, limits);
  }
  if (info.headerLength !== 20 || info.totalLength < 48) return undefined;
  const headerLength = (info.byte(quoted) & 15) << 2;
  if (info.totalLength < 56 + (headerLength - 20)) return undefined;
  const length = info.dataLength - 8;
  if (length <= 0 || headerLength > length) return undefined;
  return info.quote(quoted, length, limits);
}

/** `ipf_allowstateicmp`: never more errors than packets that could have caused them. */
export function allowsError(
  info: PacketInfo,
  entry: StateEntry,
  quoted: PacketInfo,
  judge: (entry: StateEntry) => boolean,
): boolean {
  if (!judge(entry)) return false;
  const backward = entry.source !== quoted.source;
  info.reverse = !backward;
  const errors = (backward ? 0 : 2) + (info.out ? 1 : 0);
  const causes = (backward ? 2 : 0) + (info.out ? 0 : 1);
  if (entry.decision.stateOptions?.noIcmpErrors === true) return false;
  if (entry.icmpPackets[errors]! > entry.packets[causes]!) return false;
  entry.icmpPackets[errors]!++;
  return true;
}
