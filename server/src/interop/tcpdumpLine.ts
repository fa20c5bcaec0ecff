/**
 * Reads lines that tcpdump prints, as today's and the old ones print them:
 *
 *     12:00:01.5 IP 10.1.0.5.40000 > 198.51.100.7.80: Flags [S], seq 1, win 65535, options [mss 1460], length 0
 *     10.1.0.5.40000 > 198.51.100.7.80: S 1:1(0) win 65535 <mss 1460> (DF)
 *     IP (tos 0x0, ttl 63, id 7, offset 0, flags [DF], proto UDP (17), length 48) 10.1.0.5.53 > ...
 *     IP 192.0.2.1 > 203.0.113.1: ESP(spi=0x00002710,seq=0x1), length 100
 *
 * tcpdump prints for people, so a line holds less than the packet: what it does not say has the defaults of
 * `buildPacket`. Names instead of numbers (without -n) cannot be looked up here and are told.
 */

import { buildDefaults } from '../packet/build';
import { emitEsp, espHeaderBytes } from '../packet/esp';
import type { PacketSpec } from '../packet/notation';
import { hasPorts, takesInner } from '../packet/notationWords';
import { protocolByName, protocolNumber } from '../packet/protocolNumbers';
import { type Address, parseAddress } from '../policy/address';
import { servicePort } from '../syntax/services';

export type LineReading =
  | { readonly spec: PacketSpec; readonly notes: readonly string[] }
  | { readonly error: string };

/** Undefined when the line is none of tcpdump's. `-v` prints two lines; give them joined by a blank. */
export function readTcpdumpLine(line: string): LineReading | undefined {
  const found = line.length > longestLine ? null : LINE.exec(line);
  if (found === null) return undefined;
  const [, details, sourceText = '', destinationText = '', rest = ''] = found;
  const source = readEnd(sourceText);
  const destination = readEnd(destinationText);
  for (const [end, written] of [
    [source, sourceText],
    [destination, destinationText],
  ] as const)
    if (end === undefined)
      return {
        error: `“${written}” is no numeric address. Let tcpdump print numbers (tcpdump -n) and copy the line again.`,
      };
  if (source === undefined || destination === undefined) return undefined;
  if (source.address.family !== destination.address.family)
    return { error: 'The source and the destination of the line are not of one address family.' };
  const header = ipWords(details, rest);
  const { spec, notes } = transportOf(source, destination, bareWords(rest), details, header);
  return { spec: { ...spec, ...header }, notes };
}

/** An interface, a time or a direction may stand before `IP`; the old form begins with the addresses. */
const LINE =
  /^\s*(?:.*?\bIP6?\b\s*)?(?:\d{4}-\d\d-\d\d\s+)?(?:[\d:]+\.\d+\s+)?(\([^()]*(?:\([^()]*\)[^()]*)*\)\s*)?([\w.:-]+)\s+>\s+([\w.:-]+?):(?:\s+(.*))?$/;

/** Without what -v says about checksums. */
function bareWords(rest: string): string {
  return rest
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^\[[^\]]*(?:sum|cksum)[^\]]*\] /, '');
}

/** Longer ones are no lines that somebody copied, and searching them for `IP` takes time. */
export const longestLine = 4096;

interface End {
  readonly address: Address;
  readonly port?: number;
}

/** `10.1.0.5.80`, `2001:db8::1.80`, `10.1.0.5.http`, or an address alone. */
function readEnd(text: string): End | undefined {
  const whole = parseAddress(text);
  if (whole !== undefined) return { address: whole };
  const dot = text.lastIndexOf('.');
  const address = dot < 0 ? undefined : parseAddress(text.slice(0, dot));
  if (address === undefined) return undefined;
  const word = text.slice(dot + 1);
  const port = /^\d{1,5}$/.test(word) ? Number(word) : servicePort(word, 'both');
  return port === undefined || port > 65535 ? undefined : { address, port };
}

type IpWords = Pick<PacketSpec, 'ttl' | 'tos' | 'id' | 'dontFragment' | 'moreFragments' | 'fragmentOffset'>;

