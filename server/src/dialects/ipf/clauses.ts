/**
 * One function per clause of an ipf rule. Each is called with its first word under the cursor and consumes the
 * clause; false means that a problem was reported and that reading goes on at the next clause.
 */
import { range } from '../../text/range';
import {
  addressOf,
  fullMask,
  type HostNode,
  maskAddress,
  type NetworkNode,
  startsAddress,
} from '../ipfilter-kit/addresses';
import type { Cursor } from '../ipfilter-kit/cursor';
import type { Token } from '../ipfilter-kit/lexer';
import { SYSLOG_FACILITIES, SYSLOG_PRIORITIES } from '../ipfilter-kit/names';
import { readNumber, readProtocol } from '../ipfilter-kit/numbers';
import { readSide } from '../ipfilter-kit/sides';
import { expressionRefusal } from './expressionText';
import { readFlags, readIcmp } from './headerTests';
import { readKeep } from './keep';
import { readTests } from './tests';
import type { IpfRule, LogNode, NumberNode, RouteNode, TagNode, Word } from './tree';

const RANKS: ReadonlyMap<string, number> = new Map([
  ['log', 0],
  ['quick', 0],
  ['on', 0],
  ['in-via', 0],
  ['out-via', 0],
  ['dup-to', 0],
  ['route-to', 0],
  ['reply-to', 0],
  ['fastroute', 0],
  ['to', 0],
  ['inet', 1],
  ['inet6', 1],
  ['family', 1],
  ['tos', 2],
  ['ttl', 3],
  ['proto', 4],
  ['all', 5],
  ['from', 5],
  ['bpf-v4', 5],
  ['bpf-v6', 5],
  ['exp', 5],
  ['flags', 6],
  ['icmp-type', 7],
  ['with', 8],
  ['and', 8],
  ['keep', 9],
  ['head', 10],
  ['group', 11],
  ['set-tag', 12],
  ['match-tag', 13],
  ['pps', 14],
  ['age', 15],
  ['state-age', 15],
  ['rule-ttl', 16],
  ['comment', 17],
]);

/**
 * Where the clause that begins with this token stands in the order, or undefined when none does. `to` is a route
 * among the options and an address behind them, as ipf's grammar resolves it.
 */
export function clauseRank(token: Token, rank: number): number | undefined {
  if (token.keyword === '') return undefined;
  if (token.keyword === 'to') return rank <= 0 ? 0 : 5;
  // Behind the options `log` begins the next rule.
  if (token.keyword === 'log' && rank > 0) return undefined;
  return RANKS.get(token.keyword);
}

export function readClause(cursor: Cursor, rule: IpfRule, rank: number): boolean {
  const word = cursor.current!.keyword;
  switch (word) {
    case 'log':
      cursor.advance('keyword');
      rule.log = bothLogs(rule.log, readLogOptions(cursor));
      return true;
    case 'quick':
      cursor.advance('keyword');
      rule.quick = true;
      return true;
    case 'fastroute':
      cursor.advance('keyword');
      rule.fastroute = true;
      return true;
    case 'on':
      return readOn(cursor, rule);
    case 'in-via':
    case 'out-via':
      return readVia(cursor, rule);
    case 'dup-to':
    case 'route-to':
    case 'reply-to':
      return readRoute(cursor, rule, word);
    case 'to':
      return rank === 0 ? readRoute(cursor, rule, 'to') : readAddresses(cursor, rule);
    case 'inet':
    case 'inet6':
    case 'family':
      return readFamily(cursor, rule);
    case 'tos':
      rule.tos = readNumbers(cursor, 'ipf/tos', 'a type-of-service byte, 0 to 255 (0x10)', 255);
      return rule.tos.length > 0;
    case 'ttl':
      rule.ttl = readNumbers(cursor, 'ipf/ttl', 'a time to live, 0 to 255', 255);
      return rule.ttl.length > 0;
    case 'proto':
      return readRuleProtocol(cursor, rule);
    case 'all':
      cursor.advance('keyword');
      rule.all = true;
      return true;
    case 'from':
      return readAddresses(cursor, rule);
    case 'bpf-v4':
    case 'bpf-v6':
    case 'exp':
      return readProgram(cursor, rule, word);
    case 'flags':
      return readFlags(cursor, rule);
    case 'icmp-type':
      return readIcmp(cursor, rule);
    case 'with':
    case 'and':
      return readTests(cursor, rule);
    case 'keep':
      return readKeep(cursor, rule);
    case 'head':
    case 'group':
      return readGroup(cursor, rule, word);
    case 'set-tag':
    case 'match-tag':
      return readTag(cursor, rule, word);
    case 'pps': {
      cursor.advance('keyword');
      rule.packetsPerSecond = readNumber(cursor, 'ipf/pps', 'a number of packets a second');
      return rule.packetsPerSecond !== undefined;
    }
    case 'age':
    case 'state-age':
      return readStateAge(cursor, rule);
    case 'rule-ttl': {
      cursor.advance('keyword');
      rule.ruleTtl = readNumber(cursor, 'ipf/rule-ttl', 'the number of seconds the rule lives');
      return rule.ruleTtl !== undefined;
    }
    default:
      return readComment(cursor, rule);
  }
}

