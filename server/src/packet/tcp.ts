/** The TCP header (RFC 9293 section 3.1; ECE and CWR from RFC 3168). */
import { joinBytes, read16, write16 } from './bytes';
import { checksumOf, foldSum, sumRange } from './checksum';
import { byteOffset, type FieldSpec, readField, writeField } from './field';
import { checksumFault, type HeaderReading, tooShort } from './header';
import type { WireFormat } from './packet';

export const tcpField = {
  sourcePort: { name: 'Source Port', bitOffset: 0, bitLength: 16, format: 'decimal' },
  destinationPort: { name: 'Destination Port', bitOffset: 16, bitLength: 16, format: 'decimal' },
  sequence: { name: 'Sequence Number', bitOffset: 32, bitLength: 32, format: 'decimal' },
  acknowledgement: { name: 'Acknowledgment Number', bitOffset: 64, bitLength: 32, format: 'decimal' },
  dataOffset: {
    name: 'Data Offset',
    bitOffset: 96,
    bitLength: 4,
    format: 'decimal',
    describe: (words: number) => `${words * 4} bytes`,
  },
  reserved: { name: 'Reserved', bitOffset: 100, bitLength: 4, format: 'decimal' },
  flags: {
    name: 'Flags',
    bitOffset: 104,
    bitLength: 8,
    format: 'flags',
    describe: (flags: number) => formatTcpFlags(flags) || 'none',
  },
  window: { name: 'Window', bitOffset: 112, bitLength: 16, format: 'decimal' },
  checksum: { name: 'Checksum', bitOffset: 128, bitLength: 16, format: 'hex' },
  urgentPointer: { name: 'Urgent Pointer', bitOffset: 144, bitLength: 16, format: 'decimal' },
  options: { name: 'Options', bitOffset: 160, bitLength: 0, rest: true, format: 'bytes' },
} as const satisfies Record<string, FieldSpec>;

export const tcpFormat: WireFormat = {
  protocol: 'tcp',
  title: 'TCP',
  reference: 'RFC 9293',
  fields: Object.values(tcpField),
};

export const tcpHeaderBytes = 20;
export const tcpFlagsAt = byteOffset(tcpField.flags);
export const tcpChecksumAt = byteOffset(tcpField.checksum);

export const tcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

/** In the order of their bits, lowest first; `S` is bit 1. */
export const tcpFlagLetters = 'FSRPAUEC';

/** `SA` for SYN with ACK; empty for no flags. */
export function formatTcpFlags(flags: number): string {
  return [...tcpFlagLetters].filter((_, bit) => (flags & (1 << bit)) !== 0).join('');
}

/** The bits of letters in any order and case; undefined when one of them is no flag or stands twice. */
export function parseTcpFlags(letters: string): number | undefined {
  let flags = 0;
  for (const letter of letters.toUpperCase()) {
    const bit = tcpFlagLetters.indexOf(letter);
    if (bit < 0 || (flags & (1 << bit)) !== 0) return undefined;
    flags |= 1 << bit;
  }
  return flags;
}

export interface TcpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  readonly window: number;
  readonly urgentPointer: number;
  /** With their padding, a multiple of 4 bytes and at most 40. */
  readonly options?: Uint8Array;
}

/** `pseudoSum`: of the pseudo-header; without it (a fragment, a quoted packet) the checksum is not checked. */
export function parseTcp(
  bytes: Uint8Array,
  start: number,
  limit: number,
  pseudoSum?: number,
): HeaderReading<TcpHeader> {
  if (limit - start < tcpHeaderBytes) return tooShort('TCP', tcpHeaderBytes, limit - start);
  const headerLength = readField(bytes, start, tcpField.dataOffset) * 4;
  if (headerLength < tcpHeaderBytes)
    return {
      kind: 'unreadable',
      faults: [`Data Offset gives a header of ${headerLength} bytes, but a TCP header has at least 20.`],
    };
  if (start + headerLength > limit) return tooShort('TCP', headerLength, limit - start);
  const faults: string[] = [];
  if (pseudoSum !== undefined) {
    const sum = pseudoSum + sumRange(bytes, start, limit);
    const found = readField(bytes, start, tcpField.checksum);
    if (foldSum(sum) !== 0xffff) faults.push(checksumFault('TCP', found, checksumOf(sum - found)));
  }
  const headerEnd = start + headerLength;
  return {
    kind: 'header',
    header: {
      sourcePort: readField(bytes, start, tcpField.sourcePort),
      destinationPort: readField(bytes, start, tcpField.destinationPort),
      sequence: readField(bytes, start, tcpField.sequence),
      acknowledgement: readField(bytes, start, tcpField.acknowledgement),
      flags: readField(bytes, start, tcpField.flags),
      window: readField(bytes, start, tcpField.window),
      urgentPointer: readField(bytes, start, tcpField.urgentPointer),
      ...(headerLength > tcpHeaderBytes && { options: bytes.slice(start + tcpHeaderBytes, headerEnd) }),
    },
    headerEnd,
    end: limit,
    faults,
  };
}

