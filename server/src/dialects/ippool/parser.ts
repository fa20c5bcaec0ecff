/**
 * The ippool.conf grammar: `table role = ipf type = tree number = 1 { ... };`, the newer
 * `pool ipf/tree (name x;) { ... };`, and `group-map in role = ipf number = 1 { ... };`.
 *
 * Grammar: ippool(5), and IPFilter 5.1.2 as it was run.
 */
import type { Problem } from '../../syntax/problem';
import { range } from '../../text/range';
import { type NetworkNode, readNetwork, startsAddress } from '../ipfilter-kit/addresses';
import { Cursor } from '../ipfilter-kit/cursor';
import { tokenize } from '../ipfilter-kit/lexer';
import { readNumber, type Word } from '../ipfilter-kit/numbers';
import { readAssignment, readTemplate, withoutComments } from '../ipfilter-kit/statements';
import type {
  IppoolItem,
  IppoolTree,
  PoolEntryNode,
  PoolFileNode,
  PoolRole,
  PoolTable,
  PoolType,
} from './tree';

const FORMS = new Set(['table', 'pool', 'group-map']);
const ROLES = new Set<string>(['ipf', 'nat', 'auth', 'count', 'all']);
const TYPES = new Set<string>(['tree', 'hash', 'dstlist']);

export function parseIppoolStatement(text: string): { tree: IppoolTree; problems: Problem[] } {
  const cursor = new Cursor(withoutComments(tokenize(text)), text.length, 'ippool');
  return { tree: readIppoolTree(cursor), problems: cursor.problems };
}

export function readIppoolTree(cursor: Cursor): IppoolTree {
  const items: IppoolItem[] = [];
  if (cursor.atEnd) cursor.isOneOf(FORMS);
  while (!cursor.atEnd) {
    const before = cursor.index;
    const item = readItem(cursor);
    if (item !== undefined) items.push(item);
    if (cursor.index === before) cursor.index++;
  }
  return { items };
}

function readItem(cursor: Cursor): IppoolItem | undefined {
  if (cursor.takeOperator(';')) return undefined;
  const next = cursor.tokens[cursor.index + 1];
  if (cursor.current!.kind === 'word' && next?.kind === 'operator' && next.text === '=')
    return readAssignment(cursor);
  const template = readTemplate(cursor, () => 'keyword', cursor.isOneOf(FORMS) ? 'braces' : 'semicolon');
  if (template !== undefined) return template;
  if (!cursor.isOneOf(FORMS)) {
    cursor.unexpected('ippool/table-expected', '`table`, `pool` or `group-map`', FORMS);
    cursor.index = cursor.tokens.length;
    return undefined;
  }
  const word = cursor.advance('action');
  const table = emptyTable(word.start, word.keyword as PoolTable['form']);
  const read = table.form === 'pool' ? readPoolHead : table.form === 'table' ? readTableHead : readMapHead;
  const complete = read(cursor, table) && readBody(cursor, table);
  if (!complete) {
    cursor.index = cursor.tokens.length;
    return undefined;
  }
  if (!cursor.takeOperator(';')) cursor.unexpected('ippool/semicolon', '`;` behind the closing brace');
  (table as { end: number }).end = cursor.previous.end;
  return table;
}

const TABLE_ORDER = ['role', 'type', 'name', 'size', 'seed'];
const MAP_ORDER = ['role', 'name', 'group', 'size', 'seed'];

/** `role = ipf type = tree number = 1 [size = 5] [seed = 3]`. */
function readTableHead(cursor: Cursor, table: PoolTable): boolean {
  return readHead(cursor, table, TABLE_ORDER, ['role', 'type']);
}

