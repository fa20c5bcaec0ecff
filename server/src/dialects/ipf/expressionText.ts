/**
 * `exp { "..." }` as ipf writes it back: one blank around operators, a mask behind every address, names as numbers
 * (lib/parseipfexpr.c, lib/printipfexpr.c). What makes ipf refuse an expression is told too.
 */
import { type Address, formatAddress, parseAddress } from '../../policy/address';
import { protocolByName } from '../../policy/protocols';
import { servicePort } from '../../syntax/services';
import { maskLength4 } from '../ipfilter-kit/addresses';
import { formatTcpFlags, tcpFlagsOf } from '../ipfilter-kit/names';

type Kind = 'address4' | 'address6' | 'protocol' | 'tcp-port' | 'udp-port' | 'flags' | 'number';

/** Fields, with the name they are printed under. */
const FIELDS: ReadonlyMap<string, readonly [kind: Kind, printed: string]> = new Map([
  ['ip.addr', ['address4', 'ip.addr']],
  ['ip6.addr', ['address6', 'ip6.addr']],
  ['ip.p', ['protocol', 'ip.p']],
  ['ip.src', ['address4', 'ip.src']],
  ['ip.dst', ['address4', 'ip.dst']],
  ['ip6.src', ['address6', 'ip6.src']],
  ['ip6.dst', ['address6', 'ip6.dst']],
  ['tcp.port', ['tcp-port', 'tcp.port']],
  ['tcp.dport', ['tcp-port', 'tcp.dport']],
  ['tcp.sport', ['tcp-port', 'tcp.sport']],
  ['tcp.flags', ['flags', 'tcp.flags']],
  ['udp.port', ['udp-port', 'udp.port']],
  ['udp.dport', ['udp-port', 'udp.dport']],
  ['udp.sport', ['udp-port', 'udp.sport']],
  ['tcp.state', ['number', 'tcp-state']],
]);

export const EXPRESSION_FIELDS: readonly string[] = [...FIELDS.keys()];

interface Test {
  readonly field: string;
  readonly isNot: boolean;
  readonly values: readonly string[];
}

/** Why ipf refuses an expression, undefined when it does not. */
export function expressionRefusal(text: string): string | undefined {
  const squeezed = text.replace(/\s+/g, '');
  if (!squeezed.endsWith(';')) return 'The expression must end in `;`.';
  for (const written of squeezed.split(';')) {
    if (written === '') continue;
    const test = readTest(written);
    if (test === undefined) return `\`${written}\` is no test: write a field, \`=\` or \`!=\`, and values.`;
    const known = FIELDS.get(test.field);
    if (known === undefined)
      return `\`${test.field}\` is not a field of ipf's expressions. Known are ${EXPRESSION_FIELDS.join(', ')}.`;
    const wrong = test.values.find((value) => printValue(known[0], value, new Map()) === undefined);
    if (wrong !== undefined) return `\`${wrong}\` is no value for \`${test.field}\`.`;
  }
  return undefined;
}

export function canonicalExpression(text: string, hosts: ReadonlyMap<string, Address>): string {
  return text
    .replace(/\s+/g, '')
    .split(';')
    .filter((written) => written !== '')
    .map((written) => {
      const test = readTest(written);
      const [kind, printed] = FIELDS.get(test?.field ?? '') ?? [];
      if (test === undefined || kind === undefined) return `${written};`;
      const values = test.values.map((value) => printValue(kind, value, hosts) ?? value);
      return `${printed} ${test.isNot ? '!=' : '='} ${values.join(',')};`;
    })
    .join(' ');
}

function readTest(written: string): Test | undefined {
  const [, field, not, list] = /^([^=!]+)(!?)=(.*)$/.exec(written) ?? [];
  if (field === undefined || field.length < 2 || list === undefined || list === '') return undefined;
  return { field, isNot: not === '!', values: list.split(',') };
}

/** Undefined for what is no such value. A host name is one, known or not. */
function printValue(kind: Kind, value: string, hosts: ReadonlyMap<string, Address>): string | undefined {
  switch (kind) {
    case 'address4':
    case 'address6':
      return printAddress(kind === 'address4' ? 4 : 6, value, hosts);
    case 'protocol': {
      const number = /^\d+$/.test(value) ? Number(value) : protocolByName(value);
      return number === undefined ? undefined : String(number);
    }
    case 'tcp-port':
    case 'udp-port': {
      const port = /^\d+$/.test(value)
        ? Number(value)
        : servicePort(value, kind === 'tcp-port' ? 'tcp' : 'udp');
      return port === undefined || port > 65535 ? undefined : String(port);
    }
    case 'flags': {
      const [flags = '', mask] = value.split('/');
      const bits = tcpFlagsOf(flags) ?? 0;
      const maskBits = mask === undefined ? 0xff : (tcpFlagsOf(mask) ?? 0);
      // The printer takes the length of the first test for the number of values, and never comes to the end.
      return `${formatTcpFlags(bits)}${maskBits === 0 ? '' : `/${formatTcpFlags(maskBits)}`},`;
    }
    case 'number':
      return /^\d+$/.test(value) ? String(Number(value)) : undefined;
    default: {
      const impossible: never = kind;
      return impossible;
    }
  }
}

function printAddress(family: 4 | 6, value: string, hosts: ReadonlyMap<string, Address>): string | undefined {
  const [name = '', mask] = value.split('/');
  const address = parseAddress(name) ?? hosts.get(name.toLowerCase());
  if (address !== undefined && address.family !== family) return undefined;
  if (address === undefined) return /^[a-z][\w.-]*$/i.test(name) ? value : undefined;
  const full = family === 4 ? 32 : 128;
  const length = mask === undefined ? full : lengthOf(mask);
  if (length === undefined || length > full) return undefined;
  return length === 0 && BigInt(address.value) === 0n ? 'any' : `${formatAddress(address)}/${length}`;
}

function lengthOf(mask: string): number | undefined {
  if (/^\d+$/.test(mask)) return Number(mask);
  const address = parseAddress(mask);
  return address?.family === 4 ? maskLength4(address.value) : undefined;
}
