/**
 * Lines of FTP as the proxy reads them (`ipf_p_ftp_client_valid`, `ipf_p_ftp_server_valid` and the parsers of
 * addresses, ip_ftp_pxy.c). Behind the end of what was received come zeros. The lines it says are those that
 * `ipftest` prints.
 */

/** What the beginning of the buffer is, when not a whole line (`FTPXY_JUNK_*`). */
export const JUNK = {
  none: 0,
  /** No FTP. */
  bad: 1,
  /** A line whose end is still to come. */
  open: 2,
  /** Inside an answer of several lines. */
  continued: 3,
} as const;

/** Lines of the client that matter later (`FTPXY_C_*`); answers of the server have their number. */
export const LINE = { passive: 1000, port: 1001, extendedPassive: 1002 } as const;

export interface LineWatcher {
  junk: number;
  /** The last line. */
  line: number;
}

/** Addresses of the control connection. */
export interface FtpEnds {
  readonly direction: 'in' | 'out';
  readonly packetSource: number;
  readonly oldSource: number;
  readonly newSource: number;
  readonly oldDestination: number;
  readonly newDestination: number;
}

/** The line to write over the first `length` bytes of the segment. */
export interface Rewriting {
  readonly port: number;
  readonly text: string;
  readonly length: number;
}

type Say = (line: string) => void;
type Buffer = readonly number[];

const CR = 13;
const LF = 10;
const SPACE = 32;
const DASH = 45;
const COMMA = 44;
const DOT = 46;
const BAR = 124;
const CLOSING = 41;
const OPENING = 40;

/** Shortest PORT and EPRT, and shortest 227 and 229. Bytes, of all that is in the buffer. */
const LEAST = { port: 18, extendedPort: 20, passive: 39, extendedPassive: 47 } as const;

export function clientLine(watcher: LineWatcher, buffer: Buffer, say: Say): number {
  if (watcher.junk === JUNK.bad) return JUNK.bad;
  if (buffer.length < 5) return JUNK.open;
  let at = 0;
  while (at < 4 && isLetter(buffer[at]!)) at++;
  const behind = buffer[at]!;
  if (at < 3 || (behind !== SPACE && behind !== CR)) {
    const left = buffer.length - at - 1;
    say(
      `ipf_p_ftp_client_valid:bad:junk ${watcher.junk} len ${buffer.length}/${left} ` +
        `c 0x${(((behind << 24) >> 24) >>> 0).toString(16)} buf [${shown(buffer)}]`,
    );
    return JUNK.bad;
  }
  if (!endsFrom(buffer, at)) {
    say(`ipf_p_ftp_client_valid:junk after cmd[${shown(buffer)}]`);
    return JUNK.open;
  }
  const word = at < 4 ? '' : textOf(buffer, 0, 4).toUpperCase();
  watcher.line = word === 'PASV' ? LINE.passive : word === 'EPSV' ? LINE.extendedPassive : 0;
  return JUNK.none;
}

export function serverLine(watcher: LineWatcher, buffer: Buffer, say: Say): number {
  if (watcher.junk === JUNK.bad) return JUNK.bad;
  if (buffer.length < 5) {
    say(`ipf_p_ftp_servert_valid:i(${buffer.length}) < 5`);
    return JUNK.open;
  }
  const continues = buffer[0] === SPACE;
  if (!continues) {
    const isNumbered = buffer.slice(0, 3).every(isDigit);
    if (isNumbered && buffer[3] === DASH) return JUNK.continued;
    if (!isNumbered || buffer[3] !== SPACE) {
      return watcher.junk === JUNK.continued ? JUNK.continued : JUNK.bad;
    }
  }
  if (!endsFrom(buffer, continues ? 0 : 3)) return JUNK.open;
  if (!continues) watcher.line = Number(textOf(buffer, 0, 3));
  else if (watcher.junk === JUNK.continued) return JUNK.continued;
  return JUNK.none;
}

/** CR LF comes, and the CR not before `from`. */
function endsFrom(buffer: Buffer, from: number): boolean {
  for (let i = from; i + 1 < buffer.length; i++) {
    if (buffer[i] === CR && buffer[i + 1] === LF) return true;
  }
  return false;
}

/** `PORT 192,0,2,1,4,1`. */
export function announcedPort(buffer: Buffer, ends: FtpEnds, say: Say): Rewriting | undefined {
  if (buffer.length < LEAST.port) return undefined;
  const reader = new Reader(buffer, 5);
  const failed = (which: number) => refuse(say, `ipf_p_ftp_port:ipf_p_ftp_atoi(${which}) failed`);
  const high = reader.pair();
  if (high === undefined) return failed(1);
  const low = reader.pair();
  if (low === undefined) return failed(2);
  // Nobody may announce another host's address. The refusal itself gets lost, and the line passes as it is.
  const own = ends.direction === 'out' ? ends.oldSource : ends.newSource;
  if (high * 65536 + low !== own) return undefined;
  const port = reader.pair();
  if (port === undefined) return failed(3);
  reader.skip(CLOSING);
  if (!reader.lineEnd()) return refuse(say, 'ipf_p_ftp_port:missing cr-lf');
  const text = `PORT ${octets(ends.packetSource, ',')},${port >>> 8},${port & 255}\r\n`;
  return { port, text, length: reader.at };
}