/** Several `log` in one rule add up; the last level counts. */
function bothLogs(first: LogNode | undefined, second: LogNode): LogNode {
  if (first === undefined) return second;
  return {
    body: first.body || second.body,
    first: first.first || second.first,
    orBlock: first.orBlock || second.orBlock,
    level: second.level ?? first.level,
  };
}

const LOG_WORDS = new Set(['body', 'first', 'or-block', 'level']);

/** What may follow `log`; the word itself is consumed. */
export function readLogOptions(cursor: Cursor): LogNode {
  let body = false;
  let first = false;
  let orBlock = false;
  let level: string | undefined;
  while (cursor.isOneOf(LOG_WORDS)) {
    const word = cursor.advance('keyword').keyword;
    if (word === 'body') body = true;
    else if (word === 'first') first = true;
    else if (word === 'or-block') orBlock = true;
    else level = readLogLevel(cursor) ?? level;
  }
  return { body, first, orBlock, level };
}

function readLogLevel(cursor: Cursor): string | undefined {
  const token = cursor.current;
  if (token?.kind !== 'word') {
    cursor.offer('name');
    cursor.unexpected('ipf/log-level', 'a syslog priority such as `info`, or `facility.priority`');
    return undefined;
  }
  cursor.advance('name');
  const dot = token.keyword.indexOf('.');
  const facility = dot < 0 ? undefined : token.keyword.slice(0, dot);
  const priority = token.keyword.slice(dot + 1);
  if (facility !== undefined && !SYSLOG_FACILITIES.includes(facility)) {
    cursor.report(
      'ipf/log-level',
      `\`${facility}\` is not a syslog facility. Known are ${SYSLOG_FACILITIES.slice(0, 6).join(', ')}, ..., local0 to local7.`,
      range(token.start, token.start + dot),
    );
    return undefined;
  }
  if (!SYSLOG_PRIORITIES.includes(priority)) {
    const hint =
      priority === 'warning' ? ' Did you mean `warn`?' : priority === 'error' ? ' Did you mean `err`?' : '';
    const right = priority === 'warning' ? 'warn' : priority === 'error' ? 'err' : undefined;
    const where = range(token.start + dot + 1, token.end);
    cursor.report(
      'ipf/log-level',
      `\`${priority}\` is not a syslog priority. Known are ${SYSLOG_PRIORITIES.join(', ')}.${hint}`,
      where,
      'error',
      right === undefined
        ? undefined
        : [{ title: `Change to \`${right}\``, edits: [{ ...where, text: right }], preferred: true }],
    );
    return undefined;
  }
  return token.text;
}

function readOn(cursor: Cursor, rule: IpfRule): boolean {
  const on = cursor.advance('keyword');
  if (cursor.isOperator('!')) {
    cursor.report(
      'ipf/on-not',
      'ipf has no `on !interface`. Write a `skip` or a group for the one interface instead.',
      range(on.start, cursor.current!.end),
    );
    cursor.advance('operator');
  }
  const alternatives: (readonly Word[])[] = [];
  if (cursor.takeOperator('{')) {
    while (!cursor.isOperator('}')) {
      const names = readInterfacePair(cursor);
      if (names === undefined) return false;
      alternatives.push(names);
      if (names.length > 1) reportPairInList(cursor, names);
      if (!cursor.takeOperator(',') && cursor.atEnd) break;
    }
    if (!cursor.takeOperator('}')) {
      cursor.unexpected('ipf/closing-brace', '`}` at the end of the list');
      return false;
    }
  } else {
    const names = readInterfacePair(cursor);
    if (names === undefined) return false;
    alternatives.push(names);
  }
  rule.on = alternatives;
  return true;
}

