/**
 * The `ftp` proxy (ip_ftp_pxy.c): follows the login, and once somebody is logged in reads the PORT and EPRT of the
 * client and the 227 and 229 of the server, writes the translated address into them, and makes session and state
 * for the data connection they announce. The beginning of every line must look like FTP; sequence numbers must
 * follow on one another, or the segment is dropped (`ipf_p_ftp_process`).
 */
import type { NatSession } from '../natSessions';
import { queryOf } from '../natSessions';
import type { PacketInfo } from '../packetInfo';
import type { StateEntry } from '../stateEntry';
import { TCP } from '../tcpFlags';
import {
  announcedPassive,
  announcedPort,
  clientLine,
  extendedPassive,
  extendedPort,
  type FtpEnds,
  JUNK,
  LINE,
  type LineWatcher,
  type Rewriting,
  serverLine,
} from './ftpLines';
import {
  asciiBytes,
  type ConnectionProxy,
  type ProxyHost,
  type ProxyVerdict,
  rewriteData,
  type SequenceOffsets,
  tcpDataLength,
  tcpHeaderLength,
  UNCHANGED,
} from './proxy';

const OPENING = TCP.syn | TCP.ack;
/** A line that does not end is kept so far (`FTP_BUFSZ`). Bytes. */
const BUFFER_SIZE = 160;
/** `FR_INQUE|FR_PASS|FR_QUICK|FR_KEEPSTATE`. */
const RULE_WORD = 0x8502;

/** Where the login is; after each command but the first two comes the one with its answer (`FTPXY_*`). */
const LOGIN = {
  done: 0,
  begun: 1,
  user: 2,
  userOk: 3,
  password: 4,
  passwordOk: 5,
  auth: 6,
  authOk: 7,
  authData: 8,
  authDataOk: 9,
  account: 10,
  secondUser: 12,
  secondUserOk: 13,
  secondPassword: 14,
  secondPasswordOk: 15,
} as const;

/** Answers in the 200s that complete the login. */
const COMPLETING: ReadonlySet<number> = new Set([
  LOGIN.user,
  LOGIN.secondUser,
  LOGIN.password,
  LOGIN.secondPassword,
  LOGIN.account,
]);

interface Side extends LineWatcher {
  readonly buffer: number[];
  /** Sequence numbers of the latest segment: where it began, and where the next one does. */
  readonly sequence: [number, number];
  lines: number;
}

/** What one segment is being made into. */
interface Segment {
  readonly info: PacketInfo;
  readonly session: NatSession;
  growth: number;
  doubt: string | undefined;
  did: string | undefined;
}

export class FtpProxy implements ConnectionProxy {
  private readonly client = newSide();
  private readonly server = newSide();
  private login: number = LOGIN.begun;
  /** The client's last line was part of the login. */
  private awaitsAnswer = false;
  private pendingState: StateEntry | undefined;

  constructor(private readonly host: ProxyHost) {}

  see(info: PacketInfo, session: NatSession, shift: SequenceOffsets): ProxyVerdict {
    const fromServer = info.out !== (session.direction === 'out');
    const [from, to] = fromServer ? [this.server, this.client] : [this.client, this.server];
    const sequence = info.long(info.dataStart + 4);
    const acknowledgement = info.long(info.dataStart + 8);
    const at = info.dataStart + tcpHeaderLength(info);
    const length = info.bytes.length - at;
    const flags = info.byte(info.dataStart + 13);
    if (length === 0 && (flags & OPENING) === OPENING) {
      from.sequence[0] = (sequence + 1) >>> 0;
      to.sequence[0] = acknowledgement;
      return UNCHANGED;
    }
    if (length < 0 || tcpDataLength(info) < 0) return UNCHANGED;
    const offsets = offsetsFor(shift, fromServer, sequence, acknowledgement);
    noteAcknowledgement(to.sequence, acknowledgement, offsets.acknowledged);
    if (length === 0) return seeEmpty(from, to, { sequence, acknowledgement, flags, offsets });
    const follows = [from.sequence[0], from.sequence[1]];
    if (!follows.includes(sequence) && !follows.includes((sequence + length) >>> 0)) {
      return { kind: 'dropped', why: 'its data does not follow on what came before' };
    }
    from.sequence[0] = sequence;
    from.sequence[1] = (sequence + length) >>> 0;
    const segment: Segment = { info, session, growth: 0, doubt: undefined, did: undefined };
    const verdict = this.read(segment, from, fromServer, info.bytes.slice(at, at + length));
    if (verdict !== undefined) return verdict;
    if ((flags & TCP.fin) !== 0) from.sequence[1] = (from.sequence[1] + 1) >>> 0;
    return {
      kind: 'passed',
      growth: (segment.growth << 16) >> 16,
      ...(segment.doubt === undefined ? {} : { doubt: segment.doubt }),
      ...(segment.did === undefined ? {} : { did: segment.did }),
    };
  }

