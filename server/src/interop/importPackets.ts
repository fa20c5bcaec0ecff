/**
 * Sample packets out of what people have: a capture (pcap, pcapng), lines of tcpdump, a hex dump, ipftest's packets,
 * or our own notation, told apart by looking. Every record keeps its bytes and gets a line of the notation; what
 * the line cannot hold is told with it.
 */
import { buildPacket } from '../packet/build';
import { joinBytes, read16 } from '../packet/bytes';
import { decodePacket } from '../packet/decode';
import { formatPacketLine } from '../packet/formatLine';
import type { PacketSpec } from '../packet/notation';
import { isErrorType } from '../packet/notationWords';
import { packetOneLine } from '../packet/oneLine';
import { parsePacketLine } from '../packet/parseLine';
import { specOfPacket } from '../packet/specOfPacket';
import { type HexLine, readHexLine } from './hexLine';
import { readIpftestLine } from './ipftestLine';
import { unframe, unframeUnknown } from './linkLayer';
import { type CaptureRecord, readCapture } from './readCapture';
import { type LineReading, longestLine, readTcpdumpLine } from './tcpdumpLine';
import { utf8Decode } from './utf8';

export interface ImportedPacket {
  /** For a list: `3: 10.1.0.10:40000 > 10.2.0.20:80 tcp S (fxp1)`. */
  readonly title: string;
  /** From the IP header on. */
  readonly bytes: Uint8Array;
  /** The sample packet to write into a file. */
  readonly notation: string;
  /** What the notation does not hold: `TCP Window 1024`; of a tcpdump line, what it did not say. */
  readonly losses: readonly string[];
}

export interface ImportProblem {
  /** A whole sentence; begins with the line or record it is about. */
  readonly message: string;
}

export interface ImportResult {
  readonly records: readonly ImportedPacket[];
  readonly problems: readonly ImportProblem[];
}

/** Never throws. */
export function importPackets(input: Uint8Array | string): ImportResult {
  if (typeof input === 'string') return importText(input);
  const capture = readCapture(input);
  if (capture === undefined) return importText(utf8Decode(input));
  const list = new Importing();
  const left = new Map<string, number>();
  for (const record of capture.records) {
    const unframed = unframe(record.linkType, record.frame);
    if (unframed.kind === 'other') left.set(unframed.what, (left.get(unframed.what) ?? 0) + 1);
    else list.addBytes(`${record.number}`, unframed.bytes, captureExtras(record));
    if (list.isFull) break;
  }
  for (const problem of capture.problems) list.problem(problem);
  for (const [what, count] of left) {
    const records = count === 1 ? '1 record is no IP packet' : `${count} records are no IP packets`;
    list.problem(`${records} (${what}) and left out.`);
  }
  return list.result();
}

interface Extras {
  readonly direction?: 'in' | 'out';
  readonly interface?: string;
  readonly shown?: string;
  /** Bytes that were on the wire and are not in the capture. */
  readonly missing?: number;
}

function captureExtras(record: CaptureRecord): Extras {
  const missing = record.originalLength - record.frame.length;
  return {
    // Only told: names of the capturing machine's interfaces are none of the network's.
    ...(record.interface !== undefined && { shown: record.interface }),
    ...(missing > 0 && { missing }),
  };
}

/** Records so far. One list with 10,000 packets is more than anybody chooses from. */
class Importing {
  private readonly records: ImportedPacket[] = [];
  private readonly problems: ImportProblem[] = [];

  get isFull(): boolean {
    return this.records.length >= mostRecords;
  }

  addBytes(label: string, bytes: Uint8Array, extras: Extras = {}): void {
    const { shown, direction, missing } = extras;
    const packet = decodePacket(missing === undefined ? bytes : filledUp(bytes));
    const found = specOfPacket(packet, {
      longestPayloadBytes: missing === undefined ? longestPayloadBytes : 0,
    });
    if (found === undefined) {
      this.problem(`${capitalized(label)} has an IP header that cannot be read, and is left out.`);
      return;
    }
    const spec: PacketSpec = {
      ...(direction !== undefined && { direction }),
      ...(extras.interface !== undefined && { interface: extras.interface }),
      ...found.spec,
    };
    const cutOff = missing === undefined ? [] : [`the last ${missing} bytes, which the capture cut off`];
    this.records.push({
      title: `${label}: ${packetOneLine(packet)}${shown === undefined ? '' : ` (${shown})`}`,
      // What was cut off is filled up, and a checksum over it would be wrong.
      bytes: missing === undefined ? bytes : buildPacket(found.spec).bytes,
      notation: formatPacketLine(spec),
      losses: [...cutOff, ...found.losses],
    });
  }

