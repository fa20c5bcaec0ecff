/**
 * `ipmon`: prints the records of IPFilter's log, one line a packet, as ipmon(8) does to standard output
 * (`print_ipflog`, ipmon.c), in the time zone GMT and with numbers for hosts and ports. Of its options `-f` (and
 * `-I`), `-b`, `-v`, `-x` and `-X` have an effect; the logs of translations and states, syslog and resolving are
 * the real program's.
 */
import { addressFromBytes, formatAddress } from '../policy/address';
import { protocolName } from '../policy/protocols';
import { CONDITION } from '../simulator/packetFacts';
import { type FrontendIo, type FrontendResult, readOptions } from './frontend';
import { icmpName, icmpv6Name } from './ipmonNames';
import { type LogRecord, readLogRecords } from './ipmonRecords';

const OPTIONS = '?abB:C:Df:FhI:L:nN:o:O:pP:sS:tvxX';
const DEFAULT_FILE = '/dev/ipl';

export function runIpmon(args: readonly string[], io: FrontendIo): FrontendResult {
  const { options, unknown } = readOptions(args, OPTIONS);
  const has = (wanted: string) => options.some(([letter]) => letter === wanted);
  if (unknown.length > 0 || has('h') || has('?'))
    return { stdout: '', stderr: 'ipmon: [-NFhstvxX] [-f <logfile>]\n', exitCode: 1 };
  const file = options.findLast(([letter]) => letter === 'f' || letter === 'I')?.[1] ?? DEFAULT_FILE;
  const content = io.read(file);
  if (content === undefined)
    return { stdout: '', stderr: `${file}: open: No such file or directory\n`, exitCode: 1 };
  let stdout = '';
  let expected = 0;
  for (const record of readLogRecords(content)) {
    const { sequence, count } = record;
    if (sequence !== expected)
      stdout += `missed ${(sequence - expected) >>> 0} ipf log entries: ${expected} ${sequence}\n`;
    expected = (sequence + count) >>> 0;
    stdout += `${logLine(record, has('v'))}\n`;
    if (has('X')) stdout += hexDump(record.headers);
    if (has('x')) stdout += hexDump(partOf(record, 0, record.headerLength + record.bodyLength));
    else if (has('b') && (record.flags & FLAG.logBody) !== 0)
      stdout += hexDump(partOf(record, record.headerLength, record.bodyLength));
  }
  return { stdout, stderr: '', exitCode: 0 };
}

/** Bits of a decision's word that a line shows. */
const FLAG = {
  action: 0xf,
  block: 1,
  pass: 2,
  log: 0x10,
  keepFragments: 0x200,
  keepState: 0x400,
  logBody: 0x10000,
};

/** Without the line break. */
function logLine(record: LogRecord, verbose: boolean): string {
  const { flags, conditions, count, group, ruleNumber } = record;
  const place = `@${group === '\xff' ? '-1' : group === '' ? '0' : group}:${ruleNumber < 0 ? -1 : ruleNumber + 1}`;
  const short = (conditions & CONDITION.short) !== 0 ? 'S' : '';
  const words = [
    timeOf(record),
    ...(count > 1 ? [`${count}x`] : []),
    record.interface,
    place,
    `${short}${actionLetter(flags)}`,
  ];
  if (record.family !== undefined) words.push(packetWords(record, record.family, verbose));
  if ((flags & FLAG.keepState) !== 0) words.push('K-S');
  if ((flags & FLAG.keepFragments) !== 0) words.push('K-F');
  words.push(record.out ? 'OUT' : 'IN');
  if (record.logTag !== 0) words.push(`log-tag ${record.logTag}`);
  if (record.natTag !== '') words.push(`nat-tag ${record.natTag}`);
  for (const [bit, word] of CONDITION_WORDS) if ((conditions & bit) !== 0) words.push(word);
  const casts = CONDITION.multicast | CONDITION.broadcast | CONDITION.linkCast;
  if ((conditions & casts) === CONDITION.linkCast) words.push('mbcast');
  if (record.reason !== 0) words.push(`reason:${REASONS[record.reason] ?? record.reason}`);
  return words.join(' ');
}

