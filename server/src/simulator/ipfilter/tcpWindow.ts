/**
 * What IPFilter follows of a TCP connection: the window both sides allow (`ipf_state_tcpinwindow`), and the
 * two ends' states as far as a bystander can tell (`ipf_tcp_age`), both of ip_state.c. Sequence numbers are
 * 32-bit and wrap: they are kept unsigned and compared by their signed difference.
 */
import { CONDITION } from '../packetFacts';
import { headerOptions } from './headerOptions';
import type { PacketInfo } from './packetInfo';
import { TCP } from './tcpFlags';

/** `IPF_TCPS_*`. */
export const TCP_STATE = {
  listen: 0,
  synSent: 1,
  synReceived: 2,
  halfEstablished: 3,
  established: 4,
  closeWait: 5,
  finWait1: 6,
  closing: 7,
  lastAck: 8,
  finWait2: 9,
  timeWait: 10,
  closed: 11,
} as const;

/** One side's half of the window bookkeeping (`tcpdata_t`). */
export interface TcpSide {
  end: number;
  maxEnd: number;
  maxWindow: number;
  windowScale: number;
  scaleSeen: boolean;
  /** The first packet after the SYN still has to replace the unscaled window. */
  scaleFresh: boolean;
  sackPermitted: boolean;
  maxSegment: number;
}

export interface WindowRules {
  /** The state saw the connection's SYN: the strict reading applies. */
  readonly sawSyn: boolean;
  readonly strict: boolean;
}

/** Acknowledgements may be this far from what was sent, in either direction. Bytes. */
const ACK_WINDOW = 66000;
const OPENING = TCP.syn | TCP.ack;
const ACK_MASK = TCP.fin | TCP.syn | TCP.rst | TCP.ack;

export function newTcpSide(): TcpSide {
  return {
    end: 0,
    maxEnd: 0,
    maxWindow: 0,
    windowScale: 0,
    scaleSeen: false,
    scaleFresh: false,
    sackPermitted: false,
    maxSegment: 0,
  };
}

export function tcpSequence(info: PacketInfo): number {
  return info.long(info.dataStart + 4);
}

export function tcpAcknowledgement(info: PacketInfo): number {
  return info.long(info.dataStart + 8);
}

export function tcpWindow(info: PacketInfo): number {
  return info.word(info.dataStart + 14);
}

export function tcpHeaderFlags(info: PacketInfo): number {
  return info.byte(info.dataStart + 13);
}

function tcpHeaderLength(info: PacketInfo): number {
  return (info.byte(info.dataStart + 12) >>> 4) << 2;
}

/** Sequence space a segment takes: its data, and one for SYN and FIN each. */
export function segmentLength(info: PacketInfo): number {
  const flags = tcpHeaderFlags(info);
  return (
    info.dataLength -
    tcpHeaderLength(info) +
    ((flags & TCP.syn) !== 0 ? 1 : 0) +
    ((flags & TCP.fin) !== 0 ? 1 : 0)
  );
}

/** `ipf_tcpoptions`: window scale, MSS and SACK of a SYN. False when an option has a wrong length. */
export function readTcpOptions(info: PacketInfo, side: TcpSide): boolean {
  let left = tcpHeaderLength(info) - 20;
  if (info.dataLength < left + 20) return true;
  left = Math.min(left, info.bytes.length - (info.dataStart + 20));
  let sound = true;
  for (const { kind, at, length } of headerOptions(info, info.dataStart + 20, left)) {
    switch (kind) {
      case 3:
        if (length === 3) {
          const scale = info.byte(at + 2);
          side.windowScale = scale > 127 ? 0 : Math.min(scale, 14);
          side.scaleSeen = true;
          side.scaleFresh = true;
        } else sound = false;
        break;
      case 2:
        if (length === 4) side.maxSegment = info.word(at + 2);
        else sound = false;
        break;
      case 4:
        if (length === 2) side.sackPermitted = true;
        else sound = false;
        break;
    }
  }
  return sound;
}

