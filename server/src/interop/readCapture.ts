/**
 * Reads pcap and pcapng files. A file that ends in the middle (a capture that was killed, a disk that was full)
 * gives the records that are whole, and a problem for the rest; whatever bytes come, nothing is thrown.
 */
import { pcapngBlock, pcapngByteOrderMagic, pcapngOption } from './pcapngFormat';
import { utf8Decode } from './utf8';

export interface CaptureRecord {
  /** From 1, as Wireshark counts. */
  readonly number: number;
  readonly linkType: number;
  readonly frame: Uint8Array;
  /** Bytes that were on the wire; more than `frame` has when the capture cut them off. */
  readonly originalLength: number;
  readonly interface?: string;
  readonly comment?: string;
}

export interface Capture {
  readonly records: readonly CaptureRecord[];
  /** Whole sentences. */
  readonly problems: readonly string[];
}

/** Undefined when the bytes are neither pcap nor pcapng. */
export function readCapture(bytes: Uint8Array): Capture | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) === pcapngBlock.sectionHeader) return readPcapng(bytes, view);
  for (const little of [true, false])
    if (PCAP_MAGICS.has(view.getUint32(0, little))) return readPcap(bytes, view, little);
  return undefined;
}

/** Times in microseconds, in nanoseconds, and Kuznetzov's variant, whose record headers are 8 bytes longer. */
const PCAP_MAGICS: ReadonlySet<number> = new Set([0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34]);

function readPcap(bytes: Uint8Array, view: DataView, little: boolean): Capture {
  const records: CaptureRecord[] = [];
  const problems: string[] = [];
  if (bytes.length < 24)
    return {
      records,
      problems: [`The pcap file ends within its header, after ${bytes.length} bytes of 24.`],
    };
  const headerBytes = view.getUint32(0, little) === 0xa1b2cd34 ? 24 : 16;
  // The high bits of the link type tell of a checksum behind frames.
  const linkType = view.getUint32(20, little) & 0x03ffffff;
  let at = 24;
  while (at < bytes.length) {
    const number = records.length + 1;
    const captured = at + headerBytes <= bytes.length ? view.getUint32(at + 8, little) : 0;
    const end = at + headerBytes + captured;
    if (at + headerBytes > bytes.length || end > bytes.length) {
      problems.push(cutOff(number));
      break;
    }
    records.push({
      number,
      linkType,
      frame: bytes.slice(at + headerBytes, end),
      originalLength: view.getUint32(at + 12, little),
    });
    at = end;
  }
  return { records, problems };
}

function cutOff(number: number): string {
  return `The file ends within record ${number}, which is left out.`;
}

interface PcapngInterface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly name?: string;
}

function readPcapng(bytes: Uint8Array, view: DataView): Capture {
  const records: CaptureRecord[] = [];
  const problems: string[] = [];
  let interfaces: PcapngInterface[] = [];
  let little = true;
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at;
    // A section's header is a palindrome, and only behind it stands the byte order of its own length.
    const isSection = left >= 12 && view.getUint32(at) === pcapngBlock.sectionHeader;
    if (isSection) {
      little = view.getUint32(at + 8, true) === pcapngByteOrderMagic;
      if (!little && view.getUint32(at + 8) !== pcapngByteOrderMagic) {
        problems.push(`The section at byte ${at} has no byte-order mark; what follows is left out.`);
        break;
      }
      interfaces = [];
    }
    const length = left >= 12 ? view.getUint32(at + 4, little) : 0;
    if (left < 12 || (length > left && length % 4 === 0)) {
      problems.push(cutOff(records.length + 1));
      break;
    }
    if (length < 12 || length % 4 !== 0) {
      problems.push(`The block at byte ${at} has the impossible length ${length}; what follows is left out.`);
      break;
    }
    const body: Body = { view, bytes, little, start: at + 8, end: at + length - 4 };
    const type = view.getUint32(at, little);
    const number = records.length + 1;
    if (type === pcapngBlock.interfaceDescription && body.end - body.start >= 8)
      interfaces.push(readInterface(body));
    const record = recordOf(type, body, interfaces, number);
    if (typeof record === 'string') {
      problems.push(record);
      break;
    }
    if (record !== undefined) records.push(record);
    at += length;
  }
  return { records, problems };
}

/** A block without its type and lengths. */
interface Body {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly little: boolean;
  readonly start: number;
  readonly end: number;
}

function readInterface(body: Body): PcapngInterface {
  const { view, start, little } = body;
  const name = readOptions(body, start + 8).get(pcapngOption.interfaceName);
  return {
    linkType: view.getUint16(start, little),
    snapLength: view.getUint32(start + 4, little),
    ...(name !== undefined && { name }),
  };
}

/** Undefined for blocks that hold no packet; words for one that contradicts itself. */
function recordOf(
  type: number,
  body: Body,
  interfaces: readonly PcapngInterface[],
  number: number,
): CaptureRecord | string | undefined {
  const { view, bytes, little, start, end } = body;
  const damaged = `Record ${number} is damaged; what follows is left out.`;
  switch (type) {
    case pcapngBlock.enhancedPacket:
    case pcapngBlock.packet: {
      if (end - start < 20) return damaged;
      const index =
        type === pcapngBlock.packet ? view.getUint16(start, little) : view.getUint32(start, little);
      const captured = view.getUint32(start + 12, little);
      const from = interfaces[index];
      if (from === undefined || captured > end - start - 20) return damaged;
      const comment = readOptions(body, start + 20 + ((captured + 3) & ~3)).get(pcapngOption.comment);
      return {
        number,
        linkType: from.linkType,
        frame: bytes.slice(start + 20, start + 20 + captured),
        originalLength: view.getUint32(start + 16, little),
        ...(from.name !== undefined && { interface: from.name }),
        ...(comment !== undefined && { comment }),
      };
    }
    case pcapngBlock.simplePacket: {
      const from = interfaces[0];
      if (from === undefined || end - start < 4) return damaged;
      const originalLength = view.getUint32(start, little);
      const snap = from.snapLength === 0 ? originalLength : Math.min(originalLength, from.snapLength);
      return {
        number,
        linkType: from.linkType,
        frame: bytes.slice(start + 4, Math.min(end, start + 4 + snap)),
        originalLength,
        ...(from.name !== undefined && { interface: from.name }),
      };
    }
    default:
      return undefined;
  }
}

/** Options as text, the first of each code; what does not fit ends them. */
function readOptions(body: Body, start: number): ReadonlyMap<number, string> {
  const { view, bytes, little, end } = body;
  const options = new Map<number, string>();
  for (let at = start; at + 4 <= end; ) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === pcapngOption.end || at + 4 + length > end) break;
    if (!options.has(code)) options.set(code, utf8Decode(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + ((length + 3) & ~3);
  }
  return options;
}
