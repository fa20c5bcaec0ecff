/** Words, numbers and protocols, as all IPFilter grammars read them. */

import { knownProtocolNames, protocolByName } from '../../policy/protocols';
import { range, type TextRange } from '../../text/range';
import type { Cursor } from './cursor';

export interface Word extends TextRange {
  readonly text: string;
}

export interface NumberNode extends TextRange {
  readonly value: number;
}

export interface ProtocolNode extends TextRange {
  /** `tcp/udp` is the one pair. */
  readonly numbers: readonly number[];
}

/** A number from 0; undefined when reported. */
export function readNumber(
  cursor: Cursor,
  code: string,
  expected: string,
  most = 0xffffffff,
): NumberNode | undefined {
  cursor.offer('number');
  const token = cursor.current;
  if (token === undefined || (token.kind !== 'number' && token.kind !== 'hex')) {
    cursor.unexpected(code, expected);
    return undefined;
  }
  cursor.advance('number');
  const value = Number(token.text);
  if (value > most) {
    cursor.report(
      code,
      `${token.text} is too much: ${expected} is expected, ${most} at most.`,
      range(token.start, token.end),
    );
    return undefined;
  }
  return { value, start: token.start, end: token.end };
}

/** A protocol by name or number, or `tcp/udp`; undefined when reported. */
export function readProtocol(cursor: Cursor): ProtocolNode | undefined {
  cursor.offer('protocol');
  const token = cursor.current;
  if (token?.kind === 'operator' && token.text === '{') {
    cursor.report(
      cursor.code('protocol-list'),
      'IPFilter takes no list of protocols. Write one rule for each, or `tcp/udp`.',
      range(token.start, token.end),
    );
    return undefined;
  }
  if (token === undefined || (token.kind !== 'word' && token.kind !== 'number' && token.kind !== 'hex')) {
    cursor.unexpected(cursor.code('protocol'), 'a protocol, a name such as `tcp` or a number');
    return undefined;
  }
  cursor.advance('protocol');
  if (token.kind !== 'word') {
    const value = Number(token.text);
    if (value > 255) {
      cursor.report(
        cursor.code('protocol'),
        `${token.text} is not a protocol: the field holds 0 to 255.`,
        range(token.start, token.end),
      );
      return undefined;
    }
    return { numbers: [value], start: token.start, end: token.end };
  }
  if (token.keyword === 'tcp-udp' && cursor.dialect === 'ipf') {
    return { numbers: [6, 17], start: token.start, end: token.end };
  }
  if (cursor.takeOperator('/')) {
    const second = cursor.current;
    const pair = `${token.keyword}/${second?.keyword ?? ''}`;
    if (pair === 'tcp/udp' || pair === 'udp/tcp') {
      cursor.advance('protocol');
      if (pair === 'udp/tcp')
        cursor.report(
          cursor.code('protocol'),
          'Write `tcp/udp`, the only pair that IPFilter knows.',
          range(token.start, second!.end),
        );
      return { numbers: [6, 17], start: token.start, end: second!.end };
    }
    cursor.unexpected(
      cursor.code('protocol'),
      '`udp`: `tcp/udp` is the only pair of protocols that IPFilter knows',
      ['udp'],
    );
    return undefined;
  }
  const number = protocolByName(token.text);
  if (number === undefined) {
    cursor.index--;
    cursor.marks?.pop();
    cursor.unexpected(cursor.code('protocol'), 'the name or the number of a protocol', knownProtocolNames());
    cursor.index++;
    return undefined;
  }
  return { numbers: [number], start: token.start, end: token.end };
}