export function hasTcpOptions(info: PacketInfo): boolean {
  return tcpHeaderLength(info) > 20;
}

/** Is the segment where the two sides agreed it may be? Updates both sides when it is. */
export function isInWindow(info: PacketInfo, from: TcpSide, to: TcpSide, rules: WindowRules): boolean {
  const flags = tcpHeaderFlags(info);
  const sequence = tcpSequence(info);
  let acknowledgement = tcpAcknowledgement(info);
  const isSyn = (flags & TCP.syn) !== 0;
  let window = tcpWindow(info) * (isSyn ? 1 : 2 ** from.windowScale);
  if (window === 0) window = 1;
  const length = segmentLength(info);
  if (!isSyn && from.scaleFresh) {
    from.scaleFresh = false;
    from.maxWindow = window;
  }
  const end = (sequence + length) >>> 0;
  if (from.end === 0 && (!rules.sawSyn || (flags & OPENING) === OPENING)) {
    from.end = (end - 1) >>> 0;
    from.maxWindow = 1;
    from.maxEnd = (end + window) >>> 0;
  }
  const noAck = (flags & TCP.ack) === 0;
  if (noAck || ((flags & TCP.rst) !== 0 && acknowledgement === 0)) acknowledgement = to.end;
  const maxWindow = to.maxWindow;
  const ackSkew = (to.end - acknowledgement) | 0;

  if (rules.strict && sequence !== from.end) {
    info.conditions |= CONDITION.outOfWindow;
    return false;
  }
  if (!isAcceptable(from, to, rules, { flags, sequence, end, ackSkew, maxWindow })) {
    info.conditions |= CONDITION.outOfWindow;
    return false;
  }
  if (ackSkew < 0) to.end = acknowledgement;
  if (from.maxWindow < window) from.maxWindow = window;
  if (isAfter(end, from.end)) from.end = end;
  if (isAtOrAfter((acknowledgement + window) >>> 0, to.maxEnd)) to.maxEnd = (acknowledgement + window) >>> 0;
  return true;
}

interface Segment {
  readonly flags: number;
  readonly sequence: number;
  readonly end: number;
  readonly ackSkew: number;
  readonly maxWindow: number;
}

function isAcceptable(from: TcpSide, to: TcpSide, rules: WindowRules, segment: Segment): boolean {
  const { flags, sequence, end, ackSkew, maxWindow } = segment;
  if (
    isAtOrAfter(from.maxEnd, end) &&
    isAtOrAfter(sequence, (from.end - maxWindow) >>> 0) &&
    -ackSkew <= ACK_WINDOW &&
    ackSkew <= ACK_WINDOW * 2 ** from.windowScale
  ) {
    return true;
  }
  // Some senders go one packet beyond the window when both sides agreed on SACK.
  if (sequence === from.maxEnd && ackSkew === 0 && from.sackPermitted && to.sackPermitted) return true;
  if (sequence === 0 && flags === (TCP.rst | TCP.ack) && Math.abs(ackSkew) <= 1) return true;
  if (!rules.sawSyn && !from.scaleSeen && !from.scaleFresh) {
    // Picked up in the middle and no scaling known: guess in the packet's favour.
    if (sequence === from.maxEnd && ackSkew === 0) return true;
    if (isAtOrAfter((sequence + maxWindow) >>> 0, (from.end - maxWindow) >>> 0)) return true;
  }
  return false;
}