/** `a` or `a,b`: the second name is where packets of the other direction pass. */
function readInterfacePair(cursor: Cursor): Word[] | undefined {
  const first = readInterface(cursor);
  if (first === undefined) return undefined;
  const second = cursor.takeOperator(',') ? readInterface(cursor) : undefined;
  return second === undefined ? [first] : [first, second];
}

/** The grammar prefers a pair of names to two elements of the list (`onname` before `onlist` in ipf_y.y). */
function reportPairInList(cursor: Cursor, [first, second]: readonly Word[]): void {
  cursor.report(
    'ipf/on-list',
    `ipf takes \`${first!.text},${second!.text}\` for a pair, also inside a list: the rule is for ${first!.text} alone, and ${second!.text} is where its replies pass. Leave the comma out to have a rule for each.`,
    range(first!.start, second!.end),
    'warning',
    [
      {
        title: `Write \`${first!.text} ${second!.text}\``,
        edits: [{ start: first!.end, end: second!.start, text: ' ' }],
        preferred: true,
      },
    ],
  );
}

function readVia(cursor: Cursor, rule: IpfRule): boolean {
  const word = cursor.advance('keyword');
  if ((word.keyword === 'in-via') === (rule.direction === 'in'))
    cursor.report(
      'ipf/via-direction',
      `A rule for \`${rule.direction}\` takes \`${rule.direction === 'in' ? 'out-via' : 'in-via'}\`: it names the interface on the other side.`,
      range(word.start, word.end),
    );
  if (rule.on.length === 0)
    cursor.report(
      'ipf/via-without-on',
      `\`${word.text}\` must follow \`on interface\`.`,
      range(word.start, word.end),
    );
  const names = readInterfacePair(cursor);
  if (names === undefined) return false;
  rule.via = names;
  return true;
}

/** A name, bare or in quotes, or `-` for none. */
function readName(cursor: Cursor): Word | undefined {
  cursor.offer('interface');
  const token = cursor.current;
  if (token?.kind !== 'word' && token?.kind !== 'string' && !cursor.isOperator('-')) {
    cursor.unexpected('ipf/interface', 'the name of an interface');
    return undefined;
  }
  cursor.advance('interface');
  return { text: token!.text, start: token!.start, end: token!.end };
}

/** A name of `on`, with the unit of a logical interface that is read and dropped. */
function readInterface(cursor: Cursor): Word | undefined {
  const name = readName(cursor);
  const unit = cursor.tokens[cursor.index + 1];
  if (name !== undefined && cursor.isOperator(':') && unit?.kind === 'number') {
    cursor.report(
      'ipf/logical-interface',
      `ipf knows no logical interfaces: \`${name.text}:${unit.text}\` is read as \`${name.text}\`.`,
      range(name.start, unit.end),
      'warning',
      [
        {
          title: `Write \`${name.text}\``,
          edits: [{ start: name.end, end: unit.end, text: '' }],
          preferred: true,
        },
      ],
    );
    cursor.advance('operator');
    cursor.advance('number');
  }
  return name;
}

function readRoute(cursor: Cursor, rule: IpfRule, word: string): boolean {
  const start = cursor.advance('keyword').start;
  const route = readRouteTarget(cursor, start);
  if (route === undefined) return false;
  if (word === 'dup-to') rule.dupTo = route;
  else if (word === 'reply-to') rule.replyTo = route;
  else rule.to = route;
  return true;
}

