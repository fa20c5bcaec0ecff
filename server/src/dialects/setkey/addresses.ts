/** Addresses, ports and ranges as setkey(8) takes them: what getaddrinfo(3) would read, without asking a resolver. */
import { type Address, address4, fullLength, parseAddress } from '../../policy/address';
import { serviceNames, servicePort } from '../../syntax/services';
import { closestWord } from '../../text/closestWord';
import { type Cursor, takeNumber, written } from './cursor';
import type { Token } from './lexer';
import type { Endpoint, Host, Range, Written } from './tree';

/** `address`, `address[port]`. */
export function readEndpoint(cursor: Cursor, what: string): Endpoint {
  cursor.offer('host');
  const host = readHost(cursor, what);
  return { host, ...readPort(cursor) };
}

/** `address`, `address/length`, `address[port]`, `address/length[port]`. */
export function readRange(cursor: Cursor, what: string): Range {
  cursor.offer('range');
  const host = readHost(cursor, what);
  let length: Written<number> | undefined;
  if (cursor.accept('/', 'operator')) {
    cursor.offer('prefix-length');
    const most = host.value === undefined ? 128 : fullLength(host.value.family);
    const family = most === 32 ? 'an IPv4' : 'an IPv6';
    length = takeNumber(cursor, `the prefix length of ${family} address`, 'prefix-length', 0, most);
  }
  return { host, ...(length === undefined ? {} : { length }), ...readPort(cursor) };
}

/** The two ends of one entry must be of one family; the problem stands at the second. */
export function checkFamilies(cursor: Cursor, first: Host, second: Host, wanted: 4 | 6 | undefined): void {
  for (const host of [first, second]) {
    if (wanted !== undefined && host.value !== undefined && host.value.family !== wanted) {
      cursor.problem(
        'mixed-families',
        'error',
        host,
        `\`-${wanted}\` asks for IPv${wanted} addresses, but \`${host.text}\` is an IPv${host.value.family} address.`,
      );
      return;
    }
  }
  if (first.value === undefined || second.value === undefined) return;
  if (first.value.family !== second.value.family) {
    cursor.problem(
      'mixed-families',
      'error',
      second,
      `Both addresses must be of one family: \`${first.text}\` is IPv${first.value.family}, \`${second.text}\` is IPv${second.value.family}.`,
    );
  }
}

export function readHost(cursor: Cursor, what: string): Host {
  const token = cursor.current;
  if (token.kind !== 'word' || token.text.startsWith('-')) {
    cursor.fail('expected-address', what);
    return { ...written(undefined, token), text: token.text };
  }
  cursor.take('address');
  return hostOf(cursor, token);
}

/** `[port]`, `[service]`, `[any]`; `any` and 0 are wildcards and give no port. */
function readPort(cursor: Cursor): Pick<Endpoint, 'port' | 'unknownService'> {
  if (!cursor.accept('[', 'operator')) return {};
  cursor.offer('port');
  const token = cursor.current;
  let port: Written<number> | undefined;
  let unknownService = false;
  if (token.text === 'any') cursor.take('keyword');
  else if (/^\d+$/.test(token.text)) port = takeNumber(cursor, 'a port', 'port-range', 0, 65535);
  else if (token.kind === 'word') {
    const number = servicePort(token.text, 'both');
    cursor.take('name');
    if (number === undefined) {
      unknownService = true;
      reportUnknownService(cursor, token);
    } else port = written(number, token);
  } else cursor.fail('expected-port', 'a port number, `any` or the name of a service');
  if (!cursor.accept(']', 'operator')) cursor.fail('expected-bracket', '`]` behind the port');
  if (unknownService) return { unknownService };
  return port === undefined || port.value === 0 ? {} : { port };
}

/** The machine that loads the file may know more services than we do, so this is no error. */
function reportUnknownService(cursor: Cursor, token: Token): void {
  const meant = closestWord(token.text, serviceNames());
  const guess = meant === undefined ? '' : ` Did you mean \`${meant}\`?`;
  const edits = [{ start: token.start, end: token.end, text: meant ?? '' }];
  cursor.problem(
    'unknown-service',
    'warning',
    token,
    `\`${token.text}\` is not a service we know.${guess} Where services(5) does not list it either, setkey refuses the statement; this entry takes no part in walks. Write the number of the port.`,
    meant === undefined ? undefined : [{ title: `Replace by \`${meant}\``, edits }],
  );
}

function hostOf(cursor: Cursor, token: Token): Host {
  const percent = token.text.indexOf('%');
  const text = percent < 0 ? token.text : token.text.slice(0, percent);
  const address = parseAddress(text) ?? shortAddress(cursor, text, token);
  const scope = percent < 0 ? undefined : token.text.slice(percent + 1);
  if (address === undefined && (/^[\d.]+$/.test(text) || text.includes(':'))) {
    cursor.problem('bad-address', 'error', token, badAddressMessage(token.text, text));
  } else if (address === undefined && !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9.])?$/.test(text)) {
    cursor.problem(
      'bad-address',
      'error',
      token,
      `\`${token.text}\` is neither an address nor a host name. Expected an IPv4 or IPv6 address.`,
    );
  } else if (address === undefined) {
    cursor.problem(
      'host-name',
      'warning',
      token,
      `\`${token.text}\` is a host name. setkey asks the resolver when it loads the file; nobody can tell offline what it gets, so this entry takes no part in walks. Write the address.`,
    );
  }
  return { ...written(address, token), text: token.text, ...(scope === undefined ? {} : { scope }) };
}

function badAddressMessage(written: string, text: string): string {
  const octets = text.split('.');
  const tooLarge = text.includes(':') ? undefined : octets.find((o) => Number(o) > 255);
  if (tooLarge !== undefined && octets.length <= 4) {
    return `\`${written}\` is not an IPv4 address: \`${tooLarge}\` is larger than 255, the most one part can be.`;
  }
  return text.includes(':')
    ? `\`${written}\` is not an IPv6 address. Expected up to eight groups of four hex digits, \`::\` at most once.`
    : `\`${written}\` is not an IPv4 address. Expected four numbers from 0 to 255, such as \`10.0.1.0\`.`;
}

/** `10.1` is 10.0.0.1 to inet_aton(3): the last number fills what is left. Read so, with a warning. */
function shortAddress(cursor: Cursor, text: string, token: Token): Address | undefined {
  const parts = text.split('.');
  if (!/^[\d.]+$/.test(text) || parts.length > 3 || parts.some((p) => p === '')) return undefined;
  const numbers = parts.map(Number);
  const last = numbers.pop()!;
  const room = 256 ** (4 - numbers.length);
  if (numbers.some((n) => n > 255) || last >= room) return undefined;
  const value = numbers.reduce((sum, n, i) => sum + n * 256 ** (3 - i), last);
  cursor.problem(
    'short-address',
    'warning',
    token,
    `\`${text}\` is read as ${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}: the last number of a short address fills what is left. Write all four numbers.`,
  );
  return address4(value);
}
