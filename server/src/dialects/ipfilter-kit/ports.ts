/** Tests of ports: `= 80`, `1024:65535`, `20 >< 25`, and lists of them. */
import { complementIntervals, type Intervals } from '../../policy/intervals';
import { serviceName, serviceNames, servicePort } from '../../syntax/services';
import { range, type TextRange } from '../../text/range';
import type { Cursor } from './cursor';

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

const WORD_OPERATORS: Readonly<Record<string, PortOperator>> = {
  eq: '=',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

export function readPorts(cursor: Cursor, protocol: ServiceProtocol): PortNode[] | undefined {
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
