/** One side of `from ... to ...`: `!`, an address or a list of them, and a test of ports. */
import { complementIntervals, type Intervals } from '../../policy/intervals';
import type { InterfaceAddress } from '../../policy/match';
import { serviceName, serviceNames, servicePort } from '../../syntax/services';
import { range, type TextRange } from '../../text/range';
import { type HostNode, type NetworkNode, readMask, readNetwork, startsAddress } from './addresses';
import type { Cursor } from './cursor';
import type { Token } from './lexer';

export interface SideNode extends TextRange {
  readonly negated: boolean;
  /** Alternatives of `{a,b}`. */
  readonly addresses: readonly AddressNode[];
  /** Alternatives of `port = {a,b}`; empty for no port test. */
  readonly ports: readonly PortNode[];
}

export type AddressNode =
  | ({ readonly kind: 'any' } & TextRange)
  | NetworkNode
  | HostNode
  | ({ readonly kind: 'interface'; readonly of: InterfaceAddress } & TextRange)
  | PoolNode;

export interface PoolNode extends TextRange {
  readonly kind: 'pool';
  readonly type: 'pool' | 'hash';
  readonly name: string;
  readonly nameRange: TextRange;
  readonly inline: readonly InlineEntry[] | undefined;
}

export interface InlineEntry {
  readonly negated: boolean;
  readonly address: NetworkNode;
}

export type PortOperator = '=' | '!=' | '<' | '>' | '<=' | '>=' | '><' | '<>' | ':';

export interface PortNode extends TextRange {
  readonly operator: PortOperator;
  readonly first: PortNumber;
  readonly last: PortNumber | undefined;
}

export interface PortNumber extends TextRange {
  /** Undefined when a service name is not known here. */
  readonly value: number | undefined;
  readonly text: string;
}

export type ServiceProtocol = 'tcp' | 'udp' | 'both';

export interface SideOptions {
  /** Whether a test of ports may follow the address. */
  readonly portTest?: 'ports' | 'no-ports';
  /** Whether the language knows no `{a,b}` of addresses and ports. */
  readonly noLists?: boolean;
  /**
   * Interfaces of the rule, whose names stand for their addresses; all other names are host names. Absent where the
   * language knows no addresses of interfaces.
   */
  readonly interfaces?: ReadonlySet<string>;
}

export function readSide(
  cursor: Cursor,
  protocol: ServiceProtocol,
  { portTest = 'ports', interfaces, noLists = false }: SideOptions = {},
): SideNode | undefined {
  const start = cursor.here().start;
  // `from port = 53` is `from any port = 53`.
  if (portTest === 'ports' && cursor.current?.keyword === 'port') {
    const ports = readPorts(cursor, protocol);
    if (ports === undefined) return undefined;
    return {
      negated: false,
      addresses: [{ kind: 'any', start, end: start }],
      ports,
      start,
      end: cursor.previous.end,
    };
  }
  const negated = cursor.takeOperator('!');
  if (noLists && refusesList(cursor)) return undefined;
  const addresses = readAddressList(cursor, interfaces);
  if (addresses === undefined) return undefined;
  const ports = portTest === 'ports' && cursor.is('port') ? readPorts(cursor, protocol) : [];
  if (ports === undefined) return undefined;
  if (noLists && ports.length > 1) {
    cursor.report(
      cursor.code('no-lists'),
      'ipnat takes no lists. Write one rule for each port, or a range `20:21`.',
      range(ports[0]!.start, ports[ports.length - 1]!.end),
    );
    return undefined;
  }
  return { negated, addresses, ports, start, end: cursor.previous.end };
}

function refusesList(cursor: Cursor): boolean {
  if (!cursor.isOperator('{')) return false;
  cursor.report(
    cursor.code('no-lists'),
    'ipnat takes no lists. Write one rule for each address, or `pool/name` with a pool of ippool.conf.',
    cursor.here(),
  );
  return true;
}