function isAtOrAfter(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/**
 * Moves the two ends' states on (`ipf_tcp_age`); `states[0]` is the side that began. Returns false when a
 * connection in these states cannot have sent the segment, and the state whose timeout now runs otherwise.
 */
export function advanceTcpStates(
  info: PacketInfo,
  states: [number, number],
  sawSyn: boolean,
): { readonly accepted: boolean; readonly queue?: number } {
  const side = info.reverse ? 1 : 0;
  const other = info.reverse ? 0 : 1;
  const flags = tcpHeaderFlags(info);
  const dataLength = info.dataLength - tcpHeaderLength(info);
  if ((flags & TCP.rst) !== 0) {
    const next = (flags & TCP.push) === 0 && dataLength === 0 ? TCP_STATE.closed : TCP_STATE.closeWait;
    if (states[other] <= TCP_STATE.established) states[other] = TCP_STATE.closeWait;
    states[side] = next;
    return { accepted: true, queue: next };
  }
  const step = nextTcpState(flags, states[side], states[other], sawSyn);
  if (step === 'refused') return { accepted: false };
  if (step === 'unchanged') return { accepted: true };
  states[side] = step;
  return { accepted: true, queue: step };
}

/** `unchanged`: fine, and the timeout is not renewed. */
function nextTcpState(
  flags: number,
  own: number,
  other: number,
  sawSyn: boolean,
): number | 'unchanged' | 'refused' {
  const opening = flags & OPENING;
  const withoutEcn = flags & ~(TCP.ecn | TCP.cwr);
  const isFin = (flags & TCP.fin) !== 0;
  const isPlainAck = (flags & (TCP.syn | TCP.fin | TCP.ack)) === TCP.ack;
  switch (own) {
    case TCP_STATE.listen:
      if (!sawSyn && (flags & ACK_MASK) === TCP.ack) {
        if (other === TCP_STATE.listen || other === TCP_STATE.synReceived) return TCP_STATE.halfEstablished;
        if (other === TCP_STATE.halfEstablished || other === TCP_STATE.established) {
          return TCP_STATE.established;
        }
        return 'refused';
      }
      if (opening === OPENING) return TCP_STATE.synReceived;
      return opening === TCP.syn ? TCP_STATE.synSent : 'refused';
    case TCP_STATE.synSent:
      if (withoutEcn === TCP.syn) return 'unchanged';
      if (isPlainAck) return TCP_STATE.established;
      if (isFin) return TCP_STATE.finWait1;
      return opening === OPENING ? TCP_STATE.synReceived : 'refused';
    case TCP_STATE.synReceived:
      if (isPlainAck) return TCP_STATE.established;
      if (withoutEcn === OPENING) return 'unchanged';
      return isFin ? TCP_STATE.finWait1 : 'refused';
    case TCP_STATE.halfEstablished:
      if (isFin) return TCP_STATE.finWait1;
      if ((flags & ACK_MASK) !== TCP.ack) return 'refused';
      if (other <= TCP_STATE.synReceived) return TCP_STATE.halfEstablished;
      return other <= TCP_STATE.established ? TCP_STATE.established : 'refused';
    case TCP_STATE.established:
      if (isFin) return other === TCP_STATE.finWait1 ? TCP_STATE.closing : TCP_STATE.finWait1;
      if ((flags & TCP.ack) !== 0 && other === TCP_STATE.finWait1) return TCP_STATE.closeWait;
      return TCP_STATE.established;
    case TCP_STATE.closeWait:
      return isFin ? TCP_STATE.lastAck : TCP_STATE.closeWait;
    case TCP_STATE.finWait1:
      return (flags & TCP.ack) !== 0 && other > TCP_STATE.closeWait ? TCP_STATE.lastAck : TCP_STATE.finWait1;
    case TCP_STATE.closing:
      return (flags & (TCP.fin | TCP.ack)) === TCP.ack ? TCP_STATE.timeWait : TCP_STATE.closing;
    case TCP_STATE.lastAck:
      return (flags & TCP.ack) !== 0 ? TCP_STATE.lastAck : 'refused';
    case TCP_STATE.timeWait:
      return other === TCP_STATE.lastAck ? TCP_STATE.closed : 'unchanged';
    case TCP_STATE.closed:
      return 'unchanged';
    default:
      return 'refused';
  }
}
