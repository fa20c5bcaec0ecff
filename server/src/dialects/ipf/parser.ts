/**
 * The ipf.conf grammar: resilient recursive descent over one statement. A rule is a head (`@N`, collection,
 * action, direction) and a row of clauses. IPFilter fixes the order of the clauses; here the next clause is
 * chosen by its first word, and a clause that stands too late is read and reported, because "`flags` must come
 * before `keep`" helps and "syntax error" does not. After a word that nothing can begin with, reading goes on
 * at the next word that begins a clause, so one mistake is one problem.
 *
 * Grammar: ipf(5), and IPFilter 5.1.2 as it was run.
 */

import type { Fix } from '../../syntax/problem';
import { closestWord } from '../../text/closestWord';
import { range } from '../../text/range';
import { Cursor } from '../ipfilter-kit/cursor';
import { type Token, tokenize } from '../ipfilter-kit/lexer';
import {
  checkClosed,
  noteLostLastWord,
  readAssignment,
  readTemplate,
  withoutComments,
} from '../ipfilter-kit/statements';
import { clauseRank, readClause } from './clauses';
import { testsPackets } from './expand';
import { readAction } from './head';
import type { IpfItem, IpfRule, IpfTree } from './tree';

export const ACTIONS = new Set([
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

export function parseIpfStatement(text: string): { tree: IpfTree; problems: Cursor['problems'] } {
  const cursor = new Cursor(withoutComments(tokenize(text)), text.length, 'ipf');
  const tree = readIpfTree(cursor);
  noteLostLastWord(cursor, text, readIpfTree);
  return { tree, problems: cursor.problems };
}

/** Reads a whole statement; also used with a marking or probing cursor. */
export function readIpfTree(cursor: Cursor): IpfTree {
  const items: IpfItem[] = [];
  if (cursor.atEnd) cursor.isOneOf(STATEMENT_WORDS);
  while (!cursor.atEnd) {
    const before = cursor.index;
    const item = readItem(cursor);
    if (item !== undefined) items.push(item);
    if (cursor.index === before) cursor.index++;
  }
  return { items };
}

const STATEMENT_WORDS = new Set([...ACTIONS, 'set']);

function readItem(cursor: Cursor): IpfItem | undefined {
  const token = cursor.current!;
  const next = cursor.tokens[cursor.index + 1];
  if (token.kind === 'word' && next?.kind === 'operator' && next.text === '=' && !isClauseEquals(token))
    return readAssignment(cursor);
  if (token.kind === 'operator' && token.text === ';') {
    cursor.advance('operator');
    return undefined;
  }
  if (token.keyword === 'set' && cursor.index === 0) return readSetting(cursor);
  const template = readTemplate(cursor, (t) => (ACTIONS.has(t.keyword) ? 'action' : 'keyword'));
  if (template !== undefined) return template;
  return readRule(cursor);
}

function isClauseEquals(token: Token): boolean {
  return token.keyword === 'port' || token.keyword === 'pool' || token.keyword === 'hash';
}

function readSetting(cursor: Cursor): IpfItem | undefined {
  const start = cursor.advance('keyword').start;
  const name = cursor.current;
  if (name === undefined || name.kind !== 'word') {
    cursor.offer('name');
    cursor.unexpected('ipf/set-name', 'the name of a setting');
    skipToSemicolon(cursor);
    return undefined;
  }
  cursor.advance('name');
  const value = cursor.current;
  if (value === undefined || value.kind === 'operator') {
    cursor.offer('number');
    cursor.unexpected('ipf/set-value', `a value for \`${name.text}\``);
    skipToSemicolon(cursor);
    return undefined;
  }
  cursor.advance('number');
  if (!cursor.takeOperator(';'))
    cursor.unexpected('ipf/set-semicolon', '`;` behind the value of the setting');
  return {
    kind: 'setting',
    name: { text: name.text, start: name.start, end: name.end },
    value: { text: value.text, start: value.start, end: value.end },
    start,
    end: cursor.previous.end,
  };
}

function skipToSemicolon(cursor: Cursor): void {
  while (!cursor.atEnd && !cursor.takeOperator(';')) cursor.index++;
}

function readRule(cursor: Cursor): IpfItem | undefined {
  const rule = emptyRule(cursor.current!.start);
  if (!readAction(cursor, rule)) {
    skipToNextItem(cursor);
    return undefined;
  }
  let rank = -1;
  let rankWord = '';
  let intact = true;
  for (;;) {
    const token = cursor.current;
    if (token === undefined) {
      offerClauses(cursor, rank);
      break;
    }
    if (cursor.takeOperator(';')) break;
    const next = clauseRank(token, rank);
    if (next === undefined) {
      if (beginsItem(cursor)) break;
      unknownClause(cursor, rule);
      intact = false;
      skipToClause(cursor);
      continue;
    }
    if (next < rank) {
      cursor.report(
        'ipf/clause-order',
        `\`${token.text}\` must come before \`${rankWord}\`: ipf reads the clauses of a rule in a fixed order.`,
        range(token.start, token.end),
      );
    } else {
      rank = next;
      rankWord = token.text;
    }
    if (!readClause(cursor, rule, next)) {
      intact = false;
      skipToClause(cursor);
    }
  }
  checkRule(cursor, rule, intact);
  (rule as { end: number }).end = cursor.index > 0 ? cursor.previous.end : rule.start;
  return rule;
}

/** For completion: every clause that may still follow. */
function offerClauses(cursor: Cursor, rank: number): void {
  if (cursor.probe === undefined) return;
  for (const [word, wordRank] of CLAUSE_OFFERS) if (wordRank >= rank) cursor.probe.words.add(word);
}

const CLAUSE_OFFERS: readonly (readonly [string, number])[] = [
  ['log', 0],
  ['quick', 0],
  ['on', 0],
  ['in-via', 0],
  ['out-via', 0],
  ['to', 0],
  ['dup-to', 0],
  ['reply-to', 0],
  ['fastroute', 0],
  ['inet', 1],
  ['inet6', 1],
  ['tos', 2],
  ['ttl', 3],
  ['proto', 4],
  ['all', 5],
  ['from', 5],
  ['flags', 6],
  ['icmp-type', 7],
  ['with', 8],
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
];

const CLAUSE_WORDS = new Set(CLAUSE_OFFERS.map(([word]) => word));

/** Whether a new rule begins here, on the same line as the one before it. */
function beginsItem(cursor: Cursor): boolean {
  const token = cursor.current!;
  if (ACTIONS.has(token.keyword)) return true;
  if (token.kind === 'operator' && token.text === '@') return true;
  const next = cursor.tokens[cursor.index + 1];
  if (token.kind === 'number') return next !== undefined && ACTIONS.has(next.keyword);
  return token.kind === 'word' && next?.kind === 'operator' && next.text === '=' && !isClauseEquals(token);
}

function unknownClause(cursor: Cursor, rule: IpfRule): void {
  const token = cursor.current!;
  const known = MISPLACED[token.keyword];
  if (known !== undefined) {
    cursor.report('ipf/unexpected-word', known, range(token.start, token.end));
    return;
  }
  if (token.kind === 'string' && token.keyword !== '') {
    checkClosed(cursor, token);
    return;
  }
  const near = token.kind === 'word' ? closestWord(token.text, CLAUSE_WORDS) : undefined;
  if (near !== undefined && near !== token.keyword) {
    cursor.unexpected('ipf/unexpected-word', `a clause of the rule or its end`, CLAUSE_WORDS);
    return;
  }
  const expected =
    rule.source === undefined && !rule.all
      ? 'a clause such as `on`, `proto`, `all` or `from`'
      : 'a clause such as `flags`, `with`, `keep` or `group`, or the end of the rule';
  cursor.unexpected('ipf/unexpected-word', expected);
}

const MISPLACED: Readonly<Record<string, string>> = {
  port: '`port` belongs behind an address: `from any port = 53 to any` or `to any port = 53`.',
  in: 'The direction is already given; a rule has one.',
  out: 'The direction is already given; a rule has one.',
  state: '`state` needs `keep` before it: `keep state`.',
  frags: '`frags` needs `keep` or `with` before it.',
  'return-rst': '`return-rst` belongs directly behind `block`.',
  'return-icmp': '`return-icmp` belongs directly behind `block`.',
  'return-icmp-as-dest': '`return-icmp-as-dest` belongs directly behind `block`.',
  any: '`any` belongs behind `from` or `to`. For all packets write `all`.',
  code: '`code` belongs directly behind `icmp-type`.',
  tcp: '`tcp` needs `proto` before it.',
  udp: '`udp` needs `proto` before it.',
  icmp: '`icmp` needs `proto` before it.',
};

function skipToClause(cursor: Cursor): void {
  while (!cursor.atEnd) {
    const token = cursor.current!;
    if (token.kind === 'operator' && token.text === ';') return;
    if (CLAUSE_WORDS.has(token.keyword) || token.keyword === 'route-to' || ACTIONS.has(token.keyword)) return;
    cursor.index++;
  }
}

function skipToNextItem(cursor: Cursor): void {
  cursor.index++;
  while (
    !cursor.atEnd &&
    !cursor.isOperator(';') &&
    !(ACTIONS.has(cursor.current!.keyword) && cursor.current!.keyword !== 'log')
  )
    cursor.index++;
}

/** What one clause alone cannot see. */
function checkRule(cursor: Cursor, rule: IpfRule, intact: boolean): void {
  const protocol = rule.protocol?.numbers ?? [];
  if (rule.flags !== undefined && (protocol.length !== 1 || protocol[0] !== 6) && (intact || rule.protocol))
    cursor.report(
      'ipf/flags-need-tcp',
      '`flags` needs `proto tcp`: only TCP packets carry flags.',
      rule.flags.range,
      'error',
      fixOfProtocol(cursor, rule),
    );
  if (rule.icmpRange !== undefined) {
    const isIcmp = protocol.length === 1 && (protocol[0] === 1 || protocol[0] === 58);
    if (!isIcmp && (intact || rule.protocol))
      cursor.report(
        'ipf/icmp-type-needs-icmp',
        '`icmp-type` needs `proto icmp` (or `proto ipv6-icmp`): only ICMP packets have a type.',
        rule.icmpRange,
      );
  }
  checkPortProtocol(cursor, rule);
  if (rule.action === 'block' && rule.answer?.kind === 'rst' && protocol.length > 0 && !protocol.includes(6))
    cursor.report(
      'ipf/return-rst-needs-tcp',
      '`return-rst` can only answer TCP packets. Use `proto tcp`, or `return-icmp` for other protocols.',
      rule.actionRange,
      'warning',
    );
  if (rule.answer !== undefined && rule.action === 'block' && rule.direction === 'out')
    cursor.report(
      'ipf/answer-out',
      'ipf sends resets and ICMP errors only for packets that come in; on `out` this rule blocks silently.',
      rule.actionRange,
      'warning',
    );
  if (rule.family !== undefined && rule.all && !testsPackets(rule)) checkIgnoredFamily(cursor, rule);
}

/** ipf refuses comparisons of ports of other protocols; ranges it reads, and they match nothing. */
function checkPortProtocol(cursor: Cursor, rule: IpfRule): void {
  const protocol = rule.protocol?.numbers;
  if (protocol === undefined || protocol.some((n) => n === 0 || n === 6 || n === 17)) return;
  for (const side of [rule.source, rule.destination]) {
    const [first, ...more] = side?.ports ?? [];
    if (first === undefined) continue;
    const isRange = first.last !== undefined && more.length === 0;
    cursor.report(
      'ipf/port-protocol',
      isRange
        ? 'Only TCP and UDP have ports, so this matches no packet.'
        : 'Only TCP and UDP have ports. Write `proto tcp`, `proto udp` or `proto tcp/udp`.',
      range(first.start, (more[more.length - 1] ?? first).end),
      isRange ? 'warning' : 'error',
    );
  }
}

/** `proto tcp` before the addresses, or in place of `tcp/udp`; for another protocol the flags are what is wrong. */
function fixOfProtocol(cursor: Cursor, rule: IpfRule): Fix[] | undefined {
  if (rule.protocol !== undefined) {
    const { numbers, start, end } = rule.protocol;
    if (!numbers.includes(6)) return undefined;
    return [{ title: 'Write `tcp`', edits: [{ start, end, text: 'tcp' }], preferred: true }];
  }
  const at = cursor.tokens.find(
    (t) =>
      (t.keyword === 'from' || t.keyword === 'all') &&
      t.start > rule.start &&
      t.end <= rule.flags!.range.start,
  );
  if (at === undefined) return undefined;
  const edits = [{ start: at.start, end: at.start, text: 'proto tcp ' }];
  return [{ title: 'Add `proto tcp`', edits, preferred: true }];
}

/** ipf drops `inet` and `inet6` on a rule with `all` that tests nothing else (ran). */
function checkIgnoredFamily(cursor: Cursor, rule: IpfRule): void {
  const all = cursor.tokens.find((t) => t.keyword === 'all' && t.start >= rule.start);
  const word = rule.family!.value === 4 ? 'inet' : 'inet6';
  cursor.report(
    'ipf/inet-all-ignored',
    `ipf ignores \`${word}\` next to a plain \`all\`: the rule takes IPv4 and IPv6 packets. Write \`from any to any\` to keep it to IPv${rule.family!.value}.`,
    rule.family!.range,
    'warning',
    all === undefined
      ? undefined
      : [
          {
            title: 'Write `from any to any`',
            edits: [{ start: all.start, end: all.end, text: 'from any to any' }],
            preferred: true,
          },
        ],
  );
}

/** Shared by all rules: most have none of most clauses, and a long file has many rules. Lists are replaced, never added to. */
const none: readonly never[] = [];

function emptyRule(start: number): IpfRule {
  return {
    kind: 'rule',
    start,
    end: start,
    insertAt: undefined,
    collection: undefined,
    action: 'pass',
    actionRange: { start, end: start },
    answer: undefined,
    skipCount: 0,
    call: undefined,
    direction: 'in',
    log: undefined,
    quick: false,
    on: none,
    via: none,
    to: undefined,
    dupTo: undefined,
    replyTo: undefined,
    fastroute: false,
    family: undefined,
    tos: none,
    ttl: none,
    protocol: undefined,
    all: false,
    source: undefined,
    destination: undefined,
    flags: undefined,
    icmpTypes: none,
    icmpCodes: none,
    icmpRange: undefined,
    tests: none,
    keepState: undefined,
    keepFragments: undefined,
    head: undefined,
    group: undefined,
    setTag: undefined,
    matchTag: undefined,
    packetsPerSecond: undefined,
    stateAge: undefined,
    ruleTtl: undefined,
    comment: undefined,
    program: undefined,
  };
}
