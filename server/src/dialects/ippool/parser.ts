/**
 * The ippool.conf grammar: `table role = ipf type = tree number = 1 { ... };`, the newer
 * `pool ipf/tree (name x;) { ... };`, and `group-map in role = ipf number = 1 { ... };`.
 *
 * Grammar: ippool(5), and IPFilter 5.1.2 as it was run.
 */
import type { Problem } from '../../syntax/problem';
import { range } from '../../text/range';
import {
  type HostNode,
  type NetworkNode,
  readMask,
  readNetwork,
  startsAddress,
} from '../ipfilter-kit/addresses';
import { Cursor } from '../ipfilter-kit/cursor';
import { tokenize } from '../ipfilter-kit/lexer';
import { readNumber, type Word } from '../ipfilter-kit/numbers';
import { readAssignment, readTemplate, withoutComments } from '../ipfilter-kit/statements';
import type { IppoolItem, IppoolTree, PoolEntryNode, PoolRole, PoolTable, PoolType } from './tree';

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
  if (!cursor.isOneOf(FORMS)) {
    const template = readTemplate(cursor, () => 'keyword');
    if (template !== undefined) return template;
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

/** `role = ipf type = tree number = 1 [size = 5] [seed = 3]` in any order. */
function readTableHead(cursor: Cursor, table: PoolTable): boolean {
  let hasRole = false;
  let hasType = false;
  for (;;) {
    if (cursor.is('role')) {
      if (!readRole(cursor, table)) return false;
      hasRole = true;
    } else if (cursor.is('type')) {
      if (!readType(cursor, table)) return false;
      hasType = true;
    } else if (cursor.is('number') || cursor.is('name')) {
      if (!readName(cursor, table)) return false;
    } else if (cursor.is('size') || cursor.is('seed')) {
      if (!readSizeOrSeed(cursor, table, '=')) return false;
    } else break;
  }
  if (!hasRole || !hasType || table.name === undefined) {
    const missing = !hasRole ? '`role = ipf`' : !hasType ? '`type = tree`' : '`number = N` or `name = x`';
    cursor.unexpected('ippool/table-head', missing, ['role', 'type', 'number', 'name', 'size', 'seed']);
    return false;
  }
  return true;
}

function readMapHead(cursor: Cursor, table: PoolTable): boolean {
  table.type = 'hash';
  if (!cursor.is('in') && !cursor.is('out')) {
    cursor.unexpected('ippool/direction-expected', '`in` or `out`', ['in', 'out']);
    return false;
  }
  table.direction = cursor.advance('keyword').keyword as 'in' | 'out';
  let hasRole = false;
  for (;;) {
    if (cursor.is('role')) {
      if (!readRole(cursor, table)) return false;
      hasRole = true;
    } else if (cursor.is('number') || cursor.is('name')) {
      if (!readName(cursor, table)) return false;
    } else if (cursor.is('group')) {
      table.group = readAssigned(cursor, 'the name of a group', 'group');
      if (table.group === undefined) return false;
    } else if (cursor.is('size') || cursor.is('seed')) {
      if (!readSizeOrSeed(cursor, table, '=')) return false;
    } else break;
  }
  if (!hasRole || table.name === undefined) {
    cursor.unexpected('ippool/table-head', hasRole ? '`number = N` or `name = x`' : '`role = ipf`', [
      'role',
      'number',
      'name',
      'group',
      'size',
      'seed',
    ]);
    return false;
  }
  return true;
}

/** `ipf/tree (name x; size 17; policy round-robin;)` */
function readPoolHead(cursor: Cursor, table: PoolTable): boolean {
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
  if (!cursor.takeOperator('(')) {
    cursor.unexpected('ippool/pool-head', '`(name x;)`');
    return false;
  }
  while (!cursor.isOperator(')')) {
    if (cursor.is('name') || cursor.is('number')) {
      table.isNumbered = cursor.advance('keyword').keyword === 'number';
      table.name = readPoolName(cursor);
      if (table.name === undefined) return false;
    } else if (cursor.is('size') || cursor.is('seed')) {
      if (!readSizeOrSeed(cursor, table, undefined)) return false;
    } else if (cursor.is('policy')) {
      if (!readPolicy(cursor, table)) return false;
    } else {
      cursor.unexpected('ippool/pool-head', '`name`, `size`, `seed`, `policy` or `)`', [
        'name',
        'number',
        'size',
        'seed',
        'policy',
      ]);
      return false;
    }
    if (!cursor.takeOperator(';') && !cursor.isOperator(')')) {
      cursor.unexpected('ippool/semicolon', '`;`');
      return false;
    }
  }
  cursor.advance('operator');
  if (table.name === undefined) {
    const close = cursor.previous;
    cursor.report(
      'ippool/pool-head',
      'The pool has no name: write `(name x;)`.',
      range(close.start, close.end),
    );
    return false;
  }
  return true;
}

const POLICIES = new Set(['round-robin', 'weighted', 'weighting', 'random', 'hash', 'src-hash', 'dst-hash']);

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
  if (word !== 'weighted' && word !== 'weighting') {
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
  table.name = readAssigned(cursor, 'the name or number of the table', 'pool');
  return table.name !== undefined;
}

function readAssigned(cursor: Cursor, expected: string, slot: 'group' | 'pool'): Word | undefined {
  cursor.advance('keyword');
  if (!readEquals(cursor)) return undefined;
  cursor.offer(slot === 'group' ? 'group' : 'name');
  const token = cursor.current;
  if (token?.kind !== 'word' && token?.kind !== 'number') {
    cursor.unexpected('ippool/name', expected);
    return undefined;
  }
  cursor.advance('name');
  return { text: token.text, start: token.start, end: token.end };
}

function readPoolName(cursor: Cursor): Word | undefined {
  const token = cursor.current;
  if (token?.kind !== 'word' && token?.kind !== 'number') {
    cursor.offer('name');
    cursor.unexpected('ippool/name', 'the name of the pool');
    return undefined;
  }
  cursor.advance('name');
  return { text: token.text, start: token.start, end: token.end };
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
  if (cursor.is('whois') || cursor.current?.kind === 'string') return readFromFile(cursor, table);
  const entries: PoolEntryNode[] = [];
  while (!cursor.isOperator('}')) {
    if (cursor.takeOperator(';') || cursor.takeOperator(',')) continue;
    if (cursor.atEnd) {
      cursor.offer('address');
      cursor.unexpected('ippool/closing-brace', '`}` at the end of the list');
      return false;
    }
    const before = cursor.index;
    const entry = readEntry(cursor, table);
    if (entry !== undefined) entries.push(entry);
    else skipEntry(cursor, before);
  }
  cursor.advance('operator');
  table.entries = entries;
  return true;
}

function skipEntry(cursor: Cursor, before: number): void {
  if (cursor.index === before) cursor.index++;
  while (!cursor.atEnd && !cursor.isOperator(';') && !cursor.isOperator('}')) cursor.index++;
}

function readFromFile(cursor: Cursor, table: PoolTable): boolean {
  const start = cursor.here().start;
  const isWhois = cursor.take('whois');
  if (isWhois) cursor.take('file');
  const token = cursor.current;
  if (token?.kind !== 'string') {
    cursor.offer('string');
    cursor.unexpected('ippool/file', 'the name of the file in double quotes');
    return false;
  }
  cursor.advance('string');
  table.from = {
    format: isWhois ? 'whois' : 'addresses',
    path: token.text.replace(/^file:\/\//, ''),
    start,
    end: token.end,
  };
  while (cursor.takeOperator(';'));
  if (cursor.takeOperator('}')) return true;
  cursor.unexpected('ippool/closing-brace', '`}` at the end of the list');
  return false;
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

function readEntryAddress(cursor: Cursor): NetworkNode | HostNode | undefined {
  cursor.offer('address');
  const token = cursor.current;
  if (startsAddress(token)) return readNetwork(cursor, 'ippool/address');
  if (token?.kind !== 'word') {
    cursor.unexpected('ippool/address', 'an address');
    return undefined;
  }
  cursor.advance('address');
  const mask = readMask(cursor, 4, 'ippool/address');
  if (mask === 'bad') return undefined;
  return {
    kind: 'host',
    name: token.text,
    maskLength: mask?.length,
    start: token.start,
    end: cursor.previous.end,
  };
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
    from: undefined,
    start,
    end: start,
  };
}