function readRouteTarget(cursor: Cursor, start: number): RouteNode | undefined {
  if (cursor.is('dstlist') && cursor.tokens[cursor.index + 1]?.text === '/') {
    cursor.advance('keyword');
    cursor.advance('operator');
    cursor.offer('pool');
    const name = cursor.current;
    if (name === undefined || name.kind === 'operator') {
      cursor.unexpected('ipf/route-target', 'the name of a destination list');
      return undefined;
    }
    cursor.advance('name');
    const list = { text: name.text, start: name.start, end: name.end };
    return { interface: '', nextHop: undefined, list, start, end: name.end };
  }
  if (cursor.isOperator('!') || startsAddress(cursor.current) || cursor.current?.keyword === 'any') {
    cursor.report(
      'ipf/route-target',
      'Here `to` names the interface the packet is sent to. For a destination address write `from any to ...`.',
      cursor.here(),
    );
    return undefined;
  }
  const name = readName(cursor);
  if (name === undefined) return undefined;
  let nextHop: NetworkNode | HostNode | undefined;
  if (cursor.takeOperator(':')) {
    const token = cursor.current;
    cursor.offer('address');
    if (token === undefined || !(startsAddress(token) || token.kind === 'word')) {
      cursor.unexpected('ipf/next-hop', `the address of the next hop behind \`${name.text}:\``);
      return undefined;
    }
    cursor.advance('address');
    if (token.kind === 'word')
      nextHop = { kind: 'host', name: token.text, maskLength: undefined, start: token.start, end: token.end };
    else {
      const address = addressOf(token, cursor, 'ipf/address');
      if (address === undefined) return undefined;
      const mask = fullMask(address.family);
      nextHop = {
        kind: 'network',
        value: maskAddress(address, mask),
        mask,
        length: address.family === 4 ? 32 : 128,
        start: token.start,
        end: token.end,
      };
    }
  }
  return { interface: name.text, nextHop, list: undefined, start, end: cursor.previous.end };
}

function readFamily(cursor: Cursor, rule: IpfRule): boolean {
  const first = cursor.current!;
  if (cursor.take('family') && !cursor.is('inet') && !cursor.is('inet6')) {
    cursor.unexpected('ipf/family', '`inet` or `inet6`', ['inet', 'inet6']);
    return false;
  }
  const word = cursor.advance('keyword');
  rule.family = { value: word.keyword === 'inet' ? 4 : 6, range: range(first.start, word.end) };
  return true;
}

function readNumbers(cursor: Cursor, code: string, expected: string, most: number): NumberNode[] {
  cursor.advance('keyword');
  if (!cursor.takeOperator('{')) {
    const number = readNumber(cursor, code, expected, most);
    return number === undefined ? [] : [number];
  }
  const numbers: NumberNode[] = [];
  while (!cursor.isOperator('}')) {
    const number = readNumber(cursor, code, expected, most);
    if (number === undefined) return [];
    numbers.push(number);
    cursor.takeOperator(',');
  }
  cursor.advance('operator');
  return numbers;
}

function readRuleProtocol(cursor: Cursor, rule: IpfRule): boolean {
  cursor.advance('keyword');
  rule.protocol = readProtocol(cursor);
  return rule.protocol !== undefined;
}

function readAddresses(cursor: Cursor, rule: IpfRule): boolean {
  if (rule.all)
    cursor.report('ipf/all-and-addresses', 'A rule has either `all` or addresses, not both.', cursor.here());
  const protocol = rule.protocol?.numbers ?? [];
  const service =
    protocol.length === 1 ? (protocol[0] === 6 ? 'tcp' : protocol[0] === 17 ? 'udp' : 'both') : 'both';
  const interfaces = new Set([...rule.on.flat(), ...rule.via].map((name) => name.text));
  if (cursor.take('from')) {
    rule.source = readSide(cursor, service, { interfaces });
    if (rule.source === undefined) return false;
    if (!cursor.is('to')) return true;
  }
  cursor.advance('keyword');
  rule.destination = readSide(cursor, service, { interfaces });
  return rule.destination !== undefined;
}

function readProgram(cursor: Cursor, rule: IpfRule, kind: 'bpf-v4' | 'bpf-v6' | 'exp'): boolean {
  const start = cursor.advance('keyword').start;
  if (!cursor.takeOperator('{')) {
    cursor.unexpected('ipf/program', '`{ "..." }`');
    return false;
  }
  const text = cursor.current;
  if (text?.kind !== 'string') {
    cursor.offer('string');
    cursor.unexpected('ipf/program', 'the expression in double quotes');
    return false;
  }
  cursor.advance('string');
  if (!cursor.takeOperator('}')) {
    cursor.unexpected('ipf/program', '`}` behind the expression');
    return false;
  }
  rule.program = { kind, text: text.text, range: range(start, cursor.previous.end) };
  const refusal = kind === 'exp' ? expressionRefusal(text.text) : undefined;
  if (refusal !== undefined) cursor.report('ipf/expression', refusal, range(text.start, text.end));
  return true;
}

