/** The words of a packet line and which protocols they belong to, for the reader and the writer of the notation. */
import { icmpTypeNames, isIcmpError } from './icmp';
import { icmpv6TypeNames, isIcmpv6Error } from './icmpv6';
import { protocolNumber } from './protocolNumbers';

/** A word with a number behind it. */
export interface NumberWord {
  readonly word: string;
  /** Where `PacketSpec` keeps the number. */
  readonly key:
    | 'ttl'
    | 'tos'
    | 'id'
    | 'fragmentOffset'
    | 'payloadLength'
    | 'tcpSequence'
    | 'tcpAcknowledgement'
    | 'tcpMss'
    | 'icmpType'
    | 'icmpCode'
    | 'icmpId'
    | 'icmpSequence'
    | 'spi'
    | 'sequence';
  readonly minimum: number;
  readonly maximum: number;
  readonly multipleOf?: number;
  readonly hex?: true;
  readonly appliesTo: (protocol: number) => boolean;
}

/**
 * Less than the 65535 bytes of an IP packet by more than all headers of the deepest nesting need, so that every
 * packet that the reader accepts can be built.
 */
export const longestPayloadBytes = 64000;

const always = () => true;
const isTcp = (protocol: number) => protocol === protocolNumber.tcp;
const isIcmp = (protocol: number) => protocol === protocolNumber.icmp || protocol === protocolNumber.icmpv6;
const hasSpi = (protocol: number) => protocol === protocolNumber.esp || protocol === protocolNumber.ah;
const isIpcomp = (protocol: number) => protocol === protocolNumber.ipcomp;

/** In the order in which they are written. */
export const numberWords: readonly NumberWord[] = [
  { word: 'type', key: 'icmpType', minimum: 0, maximum: 255, appliesTo: isIcmp },
  { word: 'code', key: 'icmpCode', minimum: 0, maximum: 255, appliesTo: isIcmp },
  { word: 'icmp-id', key: 'icmpId', minimum: 0, maximum: 0xffff, appliesTo: isIcmp },
  { word: 'icmp-seq', key: 'icmpSequence', minimum: 0, maximum: 0xffff, appliesTo: isIcmp },
  { word: 'spi', key: 'spi', minimum: 0, maximum: 0xffffffff, hex: true, appliesTo: hasSpi },
  { word: 'cpi', key: 'spi', minimum: 0, maximum: 0xffff, hex: true, appliesTo: isIpcomp },
  { word: 'seq', key: 'tcpSequence', minimum: 0, maximum: 0xffffffff, appliesTo: isTcp },
  { word: 'seq', key: 'sequence', minimum: 0, maximum: 0xffffffff, appliesTo: hasSpi },
  { word: 'ack', key: 'tcpAcknowledgement', minimum: 0, maximum: 0xffffffff, appliesTo: isTcp },
  { word: 'mss', key: 'tcpMss', minimum: 0, maximum: 0xffff, appliesTo: isTcp },
  { word: 'ttl', key: 'ttl', minimum: 0, maximum: 255, appliesTo: always },
  { word: 'tos', key: 'tos', minimum: 0, maximum: 255, appliesTo: always },
  { word: 'id', key: 'id', minimum: 0, maximum: 0xffff, appliesTo: always },
  { word: 'frag', key: 'fragmentOffset', minimum: 0, maximum: 65528, multipleOf: 8, appliesTo: always },
  { word: 'len', key: 'payloadLength', minimum: 0, maximum: longestPayloadBytes, appliesTo: always },
];

/** Every word that may stand behind the addresses, without TCP's flag letters. */
export function wordsFor(protocol: number): readonly string[] {
  const numbers = numberWords.filter((w) => w.appliesTo(protocol)).map((w) => w.word);
  const flags = isTcp(protocol) ? ['flags'] : [];
  return [...icmpTypesByName(protocol).keys(), ...flags, ...numbers, 'df', 'mf', 'payload'];
}

/** ICMP type names of the protocol's family; empty for other protocols. */
export function icmpTypesByName(protocol: number): ReadonlyMap<string, number> {
  if (protocol === protocolNumber.icmp) return icmpTypes;
  return protocol === protocolNumber.icmpv6 ? icmpv6Types : none;
}

const none: ReadonlyMap<string, number> = new Map();
const icmpTypes = byName(icmpTypeNames());
const icmpv6Types = byName(icmpv6TypeNames());

function byName(names: ReadonlyMap<number, string>): ReadonlyMap<string, number> {
  return new Map([...names].map(([type, name]) => [name, type]));
}

export function hasPorts(protocol: number): boolean {
  return protocol === protocolNumber.tcp || protocol === protocolNumber.udp;
}

/** Protocols behind whose header a whole packet may stand in braces. */
export function takesInner(protocol: number): boolean {
  return (
    protocol === protocolNumber.ipv4 ||
    protocol === protocolNumber.ipv6 ||
    protocol === protocolNumber.gre ||
    protocol === protocolNumber.ah ||
    isIcmp(protocol)
  );
}

export function isErrorType(protocol: number, type: number | undefined): boolean {
  if (type === undefined) return false;
  return protocol === protocolNumber.icmp ? isIcmpError(type) : isIcmpv6Error(type);
}