  addSpec(label: string, spec: PacketSpec, losses: readonly string[]): void {
    try {
      const packet = buildPacket(spec);
      const { name, direction, interface: on } = spec;
      // Read back from the bytes, what is said by default anyway is gone.
      const short: PacketSpec = {
        ...(name !== undefined && { name }),
        ...(direction !== undefined && { direction }),
        ...(on !== undefined && { interface: on }),
        ...(specOfPacket(packet)?.spec ?? spec),
      };
      const title = `${label}: ${packetOneLine(packet)}`;
      this.records.push({ title, bytes: packet.bytes, notation: formatPacketLine(short), losses });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.problem(`${capitalized(label)} makes no packet: ${error.message}`);
    }
  }

  problem(message: string): void {
    this.problems.push({ message });
  }

  result(): ImportResult {
    if (this.isFull) this.problem(`Only the first ${mostRecords} packets were read.`);
    return { records: this.records, problems: this.problems };
  }
}

const mostRecords = 10_000;

/** A longer payload makes a line that nobody reads, and no stage looks at it. */
const longestPayloadBytes = 32;

function capitalized(label: string): string {
  return /^\d/.test(label) ? `Record ${label}` : label[0]!.toUpperCase() + label.slice(1);
}

/** A tcpdump line waits: with -x the bytes follow it, and bytes are worth more than the line. */
interface Waiting {
  readonly label: string;
  readonly reading: LineReading;
}

function importText(text: string): ImportResult {
  const list = new Importing();
  const lines = text.split(/\r\n|\r|\n/);
  const dump = new HexCollector(list);
  let waiting: Waiting | undefined;
  const settle = () => {
    if (waiting !== undefined) addReading(list, waiting.label, waiting.reading);
    waiting = undefined;
  };
  for (let i = 0; i < lines.length && !list.isFull; i++) {
    const label = `line ${i + 1}`;
    const line = lines[i]!;
    if (line.trim() === '' || /^\s*#/.test(line)) {
      dump.finish();
      continue;
    }
    const hex = readHexLine(line);
    if (hex !== undefined) {
      // Only bytes that come with offsets are tcpdump's own for the line above them.
      if (hex.offset === undefined) settle();
      waiting = undefined;
      dump.add(label, hex);
      continue;
    }
    dump.finish();
    // What -v prints further in belongs to the line before: the packet that an ICMP error quotes, and details.
    const isPart: boolean = waiting !== undefined && /^\s/.test(line);
    if (!isPart) settle();
    // With -v the addresses stand on a line of their own, and those of a tunnel's packet on a third.
    const start = i;
    let whole = line;
    while (isHalf(whole) && /^\s+(?!0x)/.test(lines[i + 1] ?? '')) whole += ` ${lines[++i]!.trim()}`;
    const tcpdump = readTcpdumpLine(whole);
    if (tcpdump === undefined) i = start;
    if (isPart) {
      waiting = withQuoted(waiting!, tcpdump);
      continue;
    }
    if (tcpdump !== undefined) {
      waiting = { label, reading: tcpdump };
      continue;
    }
    addLine(list, label, line);
  }
  dump.finish();
  settle();
  return list.result();
}

/** Ends with what -v tells of an IP header. */
function isHalf(line: string): boolean {
  return line.length <= longestLine && /\bIP6?\s+\([^()]*(?:\([^()]*\)[^()]*)*\)\s*$/.test(line);
}

function withQuoted(waiting: Waiting, quoted: LineReading | undefined): Waiting {
  const { label, reading } = waiting;
  if ('error' in reading || quoted === undefined || 'error' in quoted) return waiting;
  const { spec } = reading;
  if (spec.inner !== undefined || !isErrorType(spec.protocol, spec.icmpType)) return waiting;
  return { label, reading: { spec: { ...spec, inner: quoted.spec }, notes: reading.notes } };
}

function addReading(list: Importing, label: string, reading: LineReading): void {
  if ('error' in reading) list.problem(`${capitalized(label)}: ${reading.error}`);
  else list.addSpec(label, reading.spec, reading.notes);
}

