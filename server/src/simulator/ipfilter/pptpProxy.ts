/**
 * The `pptp` proxy of a NAT rule: it reads the control connection (RFC 2637) and, once a call is answered, makes
 * the session and the state for the GRE tunnel that follows (`ipf_p_pptp_inout` and what it calls,
 * ip_pptp_pxy.c). Nothing in the packets is changed. Segments that come out of order are dropped.
 */
import type { PacketInfo } from './packetInfo';
import { TCP } from './tcpFlags';

/** Longer messages are passed over. Bytes. */
const LONGEST_MESSAGE = 512;
const HEADER_LENGTH = 8;
const COOKIE = 0x1a2b3c4d;
const CONTROL_MESSAGE = 1;
const MESSAGE = { outgoingRequest: 7, outgoingReply: 8, incomingRequest: 9, incomingReply: 10 } as const;

/** One direction of the control connection. */
interface Side {
  /** Sequence number expected next. */
  next: number;
  /** Last control message. */
  last: number;
  readonly buffer: number[];
  /** Bytes of a message too long to keep that are still to come. */
  skipped: number;
}

export type PptpOutcome = 'passed' | 'call-answered' | 'lost';

export class PptpProxy {
  private readonly sides: readonly [Side, Side] = [newSide(), newSide()];

  /** `reverse`: against the direction of the session. `lost`: the packet is dropped. */
  see(info: PacketInfo, reverse: boolean): PptpOutcome {
    const side = this.sides[reverse ? 1 : 0];
    const other = this.sides[reverse ? 0 : 1];
    const at = info.dataStart;
    const sequence = info.long(at + 4);
    if ((info.tcpFlags & (TCP.syn | TCP.ack)) === (TCP.syn | TCP.ack)) {
      other.next = info.long(at + 8);
      side.next = (sequence + 1) >>> 0;
    }
    const headerLength = (info.byte(at + 12) >>> 4) << 2;
    const length = info.dataLength - headerLength;
    if (length <= 0) return 'passed';
    const end = (sequence + length) >>> 0;
    if (side.next > end && side.next > sequence) return 'passed';
    if (side.next !== sequence) return 'lost';
    side.next = end;
    let outcome: PptpOutcome = 'passed';
    for (let i = 0; i < length; i++) {
      if (side.skipped > 0) {
        side.skipped--;
        continue;
      }
      side.buffer.push(info.byte(at + headerLength + i));
      const message = takeMessage(side);
      if (message === 'no-message') return 'lost';
      if (message !== undefined && answersCall(message, side, other)) outcome = 'call-answered';
    }
    return outcome;
  }
}

function newSide(): Side {
  return { next: 0, last: 0, buffer: [], skipped: 0 };
}

/** The message that the last byte completed. */
function takeMessage(side: Side): readonly number[] | 'no-message' | undefined {
  const { buffer } = side;
  if (buffer.length < HEADER_LENGTH) return undefined;
  if (buffer.length === HEADER_LENGTH && wordAt(buffer, 4) * 65536 + wordAt(buffer, 6) !== COOKIE)
    return 'no-message';
  const length = wordAt(buffer, 0);
  if (length > LONGEST_MESSAGE) {
    side.skipped = length - buffer.length;
    buffer.length = 0;
    return undefined;
  }
  if (buffer.length < length) return undefined;
  return buffer.splice(0);
}

function answersCall(message: readonly number[], side: Side, other: Side): boolean {
  if (wordAt(message, 2) !== CONTROL_MESSAGE) return false;
  const kind = wordAt(message, 8);
  const answers =
    (kind === MESSAGE.outgoingReply && other.last === MESSAGE.outgoingRequest) ||
    (kind === MESSAGE.incomingReply && other.last === MESSAGE.incomingRequest);
  const isReply = kind === MESSAGE.outgoingReply || kind === MESSAGE.incomingReply;
  if (answers || !isReply) side.last = kind;
  return answers;
}

function wordAt(bytes: readonly number[], at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
