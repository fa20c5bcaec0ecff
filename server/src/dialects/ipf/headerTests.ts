/** Tests of fields that only one protocol has: `flags` of TCP, `icmp-type` and `code` of ICMP. */
import { range } from '../../text/range';
import type { Cursor } from '../ipfilter-kit/cursor';
import type { Token } from '../ipfilter-kit/lexer';
import {
  DEFAULT_FLAG_MASK,
  ICMP_CODES,
  icmpTypeByName,
  icmpTypesOf,
  tcpFlagsOf,
} from '../ipfilter-kit/names';
import type { NumberNode } from '../ipfilter-kit/numbers';
import type { IpfRule } from './tree';

export function readFlags(cursor: Cursor, rule: IpfRule): boolean {
  const start = cursor.advance('keyword').start;
  cursor.offer('tcp-flags');
  const value = cursor.isOperator('/') ? 0 : readFlagSet(cursor);
  if (value === undefined) return false;
  let mask = DEFAULT_FLAG_MASK;
  if (cursor.takeOperator('/')) {
    const given = readFlagSet(cursor);
    if (given === undefined) return false;
    mask = given;
  }
  const where = range(start, cursor.previous.end);
  if (value & ~mask)
    cursor.report(
      'ipf/flags-never',
      'This matches no packet: it asks for a flag that the mask behind `/` leaves out.',
      where,
      'warning',
    );
  rule.flags = { value, mask, range: where };
  return true;
}

function readFlagSet(cursor: Cursor): number | undefined {
  const token = cursor.current;
  if (token?.kind === 'number' || token?.kind === 'hex') {
    const value = Number(token.text);
    if (value <= 255) {
      cursor.advance('number');
      return value;
    }
  } else if (token?.kind === 'word') {
    const bits = tcpFlagsOf(token.text);
    if (bits !== undefined || /^[fsrpauecw]+$/i.test(token.text)) {
      cursor.advance('name');
      if (bits === undefined) reportSmallLetters(cursor, token);
      return bits ?? 0;
    }
  }
  cursor.unexpected('ipf/flags', 'a set of TCP flags, letters out of FSRPAUEC,');
  return undefined;
}

/** ipf takes a set with a letter that it does not know for the empty set (`tcpflags`, lib/tcpflags.c). */
function reportSmallLetters(cursor: Cursor, token: Token): void {
  const upper = token.text.toUpperCase();
  cursor.report(
    'ipf/flags-case',
    `ipf knows TCP flags in capitals only and reads \`${token.text}\` as no flags at all. Write \`${upper}\`.`,
    range(token.start, token.end),
    'warning',
    [
      {
        title: `Write \`${upper}\``,
        edits: [{ start: token.start, end: token.end, text: upper }],
        preferred: true,
      },
    ],
  );
}

export function readIcmp(cursor: Cursor, rule: IpfRule): boolean {
  const start = cursor.advance('keyword').start;
  const family = rule.protocol?.numbers[0] === 58 ? 6 : 4;
  const types = readNamed(
    cursor,
    'ipf/icmp-type',
    'an ICMP type, a name such as `echo` or a number',
    (name) => icmpTypeByName(name, family),
    icmpTypesOf(family).map(([name]) => name),
    'icmp-type',
  );
  rule.icmpRange = range(start, cursor.previous.end);
  if (types === undefined) return false;
  rule.icmpTypes = types;
  if (!cursor.take('code')) return true;
  const codes = readNamed(
    cursor,
    'ipf/icmp-code',
    'an ICMP code, a name such as `port-unr` or a number',
    (name) => {
      const code = ICMP_CODES.indexOf(name);
      return code < 0 ? undefined : code;
    },
    ICMP_CODES,
    'icmp-code',
  );
  rule.icmpRange = range(start, cursor.previous.end);
  if (codes === undefined) return false;
  rule.icmpCodes = codes;
  return true;
}

/** One name or number, or `{a,b}`; numbers up to 255. */
function readNamed(
  cursor: Cursor,
  code: string,
  expected: string,
  lookUp: (name: string) => number | undefined,
  names: readonly string[],
  slot: 'icmp-type' | 'icmp-code',
): NumberNode[] | undefined {
  const readOne = (): NumberNode | undefined => {
    cursor.offer(slot);
    const token = cursor.current;
    const value =
      token?.kind === 'number' && Number(token.text) <= 255
        ? Number(token.text)
        : token?.kind === 'word'
          ? lookUp(token.keyword || token.text.toLowerCase())
          : undefined;
    if (token === undefined || value === undefined) {
      cursor.unexpected(code, expected, names);
      return undefined;
    }
    cursor.advance(token.kind === 'number' ? 'number' : 'name');
    return { value, start: token.start, end: token.end };
  };
  if (!cursor.takeOperator('{')) {
    const one = readOne();
    return one === undefined ? undefined : [one];
  }
  const list: NumberNode[] = [];
  while (!cursor.isOperator('}')) {
    const one = readOne();
    if (one === undefined) return undefined;
    list.push(one);
    cursor.takeOperator(',');
  }
  cursor.advance('operator');
  return list;
}
