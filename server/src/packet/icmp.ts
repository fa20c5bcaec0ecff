/**
 * ICMP for IPv4 (RFC 792; next-hop MTU from RFC 1191). The second word of the header means something else for
 * each type, so the field table has a common part and one variant per type.
 */
import { joinBytes, write32 } from './bytes';
import { checksumOf, foldSum, sumRange } from './checksum';
import { byteOffset, type FieldSpec, readField, writeField } from './field';
import { checksumFault, type HeaderReading, tooShort } from './header';
import type { WireFormat } from './packet';

export const icmpField = {
  type: { name: 'Type', bitOffset: 0, bitLength: 8, format: 'decimal', describe: icmpTypeName },
  code: { name: 'Code', bitOffset: 8, bitLength: 8, format: 'decimal' },
  checksum: { name: 'Checksum', bitOffset: 16, bitLength: 16, format: 'hex' },
  /** Echo, timestamp, information and mask messages. */
  identifier: { name: 'Identifier', bitOffset: 32, bitLength: 16, format: 'decimal' },
  sequence: { name: 'Sequence Number', bitOffset: 48, bitLength: 16, format: 'decimal' },
  /** Unreachable, code 4. */
  nextHopMtu: { name: 'Next-Hop MTU', bitOffset: 48, bitLength: 16, format: 'decimal' },
  pointer: { name: 'Pointer', bitOffset: 32, bitLength: 8, format: 'decimal' },
  gateway: { name: 'Gateway Address', bitOffset: 32, bitLength: 32, format: 'address4' },
  unused: { name: 'Unused', bitOffset: 32, bitLength: 32, format: 'hex' },
} as const satisfies Record<string, FieldSpec>;

const unusedHalf: FieldSpec = { name: 'Unused', bitOffset: 32, bitLength: 16, format: 'hex' };
const unusedAfterPointer: FieldSpec = { name: 'Unused', bitOffset: 40, bitLength: 24, format: 'hex' };

/** The format of the message with this type and code. */
export function icmpFormat(type: number, code: number): WireFormat {
  const { type: typeField, code: codeField, checksum } = icmpField;
  return {
    protocol: 'icmp',
    title: 'ICMP',
    reference: 'RFC 792',
    fields: [
      typeField,
      { ...codeField, describe: (value) => icmpCodeName(type, value) },
      checksum,
      ...secondWord(type, code),
    ],
  };
}

function secondWord(type: number, code: number): readonly FieldSpec[] {
  if (icmpHasIdentifier(type)) return [icmpField.identifier, icmpField.sequence];
  if (type === icmpType.unreachable && code === 4) return [unusedHalf, icmpField.nextHopMtu];
  if (type === icmpType.redirect) return [icmpField.gateway];
  if (type === icmpType.parameterProblem) return [icmpField.pointer, unusedAfterPointer];
  return [icmpField.unused];
}

export const icmpHeaderBytes = 8;
export const icmpChecksumAt = byteOffset(icmpField.checksum);
export const icmpIdentifierAt = byteOffset(icmpField.identifier);

export const icmpType = {
  echoReply: 0,
  unreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echo: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

const typeNames: ReadonlyMap<number, string> = new Map([
  [0, 'echo-reply'],
  [3, 'unreachable'],
  [4, 'source-quench'],
  [5, 'redirect'],
  [8, 'echo'],
  [9, 'router-advertisement'],
  [10, 'router-solicitation'],
  [11, 'time-exceeded'],
  [12, 'parameter-problem'],
  [13, 'timestamp'],
  [14, 'timestamp-reply'],
  [15, 'information-request'],
  [16, 'information-reply'],
  [17, 'mask-request'],
  [18, 'mask-reply'],
]);

const codeNames: ReadonlyMap<number, readonly string[]> = new Map([
  [
    3,
    [
      'network',
      'host',
      'protocol',
      'port',
      'fragmentation needed',
      'source route failed',
      'network unknown',
      'host unknown',
      'source host isolated',
      'network prohibited',
      'host prohibited',
      'network for this type of service',
      'host for this type of service',
      'filtered',
      'host precedence violation',
      'precedence cutoff',
    ],
  ],
  [5, ['network', 'host', 'type of service and network', 'type of service and host']],
  [11, ['in transit', 'in reassembly']],
  [12, ['pointer', 'required option missing', 'bad length']],
]);

export function icmpTypeName(type: number): string | undefined {
  return typeNames.get(type);
}

export function icmpCodeName(type: number, code: number): string | undefined {
  return codeNames.get(type)?.[code];
}

export function icmpTypeNames(): ReadonlyMap<number, string> {
  return typeNames;
}

/** Errors quote the packet that caused them. */
export function isIcmpError(type: number): boolean {
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}

/** Queries and replies that NAT tells apart by identifier: echo, timestamp, information, mask. */
export function icmpHasIdentifier(type: number): boolean {
  return type === 0 || type === 8 || (type >= 13 && type <= 18);
}

export interface IcmpHeader {
  readonly type: number;
  readonly code: number;
  /** The second word of the header: identifier and sequence, MTU, pointer, gateway. */
  readonly rest: number;
}

/** `check`: the message is whole, so its checksum can be checked. */
export function parseIcmp(
  bytes: Uint8Array,
  start: number,
  limit: number,
  check: boolean,
): HeaderReading<IcmpHeader> {
  return parseIcmpMessage('ICMP', bytes, start, limit, check ? 0 : undefined);
}

/** ICMP and ICMPv6 differ in what the checksum covers besides the message: nothing, or the pseudo-header. */
export function parseIcmpMessage(
  title: string,
  bytes: Uint8Array,
  start: number,
  limit: number,
  pseudoSum: number | undefined,
): HeaderReading<IcmpHeader> {
  if (limit - start < icmpHeaderBytes) return tooShort(title, icmpHeaderBytes, limit - start);
  const faults: string[] = [];
  if (pseudoSum !== undefined) {
    const sum = pseudoSum + sumRange(bytes, start, limit);
    const found = readField(bytes, start, icmpField.checksum);
    if (foldSum(sum) !== 0xffff) faults.push(checksumFault(title, found, checksumOf(sum - found)));
  }
  return {
    kind: 'header',
    header: {
      type: readField(bytes, start, icmpField.type),
      code: readField(bytes, start, icmpField.code),
      rest: readField(bytes, start, icmpField.unused),
    },
    headerEnd: start + icmpHeaderBytes,
    end: limit,
    faults,
  };
}

/** `pseudoSum`: 0 for ICMP; of the pseudo-header for ICMPv6. */
export function emitIcmp(
  header: IcmpHeader,
  payload: Uint8Array,
  pseudoSum: (length: number) => number = () => 0,
): Uint8Array {
  const bytes = joinBytes(new Uint8Array(icmpHeaderBytes), payload);
  writeField(bytes, 0, icmpField.type, header.type);
  writeField(bytes, 0, icmpField.code, header.code);
  write32(bytes, byteOffset(icmpField.unused), header.rest);
  const sum = pseudoSum(bytes.length) + sumRange(bytes, 0, bytes.length);
  writeField(bytes, 0, icmpField.checksum, checksumOf(sum));
  return bytes;
}