/** Longest group name that the kernel keeps (FR_GROUPLEN less its end byte). */
const LONGEST_GROUP = 15;

function readGroup(cursor: Cursor, rule: IpfRule, word: 'head' | 'group'): boolean {
  cursor.advance('keyword');
  const name = readGroupName(cursor);
  if (name === undefined) return false;
  if (word === 'head') rule.head = name;
  else rule.group = name;
  return true;
}

export function readGroupName(cursor: Cursor): Word | undefined {
  cursor.offer('group');
  const token = cursor.current;
  if (token?.kind !== 'word' && token?.kind !== 'number') {
    cursor.unexpected('ipf/group-name', 'the name or number of a group');
    return undefined;
  }
  cursor.advance('name');
  if (token.text.length > LONGEST_GROUP)
    cursor.report(
      'ipf/group-name',
      `The group name \`${token.text}\` is longer than the ${LONGEST_GROUP} characters that IPFilter keeps: this is group \`${token.text.slice(0, LONGEST_GROUP)}\`.`,
      range(token.start, token.end),
      'warning',
    );
  return { text: token.text.slice(0, LONGEST_GROUP), start: token.start, end: token.end };
}

function readTag(cursor: Cursor, rule: IpfRule, word: 'set-tag' | 'match-tag'): boolean {
  const start = cursor.advance('keyword').start;
  if (!cursor.takeOperator('(')) {
    cursor.unexpected('ipf/tag', '`(log=N)` or `(nat=name)`');
    return false;
  }
  let log: number | undefined;
  let nat: string | undefined;
  // NAT tags are set on the way out and matched on the way in.
  const takesNat = (word === 'set-tag') === (rule.direction === 'out');
  do {
    const isLog = cursor.is('log');
    if (!isLog && !cursor.is('nat')) {
      cursor.unexpected('ipf/tag', '`log=N` or `nat=name`', ['log', 'nat']);
      return false;
    }
    const field = cursor.advance('keyword');
    if (!isLog && !takesNat)
      cursor.report(
        'ipf/tag-direction',
        word === 'set-tag'
          ? 'A rule for `in` cannot set a NAT tag: `nat=` belongs in `set-tag` on `out`, or in `match-tag` on `in`.'
          : 'A rule for `out` cannot match a NAT tag: `nat=` belongs in `match-tag` on `in`, or in `set-tag` on `out`.',
        range(field.start, field.end),
      );
    if (!cursor.takeOperator('=')) {
      cursor.unexpected('ipf/tag', '`=`');
      return false;
    }
    if (isLog) {
      const number = readNumber(cursor, 'ipf/tag', 'the number of the tag');
      if (number === undefined) return false;
      log = number.value;
    } else {
      const name = cursor.current;
      if (name?.kind !== 'word' && name?.kind !== 'number') {
        cursor.offer('name');
        cursor.unexpected('ipf/tag', 'the name of the tag');
        return false;
      }
      nat = cursor.advance('name').text;
    }
  } while (cursor.takeOperator(','));
  if (!cursor.takeOperator(')')) {
    cursor.unexpected('ipf/closing-parenthesis', '`)`');
    return false;
  }
  const tag: TagNode = { log, nat, start, end: cursor.previous.end };
  if (word === 'set-tag') rule.setTag = tag;
  else rule.matchTag = tag;
  return true;
}

function readStateAge(cursor: Cursor, rule: IpfRule): boolean {
  cursor.advance('keyword');
  const first = readNumber(cursor, 'ipf/age', 'a number of seconds');
  if (first === undefined) return false;
  const second = cursor.takeOperator('/') ? readNumber(cursor, 'ipf/age', 'a number of seconds') : first;
  if (second === undefined) return false;
  rule.stateAge = [first.value, second.value];
  return true;
}

function readComment(cursor: Cursor, rule: IpfRule): boolean {
  cursor.advance('keyword');
  const text = cursor.current;
  if (text?.kind !== 'string') {
    cursor.offer('string');
    cursor.unexpected('ipf/comment', 'the comment in double quotes');
    return false;
  }
  cursor.advance('string');
  rule.comment = text.text;
  return true;
}
