/**
 * The `rcmd` proxy: a remote shell's client says first, in digits, on which port it waits for the server to
 * bring the error output. That connection gets its session and state (`ipf_p_rcmd_portmsg`, ip_rcmd_pxy.c).
 */
import type { NatSession } from '../natSessions';
import { queryOf } from '../natSessions';
import type { PacketInfo } from '../packetInfo';
import {
  type ConnectionProxy,
  type ProxyHost,
  type ProxyVerdict,
  tcpDataLength,
  tcpHeaderLength,
  UNCHANGED,
} from './proxy';

/** The number is looked for in so many bytes. */
const LONGEST_NUMBER = 7;
/** `FR_INQUE|FR_PASS|FR_QUICK|FR_KEEPSTATE`. */
const RULE_WORD = 0x8502;

export class RcmdProxy implements ConnectionProxy {
  private port = 0;
  private sequence = 0;

  constructor(private readonly host: ProxyHost) {}

  see(info: PacketInfo, session: NatSession): ProxyVerdict {
    if (info.out !== (session.direction === 'out')) return UNCHANGED;
    const length = tcpDataLength(info);
    if (length <= 0) return UNCHANGED;
    const sequence = info.long(info.dataStart + 4);
    if (this.sequence !== 0 && sequence !== this.sequence) return UNCHANGED;
    const port = numberAt(info, info.dataStart + tcpHeaderLength(info), Math.min(length, LONGEST_NUMBER));
    if (port === 0 || (this.port !== 0 && port !== this.port)) return UNCHANGED;
    this.port = port;
    this.sequence = sequence;
    return this.expect(info, session, port);
  }

  private expect(info: PacketInfo, session: NatSession, port: number): ProxyVerdict {
    const taken = this.host.findSession(
      {
        ...queryOf(info),
        source: session.oldSource,
        destination: session.oldDestination,
        sourcePort: 0,
        destinationPort: port,
      },
      session.direction === 'out',
    );
    if (taken !== undefined) return { kind: 'dropped', why: `the port ${port} it names is in use` };
    const expected = this.host.expectSession(info, session, port, true);
    if (expected === undefined) return { kind: 'dropped', why: `the port ${port} it names is in use` };
    this.host.expectState({
      info,
      session,
      protocol: 6,
      source: session.newDestination,
      destination: expected.direction === 'in' ? session.oldSource : session.newSource,
      destinationPort: port,
      out: expected.direction === 'out',
      isBound: false,
      clones: false,
      counted: false,
      word: RULE_WORD,
    });
    return { kind: 'passed', growth: 0, did: `expects the server to connect to port ${port}` };
  }
}

/** Digits, as a 16-bit number; 0 when there are none. */
function numberAt(info: PacketInfo, at: number, length: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) {
    const digit = info.byte(i) - 48;
    if (digit < 0 || digit > 9) break;
    value = (value * 10 + digit) & 0xffff;
  }
  return value;
}
