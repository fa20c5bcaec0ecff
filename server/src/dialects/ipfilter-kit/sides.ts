/** One side of `from ... to ...`: `!`, an address or a list of them, and a test of ports. */
import type { InterfaceAddress } from '../../policy/match';
import { range, type TextRange } from '../../text/range';
import { type HostNode, type NetworkNode, readMask, readNetwork, startsAddress } from './addresses';
import type { Cursor } from './cursor';
import type { Token } from './lexer';
import { type PortNode, readPorts, type ServiceProtocol } from './ports';

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