/** `in role = ipf number = 1 [group = 5] [size = 5] [seed = 3]`, or `(name x; in;)`. */
function readMapHead(cursor: Cursor, table: PoolTable): boolean {
  table.type = 'hash';
  if (cursor.isOperator('(')) return readParenthesis(cursor, table);
  if (!cursor.is('in') && !cursor.is('out')) {
    cursor.unexpected('ippool/direction-expected', '`in` or `out`', ['in', 'out']);
    return false;
  }
  table.direction = cursor.advance('keyword').keyword as 'in' | 'out';
  return readHead(cursor, table, MAP_ORDER, ['role']);
}

/** The parts of a head in their order; those in `needed` cannot be left out. */
function readHead(
  cursor: Cursor,
  table: PoolTable,
  order: readonly string[],
  needed: readonly string[],
): boolean {
  const seen = new Set<string>();
  let rank = -1;
  let rankWord = '';
  for (;;) {
    if (cursor.atEnd) for (const word of order) cursor.is(word);
    if (cursor.atEnd) cursor.is('number');
    const word = cursor.current?.keyword ?? '';
    const part = word === 'number' ? 'name' : word;
    const next = order.indexOf(part);
    if (next < 0) break;
    if (next <= rank)
      cursor.report(
        'ippool/head-order',
        `\`${word}\` must come before \`${rankWord}\`: ippool reads the head of a table in a fixed order.`,
        cursor.here(),
      );
    else {
      rank = next;
      rankWord = word;
    }
    seen.add(part);
    if (!readPart(cursor, table, part)) return false;
  }
  const missing = needed.find((part) => !seen.has(part));
  if (missing === undefined) return true;
  const example = missing === 'role' ? '`role = ipf`' : '`type = tree`';
  cursor.unexpected('ippool/table-head', example, ['role', 'type', 'number', 'name', 'size', 'seed']);
  return false;
}

function readPart(cursor: Cursor, table: PoolTable, part: string): boolean {
  switch (part) {
    case 'role':
      return readRole(cursor, table);
    case 'type':
      return readType(cursor, table);
    case 'name':
      return readName(cursor, table);
    case 'group':
      table.group = readAssigned(cursor, 'the name of a group', 'group');
      return table.group !== undefined;
    default:
      return readSizeOrSeed(cursor, table, '=');
  }
}

/** `ipf/tree (name x; size 17; policy round-robin;)` */
function readPoolHead(cursor: Cursor, table: PoolTable): boolean {
  if (cursor.isOperator('(')) {
    table.role = 'all';
    return readParenthesis(cursor, table);
  }
  if (
    !readWord(cursor, ROLES, 'ippool/role', 'the role `ipf`, `nat`, `auth`, `count` or `all`', (role) => {
      table.role = role as PoolRole;
    })
  )
    return false;
  if (!cursor.takeOperator('/')) {
    cursor.unexpected('ippool/pool-head', '`/` and the type, for example `ipf/tree`');
    return false;
  }
  if (
    !readWord(cursor, TYPES, 'ippool/type', 'the type `tree`, `hash` or `dstlist`', (type) => {
      table.type = type as PoolType;
    })
  )
    return false;
  if (!cursor.isOperator('(')) {
    cursor.unexpected('ippool/pool-head', '`(name x;)`');
    return false;
  }
  return readParenthesis(cursor, table);
}

/** `(name x; size 17;)`, `(name x; policy round-robin;)`, `(name x; in;)`: the name comes first. */
function readParenthesis(cursor: Cursor, table: PoolTable): boolean {
  cursor.advance('operator');
  if (!cursor.is('name') && !cursor.is('number')) {
    cursor.unexpected('ippool/pool-head', '`name x;` or `number N;`', ['name', 'number']);
    return false;
  }
  table.isNumbered = cursor.advance('keyword').keyword === 'number';
  table.name = readPoolName(cursor, table.isNumbered);
  if (table.name === undefined || !readSemicolon(cursor)) return false;
  if (table.form === 'group-map') {
    if (!cursor.is('in') && !cursor.is('out')) {
      cursor.unexpected('ippool/direction-expected', '`in` or `out`', ['in', 'out']);
      return false;
    }
    table.direction = cursor.advance('keyword').keyword as 'in' | 'out';
    if (!readSemicolon(cursor)) return false;
  } else if (table.type === 'hash') {
    if ((cursor.is('size') || cursor.is('seed')) && !readIgnoredOption(cursor, table)) return false;
  } else if (cursor.is('policy') && !(readPolicy(cursor, table) && readSemicolon(cursor))) return false;
  if (cursor.takeOperator(')')) return true;
  cursor.unexpected('ippool/pool-head', table.type === 'hash' ? '`size N;` or `)`' : '`)`');
  return false;
}