  private read(
    segment: Segment,
    from: Side,
    fromServer: boolean,
    data: Uint8Array,
  ): ProxyVerdict | undefined {
    const { buffer } = from;
    const judge = (): number =>
      fromServer
        ? serverLine(from, buffer, (line) => this.host.say(line))
        : clientLine(from, buffer, (line) => this.host.say(line));
    let at = 0;
    while (at < data.length) {
      const taken = Math.min(data.length - at, BUFFER_SIZE - buffer.length);
      if (taken === 0) break;
      buffer.push(...data.subarray(at, at + taken));
      at += taken;
      for (let again = true; again; ) {
        if (from.junk !== JUNK.none) {
          from.junk = judge();
          if (from.junk === JUNK.bad && buffer.length === BUFFER_SIZE) {
            buffer.length = 0;
            break;
          }
        }
        while (from.junk === JUNK.none && buffer.length > 0) {
          from.junk = judge();
          if (from.junk !== JUNK.none) break;
          from.lines++;
          if (fromServer) this.takeServerLine(segment);
          else this.takeClientLine(segment);
          dropLine(buffer);
        }
        if (from.lines === 0 && from.junk === JUNK.bad) {
          return { kind: 'ended', why: 'the connection does not begin as FTP does' };
        }
        again = from.junk !== JUNK.none && skipPastEnd(buffer);
        if (again && from.junk !== JUNK.continued) from.junk = JUNK.none;
      }
    }
    return undefined;
  }

  /** `ipf_p_ftp_client`. */
  private takeClientLine(segment: Segment): void {
    const { buffer } = this.client;
    const word = String.fromCharCode(...buffer.slice(0, 5)).toUpperCase();
    const next = this.nextLogin(word);
    this.awaitsAnswer = next !== undefined;
    if (next !== undefined) this.login = next;
    else if (this.login === LOGIN.done && word === 'PORT ') this.takePort(segment, announcedPort);
    else if (this.login === LOGIN.done && word === 'EPRT ') this.takePort(segment, extendedPort);
  }

  private nextLogin(word: string): number | undefined {
    const { login } = this;
    switch (word) {
      case 'USER ':
      case 'XAUT ':
        return login === LOGIN.authDataOk || login === LOGIN.authOk ? LOGIN.secondUser : LOGIN.user;
      case 'AUTH ':
        return LOGIN.auth;
      case 'PASS ':
        if (login === LOGIN.userOk) return LOGIN.password;
        return login === LOGIN.secondUserOk ? LOGIN.secondPassword : undefined;
      case 'ADAT ':
        return login === LOGIN.authOk ? LOGIN.authData : undefined;
      case 'ACCT ':
        return login === LOGIN.passwordOk || login === LOGIN.secondPasswordOk ? LOGIN.account : undefined;
      default:
        return undefined;
    }
  }

  /** `ipf_p_ftp_server`. */
  private takeServerLine(segment: Segment): void {
    const { buffer } = this.server;
    const first = String.fromCharCode(buffer[0] ?? 0);
    if (first === ' ') return;
    const word = String.fromCharCode(...buffer.slice(0, 4));
    if (this.login === LOGIN.done) {
      if (word === '227 ') this.takePassive(segment, announcedPassive);
      else if (word === '229 ') this.takePassive(segment, extendedPassive);
    } else if (first === '5' || first === '4') this.login = LOGIN.begun;
    else if (this.awaitsAnswer && first === '3') {
      this.login = this.login === LOGIN.account ? LOGIN.done : this.login + 1;
    } else if (this.awaitsAnswer && first === '2') {
      this.login = COMPLETING.has(this.login) ? LOGIN.done : this.login + 3;
    }
    this.awaitsAnswer = false;
  }

