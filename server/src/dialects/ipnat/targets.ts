/** What stands behind `->`: new addresses, new ports, and how they are chosen. */
import { range } from '../../text/range';
import {
  type HostNode,
  type NetworkNode,
  readMask,
  readNetwork,
  startsAddress,
} from '../ipfilter-kit/addresses';
import type { Cursor } from '../ipfilter-kit/cursor';
import type { Word } from '../ipfilter-kit/numbers';
import { type PortNumber, readPort, type ServiceProtocol } from '../ipfilter-kit/ports';
import { readProxy } from './options';
import { readRuleProtocol } from './parser';
import type { IpnatRule, PortSpan, TargetNode } from './tree';

/** `a.b.c.d/n`, `0/32`, `range a-b`, `a,b` (rdr), `dstlist/name` (rewrite). */
export function readTarget(
  cursor: Cursor,
  count: 'one' | 'several',
  lists: 'lists' | 'no-lists' = 'no-lists',
): TargetNode | undefined {
  const start = cursor.here().start;
  if (cursor.take('range')) return readSpan(cursor, start);
  if (cursor.is('dstlist') && cursor.tokens[cursor.index + 1]?.text === '/') {
    cursor.advance('keyword');
    cursor.advance('operator');
    cursor.offer('pool');
    const token = cursor.current;
    if (token?.kind !== 'word' && token?.kind !== 'number') {
      cursor.unexpected('ipnat/list-name', 'the name of a destination list');
      return undefined;
    }
    cursor.advance('name');
    if (lists === 'no-lists') {
      cursor.report(
        'ipnat/list-source',
        'A destination list can only follow `dst` of a `rewrite`.',
        range(start, token.end),
      );
      return undefined;
    }
    const name: Word = { text: token.text, start: token.start, end: token.end };
    return { kind: 'list', name, range: range(start, token.end) };
  }
  const list: (NetworkNode | HostNode)[] = [];
  do {
    const one = readNewAddress(cursor);
    if (one === undefined) return undefined;
    list.push(one);
    if (list.length === 1 && one.kind === 'network' && cursor.isOperator('-')) {
      cursor.advance('operator');
      return finishSpan(cursor, start, one);
    }
  } while (count === 'several' && list.length < 2 && cursor.takeOperator(','));
  return { kind: 'addresses', list, range: range(start, cursor.previous.end) };
}

function readNewAddress(cursor: Cursor): NetworkNode | HostNode | undefined {
  cursor.offer('address');
  const token = cursor.current;
  if (startsAddress(token)) return readNetwork(cursor, 'ipnat/address');
  if (token?.kind !== 'word') {
    cursor.unexpected('ipnat/target', 'the new address');
    return undefined;
  }
  if (/^(?:pool|hash)$/.test(token.keyword) && cursor.tokens[cursor.index + 1]?.text === '/') {
    cursor.report(
      'ipnat/target',
      `IPFilter takes no new address out of a ${token.keyword}: a rule like this is read and translates nothing. Write an address, or \`dstlist/name\` behind \`dst\` of a \`rewrite\`.`,
      range(token.start, token.end),
    );
    return undefined;
  }
  cursor.advance('address');
  const mask = readMask(cursor, 4, 'ipnat/address');
  if (mask === 'bad') return undefined;
  return {
    kind: 'host',
    name: token.text,
    maskLength: mask?.length,
    start: token.start,
    end: cursor.previous.end,
  };
}

function readSpan(cursor: Cursor, start: number): TargetNode | undefined {
  cursor.offer('address');
  if (!startsAddress(cursor.current)) {
    cursor.unexpected('ipnat/range', 'the first address of the range');
    return undefined;
  }
  const first = readNetwork(cursor, 'ipnat/address');
  if (first === undefined) return undefined;
  if (!cursor.takeOperator('-')) {
    cursor.unexpected('ipnat/range', '`-` and the last address of the range');
    return undefined;
  }
  return finishSpan(cursor, start, first);
}

function finishSpan(cursor: Cursor, start: number, first: NetworkNode): TargetNode | undefined {
  cursor.offer('address');
  if (!startsAddress(cursor.current)) {
    cursor.unexpected('ipnat/range', 'the last address of the range');
    return undefined;
  }
  const last = readNetwork(cursor, 'ipnat/address');
  if (last === undefined) return undefined;
  const where = range(start, last.end);
  if (first.value.family !== last.value.family || first.value.value > last.value.value)
    cursor.report('ipnat/range', 'The range is upside down: its first address is above its last.', where);
  return { kind: 'span', first, last, range: where };
}

/** `proxy port ...`, `portmap ...`, `icmpidmap ...`, or nothing. */
export function readMapPorts(cursor: Cursor, rule: IpnatRule): boolean {
  if (cursor.is('proxy')) return readProxy(cursor, rule);
  if (cursor.is('portmap')) return readPortmap(cursor, rule);
  if (cursor.is('icmpidmap')) return readIcmpIds(cursor, rule);
  return true;
}

const PORT_PROTOCOLS: ReadonlyMap<string, readonly number[]> = new Map([
  ['tcp', [6]],
  ['udp', [17]],
  ['tcpudp', [6, 17]],
]);

