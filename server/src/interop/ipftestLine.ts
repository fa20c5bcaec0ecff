/**
 * Reads ipftest's packet lines as far as they are packets of the notation:
 *
 *     in on fxp0 tcp 10.1.1.1,1025 10.2.2.2,80 S
 *     out on fxp1=192.0.2.1 icmp 10.1.1.1 10.2.2.2 echo
 *
 * What ipftest itself makes of a line, byte for byte, is the matter of `frontends/ipftest`; here it becomes a sample
 * packet, with the defaults of the notation.
 */

import type { PacketSpec } from '../packet/notation';
import { icmpTypesByName } from '../packet/notationWords';
import { protocolByName, protocolNumber } from '../packet/protocolNumbers';
import { parseTcpFlags } from '../packet/tcp';
import { type Address, parseAddress } from '../policy/address';
import { servicePort } from '../syntax/services';
import type { LineReading } from './tcpdumpLine';

/** Undefined when the line is none of ipftest's. */
export function readIpftestLine(line: string): LineReading | undefined {
  const words = line.replace(/#.*$/, '').trim().split(/\s+/);
  const first = words.shift() ?? '';
  if (!/^(in|out)6?$/i.test(first) || line.includes('>')) return undefined;
  const opening: Partial<PacketSpec> = {
    direction: /^in/i.test(first) ? 'in' : 'out',
    ...(words[0]?.toLowerCase() === 'on' && words[1] !== undefined && { interface: words[1].split('=')[0]! }),
  };
  if (opening.interface !== undefined) words.splice(0, 2);
  const protocol = protocolOf(words[0] ?? '');
  if (protocol !== undefined) words.shift();
  const source = readEnd(words.shift() ?? '');
  const destination = readEnd(words.shift() ?? '');
  if (source === undefined || destination === undefined)
    return {
      error:
        'Expected two numeric addresses behind the protocol, with a port behind a comma, as in: in on fxp0 tcp 10.1.1.1,1025 10.2.2.2,80 S',
    };
  if (source.address.family !== destination.address.family)
    return { error: 'The source and the destination of the line are not of one address family.' };
  const base: PacketSpec = {
    ...opening,
    source: source.address,
    destination: destination.address,
    // ipftest leaves the protocol at 0 when the line names none.
    protocol: protocol ?? 0,
    ...(source.port !== undefined && { sourcePort: source.port }),
    ...(destination.port !== undefined && { destinationPort: destination.port }),
  };
  const { spec, used } = withWords(base, words);
  const unread = words.slice(used);
  return { spec, notes: unread.length === 0 ? [] : [`“${unread.join(' ')}”`] };
}

function protocolOf(word: string): number | undefined {
  if (/^\d{1,3}$/.test(word)) return Number(word) & 255;
  return protocolByName(word);
}

function readEnd(word: string): { readonly address: Address; readonly port?: number } | undefined {
  const [host = '', port] = word.split(',');
  const address = parseAddress(host);
  if (address === undefined) return undefined;
  if (port === undefined) return { address };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : servicePort(port, 'both');
  return number === undefined || number > 65535 ? undefined : { address, port: number };
}

/** TCP flags, `seq=N`, `ack=N`; ICMP's type with its code behind a comma. */
function withWords(base: PacketSpec, words: readonly string[]): { spec: PacketSpec; used: number } {
  let used = 0;
  let spec = base;
  if (base.protocol === protocolNumber.tcp) {
    const flags = words[0] === undefined ? undefined : parseTcpFlags(words[0]);
    if (flags !== undefined) {
      spec = { ...spec, tcpFlags: flags };
      used++;
    }
    for (const [word, key] of [
      ['seq=', 'tcpSequence'],
      ['ack=', 'tcpAcknowledgement'],
    ] as const) {
      const text = words[used]?.toLowerCase();
      if (text === undefined || !text.startsWith(word) || !/^\d+$/.test(text.slice(4))) continue;
      spec = { ...spec, [key]: Number(text.slice(4)) >>> 0 };
      used++;
    }
  } else if (base.protocol === protocolNumber.icmp || base.protocol === protocolNumber.icmpv6) {
    const [name = '', code] = (words[0] ?? '').split(',');
    const type = /^\d{1,3}$/.test(name) ? Number(name) & 255 : icmpTypeOf(base.protocol, name);
    if (type !== undefined) {
      const hasCode = code !== undefined && /^\d{1,3}$/.test(code);
      spec = { ...spec, icmpType: type, ...(hasCode && { icmpCode: Number(code) & 255 }) };
      used++;
    }
  }
  return { spec, used };
}

/** ipf's short names beside those of the notation. */
function icmpTypeOf(protocol: number, name: string): number | undefined {
  const names = icmpTypesByName(protocol);
  return names.get(name) ?? names.get(SHORT_ICMP_NAMES.get(name) ?? '');
}

const SHORT_ICMP_NAMES: ReadonlyMap<string, string> = new Map([
  ['echorep', 'echo-reply'],
  ['unreach', 'unreachable'],
  ['squench', 'source-quench'],
  ['redir', 'redirect'],
  ['timex', 'time-exceeded'],
  ['paramprob', 'parameter-problem'],
  ['timest', 'timestamp'],
  ['timestrep', 'timestamp-reply'],
  ['inforeq', 'information-request'],
  ['inforep', 'information-reply'],
  ['maskreq', 'mask-request'],
  ['maskrep', 'mask-reply'],
  ['routerad', 'router-advertisement'],
  ['routersol', 'router-solicitation'],
]);