/** The `pool` form reads one `size` or `seed` and forgets it (`hashopt` in ippool_y.y has no action). */
function readIgnoredOption(cursor: Cursor, table: PoolTable): boolean {
  const word = cursor.current!;
  if (!readSizeOrSeed(cursor, table, undefined)) return false;
  cursor.report(
    'ippool/option-ignored',
    `ippool ignores \`${word.text}\` in this form. Write \`table role = ${table.role} type = hash name = ${table.name?.text} ${word.text} = ...\`.`,
    range(word.start, cursor.previous.end),
    'warning',
  );
  return readSemicolon(cursor);
}

function readSemicolon(cursor: Cursor): boolean {
  if (cursor.takeOperator(';')) return true;
  cursor.unexpected('ippool/semicolon', '`;`');
  return false;
}

const POLICIES = new Set(['round-robin', 'weighted', 'random', 'hash', 'src-hash', 'dst-hash']);

function readPolicy(cursor: Cursor, table: PoolTable): boolean {
  cursor.advance('keyword');
  if (table.type !== 'dstlist')
    cursor.report(
      'ippool/policy',
      'Only a destination list has a policy.',
      range(cursor.previous.start, cursor.previous.end),
    );
  if (!cursor.isOneOf(POLICIES)) {
    cursor.unexpected('ippool/policy', 'a policy such as `round-robin` or `random`', POLICIES);
    return false;
  }
  const word = cursor.advance('keyword').keyword;
  if (word !== 'weighted') {
    table.policy = word;
    return true;
  }
  if (!cursor.take('connection')) {
    cursor.unexpected('ippool/policy', '`connection`', ['connection']);
    return false;
  }
  table.policy = 'weighted connection';
  return true;
}

function readRole(cursor: Cursor, table: PoolTable): boolean {
  cursor.advance('keyword');
  if (!readEquals(cursor)) return false;
  return readWord(cursor, ROLES, 'ippool/role', 'the role `ipf`, `nat`, `auth`, `count` or `all`', (role) => {
    table.role = role as PoolRole;
  });
}

function readType(cursor: Cursor, table: PoolTable): boolean {
  cursor.advance('keyword');
  if (!readEquals(cursor)) return false;
  return readWord(cursor, TYPES, 'ippool/type', 'the type `tree` or `hash`', (type) => {
    table.type = type as PoolType;
  });
}

function readWord(
  cursor: Cursor,
  words: ReadonlySet<string>,
  code: string,
  expected: string,
  put: (word: string) => void,
): boolean {
  if (!cursor.isOneOf(words)) {
    cursor.unexpected(code, expected, words);
    return false;
  }
  put(cursor.advance('keyword').keyword);
  return true;
}

function readEquals(cursor: Cursor): boolean {
  if (cursor.takeOperator('=')) return true;
  cursor.unexpected('ippool/equals', '`=`');
  return false;
}

function readName(cursor: Cursor, table: PoolTable): boolean {
  table.isNumbered = cursor.current?.keyword === 'number';
  cursor.advance('keyword');
  if (!readEquals(cursor)) return false;
  table.name = readPoolName(cursor, table.isNumbered);
  return table.name !== undefined;
}

function readAssigned(cursor: Cursor, expected: string, slot: 'group' | 'pool'): Word | undefined {
  cursor.advance('keyword');
  if (!readEquals(cursor)) return undefined;
  cursor.offer(slot === 'group' ? 'group' : 'name');
  const token = cursor.current;
  if (token?.kind !== 'word' && token?.kind !== 'number' && token?.kind !== 'string') {
    cursor.unexpected('ippool/name', expected);
    return undefined;
  }
  cursor.advance('name');
  return { text: token.text, start: token.start, end: token.end };
}