const CONDITION_WORDS: readonly (readonly [bit: number, word: string])[] = [
  [CONDITION.lowTtl, 'low-ttl'],
  [CONDITION.outOfWindow, 'OOW'],
  [CONDITION.bad, 'bad'],
  [CONDITION.translated, 'NAT'],
  [CONDITION.badTranslation, 'bad-NAT'],
  [CONDITION.badSource, 'bad-src'],
  [CONDITION.multicast, 'multicast'],
  [CONDITION.broadcast, 'broadcast'],
];

const REASONS: Readonly<Record<number, string>> = {
  1: 'log-or-block_1',
  2: 'pps-rate',
  3: 'jumbogram',
  4: 'makefrip-fail',
  5: 'state_add-fail',
  6: 'updateipid-fail',
  7: 'log-or-block_2',
  8: 'decap-fail',
  9: 'auth_new-fail',
  10: 'auth_captured',
  11: 'coalesce-fail',
  12: 'pullup-fail',
  13: 'auth-feedback',
  14: 'bad-frag',
  15: 'natv4_out-fail',
  16: 'natv4_in-fail',
};

function timeOf({ seconds, microseconds }: LogRecord): string {
  const [year = '', month = '', day = '', time = ''] = new Date(1000 * seconds).toISOString().split(/[-T.]/);
  return `${day}/${month}/${year} ${time}.${String(microseconds).padStart(6, '0')}`;
}

/** `p` and `b` for what a rule's own `log` wrote; `L` for a rule with the action `log`. */
function actionLetter(flags: number): string {
  switch (flags & FLAG.action) {
    case FLAG.pass:
      return 'p';
    case FLAG.block:
      return 'b';
    case 0:
      return (flags & FLAG.log) !== 0 ? 'L' : '?';
    default:
      return '?';
  }
}

/** Bytes of the logged packet; what was not logged reads as 0. */
class Reader {
  constructor(private readonly bytes: Uint8Array) {}
  byte(at: number): number {
    return this.bytes[at] ?? 0;
  }
  half(at: number): number {
    return this.byte(at) * 256 + this.byte(at + 1);
  }
  word(at: number): number {
    return this.half(at) * 65536 + this.half(at + 2);
  }
  address(at: number, family: 4 | 6): string {
    const length = family === 4 ? 4 : 16;
    const bytes = new Uint8Array(length);
    bytes.set(this.bytes.subarray(at, at + length));
    return formatAddress(addressFromBytes(bytes, 0, family));
  }
}

function packetWords(record: LogRecord, family: 4 | 6, verbose: boolean): string {
  const read = new Reader(record.bytes);
  const { protocol, header, length, fragment } = family === 4 ? ipv4Header(read) : ipv6Header(read);
  const source = read.address(family === 4 ? 12 : 8, family);
  const destination = read.address(family === 4 ? 16 : 24, family);
  const isFirst = (fragment & 0x1fff) === 0;
  const name = protocolName(protocol);
  if ((protocol === 6 || protocol === 17) && isFirst) {
    if ((record.conditions & CONDITION.short) !== 0)
      return `${source} -> ${destination} PR ${name} len ${header} ${length}`;
    const ends = `${source},${read.half(header)} -> ${destination},${read.half(header + 2)}`;
    const flags = protocol === 6 ? tcpWords(read, header, verbose) : '';
    return `${ends} PR ${name} len ${header} ${length}${flags}`;
  }
  if (protocol === 58 && isFirst && family === 6)
    return `${source} -> ${destination} PR icmpv6 len ${header} ${length} icmpv6 ${icmpv6Name(read.byte(header), read.byte(header + 1))}`;
  if (protocol === 1 && isFirst && family === 4)
    return `${source} -> ${destination} PR icmp len ${header} ${length} icmp ${icmpName(read.byte(header), read.byte(header + 1))}${quotedWords(read, header)}`;
  const place = isFirst ? '' : ` ${fragmentWords(read.half(4), length - header, fragment)}`;
  return `${source} -> ${destination} PR ${name} len ${header} (${length})${place}`;
}

