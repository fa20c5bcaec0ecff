/**
 * Packets in ipftest's words:
 *
 *     in|out|in6|out6 [on if[=addr]] [tcp|udp|icmp|icmpv6|N] src[,port] dst[,port]
 *         [FLAGS] [seq=N] [ack=N] | type[,code] [opt name[=value],...]
 *
 * IPv4 packets get right checksums; IPv6 ones keep 0, so that IPFilter finds TCP and ICMPv6 among them bad.
 */

import { icmpTypeByName } from '../../dialects/ipfilter-kit/names';
import { parseAddress, writeAddress } from '../../policy/address';
import { servicePort } from '../../syntax/services';
import { latin1 } from '../frontend';
import type { PacketReader, TestPacket } from './testPacket';

const FLAG_LETTERS = 'FSRPAUEC';

export const readTextPackets: PacketReader = (content) => {
  const packets: TestPacket[] = [];
  let stderr = '';
  for (const raw of latin1(content).split('\n')) {
    const line = raw.replace(/\r.*$/, '').replace(/#.*$/, '');
    const words = line.split(/[ \b\t\r\n]+/).filter((w) => w !== '');
    if (words.length === 0) continue;
    const parsed = readPacket(words);
    if (typeof parsed === 'string') stderr += parsed;
    else packets.push(parsed);
  }
  return { packets, stderr, stdout: '' };
};

/** The packet, or what the program complains about before it goes on with the next line. */
function readPacket(words: readonly string[]): TestPacket | string {
  let at = 0;
  const first = words[at++]!;
  if (!/^[oi]/i.test(first)) return `bad direction "${first}"\n`;
  const is6 = /^(in6|out6)$/i.test(first);
  const direction = /^o/i.test(first) ? 'out' : 'in';
  let interfaceName: string | undefined;
  if (words[at]?.toLowerCase() === 'on') {
    interfaceName = words[at + 1];
    at += 2;
  }
  const ip: IpParts = { family: is6 ? 6 : 4, protocol: is6 ? 41 : 0, source: '', destination: '' };
  const named = words[at]?.toLowerCase() ?? '';
  const known = PROTOCOLS.get(named);
  if (known !== undefined && (named === 'icmpv6') === (is6 && known === 58)) {
    ip.protocol = known;
    at++;
  } else if (/^\d+$/.test(named)) {
    ip.protocol = Number(named) & 255;
    at++;
  }
  if (words[at] === undefined || words[at + 1] === undefined) return '';
  const hasPorts = ip.protocol === 6 || ip.protocol === 17;
  const source = splitPort(words[at++]!, hasPorts, ip.protocol);
  if (source === undefined) return 'tcp/udp with no source port\n';
  const destination = splitPort(words[at++]!, hasPorts, ip.protocol);
  if (destination === undefined) return 'tcp/udp with no destination port\n';
  ip.source = source.host;
  ip.destination = destination.host;
  const transport = transportFor(ip, source.port, destination.port);
  if (ip.protocol === 6) at = readTcpWords(words, at, transport);
  else if ((ip.protocol === 1 && !is6) || (ip.protocol === 58 && is6))
    at = readIcmpWords(words, at, transport, ip.family);
  const options =
    !is6 && words[at]?.toLowerCase() === 'opt' ? ipOptions(words[at + 1] ?? '') : new Uint8Array(0);
  const bytes = is6 ? packet6(ip, transport) : packet4(ip, transport, options);
  return { bytes, direction, interface: interfaceName };
}

interface IpParts {
  readonly family: 4 | 6;
  protocol: number;
  source: string;
  destination: string;
}

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['tcp', 6],
  ['udp', 17],
  ['icmp', 1],
  ['icmpv6', 58],
]);

function splitPort(
  word: string,
  hasPorts: boolean,
  protocol: number,
): { readonly host: string; readonly port: number } | undefined {
  if (!hasPorts) return { host: word, port: 0 };
  const comma = word.indexOf(',');
  if (comma < 0) return undefined;
  const name = word.slice(comma + 1);
  const port = /^\d/.test(name)
    ? Number.parseInt(name, 10)
    : (servicePort(name, protocol === 6 ? 'tcp' : 'udp') ?? 0);
  return { host: word.slice(0, comma), port: port & 0xffff };
}