  /** PORT and EPRT: the server will connect back (`ipf_p_ftp_port`, `ipf_p_ftp_eprt4`, `ipf_p_ftp_addport`). */
  private takePort(
    segment: Segment,
    parse: (buffer: readonly number[], ends: FtpEnds, say: (line: string) => void) => Rewriting | undefined,
  ): void {
    const { info, session } = segment;
    if (session.family === 6) {
      segment.doubt = 'what the ftp proxy does to EPRT over IPv6 is not modelled';
      return;
    }
    const found = parse(this.client.buffer, endsOf(segment), (line) => this.host.say(line));
    if (found === undefined) return;
    const growth = this.rewrite(segment, found);
    if (growth === undefined) return;
    this.client.line = LINE.port;
    this.giveUpPending();
    // A port of the system's is not announced, and then nobody counts that the line has changed its length.
    if (found.port < 1024) return;
    const taken = this.host.findSession(
      {
        ...queryOf(info),
        source: session.direction === 'out' ? session.oldSource : session.oldDestination,
        destination: session.direction === 'out' ? session.oldDestination : session.oldSource,
        sourcePort: found.port,
        destinationPort: (info.destinationPort - 1) & 0xffff,
      },
      session.direction === 'out',
    );
    if (taken !== undefined) {
      segment.growth += growth;
      return;
    }
    if (this.expect(segment, found.port, true)) segment.growth += growth;
  }

  /** The 227 and 229 answers: the client will connect (`ipf_p_ftp_pasv`, `ipf_p_ftp_epsv`, `ipf_p_ftp_pasvreply`). */
  private takePassive(
    segment: Segment,
    parse: (
      buffer: readonly number[],
      asked: number,
      ends: FtpEnds,
      say: (line: string) => void,
    ) => Rewriting | undefined,
  ): void {
    if (segment.session.family === 6 && parse === announcedPassive) {
      segment.doubt = 'what the ftp proxy does to a 227 answer over IPv6 is not modelled';
      return;
    }
    const found = parse(this.server.buffer, this.client.line, endsOf(segment), (line) => this.host.say(line));
    if (found === undefined) return;
    this.giveUpPending();
    if (!this.expect(segment, found.port, false)) return;
    segment.growth += this.rewrite(segment, found) ?? 0;
  }

  /** By how much the line grew; undefined when the packet cannot be so long. */
  private rewrite(segment: Segment, found: Rewriting): number | undefined {
    const { info } = segment;
    const growth = found.text.length - found.length;
    if (growth + info.totalLength > 65535) return undefined;
    const at = info.dataStart + tcpHeaderLength(info);
    if (found.length !== info.bytes.length - at) {
      segment.doubt = 'the ftp proxy rewrites a line that shares its segment with others as if it were alone';
    }
    rewriteData(info, at, asciiBytes(found.text), growth);
    segment.did = `${segment.did === undefined ? '' : `${segment.did} and `}writes \`${found.text.trimEnd()}\` into the segment`;
    return growth;
  }

  private expect(segment: Segment, port: number, back: boolean): boolean {
    const { info, session } = segment;
    const expected = this.host.expectSession(info, session, port, back);
    if (expected === undefined) return false;
    const expects = `expects the ${back ? 'server' : 'client'} to connect to port ${port}`;
    segment.did = segment.did === undefined ? expects : `${segment.did} and ${expects}`;
    this.pendingState = this.host.expectState({
      info,
      session,
      protocol: 6,
      source: expected.oldSource,
      // The filter sees addresses of the inside, on the way in as on the way out.
      destination: expected.direction === 'in' ? expected.newDestination : expected.oldDestination,
      destinationPort: port,
      out: expected.direction === 'out',
      isBound: false,
      clones: false,
      counted: false,
      word: RULE_WORD,
    });
    return true;
  }