function readAddressList(
  cursor: Cursor,
  interfaces: ReadonlySet<string> | undefined,
): AddressNode[] | undefined {
  if (!cursor.takeOperator('{')) {
    const one = readAddress(cursor, interfaces);
    return one === undefined ? undefined : [one];
  }
  const list: AddressNode[] = [];
  while (!cursor.isOperator('}')) {
    if (cursor.isOperator('!')) {
      cursor.report(
        cursor.code('not-in-list'),
        'Inside a list no address can be negated. Use an ippool table for exceptions.',
        cursor.here(),
      );
      cursor.advance('operator');
      continue;
    }
    const one = readAddress(cursor, interfaces);
    if (one === undefined) return undefined;
    list.push(one);
    cursor.takeOperator(',');
  }
  cursor.advance('operator');
  if (list.length === 0)
    cursor.report(
      cursor.code('empty-list'),
      'The list is empty; it needs one address at least.',
      range(cursor.previous.start - 1, cursor.previous.end),
    );
  return list.length === 0 ? undefined : list;
}

const INTERFACE_PARTS: Readonly<Record<string, 'network' | 'netmasked' | 'broadcast' | 'peer'>> = {
  network: 'network',
  net: 'network',
  netmasked: 'netmasked',
  broadcast: 'broadcast',
  bcast: 'broadcast',
  peer: 'peer',
};

function readAddress(cursor: Cursor, interfaces: ReadonlySet<string> | undefined): AddressNode | undefined {
  cursor.offer('address');
  const token = cursor.current;
  if (cursor.is('any')) {
    cursor.advance('keyword');
    return { kind: 'any', start: token!.start, end: token!.end };
  }
  if (token === undefined) {
    for (const word of ['pool', 'hash']) cursor.is(word);
    cursor.unexpected(cursor.code('address'), 'an address');
    return undefined;
  }
  if (startsAddress(token)) return readNetwork(cursor, cursor.code('address'));
  if (interfaces !== undefined && token.kind === 'operator' && token.text === '(') return readDynamic(cursor);
  if (cursor.isOperator('<') && cursor.tokens[cursor.index + 2]?.text === '>') {
    // `<thishost>`: a name that the program which loads the file fills in.
    cursor.advance('operator');
    const name = cursor.advance('address').text;
    const end = cursor.advance('operator').end;
    return { kind: 'host', name: `<${name}>`, maskLength: undefined, start: token.start, end };
  }
  if (token.kind !== 'word') {
    cursor.unexpected(cursor.code('address'), 'an address');
    return undefined;
  }
  const next = cursor.tokens[cursor.index + 1];
  if ((token.keyword === 'pool' || token.keyword === 'hash') && (next?.text === '/' || next?.text === '='))
    return readPool(cursor, token.keyword);
  if (NOT_AN_ADDRESS.has(token.keyword)) {
    cursor.unexpected(cursor.code('address'), 'an address');
    return undefined;
  }
  cursor.advance('address');
  if (interfaces?.has(token.text)) return readInterfaceAddress(cursor, token);
  if (next?.kind === 'operator' && next.text === '/') {
    const part = INTERFACE_PARTS[cursor.tokens[cursor.index + 1]?.keyword ?? ''];
    if (part !== undefined) {
      if (interfaces === undefined) {
        cursor.unexpected(
          cursor.code('address'),
          'a mask length: addresses of interfaces are not known here, and one',
        );
        return undefined;
      }
      cursor.report(
        cursor.code('interface-address'),
        `The rule is not on \`${token.text}\`, so ipf takes it for a host name. Put the interface in parentheses: \`(${token.text})/${next.text}\`.`,
        token,
      );
      return undefined;
    }
  }
  const mask = readMask(cursor, 4, cursor.code('address'));
  if (mask === 'bad') return undefined;
  return {
    kind: 'host',
    name: token.text,
    maskLength: mask?.length,
    start: token.start,
    end: cursor.previous.end,
  };
}

/** `ed0/32`, `ed0/peer`: an interface of the rule; its bare name says nothing (`ipaddr` in ipf_y.y leaves the mask 0). */
function readInterfaceAddress(cursor: Cursor, { text: name, start, end }: Token): AddressNode | undefined {
  const part = cursor.isOperator('/')
    ? INTERFACE_PARTS[cursor.tokens[cursor.index + 1]?.keyword ?? '']
    : undefined;
  if (part !== undefined) {
    cursor.advance('operator');
    return { kind: 'interface', of: { name, part }, start, end: cursor.advance('keyword').end };
  }
  const mask = readMask(cursor, 6, cursor.code('address'));
  if (mask === 'bad') return undefined;
  if (mask === undefined) {
    const edits = [{ start: end, end, text: '/32' }];
    cursor.report(
      cursor.code('interface-address'),
      `ipf takes the bare name of an interface for \`any\`. Write \`${name}/32\` for its address.`,
      range(start, end),
      'warning',
      [{ title: `Write \`${name}/32\``, edits, preferred: true }],
    );
    return { kind: 'any', start, end };
  }
  return {
    kind: 'interface',
    of: { name, part: 'address', length: mask.length ?? 0 },
    start,
    end: cursor.previous.end,
  };
}

