/** `keep state (...)` and `keep frags (...)`. */
import type { AddressFamily } from '../../policy/address';
import type { KeepState } from '../../policy/filter';
import type { Cursor } from '../ipfilter-kit/cursor';
import { readNumber } from '../ipfilter-kit/numbers';
import { readGroupName } from './clauses';
import type { IpfRule, KeepStateNode, SideNode } from './tree';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function readKeep(cursor: Cursor, rule: IpfRule): boolean {
  cursor.advance('keyword');
  if (cursor.take('state')) {
    const options = readStateOptions(cursor, rule);
    if (options === undefined) return false;
    rule.keepState = options;
    return true;
  }
  if (cursor.take('frags') || cursor.take('frag')) {
    let strict = false;
    if (cursor.takeOperator('(')) {
      while (cursor.take('strict')) {
        strict = true;
        cursor.takeOperator(',');
      }
      if (!cursor.takeOperator(')')) {
        cursor.unexpected('ipf/keep-frags-option', '`strict` or `)`', ['strict']);
        skipParenthesis(cursor);
        return false;
      }
    }
    rule.keepFragments = { strict };
    return true;
  }
  cursor.unexpected('ipf/keep-what', '`state` or `frags`', ['state', 'frags']);
  return false;
}

const OPTIONS = new Set([
  'limit',
  'strict',
  'loose',
  'newisn',
  'no-icmp-err',
  'sync',
  'age',
  'state-age',
  'icmp-head',
  'nolog',
  'rpc',
  'max-srcs',
  'max-per-src',
]);

function readStateOptions(cursor: Cursor, rule: IpfRule): KeepStateNode | undefined {
  const state: Writable<KeepStateNode> = {};
  if (!cursor.takeOperator('(')) return state;
  while (!cursor.isOperator(')')) {
    if (!cursor.isOneOf(OPTIONS)) {
      cursor.unexpected(
        'ipf/keep-state-option',
        'an option of `keep state` such as `limit`, `strict` or `age`',
        OPTIONS,
      );
      skipParenthesis(cursor);
      return undefined;
    }
    if (!readStateOption(cursor, state, rule)) {
      skipParenthesis(cursor);
      return undefined;
    }
    // The comma may be missing.
    cursor.takeOperator(',');
  }
  cursor.advance('operator');
  return state;
}

function readStateOption(cursor: Cursor, state: Writable<KeepStateNode>, rule: IpfRule): boolean {
  const token = cursor.advance('keyword');
  const number = (expected: string, most?: number) =>
    readNumber(cursor, 'ipf/keep-state-option', expected, most);
  switch (token.keyword) {
    case 'limit': {
      const limit = number('the largest number of states of this rule');
      if (limit !== undefined) state.limit = limit.value;
      return limit !== undefined;
    }
    case 'age':
    case 'state-age': {
      const first = number('a number of seconds');
      if (first === undefined) return false;
      const second = cursor.takeOperator('/') ? number('a number of seconds') : first;
      if (second === undefined) return false;
      state.age = [first.value, second.value];
      return true;
    }
    case 'icmp-head': {
      const name = readGroupName(cursor);
      if (name === undefined) return false;
      state.icmpHead = name.text;
      state.icmpHeadRange = { start: name.start, end: name.end };
      return true;
    }
    case 'max-srcs': {
      const most = number('the largest number of sources');
      if (most !== undefined) state.maxSources = most.value;
      return most !== undefined;
    }
    case 'max-per-src': {
      const count = number('the largest number of states of one source');
      if (count === undefined) return false;
      const length = cursor.takeOperator('/') ? number('a mask length', 128) : { value: undefined };
      if (length === undefined) return false;
      state.maxPerSource = { count: count.value, length: length.value ?? wholeAddress(rule) };
      return true;
    }
    case 'rpc': {
      if (cursor.take('in') || cursor.take('out'))
        if (cursor.current?.kind === 'word') cursor.advance('name');
      state.rpc = true;
      return true;
    }
    default:
      return setFlag(cursor, state, token.keyword, rule);
  }
}

function setFlag(cursor: Cursor, state: Writable<KeepState>, word: string, rule: IpfRule): boolean {
  if (word === 'strict') {
    needTcp(cursor, rule, 'ipf/state-option-needs-tcp', 'an order of packets');
    refuseBoth(cursor, state.loose);
    state.strict = true;
  } else if (word === 'loose') {
    needTcp(cursor, rule, 'ipf/state-option-needs-tcp', 'a window');
    refuseBoth(cursor, state.strict);
    state.loose = true;
  } else if (word === 'no-icmp-err') state.noIcmpErrors = true;
  else if (word === 'sync') state.sync = true;
  else if (word === 'nolog') state.noLog = true;
  else {
    state.newIsn = true;
    needTcp(cursor, rule, 'ipf/newisn-needs-tcp', 'sequence numbers');
  }
  return true;
}

/** Bits of the addresses that `max-per-src` counts by when no length is given. */
function wholeAddress(rule: IpfRule): number {
  const family = rule.family?.value ?? literalFamilyOf(rule.source) ?? literalFamilyOf(rule.destination);
  return family === 4 ? 32 : 128;
}

function literalFamilyOf(side: SideNode | undefined): AddressFamily | undefined {
  const literal = side?.addresses.find((a) => a.kind === 'network');
  return literal?.kind === 'network' ? literal.value.family : undefined;
}

function needTcp(cursor: Cursor, rule: IpfRule, code: string, what: string): void {
  if (rule.protocol?.numbers[0] === 6 && rule.protocol.numbers.length === 1) return;
  const { start, end, text } = cursor.previous;
  cursor.report(code, `\`${text}\` needs \`proto tcp\`: only TCP has ${what}.`, { start, end });
}

function refuseBoth(cursor: Cursor, other: boolean | undefined): void {
  if (other !== true) return;
  const { start, end } = cursor.previous;
  cursor.report(
    'ipf/keep-state-option',
    '`strict` and `loose` contradict each other, and ipf refuses a rule with both. Choose one.',
    { start, end },
  );
}

function skipParenthesis(cursor: Cursor): void {
  while (!cursor.atEnd && !cursor.isOperator(')') && !cursor.isOperator(';')) cursor.index++;
  cursor.takeOperator(')');
}