interface NetworkHeader {
  readonly protocol: number;
  /** Bytes of headers in front of the transport's. */
  readonly header: number;
  readonly length: number;
  /** IPv4's flags and offset. */
  readonly fragment: number;
}

function ipv4Header(read: Reader): NetworkHeader {
  return {
    protocol: read.byte(9),
    header: (read.byte(0) & 15) << 2,
    length: read.half(2),
    fragment: read.half(6),
  };
}

function ipv6Header(read: Reader): NetworkHeader {
  let protocol = read.byte(6);
  let header = 40;
  // Hop-by-hop, mobility, destination options, routing, AH: the lengths are all taken to be in units of 8 bytes.
  while ([0, 135, 60, 43, 51].includes(protocol) && header < 65536) {
    protocol = read.byte(header);
    header += 8 + (read.byte(header + 1) << 3);
  }
  if (protocol === 44) header += 8;
  return { protocol, header, length: 40 + read.half(4), fragment: 0 };
}

const TCP_LETTERS: readonly (readonly [bit: number, letter: string])[] = [
  [16, 'A'],
  [4, 'R'],
  [2, 'S'],
  [1, 'F'],
  [32, 'U'],
  [8, 'P'],
  [64, 'E'],
  [128, 'C'],
];

function tcpWords(read: Reader, at: number, verbose: boolean): string {
  const flags = read.byte(at + 13);
  const letters = TCP_LETTERS.filter(([bit]) => (flags & bit) !== 0).map(([, letter]) => letter);
  const numbers = verbose ? ` ${read.word(at + 4)} ${read.word(at + 8)} ${read.half(at + 14)}` : '';
  return ` -${letters.join('')}${numbers}`;
}

/** Unreachable, source quench, redirect, time exceeded, parameter problem. */
const QUOTING = [3, 4, 5, 11, 12];

/** The packet an ICMP error is about. Its header is taken to be as long as that of the error itself. */
function quotedWords(read: Reader, icmpAt: number): string {
  if (!QUOTING.includes(read.byte(icmpAt))) return '';
  const at = icmpAt + 8;
  const transport = at + icmpAt;
  const protocol = read.byte(at + 9);
  const header = (read.byte(at) & 15) << 2;
  const written = read.half(at + 2);
  // Some hosts quote the length in their own byte order.
  const length = written > 1500 ? ((written & 255) << 8) | (written >>> 8) : written;
  const fragment = read.half(at + 6);
  const isFirst = (fragment & 0x1fff) === 0;
  const source = read.address(at + 12, 4);
  const destination = read.address(at + 16, 4);
  const name = protocolName(protocol);
  if (isFirst && (protocol === 6 || protocol === 17))
    return ` for ${source},${read.half(transport)} - ${destination},${read.half(transport + 2)} PR ${name} len ${header} ${length}`;
  if (isFirst && protocol === 1)
    return ` for ${source} - ${destination} PR icmp len ${header} ${length} icmp ${read.byte(transport)}/${read.byte(transport + 1)}`;
  const place = isFirst ? '' : fragmentWords(read.half(at + 4), length - header, fragment);
  return ` for ${source} - ${destination} PR ${name} len ${header} (${length})${place}`;
}

function fragmentWords(id: number, length: number, fragment: number): string {
  const more = (fragment & 0x2000) !== 0 ? '+' : '';
  const whole = (fragment & 0x4000) !== 0 ? '-' : '';
  return `(frag ${id}:${length}@${(fragment & 0x1fff) << 3}${more}${whole})`;
}

function partOf({ bytes }: LogRecord, start: number, length: number): Uint8Array {
  return bytes.subarray(start, start + length);
}

/** Sixteen bytes a line, in hexadecimal and as text (`dumphex`); a full last line stays without its line break. */
function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const line = bytes.subarray(at, at + 16);
    const hex = [...line].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...line].map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('');
    lines.push(`${hex.padEnd(55)}${text}`);
  }
  return lines.join('\n') + (bytes.length % 16 === 0 ? '' : '\n');
}
