/**
 * `exp { "ip.src = 10.0.0.0/8; tcp.dport = 80,443;" }`: tests of header fields joined by "and", each with values
 * joined by "or". A test of a TCP or UDP field never holds for another protocol, negated or not
 * (`ipf_matcharray`, ip_fil.c).
 */
import { parsePrefix, prefixBounds } from '../../policy/address';
import { type AddressField, allOf, anyOf, type Match } from '../../policy/match';
import { protocolByName } from '../../policy/protocols';
import { servicePort } from '../../syntax/services';
import { networkSet } from '../ipfilter-kit/addresses';

/** Undefined when a test is not known here. */
export function expressionMatch(text: string): Match | undefined {
  const parts: Match[] = [];
  for (const written of text.split(';')) {
    const test = written.trim();
    if (test === '') continue;
    const match = testMatch(test);
    if (match === undefined) return undefined;
    parts.push(match);
  }
  return allOf(parts);
}

const TEST = /^([a-z0-9]+\.[a-z-]+)\s*(!?=)\s*(.+)$/i;

function testMatch(test: string): Match | undefined {
  const [, field, operator, list] = TEST.exec(test) ?? [];
  if (field === undefined || list === undefined) return undefined;
  const values = list.split(',').map((value) => valueMatch(field.toLowerCase(), value.trim()));
  if (values.some((v) => v === undefined)) return undefined;
  const any = anyOf(values.filter((v) => v !== undefined));
  const wanted: Match = operator === '!=' ? { kind: 'not', of: any } : any;
  const protocol = field.toLowerCase().startsWith('tcp.')
    ? 6
    : field.toLowerCase().startsWith('udp.')
      ? 17
      : undefined;
  return protocol === undefined
    ? wanted
    : allOf([{ kind: 'number', field: 'protocol', set: [[protocol, protocol]] }, wanted]);
}

function valueMatch(field: string, value: string): Match | undefined {
  switch (field) {
    case 'ip.src':
    case 'ip6.src':
      return addressMatch('source', value);
    case 'ip.dst':
    case 'ip6.dst':
      return addressMatch('destination', value);
    case 'ip.addr':
    case 'ip6.addr':
      return eitherOf(addressMatch('source', value), addressMatch('destination', value));
    case 'ip.p': {
      const number = /^\d+$/.test(value) ? Number(value) : protocolByName(value);
      return number === undefined
        ? undefined
        : { kind: 'number', field: 'protocol', set: [[number, number]] };
    }
    case 'tcp.sport':
    case 'udp.sport':
      return portMatch('source-port', field, value);
    case 'tcp.dport':
    case 'udp.dport':
      return portMatch('destination-port', field, value);
    case 'tcp.port':
    case 'udp.port':
      return eitherOf(portMatch('source-port', field, value), portMatch('destination-port', field, value));
    default:
      return undefined;
  }
}

function eitherOf(a: Match | undefined, b: Match | undefined): Match | undefined {
  return a === undefined || b === undefined ? undefined : anyOf([a, b]);
}

function addressMatch(field: AddressField, value: string): Match | undefined {
  const prefix = parsePrefix(value);
  if (prefix === undefined) return undefined;
  return { kind: 'address', field, set: networkSet(prefixBounds(prefix).first, prefix.length) };
}

function portMatch(
  field: 'source-port' | 'destination-port',
  name: string,
  value: string,
): Match | undefined {
  const port = /^\d+$/.test(value)
    ? Number(value)
    : servicePort(value, name.startsWith('tcp') ? 'tcp' : 'udp');
  return port === undefined || port > 65535 ? undefined : { kind: 'number', field, set: [[port, port]] };
}