/** Characters of a name that the kernel keeps (FR_GROUPLEN less its end byte). */
const LONGEST_NAME = 15;

/** `number` takes digits and `name` a word; a word of digits in quotes is a name. */
function readPoolName(cursor: Cursor, isNumbered: boolean): Word | undefined {
  cursor.offer('name');
  const token = cursor.current;
  const fits = isNumbered ? token?.kind === 'number' : token?.kind === 'word' || token?.kind === 'string';
  if (token === undefined || !fits) {
    cursor.unexpected('ippool/name', isNumbered ? 'the number of the table' : 'the name of the table');
    return undefined;
  }
  cursor.advance('name');
  if (token.text.length > LONGEST_NAME)
    cursor.report(
      'ippool/long-name',
      `The name \`${token.text}\` is longer than the ${LONGEST_NAME} characters that IPFilter keeps: this is \`${token.text.slice(0, LONGEST_NAME)}\`.`,
      range(token.start, token.end),
      'warning',
    );
  return { text: token.text.slice(0, LONGEST_NAME), start: token.start, end: token.end };
}

function readSizeOrSeed(cursor: Cursor, table: PoolTable, sign: '=' | undefined): boolean {
  const word = cursor.advance('keyword').keyword;
  if (sign === '=' && !readEquals(cursor)) return false;
  const number = readNumber(
    cursor,
    `ippool/${word}`,
    word === 'size' ? 'the size of the hash table' : 'a seed',
  );
  if (word === 'size') table.size = number;
  else table.seed = number;
  return number !== undefined;
}

function readBody(cursor: Cursor, table: PoolTable): boolean {
  if (!cursor.takeOperator('{')) {
    cursor.unexpected('ippool/list-expected', '`{` and the addresses');
    return false;
  }
  const entries: PoolEntryNode[] = [];
  const files: PoolFileNode[] = [];
  let isEnded = false;
  while (!cursor.isOperator('}')) {
    if (cursor.takeOperator(';')) {
      isEnded = true;
      continue;
    }
    if (cursor.atEnd) {
      cursor.offer('address');
      cursor.unexpected('ippool/closing-brace', '`}` at the end of the list');
      return false;
    }
    const before = cursor.index;
    const isFirst = entries.length + files.length === 0;
    if (!isFirst && !isEnded) reportMissingSemicolon(cursor);
    isEnded = false;
    if (cursor.is('whois') || cursor.current?.kind === 'string') {
      const file = readFile(cursor, table, entries.length);
      if (file === undefined) return false;
      files.push(file);
      continue;
    }
    const entry = readEntry(cursor, table);
    if (entry !== undefined) entries.push(entry);
    else skipEntry(cursor, before);
  }
  if (!isEnded) reportMissingSemicolon(cursor);
  cursor.advance('operator');
  table.entries = entries;
  table.files = files;
  return true;
}

/** Every entry ends in `;`, the last one too, and an empty list is `{ ; }`. */
function reportMissingSemicolon(cursor: Cursor): void {
  const { start, end, text } = cursor.previous;
  cursor.report(
    'ippool/semicolon',
    text === '{'
      ? 'An empty list is written `{ ; }`.'
      : `\`;\` is missing behind \`${text}\`: every entry ends in one.`,
    range(start, end),
    'error',
    [{ title: 'Add `;`', edits: [{ start: end, end, text: ';' }], preferred: true }],
  );
}

function skipEntry(cursor: Cursor, before: number): void {
  if (cursor.index === before) cursor.index++;
  while (!cursor.atEnd && !cursor.isOperator(';') && !cursor.isOperator('}')) cursor.index++;
}