/** Header bytes as the program has them before the words that follow: zeros, ports, a TCP window of 4096. */
function transportFor(ip: IpParts, sourcePort: number, destinationPort: number): Uint8Array {
  const length = transportLength(ip);
  const bytes = new Uint8Array(length);
  if (ip.protocol !== 6 && ip.protocol !== 17) return bytes;
  const view = new DataView(bytes.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  if (ip.protocol === 6) {
    bytes[12] = 0x50;
    view.setUint16(14, 4096);
  }
  return bytes;
}

function transportLength(ip: IpParts): number {
  switch (ip.protocol) {
    case 6:
      return 20;
    case 17:
      return 8;
    case 1:
      return ip.family === 4 ? 28 : 1;
    case 58:
      return ip.family === 6 ? 88 : 0;
    default:
      // An IPv6 payload of 0 would mean a jumbogram.
      return ip.family === 6 ? 1 : 0;
  }
}

function readTcpWords(words: readonly string[], start: number, tcp: Uint8Array): number {
  let at = start;
  const view = new DataView(tcp.buffer);
  let flags = 0;
  for (const c of words[at] ?? '') {
    const bit = FLAG_LETTERS.indexOf(c);
    if (bit >= 0) flags |= 1 << bit;
  }
  tcp[13] = flags;
  if (flags !== 0) at++;
  // A packet that claims urgent data must point at some.
  if ((flags & 32) !== 0) view.setUint16(18, 1);
  if (/^seq=/i.test(words[at] ?? '')) view.setUint32(4, Number.parseInt(words[at++]!.slice(4), 10) >>> 0);
  if (/^ack=/i.test(words[at] ?? '')) view.setUint32(8, Number.parseInt(words[at++]!.slice(4), 10) >>> 0);
  return at;
}

function readIcmpWords(words: readonly string[], at: number, icmp: Uint8Array, family: 4 | 6): number {
  const word = words[at];
  if (word === undefined) return at;
  const [name = '', code] = word.split(',');
  const type = icmpTypeByName(name, family) ?? 255;
  icmp[0] = type;
  if (code !== undefined) icmp[1] = Number.parseInt(code, 10) & 255;
  // The real program takes its process id.
  const isEcho = family === 4 ? type === 8 || type === 0 : type === 128 || type === 129;
  if (isEcho) icmp[5] = 1;
  return family === 4 ? at + 1 : at;
}

function packet4(ip: IpParts, transport: Uint8Array, options: Uint8Array): Uint8Array {
  const headerLength = 20 + options.length;
  const bytes = new Uint8Array(headerLength + transport.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x40 | (headerLength >> 2);
  view.setUint16(2, bytes.length);
  bytes[8] = 63;
  bytes[9] = ip.protocol;
  writeHost(bytes, 12, ip.source);
  writeHost(bytes, 16, ip.destination);
  bytes.set(options, 20);
  bytes.set(transport, headerLength);
  fixChecksums4(bytes);
  return bytes;
}

function writeHost(bytes: Uint8Array, at: number, host: string): void {
  const address = parseAddress(host);
  if (address?.family === 4) writeAddress(bytes, at, address);
}

function packet6(ip: IpParts, transport: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(40 + transport.length);
  bytes[0] = 0x60;
  new DataView(bytes.buffer).setUint16(4, transport.length);
  bytes[6] = ip.protocol;
  for (const [at, host] of [
    [8, ip.source],
    [24, ip.destination],
  ] as const) {
    const address = parseAddress(host);
    if (address?.family === 6) writeAddress(bytes, at, address);
  }
  bytes.set(transport, 40);
  return bytes;
}

/** `fixv4sums`: right header and transport checksums, as far as the header's lengths allow. */
export function fixChecksums4(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = (bytes[0]! & 15) << 2;
  if (headerLength < 20 || bytes.length < headerLength) return;
  view.setUint16(10, 0);
  view.setUint16(10, complement(sum(bytes, 0, headerLength)));
  const protocol = bytes[9]!;
  const field = headerLength + ({ 6: 16, 17: 6, 1: 2 }[protocol] ?? -1);
  if (field < headerLength || field + 2 > bytes.length) return;
  view.setUint16(field, 0);
  const length = view.getUint16(2) - headerLength;
  const pseudo = protocol === 1 ? 0 : sum(bytes, 12, 20) + protocol + length;
  view.setUint16(field, complement(pseudo + sum(bytes, headerLength, headerLength + length)));
}

function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2)
    total += ((bytes[at] ?? 0) << 8) | (at + 1 < to ? (bytes[at + 1] ?? 0) : 0);
  return total;
}

function complement(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** Number and whole length of every option; IPFilter's `ionames`. */
const OPTIONS: ReadonlyMap<string, readonly [number: number, length: number]> = new Map([
  ['nop', [1, 1]],
  ['rr', [7, 8]],
  ['zsu', [10, 4]],
  ['mtup', [11, 4]],
  ['mtur', [12, 4]],
  ['encode', [15, 4]],
  ['ts', [68, 8]],
  ['tr', [82, 4]],
  ['sec', [130, 12]],
  ['sec-class', [130, 12]],
  ['lsrr', [131, 8]],
  ['e-sec', [133, 8]],
  ['cipso', [134, 8]],
  ['satid', [136, 4]],
  ['ssrr', [137, 8]],
  ['addext', [147, 4]],
  ['visa', [142, 4]],
  ['imitd', [144, 4]],
  ['eip', [145, 4]],
  ['finn', [205, 4]],
]);

const SECURITY_LEVELS: ReadonlyMap<string, number> = new Map([
  ['reserv-4', 0x01],
  ['topsecret', 0x3d],
  ['secret', 0x5a],
  ['reserv-3', 0x66],
  ['confid', 0x96],
  ['unclass', 0xab],
  ['reserv-2', 0xcc],
  ['reserv-1', 0xf1],
]);

/** `buildopts`: the options one behind the other, filled up with no-operations and ended. */
function ipOptions(list: string): Uint8Array {
  const bytes: number[] = [];
  for (const item of list.split(',')) {
    const [name = '', value = ''] = item.split('=');
    const known = OPTIONS.get(name.toLowerCase());
    if (known === undefined) return new Uint8Array(0);
    const [number, length] = known;
    const option = new Array<number>(length).fill(0);
    option[0] = number;
    if (length > 1) {
      option[1] = length;
      option[2] = number === 130 ? (SECURITY_LEVELS.get(value.toLowerCase()) ?? 0) : 4;
      // The program writes the length once more for these, counting without the first byte.
      if (number === 7 || number === 68 || number === 131 || number === 137) option[2] = 7;
    }
    bytes.push(...option);
  }
  while ((bytes.length & 3) !== 3) bytes.push(1);
  bytes.push(0);
  return Uint8Array.from(bytes);
}