/** What -v tells of the IP header, and the marks that old versions put behind the line. */
function ipWords(details: string | undefined, rest: string): IpWords {
  const told = details ?? '';
  const number = (pattern: RegExp) => {
    const text = pattern.exec(told)?.[1];
    return text === undefined ? undefined : Number(text);
  };
  const ttl = number(/\b(?:ttl|hlim) (\d+)/) ?? numberIn(rest, /\(ttl (\d+)/);
  const tos = number(/\b(?:tos|class) (0x[0-9a-f]+|\d+)/);
  const id = number(/\bid (\d+)/) ?? numberIn(rest, /\bid (\d+)[,)][^[]*$/);
  const offset = number(/\boffset (\d+)/);
  const flags = /flags \[([^\]]*)\]/.exec(told)?.[1] ?? '';
  return {
    ...(ttl !== undefined && ttl <= 255 && { ttl }),
    ...(tos !== undefined && tos <= 255 && { tos }),
    ...(details !== undefined && id !== undefined && id <= 0xffff && { id }),
    ...((flags.includes('DF') || /\(DF\)/.test(rest)) && { dontFragment: true as const }),
    ...(flags.includes('+') && { moreFragments: true as const }),
    ...(offset !== undefined &&
      offset > 0 &&
      offset % 8 === 0 &&
      offset <= 65528 && { fragmentOffset: offset }),
  };
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

interface Reading {
  readonly spec: PacketSpec;
  readonly notes: readonly string[];
}

function transportOf(
  source: End,
  destination: End,
  rest: string,
  details: string | undefined,
  header: IpWords,
): Reading {
  const ends = { source: source.address, destination: destination.address };
  const ports = {
    ...(source.port !== undefined && { sourcePort: source.port }),
    ...(destination.port !== undefined && { destinationPort: destination.port }),
  };
  const named = /\b(?:proto|next-header)(?: \w+)? ?\((\d+)\)/.exec(details ?? '')?.[1];
  const said = named === undefined ? undefined : Number(named);
  if (header.fragmentOffset !== undefined)
    return {
      spec: { ...ends, protocol: said ?? protocolWord(rest) ?? protocolNumber.udp, ...lengthOf(rest) },
      notes:
        said === undefined && protocolWord(rest) === undefined ? ['the protocol is taken to be UDP'] : [],
    };
  const ah = /^AH\((?:[^:]*?,)?spi=(0x[0-9a-f]+|\d+)(?:,[^:]*?)?,seq=(0x[0-9a-f]+|\d+)/i.exec(rest);
  if (ah !== null) {
    const spec: PacketSpec = {
      ...ends,
      protocol: protocolNumber.ah,
      spi: Number(ah[1]) >>> 0,
      sequence: Number(ah[2]) >>> 0,
    };
    const inside = innerOf(rest.slice(rest.indexOf('): ') + 3));
    if (inside === undefined) return { spec, notes: ['what the AH covers'] };
    return { spec: { ...spec, inner: inside.spec }, notes: inside.notes };
  }
  const esp = /^(?:UDP-encap: )?ESP\(spi=(0x[0-9a-f]+|\d+),seq=(0x[0-9a-f]+|\d+)/i.exec(rest);
  const isEncapsulated = /^UDP-encap/i.test(rest);
  if (esp !== null && !isEncapsulated) {
    // The printed length counts the header of 8 bytes.
    const length = numberIn(rest, /length (\d+)/);
    return {
      spec: {
        ...ends,
        protocol: protocolNumber.esp,
        spi: Number(esp[1]) >>> 0,
        sequence: Number(esp[2]) >>> 0,
        ...(length !== undefined && length >= 8 && { payloadLength: length - 8 }),
      },
      notes: ['the encrypted bytes'],
    };
  }
  const ipcomp = /^IPComp\(cpi=(0x[0-9a-f]+|\d+)/i.exec(rest);
  if (ipcomp !== null)
    return {
      spec: { ...ends, protocol: protocolNumber.ipcomp, spi: Number(ipcomp[1]) & 0xffff },
      notes: ['the compressed bytes'],
    };
  if (/^(ICMP6?|icmp6?)\b/.test(rest)) return icmpOf(ends, rest);
  const inner = innerOf(rest);
  if (inner !== undefined) {
    const protocol = inner.spec.source.family === 4 ? protocolNumber.ipv4 : protocolNumber.ipv6;
    return { spec: { ...ends, protocol, inner: inner.spec }, notes: inner.notes };
  }
  if (/^GREv0/.test(rest)) {
    const spec: PacketSpec = { ...ends, protocol: protocolNumber.gre };
    const inside = innerOf(rest.slice(rest.indexOf(': ') + 2));
    if (inside === undefined) return { spec, notes: ['what GRE carries'] };
    return { spec: { ...spec, inner: inside.spec }, notes: inside.notes };
  }
  const tcp = tcpWords(rest);
  if (tcp !== undefined || said === protocolNumber.tcp)
    return { spec: { ...ends, protocol: protocolNumber.tcp, ...ports, ...tcp }, notes: [] };
  if (source.port !== undefined || destination.port !== undefined) {
    if (isEncapsulated && esp !== null)
      return {
        spec: { ...ends, protocol: protocolNumber.udp, ...ports, payload: espBytes(esp, rest) },
        notes: ['the encrypted bytes'],
      };
    const isTold = said === protocolNumber.udp || /^(udp|UDP)\b/.test(rest);
    return {
      spec: { ...ends, protocol: protocolNumber.udp, ...ports, ...lengthOf(rest) },
      notes: isTold ? [] : ['the line names no protocol, and it is taken to be UDP'],
    };
  }
  const protocol = said ?? protocolWord(rest);
  if (protocol === undefined)
    return { spec: { ...ends, protocol: 255 }, notes: ['the protocol, which the line does not name'] };
  const spec: PacketSpec = { ...ends, protocol, ...lengthOf(rest) };
  // Only of a later fragment tcpdump does not know the ports.
  if (hasPorts(protocol))
    return { spec, notes: ['the place of this fragment in its packet, which the line does not name'] };
  return { spec, notes: takesInner(protocol) ? ['the packet inside'] : [] };
}

/** The packet in this one, when the line goes on with one. */
function innerOf(rest: string): Reading | undefined {
  const reading = /^IP6?\s/.test(rest) ? readTcpdumpLine(rest) : undefined;
  return reading !== undefined && 'spec' in reading ? reading : undefined;
}

/** SPI and sequence number, then as many bytes as the line counts, which nobody can read. */
function espBytes(esp: RegExpExecArray, rest: string): Uint8Array {
  const length = numberIn(rest, /length (\d+)/) ?? espHeaderBytes + buildDefaults.espBodyBytes;
  const body = new Uint8Array(Math.min(Math.max(length - espHeaderBytes, 0), 64000));
  return emitEsp({ spi: Number(esp[1]) >>> 0, sequence: Number(esp[2]) >>> 0 }, body);
}

/** `ip-proto-47 20`, `udp`, `vrrp ...`. */
function protocolWord(rest: string): number | undefined {
  const numbered = /^ip-proto-(\d{1,3})\b/.exec(rest)?.[1];
  if (numbered !== undefined) return Number(numbered) & 255;
  const word = /^[A-Za-z][\w.-]*/.exec(rest)?.[0];
  return word === undefined ? undefined : protocolByName(word.replace(/v\d+$/, ''));
}

function lengthOf(rest: string): Pick<PacketSpec, 'payloadLength'> {
  const length =
    numberIn(rest, /\blength:? (\d+)/) ??
    numberIn(rest, /^(?:udp|ip-proto-\d+) (\d+)/) ??
    numberIn(rest, /\((\d+)\)\s*(?:\(DF\))?\s*$/);
  return length === undefined || length > 64000 ? {} : { payloadLength: length };
}

type TcpWords = Pick<
  PacketSpec,
  'tcpFlags' | 'tcpSequence' | 'tcpAcknowledgement' | 'tcpMss' | 'payloadLength'
>;

function tcpWords(rest: string): TcpWords | undefined {
  const flagged = /^Flags \[([^\]]*)\]/.exec(rest);
  const old = /^([SFRPUEWAC.]+)(?= |$)(?: (\d+):\d+\((\d+)\))?/.exec(rest);
  const letters =
    flagged?.[1] ?? (old !== null && (old[2] !== undefined || /\bwin\b/.test(rest)) ? old[1] : undefined);
  if (letters === undefined) return undefined;
  // The old form has the acknowledgement as a word, not as a flag.
  const acknowledgement = numberIn(rest, /\back (\d+)/);
  const flags = flagBits(letters) | (acknowledgement === undefined ? 0 : TCP_ACK);
  const sequence = numberIn(rest, /\bseq (\d+)/) ?? (old?.[2] === undefined ? undefined : Number(old[2]));
  const mss = numberIn(rest, /\bmss (\d+)/);
  const length = numberIn(rest, /\blength (\d+)/) ?? (old?.[3] === undefined ? undefined : Number(old[3]));
  return {
    tcpFlags: flags,
    ...(sequence !== undefined && { tcpSequence: sequence >>> 0 }),
    ...(acknowledgement !== undefined && { tcpAcknowledgement: acknowledgement >>> 0 }),
    ...(mss !== undefined && mss <= 0xffff && { tcpMss: mss }),
    ...(length !== undefined && length > 0 && length <= 64000 && { payloadLength: length }),
  };
}

const TCP_ACK = 16;

/** tcpdump's letters: `.` is ACK, E is ECE, W is CWR. */
function flagBits(letters: string): number {
  const bits: Readonly<Record<string, number>> = {
    F: 1,
    S: 2,
    R: 4,
    P: 8,
    '.': TCP_ACK,
    U: 32,
    E: 64,
    W: 128,
  };
  if (letters === 'none') return 0;
  return [...letters].reduce((flags, letter) => flags | (bits[letter] ?? 0), 0);
}

function icmpOf(ends: Pick<PacketSpec, 'source' | 'destination'>, rest: string): Reading {
  const isIpv6 = ends.source.family === 6;
  const protocol = isIpv6 ? protocolNumber.icmpv6 : protocolNumber.icmp;
  const words = rest.replace(/^ICMP6?,?:?\s*/i, '').replace(/^icmp6?:?\s*/i, '');
  const kind = (isIpv6 ? ICMPV6_WORDS : ICMP_WORDS).find(([pattern]) => pattern.test(words));
  const id = numberIn(words, /\bid (\d+)/);
  const sequence = numberIn(words, /\bseq (\d+)/);
  const [, icmpType, icmpCode] = kind ?? [undefined, isIpv6 ? 128 : 8, 0];
  const isEcho = isIpv6 ? icmpType === 128 || icmpType === 129 : icmpType === 8 || icmpType === 0;
  // An echo's length counts the header of 8 bytes.
  const length = numberIn(words, /\blength (\d+)/);
  const spec: PacketSpec = {
    ...ends,
    protocol,
    icmpType,
    ...(icmpCode !== 0 && { icmpCode }),
    ...(isEcho && id !== undefined && id <= 0xffff && { icmpId: id }),
    ...(isEcho && sequence !== undefined && sequence <= 0xffff && { icmpSequence: sequence }),
    ...(isEcho && length !== undefined && length >= 8 && length <= 64000 && { payloadLength: length - 8 }),
  };
  if (kind === undefined)
    return {
      spec,
      notes: ['the message is not one that is known here, and it is taken to be an echo request'],
    };
  return { spec, notes: isEcho ? [] : ['what the message says besides its type and code'] };
}

type IcmpWord = readonly [pattern: RegExp, type: number, code: number];

const ICMP_WORDS: readonly IcmpWord[] = [
  [/^echo request/, 8, 0],
  [/^echo reply/, 0, 0],
  [/unreachable - need to frag/, 3, 4],
  [/port \d+ unreachable|port \w+ unreachable/, 3, 3],
  [/^protocol \d+ unreachable|protocol \d+ (?:port )?unreachable/, 3, 2],
  [/^host .* unreachable - admin prohibited filter/, 3, 13],
  [/^host .* unreachable - admin prohibited/, 3, 10],
  [/^net .* unreachable - admin prohibited/, 3, 9],
  [/^net .* unreachable/, 3, 0],
  [/^host .* unreachable/, 3, 1],
  [/^source quench/, 4, 0],
  [/^redirect .* to net/, 5, 0],
  [/^redirect .* to host/, 5, 1],
  [/^time exceeded in-transit/, 11, 0],
  [/^ip reassembly time exceeded/, 11, 1],
  [/^parameter problem/, 12, 0],
  [/^time stamp (?:query|request)/, 13, 0],
  [/^time stamp reply/, 14, 0],
  [/^address mask request/, 17, 0],
  [/^address mask is|^address mask reply/, 18, 0],
];

const ICMPV6_WORDS: readonly IcmpWord[] = [
  [/^echo request/, 128, 0],
  [/^echo reply/, 129, 0],
  [/^destination unreachable, unreachable route/, 1, 0],
  [/^destination unreachable, unreachable prohibited/, 1, 1],
  [/^destination unreachable, unreachable address/, 1, 3],
  [/^destination unreachable, unreachable port/, 1, 4],
  [/^destination unreachable/, 1, 0],
  [/^packet too big/, 2, 0],
  [/^time exceeded in-transit/, 3, 0],
  [/^time exceeded/, 3, 1],
  [/^parameter problem/, 4, 0],
  [/^router solicitation/, 133, 0],
  [/^router advertisement/, 134, 0],
  [/^neighbor solicitation/, 135, 0],
  [/^neighbor advertisement/, 136, 0],
  [/^redirect/, 137, 0],
];
