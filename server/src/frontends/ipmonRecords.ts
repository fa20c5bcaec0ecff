/**
 * The log device of IPFilter and its records, between `ipftest -l` and `ipmon -f`: `struct iplog` and `struct
 * ipflog` (ip_fil.h) as a 64-bit little-endian machine lays them out, each followed by the bytes of the packet. No
 * time passes in the harness, so every record is of second 0.
 */
import { SYSLOG_PRIORITIES } from '../dialects/ipfilter-kit/names';
import type { LogEntry } from '../simulator/ipfilter/log';
import { latin1 } from './frontend';

/** Bytes of records the device keeps until they are read (`IPFILTER_LOGSIZE`). */
const DEVICE_SIZE = 32768;
const RECORD_HEADER_LENGTH = 48;
const ENTRY_HEADER_LENGTH = 76;
const HEADERS_LENGTH = RECORD_HEADER_LENGTH + ENTRY_HEADER_LENGTH;
const GROUP_LENGTH = 16;
const TAG_LENGTH = 16;
const NAME_LENGTH = 16;
const MAGIC = 0x49504c4d;
const NO_LEVEL = 0xffff;
/** AF_INET and AF_INET6 of Linux, where the recordings were made. */
const FAMILY_NUMBER = { 4: 2, 6: 10 } as const;

/** What waits in `/dev/ipl`: entries in order, alike ones in a row as one (`ipf_log_items`, ip_log.c). */
export class LogDevice {
  private readonly waiting: { readonly entry: LogEntry; readonly sequence: number; count: number }[] = [];
  private used = 0;
  private entries = 0;
  private lastLikeness = '';

  /** False when the device is full. */
  add(entry: LogEntry): boolean {
    const sequence = ++this.entries;
    const length = HEADERS_LENGTH + entry.bytes.length;
    if (this.used + length > DEVICE_SIZE) return false;
    const last = this.waiting.at(-1);
    if (last !== undefined && entry.likeness !== '' && entry.likeness === this.lastLikeness) {
      last.count++;
      return true;
    }
    this.lastLikeness = entry.likeness;
    this.waiting.push({ entry, sequence, count: 1 });
    this.used += length;
    return true;
  }

  /** All that waits, as reading the device gives it. */
  read(): Uint8Array {
    const content = new Uint8Array(this.used);
    let at = 0;
    for (const { entry, sequence, count } of this.waiting) {
      const record = encode(entry, sequence, count);
      content.set(record, at);
      at += record.length;
    }
    this.waiting.length = 0;
    this.used = 0;
    return content;
  }
}

export interface LogRecord {
  readonly sequence: number;
  readonly count: number;
  readonly seconds: number;
  readonly microseconds: number;
  /** -1 where no rule had matched. */
  readonly ruleNumber: number;
  readonly group: string;
  readonly flags: number;
  readonly conditions: number;
  readonly reason: number;
  /** 0: none. */
  readonly logTag: number;
  readonly natTag: string;
  readonly interface: string;
  readonly out: boolean;
  readonly family: 4 | 6 | undefined;
  readonly headerLength: number;
  readonly bodyLength: number;
  readonly bytes: Uint8Array;
  /** The two headers in front of the packet, as `ipmon -X` dumps them. */
  readonly headers: Uint8Array;
}

/** Records of a file, up to the first that is cut off; those of other devices are left out. */
export function readLogRecords(content: Uint8Array): LogRecord[] {
  const records: LogRecord[] = [];
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  let at = 0;
  while (at + RECORD_HEADER_LENGTH <= content.length) {
    const length = view.getUint32(at + 32, true);
    if (length < RECORD_HEADER_LENGTH || at + length > content.length) break;
    if (view.getUint32(at, true) === MAGIC && length >= HEADERS_LENGTH)
      records.push(decode(content.subarray(at, at + length)));
    at += length;
  }
  return records;
}

function encode(entry: LogEntry, sequence: number, count: number): Uint8Array {
  const record = new Uint8Array(HEADERS_LENGTH + entry.bytes.length);
  const view = new DataView(record.buffer);
  const body = entry.rule?.rule.body;
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, count, true);
  view.setUint32(8, sequence, true);
  view.setUint32(32, record.length, true);
  const at = RECORD_HEADER_LENGTH;
  view.setUint32(at + 4, entry.ruleNumber, true);
  view.setUint32(at + 8, entry.flags, true);
  view.setUint32(at + 12, entry.conditions, true);
  view.setUint32(at + 16, body?.setTag?.log ?? 0, true);
  writeText(record, at + 20, entry.natTag ?? '', TAG_LENGTH);
  view.setUint16(at + 36, entry.bodyLength & 0xff, true);
  view.setUint16(at + 38, levelNumber(body?.log?.level), true);
  writeText(record, at + 40, entry.group, GROUP_LENGTH);
  record[at + 56] = entry.headerLength;
  record[at + 57] = entry.out ? 1 : 0;
  record[at + 58] = entry.reason;
  record[at + 59] = FAMILY_NUMBER[entry.family];
  writeText(record, at + 60, entry.interface, NAME_LENGTH);
  record.set(entry.bytes, HEADERS_LENGTH);
  return record;
}

function decode(record: Uint8Array): LogRecord {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const at = RECORD_HEADER_LENGTH;
  const family = record[at + 59];
  return {
    count: view.getUint32(4, true),
    sequence: view.getUint32(8, true),
    seconds: view.getUint32(16, true),
    microseconds: view.getUint32(24, true),
    ruleNumber: view.getInt32(at + 4, true),
    flags: view.getUint32(at + 8, true),
    conditions: view.getUint32(at + 12, true),
    logTag: view.getInt32(at + 16, true),
    natTag: readText(record, at + 20, TAG_LENGTH),
    bodyLength: view.getUint16(at + 36, true),
    group: readText(record, at + 40, GROUP_LENGTH),
    headerLength: record[at + 56]!,
    out: record[at + 57] === 1,
    reason: record[at + 58]!,
    family: family === FAMILY_NUMBER[4] ? 4 : family === FAMILY_NUMBER[6] ? 6 : undefined,
    interface: readText(record, at + 60, NAME_LENGTH),
    bytes: record.subarray(HEADERS_LENGTH),
    headers: record.subarray(0, HEADERS_LENGTH),
  };
}

function writeText(record: Uint8Array, at: number, text: string, length: number): void {
  for (let i = 0; i < Math.min(text.length, length); i++) record[at + i] = text.charCodeAt(i);
}

function readText(record: Uint8Array, at: number, length: number): string {
  const text = latin1(record.subarray(at, at + length));
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** `facility << 3 | priority` of syslog.h; a priority alone has no facility. */
function levelNumber(level: string | undefined): number {
  if (level === undefined) return NO_LEVEL;
  const words = level.toLowerCase().split('.');
  const priority = SYSLOG_PRIORITIES.indexOf(words.at(-1)!);
  const facility = words.length > 1 ? (FACILITY_NUMBERS.get(words[0]!) ?? 0) : 0;
  return priority < 0 ? NO_LEVEL : (facility << 3) | priority;
}

const FACILITY_NUMBERS: ReadonlyMap<string, number> = new Map([
  ...'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console'
    .split(' ')
    .map((name, number): [string, number] => [name, number]),
  ['audit', 13],
  ['logalert', 14],
  ...Array.from({ length: 8 }, (_, i): [string, number] => [`local${i}`, 16 + i]),
]);
