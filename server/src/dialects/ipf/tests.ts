/** `with ...`: tests of conditions, IP options and IPv6 extension headers, each with its own `not`. */
import { range } from '../../text/range';
import type { Cursor } from '../ipfilter-kit/cursor';
import { IP_OPTIONS, IPV6_HEADERS, SECURITY_CLASSES } from '../ipfilter-kit/names';
import type { ConditionName, IpfRule, TestNode } from './tree';

const CONDITIONS: ReadonlyMap<string, ConditionName> = new Map([
  ['ipopts', 'ipopts'],
  ['ipopt', 'ipopts'],
  ['short', 'short'],
  ['frag', 'frag'],
  ['frags', 'frag'],
  ['frag-body', 'frag-body'],
  ['nat', 'nat'],
  ['lowttl', 'lowttl'],
  ['bad', 'bad'],
  ['bad-src', 'bad-src'],
  ['bad-nat', 'bad-nat'],
  ['oow', 'oow'],
  ['mbcast', 'mbcast'],
  ['bcast', 'bcast'],
  ['mcast', 'mcast'],
  ['multicast', 'mcast'],
  ['state', 'state'],
  ['ah', 'ah'],
  ['v6hdrs', 'v6hdrs'],
]);

const WORDS = new Set([...CONDITIONS.keys(), 'opt', 'v6hdr', 'not', 'no']);

export function readTests(cursor: Cursor, rule: IpfRule): boolean {
  cursor.advance('keyword');
  const tests: TestNode[] = [...rule.tests];
  do {
    const test = readTest(cursor);
    if (test === undefined) return false;
    tests.push(test);
    cursor.takeOperator(',');
    if (cursor.is('and')) cursor.advance('keyword');
  } while (cursor.isOneOf(WORDS));
  rule.tests = tests;
  return true;
}

function readTest(cursor: Cursor): TestNode | undefined {
  const start = cursor.here().start;
  const negated = (cursor.is('not') || cursor.is('no') ? cursor.advance('keyword') : undefined) !== undefined;
  if (cursor.take('opt')) return readOptions(cursor, negated, start);
  if (cursor.take('v6hdr')) {
    if (negated)
      cursor.report(
        'ipf/v6-header-not',
        'ipf has no `not v6hdr`. Block the packets that have the header with a rule of their own.',
        range(start, cursor.previous.end),
      );
    return readHeaders(cursor, negated, start);
  }
  if (cursor.isOneOf(CONDITIONS)) {
    const token = cursor.advance('keyword');
    return { kind: 'condition', condition: CONDITIONS.get(token.keyword)!, negated, start, end: token.end };
  }
  cursor.unexpected('ipf/with-test', 'a test such as `short`, `frags`, `ipopts` or `opt`', WORDS);
  return undefined;
}

const OPTION_NUMBERS = new Map(IP_OPTIONS);
const CLASS_BITS = new Map(SECURITY_CLASSES);
const OPTION_WORDS = new Set([...OPTION_NUMBERS.keys(), 'sec-class']);

function readOptions(cursor: Cursor, negated: boolean, start: number): TestNode | undefined {
  const options: number[] = [];
  let classes = 0;
  let inClasses = false;
  do {
    if (cursor.take('sec-class')) inClasses = true;
    const token = cursor.current;
    const bit = inClasses && token !== undefined ? CLASS_BITS.get(token.keyword) : undefined;
    if (inClasses && bit !== undefined) {
      cursor.advance('name');
      classes |= bit;
      continue;
    }
    const known = cursor.isOneOf(OPTION_WORDS) ? OPTION_NUMBERS.get(cursor.current!.keyword) : undefined;
    if (known === undefined) {
      if (inClasses)
        cursor.unexpected('ipf/security-class', 'a security class such as `secret`', CLASS_BITS.keys());
      else cursor.unexpected('ipf/ip-option', 'the name of an IP option such as `lsrr`', OPTION_WORDS);
      return undefined;
    }
    cursor.advance('name');
    inClasses = false;
    options.push(known);
  } while (takesMore(cursor, (word) => OPTION_WORDS.has(word) || CLASS_BITS.has(word)));
  return { kind: 'options', options, classes, negated, start, end: cursor.previous.end };
}

function readHeaders(cursor: Cursor, negated: boolean, start: number): TestNode | undefined {
  const names: string[] = [];
  do {
    const token = cursor.current;
    if (token === undefined || !IPV6_HEADERS.includes(token.keyword)) {
      cursor.offer('name');
      cursor.unexpected('ipf/v6-header', 'the name of an IPv6 header such as `routing`', IPV6_HEADERS);
      return undefined;
    }
    names.push(cursor.advance('name').keyword);
  } while (takesMore(cursor, (word) => IPV6_HEADERS.includes(word)));
  return { kind: 'v6-headers', names, negated, ...range(start, cursor.previous.end) };
}

/** Takes a comma only when a word of the same list follows: `with opt rr,short` goes on with another test. */
function takesMore(cursor: Cursor, belongs: (word: string) => boolean): boolean {
  if (!cursor.isOperator(',')) return false;
  const next = cursor.tokens[cursor.index + 1];
  if (next !== undefined && CONDITIONS.has(next.keyword) && !belongs(next.keyword)) return false;
  if (next !== undefined && (next.keyword === 'not' || next.keyword === 'no')) return false;
  cursor.advance('operator');
  return true;
}