function readPortmap(cursor: Cursor, rule: IpnatRule): boolean {
  const start = cursor.advance('keyword').start;
  let protocols = readPortProtocols(cursor);
  if (protocols === undefined) return false;
  let first = 1024;
  let last = 65535;
  const auto = protocols.length > 0 && cursor.take('auto');
  if (!auto) {
    const span = readPortSpan(cursor, rule);
    if (span === undefined) return false;
    first = span.first.value ?? 0;
    last = (span.last ?? span.first).value ?? 0;
    if (first === 0)
      cursor.report(
        'ipnat/portmap-range',
        'The range of ports must begin above 0.',
        range(span.first.start, span.first.end),
        'warning',
      );
  }
  if (protocols.length === 0) {
    // `portmap 10000:20000 tcp`
    const behind = readPortProtocols(cursor);
    if (behind === undefined) return false;
    if (behind.length === 0) {
      cursor.unexpected('ipnat/portmap-protocol', '`tcp`, `udp` or `tcp/udp`', PORT_PROTOCOLS.keys());
      return false;
    }
    protocols = behind;
  }
  const sequential = cursor.take('sequential');
  rule.portmap = { protocols, auto, first, last, sequential, start, end: cursor.previous.end };
  return true;
}

/** Empty when none stands here, undefined when reported. */
function readPortProtocols(cursor: Cursor): readonly number[] | undefined {
  if (!cursor.isOneOf(PORT_PROTOCOLS)) {
    const token = cursor.current;
    if (token?.kind === 'word' && token.keyword !== 'auto') {
      cursor.unexpected(
        'ipnat/portmap-protocol',
        '`tcp`, `udp`, `tcp/udp` or a range of ports',
        PORT_PROTOCOLS.keys(),
      );
      return undefined;
    }
    if (token === undefined) {
      cursor.offer('port');
      cursor.unexpected('ipnat/portmap-protocol', '`tcp`, `udp`, `tcp/udp` or a range of ports');
      return undefined;
    }
    return [];
  }
  const word = cursor.advance('protocol').keyword;
  if (word === 'tcp' && cursor.takeOperator('/')) {
    if (cursor.take('udp', 'protocol')) return [6, 17];
    cursor.unexpected('ipnat/portmap-protocol', '`udp`', ['udp']);
    return undefined;
  }
  return PORT_PROTOCOLS.get(word);
}

function readIcmpIds(cursor: Cursor, rule: IpnatRule): boolean {
  cursor.advance('keyword');
  if (!cursor.take('icmp', 'protocol') && !cursor.take('ipv6-icmp', 'protocol')) {
    cursor.unexpected('ipnat/icmpidmap', '`icmp` and a range of identifiers', ['icmp', 'ipv6-icmp']);
    return false;
  }
  const span = readPortSpan(cursor, rule);
  if (span === undefined) return false;
  const sequential = cursor.take('sequential');
  rule.icmpIds = {
    first: span.first.value ?? 0,
    last: (span.last ?? span.first).value ?? 0,
    sequential,
  };
  return true;
}

/** `p`, `p-q` or `p:q`. */
export function readPortSpan(cursor: Cursor, rule: IpnatRule): PortSpan | undefined {
  const protocol = serviceProtocolOf(rule);
  const first = readPort(cursor, protocol);
  if (first === undefined) return undefined;
  if (!cursor.isOperator('-') && !cursor.isOperator(':')) return { first, last: undefined };
  cursor.advance('operator');
  const last = readPort(cursor, protocol);
  if (last === undefined) return undefined;
  if (isUpsideDown(first, last))
    cursor.report(
      'ipnat/port-range',
      `The range is upside down: ${first.text} is more than ${last.text}.`,
      range(first.start, last.end),
    );
  return { first, last };
}

function isUpsideDown(first: PortNumber, last: PortNumber): boolean {
  return first.value !== undefined && last.value !== undefined && first.value > last.value;
}

function serviceProtocolOf(rule: IpnatRule): ServiceProtocol {
  const numbers = rule.protocol?.numbers;
  if (numbers === undefined || numbers.length !== 1) return 'both';
  return numbers[0] === 6 ? 'tcp' : numbers[0] === 17 ? 'udp' : 'both';
}

/** `port 80`, `port 80-90` before `->` of an `rdr`. */
export function readRulePort(cursor: Cursor, rule: IpnatRule): boolean {
  cursor.advance('keyword');
  const span = readPortSpan(cursor, rule);
  if (span === undefined) return false;
  rule.takenPorts = span;
  return true;
}

/** `port 80`, `port = 80`, `port 80-90`, then the protocol. */
export function readTranslation(cursor: Cursor, rule: IpnatRule): boolean {
  if (cursor.take('port')) {
    const fixed = cursor.takeOperator('=');
    const span = readPortSpan(cursor, rule);
    if (span === undefined) return false;
    if (fixed && span.last !== undefined)
      cursor.report(
        'ipnat/port-range',
        '`port =` gives all packets one port; write a range without `=`.',
        range(span.first.start, span.last.end),
      );
    rule.destinationPorts = { ...span, fixed };
  }
  const token = cursor.current;
  if (token === undefined) {
    cursor.offer('protocol');
    return true;
  }
  if (token.kind === 'number' || (token.kind === 'word' && !OPTION_WORDS.has(token.keyword)))
    return readRuleProtocol(cursor, rule);
  return true;
}

const OPTION_WORDS = new Set(
  'round-robin frag age sticky mssclamp proxy tag purge map map-block rdr bimap rewrite divert no'.split(' '),
);