/** Header and payload; `pseudoSum` is asked with their length in bytes. */
export function emitTcp(
  header: TcpHeader,
  payload: Uint8Array,
  pseudoSum: (length: number) => number,
): Uint8Array {
  const options = header.options ?? new Uint8Array(0);
  const bytes = joinBytes(new Uint8Array(tcpHeaderBytes), options, payload);
  writeField(bytes, 0, tcpField.sourcePort, header.sourcePort);
  writeField(bytes, 0, tcpField.destinationPort, header.destinationPort);
  writeField(bytes, 0, tcpField.sequence, header.sequence);
  writeField(bytes, 0, tcpField.acknowledgement, header.acknowledgement);
  writeField(bytes, 0, tcpField.dataOffset, (tcpHeaderBytes + options.length) / 4);
  writeField(bytes, 0, tcpField.flags, header.flags);
  writeField(bytes, 0, tcpField.window, header.window);
  writeField(bytes, 0, tcpField.urgentPointer, header.urgentPointer);
  const sum = pseudoSum(bytes.length) + sumRange(bytes, 0, bytes.length);
  writeField(bytes, 0, tcpField.checksum, checksumOf(sum));
  return bytes;
}

/** Kind 2, RFC 9293 section 3.2. */
export function tcpMssOption(mss: number): Uint8Array {
  const option = new Uint8Array([2, 4, 0, 0]);
  write16(option, 2, mss);
  return option;
}

/** Offset of the two bytes of the maximum segment size in a header, when it has that option. */
export function findTcpMss(bytes: Uint8Array, start: number, headerEnd: number): number | undefined {
  let at = start + tcpHeaderBytes;
  while (at < headerEnd) {
    const kind = bytes[at]!;
    if (kind === 0) return undefined;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = at + 1 < headerEnd ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > headerEnd) return undefined;
    if (kind === 2 && length === 4) return at + 2;
    at += length;
  }
  return undefined;
}

/** The maximum segment size that a header announces. */
export function readTcpMss(bytes: Uint8Array, start: number, headerEnd: number): number | undefined {
  const at = findTcpMss(bytes, start, headerEnd);
  return at === undefined ? undefined : read16(bytes, at);
}

/** One field for each option, so that the diagram and the difference between two packets show them by name. */
export function tcpOptionFields(bytes: Uint8Array, start: number, headerEnd: number): readonly FieldSpec[] {
  const fields: FieldSpec[] = [];
  let at = start + tcpHeaderBytes;
  while (at < headerEnd) {
    const kind = bytes[at]!;
    const length = kind <= 1 ? 1 : (bytes[at + 1] ?? 0);
    // What does not read as an option any more is shown as the bytes it is; so is what follows the end mark.
    if (kind === 0 || length < 1 || (kind > 1 && length < 2) || at + length > headerEnd) {
      fields.push(optionField(kind === 0 ? 'End of Options' : 'Options', at - start, headerEnd - at));
      break;
    }
    if (kind === 2 && length === 4) {
      fields.push(optionField('MSS Option', at - start, 2));
      fields.push({ ...optionField('Maximum Segment Size', at + 2 - start, 2), format: 'decimal' });
    } else fields.push(optionField(optionNames.get(kind) ?? `Option ${kind}`, at - start, length));
    at += length;
  }
  return fields;
}

// RFC 9293 section 3.1, RFC 7323, RFC 2018.
const optionNames: ReadonlyMap<number, string> = new Map([
  [1, 'No-Operation'],
  [3, 'Window Scale'],
  [4, 'SACK Permitted'],
  [5, 'SACK'],
  [8, 'Timestamps'],
]);

function optionField(name: string, byte: number, bytes: number): FieldSpec {
  return { name, bitOffset: byte * 8, bitLength: bytes * 8, format: 'bytes' };
}
