/** How the windows of a state entry begin: by a packet, by none yet, or as another entry's copy (ip_state.c). */
import { CONDITION } from '../packetFacts';
import type { PacketInfo } from './packetInfo';
import type { StateEntry } from './stateEntry';
import { TCP } from './tcpFlags';
import {
  hasTcpOptions,
  newTcpSide,
  readTcpOptions,
  segmentLength,
  TCP_STATE,
  type TcpSide,
  tcpAcknowledgement,
  tcpHeaderFlags,
  tcpSequence,
  tcpWindow,
} from './tcpWindow';

/** Sets up both windows from the first segment; true when it is a connection's SYN. */
export function startWindows(info: PacketInfo, tcp: [TcpSide, TcpSide]): boolean {
  const [from, to] = tcp;
  const flags = tcpHeaderFlags(info);
  to.maxWindow = 1;
  from.maxWindow = tcpWindow(info) || 1;
  from.end = (tcpSequence(info) + segmentLength(info)) >>> 0;
  from.maxEnd = from.end;
  if ((flags & ~(TCP.fin | TCP.ack | TCP.ecn | TCP.cwr)) === TCP.syn && hasTcpOptions(info)) {
    if (!readTcpOptions(info, from)) info.conditions |= CONDITION.bad;
  }
  if ((flags & (TCP.syn | TCP.ack)) === TCP.syn) return true;
  // Picked up in the middle: trust the acknowledgement, and allow twice the window twice.
  to.maxWindow = from.maxWindow * 4;
  to.end = tcpAcknowledgement(info);
  to.maxEnd = to.end;
  return false;
}

/** No packet was there yet: only the windows are opened. */
export function limitWindows(info: PacketInfo, tcp: [TcpSide, TcpSide]): void {
  tcp[1].maxWindow = 1;
  tcp[0].maxWindow = tcpWindow(info) || 1;
}

/** `ipf_state_clone`. */
export function copyForConnection(info: PacketInfo, master: StateEntry): StateEntry {
  const tcp: [TcpSide, TcpSide] = [newTcpSide(), newTcpSide()];
  if (master.protocol === 6) {
    const [from, to] = info.reverse ? [tcp[1], tcp[0]] : tcp;
    from.end = (tcpSequence(info) + segmentLength(info)) >>> 0;
    from.maxEnd = from.end;
    from.maxWindow = tcpWindow(info) || 1;
    to.maxWindow = 1;
  }
  return {
    ...master,
    clones: false,
    interfaces: [...master.interfaces],
    seen: [[...master.seen[0]], [...master.seen[1]]],
    options: [...master.options],
    optionMasks: [...master.optionMasks],
    tcp,
    tcpStates: [0, 0],
    packets: [...master.packets],
    bytes: [...master.bytes],
    icmpPackets: [...master.icmpPackets],
    nextHops: new Map(master.nextHops),
    tcpQueue: TCP_STATE.listen,
  };
}