/** `EPRT |1|192.0.2.1|1025|` (RFC 2428). Whose address it names is not looked at. */
export function extendedPort(buffer: Buffer, ends: FtpEnds, say: Say): Rewriting | undefined {
  if (buffer.length < LEAST.extendedPort)
    return refuse(say, `ipf_p_ftp_eprt:dlen(${buffer.length}) < IPF_MINEPRTLEN`);
  if (buffer[5] !== BAR || buffer[7] !== BAR || buffer[6] !== 49) return undefined;
  const reader = new Reader(buffer, 8);
  for (const end of [DOT, DOT, DOT, BAR]) {
    const octet = reader.number();
    if (octet > 255 || !reader.skip(end)) return undefined;
  }
  const port = reader.number();
  if (port > 65535 || !reader.skip(BAR)) return undefined;
  if (!reader.skip(CR) || !reader.skip(LF)) return refuse(say, 'ipf_p_ftp_eprt4:missing cr-lf');
  const address = ends.direction === 'in' ? ends.oldDestination : ends.packetSource;
  return { port, text: `EPRT |1|${octets(address, '.')}|${port}|\r\n`, length: reader.at };
}

const PASSIVE = '227 Entering Passive Mode';

/** `227 Entering Passive Mode (192,0,2,1,4,1)`. `asked`: the client's last line. */
export function announcedPassive(
  buffer: Buffer,
  asked: number,
  ends: FtpEnds,
  say: Say,
): Rewriting | undefined {
  if (asked !== LINE.passive || buffer.length < LEAST.passive) return undefined;
  // One letter less than the words are compared.
  if (textOf(buffer, 0, 24) !== PASSIVE.slice(0, 24)) {
    return refuse(say, 'ipf_p_ftp_pasv:227 reply wrong');
  }
  let hasBrackets = false;
  const reader = new Reader(buffer, 24);
  for (; reader.current !== 0 && !isDigit(reader.current); reader.at++) {
    if (reader.current === OPENING) hasBrackets = true;
  }
  const failed = (which: number) => refuse(say, `ipf_p_ftp_pasv:ipf_p_ftp_atoi(${which}) failed`);
  const high = reader.pair();
  if (high === undefined) return failed(1);
  const low = reader.pair();
  if (low === undefined) return failed(2);
  const own = ends.direction === 'in' ? ends.newDestination : ends.oldDestination;
  if (high * 65536 + low !== own) return undefined;
  const port = reader.pair();
  if (port === undefined) return failed(3);
  reader.skip(CLOSING);
  reader.skip(DOT);
  if (!reader.lineEnd()) return refuse(say, 'ipf_p_ftp_pasv:missing cr-lf');
  const shownAddress = ends.direction === 'in' ? ends.oldDestination : own;
  const numbers = `${octets(shownAddress, ',')},${port >>> 8},${port & 255}`;
  return {
    port,
    text: `${PASSIVE} ${hasBrackets ? `(${numbers})` : numbers}\r\n`,
    length: reader.at,
  };
}

const EXTENDED_PASSIVE = '229 Entering Extended Passive Mode';

/** `229 Entering Extended Passive Mode (|||1025|)`: a port without an address. */
export function extendedPassive(
  buffer: Buffer,
  asked: number,
  _ends: FtpEnds,
  say: Say,
): Rewriting | undefined {
  if (asked !== LINE.extendedPassive) return refuse(say, `ipf_p_ftp_epsv:ftps_cmd(${asked}) != FTPXY_C_EPSV`);
  if (buffer.length < LEAST.extendedPassive) return undefined;
  if (textOf(buffer, 0, 33) !== EXTENDED_PASSIVE.slice(0, 33)) return undefined;
  const reader = new Reader(buffer, 33);
  while (reader.current !== 0 && !isDigit(reader.current)) reader.at++;
  const port = reader.number() & 0xffff;
  reader.skip(BAR);
  reader.skip(CLOSING);
  if (!reader.lineEnd()) return undefined;
  return { port, text: `${EXTENDED_PASSIVE} (|||${port}|)\r\n`, length: reader.at };
}

function refuse(say: Say, line: string): undefined {
  say(line);
  return undefined;
}

class Reader {
  constructor(
    private readonly buffer: Buffer,
    public at: number,
  ) {}

  get current(): number {
    return this.buffer[this.at] ?? 0;
  }

  skip(character: number): boolean {
    if (this.current !== character) return false;
    this.at++;
    return true;
  }

  number(): number {
    let value = 0;
    for (; isDigit(this.current); this.at++) value = (value * 10 + this.current - 48) >>> 0;
    return value;
  }

  /**
   * `ipf_p_ftp_atoi`: two numbers and the character behind them. They are kept in a byte each, so greater ones
   * wrap; the first must end with a comma.
   */
  pair(): number | undefined {
    const high = this.number() & 255;
    if (!this.skip(COMMA)) return undefined;
    const low = this.number() & 255;
    this.at++;
    return (high << 8) | low;
  }

  /** CR LF, of which the CR may have been taken for the end of a number. */
  lineEnd(): boolean {
    if (this.current === LF) this.at--;
    if (this.current !== CR || this.buffer[this.at + 1] !== LF) return false;
    this.at += 2;
    return true;
  }
}

function octets(address: number, separator: string): string {
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(separator);
}

function isDigit(character: number): boolean {
  return character >= 48 && character <= 57;
}

function isLetter(character: number): boolean {
  const lower = character | 32;
  return lower >= 97 && lower <= 122;
}

function textOf(buffer: Buffer, from: number, to: number): string {
  return String.fromCharCode(...buffer.slice(from, to));
}

/** As `%s` prints it: until the first zero. */
function shown(buffer: Buffer): string {
  const end = buffer.indexOf(0);
  return textOf(buffer, 0, end < 0 ? buffer.length : end);
}