function addLine(list: Importing, label: string, line: string): void {
  const ipftest = readIpftestLine(line);
  if (ipftest !== undefined) {
    addReading(list, label, ipftest);
    return;
  }
  const { spec, problems } = parsePacketLine(line.trim());
  if (spec !== undefined) {
    list.addSpec(label, spec, []);
    return;
  }
  const isNotation = line.includes('>');
  const why = isNotation
    ? problems.find((p) => p.severity === 'error')?.message
    : 'Expected a tcpdump line, hexadecimal bytes, an ipftest packet, or a packet such as: tcp 10.1.0.5:40000 > 198.51.100.7:80 S';
  list.problem(`${capitalized(label)} is no packet. ${why ?? ''}`.trimEnd());
}

/**
 * Puts the lines of a dump together. A packet ends at a blank line, before an offset of 0, or where its own length
 * says that it is whole: several packets may stand one to a line.
 */
class HexCollector {
  private parts: Uint8Array[] = [];
  private length = 0;
  private label = '';
  private hasOffsets = false;
  private where: Pick<HexLine, 'direction' | 'interface'> = {};

  constructor(private readonly list: Importing) {}

  add(label: string, line: HexLine): void {
    if (this.isEndMark(line)) {
      this.finish();
      return;
    }
    const startsNew = line.offset === 0 || line.interface !== undefined;
    if (startsNew || (line.offset === undefined && this.isWhole())) this.finish();
    if (line.offset !== undefined && line.offset !== this.length) {
      this.list.problem(
        `${capitalized(label)} stands at offset 0x${line.offset.toString(16)}, but 0x${this.length.toString(16)} was expected: a line is missing, and the line is left out.`,
      );
      return;
    }
    if (this.parts.length === 0) this.label = label;
    if (line.interface !== undefined) {
      const { direction } = line;
      this.where = { interface: line.interface, ...(direction !== undefined && { direction }) };
    }
    if (line.bytes.length === 0) return;
    this.hasOffsets = line.offset !== undefined;
    this.parts.push(line.bytes);
    this.length += line.bytes.length;
  }

  /** hexdump and od end with the length alone, where an offset would stand. */
  private isEndMark({ offset, bytes }: HexLine): boolean {
    if (!this.hasOffsets || offset !== undefined || bytes.length < 2 || bytes.length > 4) return false;
    return bytes.reduce((value, byte) => value * 256 + byte, 0) === this.length;
  }

  private isWhole(): boolean {
    if (this.parts.length === 0) return false;
    // No part is empty: twenty of them hold the length fields, also behind an Ethernet header.
    const head = joinBytes(...this.parts.slice(0, 20));
    const start = isIpStart(head[0]) ? 0 : ethernetHeaderBytes;
    const payload = this.length - start;
    switch ((head[start] ?? 0) >>> 4) {
      case 4:
        return payload >= 20 && payload >= read16(head, start + 2);
      case 6:
        return payload >= 40 && payload >= 40 + read16(head, start + 4);
      default:
        return false;
    }
  }

  finish(): void {
    const { where } = this;
    this.where = {};
    if (this.parts.length === 0) return;
    const bytes = joinBytes(...this.parts);
    this.parts = [];
    this.length = 0;
    const unframed = unframeUnknown(bytes);
    if (unframed.kind === 'ip') this.list.addBytes(this.label, unframed.bytes, where);
    else
      this.list.problem(
        `${capitalized(this.label)} begins ${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'} that hold no IP packet: they begin with neither an IP header nor an Ethernet header before one.`,
      );
  }
}

/** As long as the IP header says; a header that says nothing sensible leaves the bytes as they are. */
function filledUp(bytes: Uint8Array): Uint8Array {
  const version = (bytes[0] ?? 0) >>> 4;
  const total = version === 4 ? read16(bytes, 2) : version === 6 ? 40 + read16(bytes, 4) : 0;
  if (total <= bytes.length) return bytes;
  return joinBytes(bytes, new Uint8Array(total - bytes.length));
}

function isIpStart(byte: number | undefined): boolean {
  return byte !== undefined && (byte >>> 4 === 6 || (byte >>> 4 === 4 && (byte & 15) >= 5));
}

const ethernetHeaderBytes = 14;