const NOT_AN_ADDRESS = new Set([
  'to',
  'from',
  'port',
  'flags',
  'keep',
  'with',
  'proto',
  'on',
  'head',
  'group',
  'quick',
  'all',
  'icmp-type',
]);

/** `(ppp0)`, `(ppp0)/32`, `(ppp0)/peer`: the address the interface has when the packet passes. */
function readDynamic(cursor: Cursor): AddressNode | undefined {
  const start = cursor.advance('operator').start;
  cursor.offer('interface');
  const name = cursor.current;
  if (name?.kind !== 'word') {
    cursor.unexpected(cursor.code('interface'), 'the name of an interface');
    return undefined;
  }
  cursor.advance('interface');
  if (!cursor.takeOperator(')')) {
    cursor.unexpected(cursor.code('closing-parenthesis'), '`)`');
    return undefined;
  }
  const part = cursor.isOperator('/')
    ? INTERFACE_PARTS[cursor.tokens[cursor.index + 1]?.keyword ?? '']
    : undefined;
  if (part !== undefined) {
    cursor.advance('operator');
    cursor.advance('keyword');
    return { kind: 'interface', of: { name: name.text, part }, start, end: cursor.previous.end };
  }
  const mask = readMask(cursor, 4, cursor.code('address'));
  if (mask === 'bad') return undefined;
  return {
    kind: 'interface',
    of:
      mask?.length === undefined
        ? { name: name.text, part: 'address' }
        : { name: name.text, part: 'address', length: mask.length },
    start,
    end: cursor.previous.end,
  };
}

function readPool(cursor: Cursor, type: 'pool' | 'hash'): PoolNode | undefined {
  const start = cursor.advance('keyword').start;
  if (cursor.takeOperator('/')) {
    cursor.offer('pool');
    const name = cursor.current;
    if (name === undefined || (name.kind !== 'word' && name.kind !== 'number')) {
      cursor.unexpected(
        cursor.code('pool-name'),
        `the name or number of a ${type === 'pool' ? 'pool' : 'hash table'}`,
      );
      return undefined;
    }
    cursor.advance('name');
    return {
      kind: 'pool',
      type,
      name: name.text,
      nameRange: range(name.start, name.end),
      inline: undefined,
      start,
      end: name.end,
    };
  }
  cursor.advance('operator');
  if (!cursor.takeOperator('(')) {
    cursor.unexpected(cursor.code('pool-inline'), '`(` and the addresses of the pool');
    return undefined;
  }
  const inline: InlineEntry[] = [];
  while (!cursor.isOperator(')')) {
    const negated = cursor.takeOperator('!');
    cursor.offer('address');
    if (!startsAddress(cursor.current)) {
      cursor.unexpected(cursor.code('address'), 'an address');
      return undefined;
    }
    const address: NetworkNode | undefined = readNetwork(cursor, cursor.code('address'));
    if (address === undefined) return undefined;
    if (negated && type === 'hash')
      cursor.report(
        cursor.code('hash-not'),
        'A hash table has no negated entries. Use `pool=` for exceptions.',
        address,
      );
    inline.push({ negated, address });
    cursor.takeOperator(',');
  }
  cursor.advance('operator');
  return {
    kind: 'pool',
    type,
    name: '0',
    nameRange: range(start, start),
    inline,
    start,
    end: cursor.previous.end,
  };
}

