/** A packet specification as the line that `parsePacketLine` reads back to the same specification. */
import { type Address, formatAddress } from '../policy/address';
import { formatHex } from './bytes';
import type { PacketSpec } from './notation';
import { hasPorts, icmpTypesByName, numberWords } from './notationWords';
import { protocolName, protocolNumber } from './protocolNumbers';
import { formatTcpFlags } from './tcp';

export function formatPacketLine(spec: PacketSpec): string {
  const words: string[] = [];
  if (spec.name !== undefined) words.push(`${spec.name}:`);
  if (spec.direction !== undefined) words.push(spec.direction);
  if (spec.interface !== undefined) words.push('on', spec.interface);
  words.push(protocolName(spec.protocol) ?? String(spec.protocol));
  const ports = hasPorts(spec.protocol);
  words.push(endText(spec.source, ports ? spec.sourcePort : undefined), '>');
  words.push(endText(spec.destination, ports ? spec.destinationPort : undefined));
  if (spec.protocol === protocolNumber.tcp && spec.tcpFlags !== undefined)
    words.push(formatTcpFlags(spec.tcpFlags) || 'flags none');
  const icmp = icmpWord(spec);
  if (icmp !== undefined) words.push(icmp);
  for (const word of numberWords) {
    const value = spec[word.key];
    if (value === undefined || !word.appliesTo(spec.protocol)) continue;
    if (icmp !== undefined && (word.key === 'icmpType' || word.key === 'icmpCode')) continue;
    words.push(word.word, word.hex ? `0x${value.toString(16)}` : String(value));
  }
  if (spec.dontFragment) words.push('df');
  if (spec.moreFragments) words.push('mf');
  if (spec.payload !== undefined) words.push('payload', `0x${formatHex(spec.payload)}`);
  if (spec.inner !== undefined) words.push('{', formatPacketLine(spec.inner), '}');
  return words.join(' ');
}

/** Type and code in one word where the type has a name or the code is said; else `type N` is written. */
function icmpWord(spec: PacketSpec): string | undefined {
  const { icmpType: type, icmpCode: code } = spec;
  if (type === undefined) return undefined;
  const names = icmpTypesByName(spec.protocol);
  if (names.size === 0) return undefined;
  const name = [...names].find(([, number]) => number === type)?.[0];
  if (code !== undefined) return `${name ?? type}/${code}`;
  return name;
}

function endText(address: Address, port: number | undefined): string {
  const text = formatAddress(address);
  if (port === undefined) return text;
  return address.family === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}