function readFile(cursor: Cursor, table: PoolTable, position: number): PoolFileNode | undefined {
  const start = cursor.here().start;
  const isWhois = cursor.take('whois');
  if (isWhois && !cursor.take('file')) {
    cursor.unexpected('ippool/file', '`file` and the name of the file', ['file']);
    return undefined;
  }
  const token = cursor.current;
  if (token?.kind !== 'string' && !(isWhois && token?.kind === 'word')) {
    cursor.offer('string');
    cursor.unexpected('ippool/file', 'the name of the file in double quotes');
    return undefined;
  }
  cursor.advance('string');
  if (table.type === 'dstlist' || (isWhois && table.type !== 'tree'))
    cursor.report(
      'ippool/file-type',
      isWhois
        ? 'Only a `tree` reads the answer of a whois server.'
        : 'A destination list takes no entries from files.',
      range(start, token!.end),
    );
  if (!isWhois && !/^(?:file|http):\/\//.test(token!.text)) {
    cursor.report(
      'ippool/host-name',
      `ippool knows no host names: \`${token!.text}\` is refused. Write an address, or \`file://\` and the name of a file.`,
      range(token!.start, token!.end),
    );
    return undefined;
  }
  return {
    format: isWhois ? 'whois' : 'addresses',
    path: token!.text.replace(/^file:\/\//, ''),
    position,
    start,
    end: token!.end,
  };
}

function readEntry(cursor: Cursor, table: PoolTable): PoolEntryNode | undefined {
  const start = cursor.here().start;
  const negated = cursor.takeOperator('!');
  if (negated && table.type !== 'tree')
    cursor.report(
      'ippool/negated-entry',
      `A ${table.type === 'hash' ? 'hash table' : 'destination list'} has no negated entries; a \`tree\` has.`,
      range(start, cursor.previous.end),
    );
  let on: Word | undefined;
  const token = cursor.current;
  if (token?.kind === 'word' && cursor.tokens[cursor.index + 1]?.text === ':') {
    cursor.advance('interface');
    on = { text: token.text, start: token.start, end: token.end };
    cursor.advance('operator');
    if (table.type !== 'dstlist')
      cursor.report(
        'ippool/entry-interface',
        'Only the entries of a destination list have an interface.',
        on,
      );
  }
  const text = cursor.current?.text ?? '';
  const address = readEntryAddress(cursor);
  if (address === undefined) return undefined;
  let group: Word | undefined;
  if (cursor.isOperator(',') && cursor.tokens[cursor.index + 1]?.keyword === 'group') {
    cursor.advance('operator');
    group = readAssigned(cursor, 'the name of a group', 'group');
    if (group === undefined) return undefined;
    if (table.form !== 'group-map')
      cursor.report('ippool/entry-group', 'Only the entries of a `group-map` have a group.', group);
  } else if (table.form === 'group-map' && table.group === undefined)
    cursor.report(
      'ippool/entry-group',
      'The entry names no group and the map has none for all: add `, group = N`.',
      range(start, cursor.previous.end),
    );
  return { negated, address, text, interface: on, group, start, end: cursor.previous.end };
}

function readEntryAddress(cursor: Cursor): NetworkNode | undefined {
  cursor.offer('address');
  const token = cursor.current;
  if (startsAddress(token)) return readNetwork(cursor, 'ippool/address');
  if (token?.kind !== 'word') {
    cursor.unexpected('ippool/address', 'an address');
    return undefined;
  }
  cursor.report(
    'ippool/host-name',
    `ippool knows no host names: \`${token.text}\` is refused. Write its address.`,
    range(token.start, token.end),
  );
  return undefined;
}

function emptyTable(start: number, form: PoolTable['form']): PoolTable {
  return {
    kind: 'table',
    form,
    role: 'ipf',
    type: 'tree',
    name: undefined,
    isNumbered: false,
    size: undefined,
    seed: undefined,
    direction: undefined,
    group: undefined,
    policy: undefined,
    entries: [],
    files: [],
    start,
    end: start,
  };
}