const WORD_OPERATORS: Readonly<Record<string, PortOperator>> = {
  eq: '=',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

function readPorts(cursor: Cursor, protocol: ServiceProtocol): PortNode[] | undefined {
  cursor.advance('keyword');
  const token = cursor.current;
  const word = token === undefined ? undefined : WORD_OPERATORS[token.keyword];
  if (cursor.probe && token === undefined) for (const w of Object.keys(WORD_OPERATORS)) cursor.is(w);
  const symbol =
    token?.kind === 'operator' && ['=', '!=', '<', '<=', '>', '>='].includes(token.text)
      ? (token.text as PortOperator)
      : undefined;
  const operator = symbol ?? word;
  if (operator === undefined) {
    const range = readPortRange(cursor, protocol);
    return range === undefined ? undefined : [range];
  }
  cursor.advance('operator');
  if (operator === '=' && cursor.takeOperator('{')) {
    const list: PortNode[] = [];
    while (!cursor.isOperator('}')) {
      const one = readPortOrRange(cursor, protocol);
      if (one === undefined) return undefined;
      list.push(one);
      cursor.takeOperator(',');
    }
    cursor.advance('operator');
    return list;
  }
  const first = readPort(cursor, protocol);
  if (first === undefined) return undefined;
  if (operator === '=' && cursor.isOperator(':')) {
    cursor.report(
      cursor.code('port-range'),
      'A range of ports has no `=`: write `port 20:21`.',
      range(token!.start, cursor.current!.end),
    );
    return undefined;
  }
  checkOrder(cursor, operator, first);
  return [{ operator, first, last: undefined, start: token!.start, end: first.end }];
}

function checkOrder(cursor: Cursor, operator: PortOperator, port: PortNumber): void {
  const never = (operator === '<' && port.value === 0) || (operator === '>' && port.value === 65535);
  if (never)
    cursor.report(
      cursor.code('port-never'),
      `No port is ${operator} ${port.text}, so the rule matches nothing.`,
      port,
      'warning',
    );
}

function readPortOrRange(cursor: Cursor, protocol: ServiceProtocol): PortNode | undefined {
  const first = readPort(cursor, protocol);
  if (first === undefined) return undefined;
  const operator = cursor.takeOperator(':') ? ':' : cursor.takeOperator('><') ? '><' : undefined;
  if (operator === undefined)
    return { operator: '=', first, last: undefined, start: first.start, end: first.end };
  const last = readPort(cursor, protocol);
  if (last === undefined) return undefined;
  checkRange(cursor, operator, first, last);
  return { operator, first, last, start: first.start, end: last.end };
}

/** `20:21`, `20 >< 25`, `20 <> 25`. */
function readPortRange(cursor: Cursor, protocol: ServiceProtocol): PortNode | undefined {
  const token = cursor.current;
  if (token === undefined || (token.kind !== 'number' && token.kind !== 'word')) {
    cursor.offer('port');
    cursor.unexpected(
      cursor.code('port-operator'),
      'a comparison such as `= 80`, or a range such as `1024:65535`,',
    );
    return undefined;
  }
  const first = readPort(cursor, protocol);
  if (first === undefined) return undefined;
  const operator = cursor.current;
  if (operator?.kind !== 'operator' || !['><', '<>', ':'].includes(operator.text)) {
    cursor.report(
      cursor.code('port-operator'),
      `A comparison is missing: write \`port = ${first.text}\`.`,
      range(token.start, token.end),
      'error',
      [
        {
          title: 'Insert `=`',
          edits: [{ start: token.start, end: token.start, text: '= ' }],
          preferred: true,
        },
      ],
    );
    return undefined;
  }
  cursor.advance('operator');
  const last = readPort(cursor, protocol);
  if (last === undefined) return undefined;
  const kind = operator.text as PortOperator;
  checkRange(cursor, kind, first, last);
  return { operator: kind, first, last, start: first.start, end: last.end };
}

function checkRange(cursor: Cursor, operator: PortOperator, first: PortNumber, last: PortNumber): void {
  if (first.value === undefined || last.value === undefined) return;
  const where = range(first.start, last.end);
  if (operator === ':' && first.value > last.value)
    cursor.report(
      cursor.code('port-range'),
      `The range is upside down: ${first.text} is more than ${last.text}, so no port is in it.`,
      where,
      'warning',
      [
        {
          title: `Write \`${last.text}:${first.text}\``,
          edits: [{ ...where, text: `${last.text}:${first.text}` }],
          preferred: true,
        },
      ],
    );
  if (operator === '><' && last.value - first.value < 2)
    cursor.report(
      cursor.code('port-never'),
      `\`><\` means strictly between, and no port lies between ${first.text} and ${last.text}.`,
      where,
      'warning',
    );
  if (operator === '<>') checkOutside(cursor, first, last);
}

/** `<>` with nothing outside on one side, or with everything outside: a range between the two was meant. */
function checkOutside(cursor: Cursor, first: PortNumber, last: PortNumber): void {
  const low = first.value!;
  const high = last.value!;
  // Port 0 is no port that anything is sent to, so "below 1" is nothing in practice.
  if (low > 1 && high < 65535 && low <= high) return;
  const takes =
    low > high
      ? 'every port'
      : low > 1
        ? `the ports below ${low}`
        : high < 65535
          ? `the ports above ${high}`
          : 'no port in use';
  const edit = (text: string) => [{ start: first.start, end: last.end, text }];
  const ordered = low <= high ? [first.text, last.text] : [last.text, first.text];
  cursor.report(
    cursor.code('port-range-reversed'),
    `\`<>\` takes the ports outside, so this is ${takes}. Write \`${ordered[0]}:${ordered[1]}\` for the range with both ends, or \`><\` for what lies strictly between them.`,
    range(first.start, last.end),
    'warning',
    [
      {
        title: `Write the range \`${ordered[0]}:${ordered[1]}\``,
        edits: edit(`${ordered[0]}:${ordered[1]}`),
      },
      {
        title: `Write \`${ordered[0]} >< ${ordered[1]}\``,
        edits: edit(`${ordered[0]} >< ${ordered[1]}`),
      },
    ],
  );
}

export function readPort(cursor: Cursor, protocol: ServiceProtocol): PortNumber | undefined {
  cursor.offer('port');
  const token = cursor.current;
  if (token === undefined || (token.kind !== 'number' && token.kind !== 'hex' && token.kind !== 'word')) {
    cursor.unexpected(cursor.code('port'), 'a port, a number from 0 to 65535 or a service name,');
    return undefined;
  }
  cursor.advance('number');
  const where = range(token.start, token.end);
  if (token.kind !== 'word') {
    const value = Number(token.text);
    if (value > 65535) {
      cursor.report(cursor.code('port'), `${token.text} is not a port: ports go from 0 to 65535.`, where);
      return undefined;
    }
    return { value, text: token.text, ...where };
  }
  const value = servicePort(token.text, protocol);
  if (value !== undefined) return { value, text: token.text, ...where };
  cursor.index--;
  cursor.marks?.pop();
  const before = cursor.problems.length;
  cursor.unexpected(cursor.code('unknown-service'), 'a port number or a service name', serviceNames());
  const problem = cursor.problems[before]!;
  cursor.index++;
  if (problem.fixes === undefined) {
    // The machine that loads the file may know more services than we do.
    cursor.problems[before] = {
      ...problem,
      severity: 'warning',
      message: `The service \`${token.text}\` is not known here, so this rule cannot be followed. Write its port number.`,
    };
  } else cursor.marks?.push({ range: where, kind: 'number' });
  return { value: undefined, text: token.text, ...where };
}

/**
 * `port = 80`, `port 20:21`: as the canonical printers write it. `protocols`: single ports by the name that they have
 * with these protocols; ranges always stay numbers.
 */
export function printPort(port: PortNode, protocols?: readonly number[]): string {
  const first = port.first.value ?? port.first.text;
  if (port.last === undefined) {
    const name =
      protocols === undefined || port.first.value === undefined
        ? undefined
        : portName(port.first.value, protocols);
    return `port ${port.operator} ${name ?? first}`;
  }
  const last = port.last.value ?? port.last.text;
  return port.operator === ':' ? `port ${first}:${last}` : `port ${first} ${port.operator} ${last}`;
}

/** Only where all protocols of the rule have one name for it (`portname`, lib/portname.c). */
function portName(port: number, protocols: readonly number[]): string | undefined {
  const names = protocols.map((p) =>
    p === 6 ? serviceName(port, 'tcp') : p === 17 ? serviceName(port, 'udp') : undefined,
  );
  return names.every((name) => name === names[0]) ? names[0] : undefined;
}

const ALL_PORTS = [0, 65535] as const;

export function portSet(operator: PortNode['operator'], first: number, last: number): Intervals {
  const keep = (a: number, b: number): Intervals => (a <= b ? [[a, b]] : []);
  switch (operator) {
    case '=':
      return keep(first, first);
    case '!=':
      return complementIntervals([[first, first]], ALL_PORTS);
    case '<':
      return keep(0, first - 1);
    case '<=':
      return keep(0, first);
    case '>':
      return keep(first + 1, 65535);
    case '>=':
      return keep(first, 65535);
    // Strictly inside.
    case '><':
      return keep(first + 1, last - 1);
    // Strictly outside.
    case '<>':
      return [...keep(0, first - 1), ...keep(last + 1, 65535)];
    case ':':
      return keep(first, last);
    default: {
      const impossible: never = operator;
      return impossible;
    }
  }
}