  /** A new announcement ends the wait for the connection before (`ipf_p_ftp_setpending`). */
  private giveUpPending(): void {
    if (this.pendingState !== undefined) this.host.giveUpState(this.pendingState);
    this.pendingState = undefined;
  }
}

function newSide(): Side {
  return { buffer: [], sequence: [0, 0], lines: 0, junk: JUNK.none, line: 0 };
}

function endsOf({ info, session }: Segment): FtpEnds {
  return {
    direction: session.direction,
    packetSource: Number(info.source),
    oldSource: Number(session.oldSource),
    newSource: Number(session.newSource),
    oldDestination: Number(session.oldDestination),
    newDestination: Number(session.newDestination),
  };
}

interface Offsets {
  readonly sequence: number;
  readonly acknowledged: number;
}

function offsetsFor(
  shift: SequenceOffsets,
  fromServer: boolean,
  sequence: number,
  acknowledgement: number,
): Offsets {
  const own = shift.selected[fromServer ? 0 : 1] ?? 0;
  const other = shift.selected[fromServer ? 1 : 0] ?? 0;
  const [ownFrom, ownBy, otherFrom, otherBy] = fromServer
    ? [shift.sequenceFrom, shift.sequenceBy, shift.acknowledgedFrom, shift.acknowledgedBy]
    : [shift.acknowledgedFrom, shift.acknowledgedBy, shift.sequenceFrom, shift.sequenceBy];
  let sequenceBy = ownBy[own] ?? 0;
  if ((ownFrom[own] ?? 0) > (sequenceBy + sequence) >>> 0) sequenceBy = ownBy[1 - own] ?? 0;
  let acknowledged = otherBy[other] ?? 0;
  const reach = fromServer || acknowledged > 0 ? (acknowledged + acknowledgement) >>> 0 : acknowledgement;
  if ((otherFrom[other] ?? 0) > reach) acknowledged = otherBy[1 - other] ?? 0;
  return { sequence: sequenceBy, acknowledged };
}

/** Remembers how far the other side is known to have been read. */
function noteAcknowledgement(known: [number, number], acknowledgement: number, offset: number): void {
  if (known[0] === 0) {
    known[0] = acknowledgement;
    return;
  }
  const behind = (acknowledgement + offset) >>> 0;
  if (offset === 0) {
    if (known[0] !== acknowledgement && known[1] === acknowledgement) known[0] = acknowledgement;
  } else if ((known[0] + offset) >>> 0 === acknowledgement) known[0] = acknowledgement;
  else if (known[0] === behind) known[0] = behind;
  else if ((known[1] + offset) >>> 0 === acknowledgement) known[0] = acknowledgement;
  else if (known[1] === behind) known[0] = behind;
}

/** A segment without data. */
function seeEmpty(
  from: Side,
  to: Side,
  segment: { sequence: number; acknowledgement: number; flags: number; offsets: Offsets },
): ProxyVerdict {
  const { sequence, acknowledgement, flags, offsets } = segment;
  const known = to.sequence.map((number) => (number + offsets.acknowledged) >>> 0);
  if (!known.includes(acknowledgement)) {
    return { kind: 'dropped', why: 'it acknowledges what the proxy has not seen' };
  }
  if ((flags & TCP.fin) === 0) return UNCHANGED;
  if (sequence !== from.sequence[1]) {
    return { kind: 'dropped', why: 'its FIN does not follow on data that the proxy saw' };
  }
  from.sequence[0] = (from.sequence[1] - offsets.sequence) >>> 0;
  from.sequence[1] = (sequence + 1 - offsets.sequence) >>> 0;
  return UNCHANGED;
}

/** Takes the first line off. */
function dropLine(buffer: number[]): void {
  const end = buffer.indexOf(10);
  buffer.splice(0, end < 0 ? buffer.length : end + 1);
}

/** Takes everything off until behind the next CR LF; false when there is none. */
function skipPastEnd(buffer: number[]): boolean {
  for (let i = 0; i + 1 < buffer.length; i++) {
    if (buffer[i] === 13 && buffer[i + 1] === 10) {
      buffer.splice(0, i + 2);
      return true;
    }
  }
  return false;
}
