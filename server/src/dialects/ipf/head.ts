/** The head of a rule: `[@N] [collection] action in|out`. */
import type { BlockAnswer } from '../../policy/filter';
import { closestWord } from '../../text/closestWord';
import { range } from '../../text/range';
import type { Cursor } from '../ipfilter-kit/cursor';
import { ICMP_CODES } from '../ipfilter-kit/names';
import { readNumber } from '../ipfilter-kit/numbers';
import { readLogOptions } from './clauses';
import type { ActionName, IpfRule } from './tree';

export const ACTION_NAMES: ReadonlySet<string> = new Set<ActionName>([
  'pass',
  'block',
  'log',
  'count',
  'skip',
  'auth',
  'preauth',
  'call',
  'nomatch',
  'decapsulate',
]);

/** Reads up to and with the direction. False, with the problem reported, when that is impossible. */
export function readAction(cursor: Cursor, rule: IpfRule): boolean {
  if (cursor.takeOperator('@')) {
    const position = readNumber(
      cursor,
      'ipf/insert-position',
      'the position, counted from 0, where the rule goes',
    );
    if (position === undefined) return false;
    rule.insertAt = position;
  }
  const token = cursor.current;
  if (token?.kind === 'number') {
    cursor.advance('number');
    rule.collection = { value: Number(token.text), start: token.start, end: token.end };
  }
  if (!cursor.isOneOf(ACTION_NAMES)) {
    unknownAction(cursor);
    return false;
  }
  const word = cursor.advance('action');
  rule.action = word.keyword as ActionName;
  rule.actionRange = range(word.start, word.end);
  if (!readActionArguments(cursor, rule)) return false;
  if (cursor.is('in') || cursor.is('out')) {
    rule.direction = cursor.advance('keyword').keyword as 'in' | 'out';
    return true;
  }
  const wrong = cursor.current;
  cursor.unexpected(
    'ipf/direction-expected',
    `the direction \`in\` or \`out\``,
    wrong !== undefined && wrong.text.length <= 4 ? ['in', 'out'] : undefined,
  );
  return false;
}

function unknownAction(cursor: Cursor): void {
  const token = cursor.current;
  if (token?.kind === 'word' && closestWord(token.text, ACTION_NAMES) === undefined) {
    cursor.report(
      'ipf/action-expected',
      `\`${token.text}\` is not an action. A rule begins with pass, block, count, log, skip, auth, preauth, call or nomatch.`,
      range(token.start, token.end),
    );
    return;
  }
  cursor.unexpected('ipf/action-expected', 'an action such as `pass`, `block` or `count`', ACTION_NAMES);
}

function readActionArguments(cursor: Cursor, rule: IpfRule): boolean {
  switch (rule.action) {
    case 'block':
      rule.answer = readAnswer(cursor, rule);
      return true;
    case 'auth':
      // The answer is the authenticating program's; ipf keeps and prints it.
      rule.answer = readAnswer(cursor, rule);
      return true;
    case 'log':
      rule.log = readLogOptions(cursor);
      return true;
    case 'skip': {
      const count = readNumber(cursor, 'ipf/skip-count', 'how many rules to skip');
      if (count === undefined) return false;
      rule.skipCount = count.value;
      return true;
    }
    case 'call':
      return readCall(cursor, rule);
    case 'decapsulate': {
      if (!cursor.take('l5-as')) return true;
      if (cursor.takeOperator('(')) {
        while (!cursor.atEnd && !cursor.isOperator(')')) cursor.advance('name');
        cursor.takeOperator(')');
      }
      return true;
    }
    default:
      return true;
  }
}

function readAnswer(cursor: Cursor, rule: IpfRule): BlockAnswer | undefined {
  if (cursor.take('return-rst')) {
    rule.actionRange = range(rule.actionRange.start, cursor.previous.end);
    return { kind: 'rst' };
  }
  const asDestination = cursor.is('return-icmp-as-dest');
  if (!asDestination && !cursor.is('return-icmp')) return undefined;
  cursor.advance('keyword');
  let code = 0;
  if (cursor.takeOperator('(')) {
    const token = cursor.current;
    const named = token?.kind === 'word' ? ICMP_CODES.indexOf(token.keyword) : -1;
    if (token?.kind === 'number' && Number(token.text) <= 255) code = Number(token.text);
    else if (named >= 0) code = named;
    else {
      cursor.offer('icmp-code');
      cursor.unexpected(
        'ipf/icmp-code',
        'an ICMP unreachable code, a name such as `port-unr` or a number',
        ICMP_CODES,
      );
    }
    if (token !== undefined && !cursor.isOperator(')')) cursor.advance('name');
    if (!cursor.takeOperator(')')) cursor.unexpected('ipf/closing-parenthesis', '`)`');
  }
  rule.actionRange = range(rule.actionRange.start, cursor.previous.end);
  return { kind: 'icmp', code, asDestination };
}

function readCall(cursor: Cursor, rule: IpfRule): boolean {
  const now = cursor.take('now');
  const name = cursor.current;
  if (name?.kind !== 'word') {
    cursor.offer('name');
    cursor.unexpected('ipf/call-function', 'a function, for example `srcgrpmap/100`');
    return false;
  }
  cursor.advance('name');
  if (!cursor.takeOperator('/')) {
    cursor.unexpected('ipf/call-argument', `\`/\` and the argument of \`${name.text}\``);
    return false;
  }
  const argument = cursor.current;
  if (argument === undefined || argument.kind === 'operator') {
    cursor.offer('number');
    cursor.unexpected('ipf/call-argument', `the argument of \`${name.text}\``);
    return false;
  }
  cursor.advance('name');
  rule.call = { function: name.text, argument: argument.text, now };
  if (name.keyword !== 'srcgrpmap' && name.keyword !== 'dstgrpmap')
    cursor.report(
      'ipf/call-function',
      `\`${name.text}\` is a function of one particular kernel; IPFilter itself has srcgrpmap and dstgrpmap.`,
      range(name.start, name.end),
      'warning',
    );
  return true;
}
