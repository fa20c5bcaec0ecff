/** ICMPv6 (RFC 4443; neighbour discovery types from RFC 4861). Its checksum covers the pseudo-header. */
import type { FieldSpec } from './field';
import type { HeaderReading } from './header';
import { type IcmpHeader, icmpField, parseIcmpMessage } from './icmp';
import type { WireFormat } from './packet';

const mtu: FieldSpec = { name: 'MTU', bitOffset: 32, bitLength: 32, format: 'decimal' };
const pointer: FieldSpec = { name: 'Pointer', bitOffset: 32, bitLength: 32, format: 'decimal' };

/** The format of the message with this type; unlike ICMP's, it does not depend on the code. */
export function icmpv6Format(type: number): WireFormat {
  return {
    protocol: 'icmpv6',
    title: 'ICMPv6',
    reference: 'RFC 4443',
    fields: [
      { ...icmpField.type, describe: icmpv6TypeName },
      { ...icmpField.code, describe: (value) => icmpv6CodeName(type, value) },
      icmpField.checksum,
      ...secondWord(type),
    ],
  };
}

function secondWord(type: number): readonly FieldSpec[] {
  if (icmpv6HasIdentifier(type)) return [icmpField.identifier, icmpField.sequence];
  if (type === icmpv6Type.packetTooBig) return [mtu];
  if (type === icmpv6Type.parameterProblem) return [pointer];
  return [icmpField.unused];
}

export const icmpv6Type = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echo: 128,
  echoReply: 129,
} as const;

const typeNames: ReadonlyMap<number, string> = new Map([
  [1, 'unreachable'],
  [2, 'packet-too-big'],
  [3, 'time-exceeded'],
  [4, 'parameter-problem'],
  [128, 'echo'],
  [129, 'echo-reply'],
  [130, 'listener-query'],
  [131, 'listener-report'],
  [132, 'listener-done'],
  [133, 'router-solicitation'],
  [134, 'router-advertisement'],
  [135, 'neighbour-solicitation'],
  [136, 'neighbour-advertisement'],
  [137, 'redirect'],
]);

const codeNames: ReadonlyMap<number, readonly string[]> = new Map([
  [
    1,
    [
      'no route',
      'prohibited',
      'beyond scope of source',
      'address',
      'port',
      'source address failed policy',
      'reject route',
    ],
  ],
  [3, ['in transit', 'in reassembly']],
  [4, ['header field', 'next header', 'option']],
]);

export function icmpv6TypeName(type: number): string | undefined {
  return typeNames.get(type);
}

export function icmpv6CodeName(type: number, code: number): string | undefined {
  return codeNames.get(type)?.[code];
}

export function icmpv6TypeNames(): ReadonlyMap<number, string> {
  return typeNames;
}

/** RFC 4443 section 2.1: types below 128 are errors; the four defined ones quote the packet that caused them. */
export function isIcmpv6Error(type: number): boolean {
  return type >= 1 && type <= 4;
}

export function icmpv6HasIdentifier(type: number): boolean {
  return type === icmpv6Type.echo || type === icmpv6Type.echoReply;
}

/** Without `pseudoSum` (a fragment, a quoted packet) the checksum is not checked. */
export function parseIcmpv6(
  bytes: Uint8Array,
  start: number,
  limit: number,
  pseudoSum?: number,
): HeaderReading<IcmpHeader> {
  return parseIcmpMessage('ICMPv6', bytes, start, limit, pseudoSum);
}
