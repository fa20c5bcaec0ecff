/**
 * How long a state entry would live, were time to pass: by protocol and direction, for TCP by the states of its
 * two sides, or as the rule's `age` says.
 */
import type { CompiledRule } from '../scan';
import type { PacketInfo } from './packetInfo';
import type { StateEntry } from './stateEntry';
import { TCP_STATE } from './tcpWindow';

/** Timeouts in half seconds (`ipf_main_soft_create`, fil.c). */
const TIMEOUT = { udp: 240, udpReply: 24, icmp: 120, icmpReply: 12, other: 120 } as const;
const TCP_TIMEOUT = [
  /* listen */ 480, /* synSent */ 480, /* synReceived */ 480, /* halfEstablished */ 480,
  /* established */ 864000, /* closeWait */ 28800, /* finWait1 */ 28800, /* closing */ 480, /* lastAck */ 60,
  /* finWait2 */ 480, /* timeWait */ 480, /* closed */ 60,
];

/** The connection is on its way to its end: ipftest flushes such after every packet. */
export function isClosing(entry: StateEntry): boolean {
  if (entry.deleted || entry.isPending) return true;
  if (entry.rule.rule.body.keepState?.age !== undefined) {
    return entry.tcpStates[0] > TCP_STATE.established && entry.tcpStates[1] > TCP_STATE.established;
  }
  return entry.tcpQueue >= TCP_STATE.closeWait;
}

export function firstTimeout(info: PacketInfo, rule: CompiledRule): number {
  const age = rule.rule.body.keepState?.age;
  if (age !== undefined) return 2 * age[info.reverse ? 1 : 0];
  return info.protocol === 6 ? TCP_TIMEOUT[0]! : laterTimeout(info.protocol, info.reverse);
}

/** A side of a TCP connection came into another state. */
export function restartTcpTimeout(entry: StateEntry, queue: number): void {
  if (entry.rule.rule.body.keepState?.age !== undefined) return;
  entry.isPending = false;
  entry.tcpQueue = queue;
  entry.timeout = TCP_TIMEOUT[queue] ?? 0;
}

/** TCP entries move with their states; all others with the direction of the packet. */
export function renewTimeout(entry: StateEntry, reverse: boolean): void {
  const age = entry.rule.rule.body.keepState?.age;
  if (age !== undefined) entry.timeout = 2 * age[reverse ? 1 : 0];
  else if (entry.protocol !== 6) entry.timeout = laterTimeout(entry.protocol, reverse);
}

function laterTimeout(protocol: number, reverse: boolean): number {
  switch (protocol) {
    case 1:
    case 58:
      return reverse ? TIMEOUT.icmpReply : TIMEOUT.icmp;
    default:
      return reverse ? TIMEOUT.udpReply : TIMEOUT.udp;
  }
}
