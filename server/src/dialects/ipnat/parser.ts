/**
 * The ipnat.conf grammar: resilient recursive descent over one statement. Unlike ipf's, the clauses of a NAT rule
 * differ by verb, so each verb has its own function; the options behind them are one loop that knows the order.
 *
 * Grammar: ipnat(5), and IPFilter 5.1.2 as it was run.
 */
import type { NatKind } from '../../policy/nat';
import type { Problem } from '../../syntax/problem';
import { range } from '../../text/range';
import { Cursor } from '../ipfilter-kit/cursor';
import { type Token, tokenize } from '../ipfilter-kit/lexer';
import { readProtocol } from '../ipfilter-kit/numbers';
import { readSide, type SideNode } from '../ipfilter-kit/sides';
import { noteLostLastWord, readAssignment, readTemplate, withoutComments } from '../ipfilter-kit/statements';
import { readOptions, readProxy } from './options';
import { readMapPorts, readPortSpan, readRulePort, readTarget, readTranslation } from './targets';
import type { IpnatItem, IpnatRule, IpnatTree } from './tree';

export const VERBS = new Set<string>(['map', 'map-block', 'rdr', 'bimap', 'rewrite', 'divert']);
const STATEMENT_WORDS = new Set([...VERBS, 'no']);

export function parseIpnatStatement(text: string): { tree: IpnatTree; problems: Problem[] } {
  const cursor = new Cursor(withoutComments(tokenize(text)), text.length, 'ipnat');
  const tree = readIpnatTree(cursor);
  noteLostLastWord(cursor, text, readIpnatTree);
  return { tree, problems: cursor.problems };
}

export function readIpnatTree(cursor: Cursor): IpnatTree {
  const items: IpnatItem[] = [];
  if (cursor.atEnd) cursor.isOneOf(STATEMENT_WORDS);
  while (!cursor.atEnd) {
    const before = cursor.index;
    const item = readItem(cursor);
    if (item !== undefined) items.push(item);
    if (cursor.index === before) cursor.index++;
  }
  return { items };
}

function readItem(cursor: Cursor): IpnatItem | undefined {
  if (cursor.takeOperator(';')) return undefined;
  const next = cursor.tokens[cursor.index + 1];
  if (cursor.current!.kind === 'word' && next?.kind === 'operator' && next.text === '=')
    return readAssignment(cursor);
  return readTemplate(cursor, colourInTemplate) ?? readRule(cursor);
}

function colourInTemplate(token: Token): 'action' | 'keyword' {
  return STATEMENT_WORDS.has(token.keyword) ? 'action' : 'keyword';
}

function readRule(cursor: Cursor): IpnatItem | undefined {
  const start = cursor.current!.start;
  const exempt = cursor.take('no', 'action');
  if (!cursor.isOneOf(VERBS)) {
    cursor.unexpected('ipnat/verb-expected', 'a rule such as `map`, `rdr` or `bimap`', STATEMENT_WORDS);
    skipRule(cursor);
    return undefined;
  }
  const word = cursor.advance('action');
  const rule = emptyRule(start, word.keyword as NatKind, range(word.start, word.end), exempt);
  const read =
    rule.verb === 'rewrite' || rule.verb === 'divert' ? readRewrite : rule.verb === 'rdr' ? readRdr : readMap;
  if (!read(cursor, rule)) {
    skipRule(cursor);
    (rule as { end: number }).end = cursor.previous.end;
    return undefined;
  }
  readEnd(cursor, rule);
  (rule as { end: number }).end = cursor.previous.end;
  checkFamilies(cursor, rule);
  return rule;
}

function readEnd(cursor: Cursor, rule: IpnatRule): void {
  if (cursor.takeOperator(';')) return;
  const token = cursor.current;
  if (token === undefined) {
    if (rule.verb === 'rewrite' || rule.verb === 'divert' || rule.exempt) {
      const last = cursor.previous;
      cursor.report(
        'ipnat/semicolon',
        `A \`${rule.exempt ? 'no ' : ''}${rule.verb}\` rule must end with \`;\`.`,
        range(last.start, last.end),
        'error',
        [{ title: 'Add `;`', edits: [{ start: last.end, end: last.end, text: ';' }], preferred: true }],
      );
    }
    return;
  }
  // A new rule on the same line.
  if (STATEMENT_WORDS.has(token.keyword)) return;
  cursor.unexpected('ipnat/unexpected-word', 'the end of the rule');
  skipRule(cursor);
}

function skipRule(cursor: Cursor): void {
  if (!cursor.atEnd) cursor.index++;
  while (!cursor.atEnd && !cursor.isOperator(';')) cursor.index++;
  cursor.takeOperator(';');
}

/** `map`, `map-block`, `bimap`. */
function readMap(cursor: Cursor, rule: IpnatRule): boolean {
  if (!readInterfaces(cursor, rule)) return false;
  if (!readTaken(cursor, rule, 'source')) return false;
  if (rule.exempt) return readExemptProtocol(cursor, rule);
  if (!readArrow(cursor)) return false;
  rule.newSource = readTarget(cursor, 'one');
  if (rule.newSource === undefined) return false;
  if (rule.verb === 'map-block') {
    if (!readBlockPorts(cursor, rule)) return false;
  } else if (!readMapPorts(cursor, rule)) return false;
  return readOptions(cursor, rule);
}

function readRdr(cursor: Cursor, rule: IpnatRule): boolean {
  if (!readInterfaces(cursor, rule)) return false;
  if (!readTaken(cursor, rule, 'destination')) return false;
  if (!rule.isFilter && cursor.is('port') && !readRulePort(cursor, rule)) return false;
  if (rule.exempt) return readExemptProtocol(cursor, rule);
  if (!readArrow(cursor)) return false;
  rule.newDestination = readTarget(cursor, 'several');
  if (rule.newDestination === undefined) return false;
  if (!readTranslation(cursor, rule)) return false;
  if (cursor.is('proxy')) {
    if (!readProxy(cursor, rule)) return false;
  }
  return readOptions(cursor, rule);
}

/** `rewrite in|out on if [proto P] from A to B -> src C[,p-q] dst D[,r-s];` and `divert ... udp;` */
function readRewrite(cursor: Cursor, rule: IpnatRule): boolean {
  if (rule.exempt)
    cursor.report('ipnat/no-rewrite', `\`no\` cannot stand before \`${rule.verb}\`.`, rule.verbRange);
  if (!cursor.is('in') && !cursor.is('out')) {
    cursor.unexpected('ipnat/direction-expected', '`in` or `out`', ['in', 'out']);
    return false;
  }
  rule.direction = cursor.advance('keyword').keyword as 'in' | 'out';
  if (!cursor.take('on')) {
    cursor.unexpected('ipnat/on-expected', '`on` and an interface', ['on']);
    return false;
  }
  if (!readInterfaces(cursor, rule)) return false;
  if (cursor.take('proto')) {
    cursor.offer('protocol');
    if (!readRuleProtocol(cursor, rule)) return false;
  }
  if (!cursor.is('from') && !cursor.isOperator('!')) {
    cursor.unexpected('ipnat/from-expected', '`from ... to ...`', ['from']);
    return false;
  }
  if (!readTaken(cursor, rule, 'source')) return false;
  if (!readArrow(cursor)) return false;
  if (!readRewriteEnd(cursor, rule, 'src') || !readRewriteEnd(cursor, rule, 'dst')) return false;
  if (rule.verb === 'divert' && !cursor.take('udp', 'protocol')) {
    cursor.unexpected('ipnat/divert-udp', '`udp`', ['udp']);
    return false;
  }
  return readOptions(cursor, rule);
}

function readRewriteEnd(cursor: Cursor, rule: IpnatRule, word: 'src' | 'dst'): boolean {
  if (!cursor.take(word)) {
    cursor.unexpected('ipnat/rewrite-target', `\`${word}\` and an address`, [word]);
    return false;
  }
  const lists = word === 'dst' && rule.verb === 'rewrite' ? 'lists' : 'no-lists';
  const target = readTarget(cursor, 'one', lists);
  if (target === undefined) return false;
  if (word === 'src') rule.newSource = target;
  else rule.newDestination = target;
  const fixed = cursor.is('port');
  if (!fixed && !cursor.takeOperator(',')) return true;
  if (!fixed && rule.verb === 'rewrite' && !hasPorts(rule)) {
    cursor.report(
      'ipnat/ports-need-protocol',
      'New ports need `proto tcp`, `proto udp` or `proto tcp/udp` before the addresses.',
      cursor.here(),
    );
    return false;
  }
  if (cursor.take('port') && !cursor.takeOperator('=')) {
    cursor.unexpected('ipnat/rewrite-target', '`=` and a port');
    return false;
  }
  const span = readPortSpan(cursor, rule);
  if (span === undefined) return false;
  if (word === 'src') rule.sourcePorts = { ...span, fixed };
  else rule.destinationPorts = { ...span, fixed };
  return true;
}

function hasPorts(rule: IpnatRule): boolean {
  return rule.protocol?.numbers.some((n) => n === 6 || n === 17) === true;
}

function readInterfaces(cursor: Cursor, rule: IpnatRule): boolean {
  const names: { text: string; start: number; end: number }[] = [];
  do {
    cursor.offer('interface');
    const token = cursor.current;
    if (token?.kind !== 'word' && token?.kind !== 'string') {
      cursor.unexpected('ipnat/interface', 'the name of an interface');
      return false;
    }
    cursor.advance('interface');
    names.push({ text: token.text, start: token.start, end: token.end });
  } while (names.length < 2 && cursor.takeOperator(','));
  rule.interfaces = names;
  if (cursor.take('inet6')) rule.inet6 = true;
  else if (cursor.take('inet')) rule.inet = true;
  return true;
}

/** `from A to B` with `!` before either word or address, or the one address that the verb takes. */
function readTaken(cursor: Cursor, rule: IpnatRule, alone: 'source' | 'destination'): boolean {
  const notFrom = cursor.isOperator('!') && cursor.tokens[cursor.index + 1]?.keyword === 'from';
  if (notFrom || cursor.is('from')) {
    if (notFrom) cursor.advance('operator');
    cursor.advance('keyword');
    rule.isFilter = true;
    const source = readSide(cursor, 'both', { noLists: true });
    if (source === undefined) return false;
    rule.source = notFrom ? { ...source, negated: true } : source;
    if (rule.source.negated && alone === 'source') reportNot(cursor, rule, rule.source);
    const notTo = cursor.takeOperator('!');
    if (!cursor.take('to')) {
      cursor.unexpected('ipnat/to-expected', '`to` and the destination', ['to']);
      return false;
    }
    const destination = readSide(cursor, 'both', { noLists: true });
    if (destination === undefined) return false;
    rule.destination = notTo ? { ...destination, negated: true } : destination;
    if (rule.destination.negated && alone === 'destination') reportNot(cursor, rule, rule.destination);
    if (rule.verb === 'map-block')
      cursor.report(
        'ipnat/map-block-from',
        '`map-block` takes one address and no `from ... to ...`. Use `map` with `portmap`.',
        range(rule.source.start, rule.destination.end),
      );
    return true;
  }
  cursor.offer('address');
  const side = readSide(cursor, 'both', { portTest: 'no-ports', noLists: true });
  if (side === undefined) return false;
  rule[alone] = side;
  if (side.negated) reportNot(cursor, rule, side);
  const [address] = side.addresses;
  if (address?.kind === 'pool')
    cursor.report(
      'ipnat/pool-needs-from',
      `A pool needs \`from ... to ...\`: write \`from ${alone === 'source' ? `${address.type}/${address.name} to any` : `any to ${address.type}/${address.name}`}\`.`,
      address,
    );
  return true;
}

/** `mapfrom` and `rdrfrom` in ipnat_y.y: each takes `!` on one side. */
function reportNot(cursor: Cursor, rule: IpnatRule, side: SideNode): void {
  const what = !rule.isFilter
    ? 'only with `from ... to ...`'
    : rule.verb === 'rdr'
      ? 'only before the source'
      : 'only before the destination';
  cursor.report(
    'ipnat/not-side',
    `\`${rule.verb}\` takes \`!\` ${what}. Write a \`no ${rule.verb === 'rdr' ? 'rdr' : 'map'}\` rule for the exception.`,
    { start: side.start, end: side.end },
  );
}

function readArrow(cursor: Cursor): boolean {
  if (cursor.atEnd) cursor.probe?.words.add('->');
  if (cursor.takeOperator('->')) return true;
  cursor.unexpected('ipnat/arrow-expected', '`->` and the new address');
  return false;
}

function readExemptProtocol(cursor: Cursor, rule: IpnatRule): boolean {
  if (cursor.atEnd || cursor.isOperator(';')) return true;
  return readRuleProtocol(cursor, rule);
}

export function readRuleProtocol(cursor: Cursor, rule: IpnatRule): boolean {
  const token = cursor.current;
  if (rule.protocol !== undefined || rule.portmap !== undefined || rule.icmpIds !== undefined)
    cursor.report(
      'ipnat/protocol-twice',
      'The protocol is given already, and a rule has one.',
      cursor.here(),
    );
  if (token?.keyword === 'ip') {
    cursor.advance('protocol');
    rule.anyProtocol = true;
    return true;
  }
  if (token?.keyword === 'tcpudp') {
    cursor.advance('protocol');
    rule.protocol = { numbers: [6, 17], start: token.start, end: token.end };
    return true;
  }
  rule.protocol = readProtocol(cursor);
  return rule.protocol !== undefined;
}

function readBlockPorts(cursor: Cursor, rule: IpnatRule): boolean {
  rule.blockPorts = { count: 0, auto: false };
  if (!cursor.take('ports')) return true;
  if (cursor.take('auto')) {
    rule.blockPorts = { count: 0, auto: true };
    return true;
  }
  const token = cursor.current;
  cursor.offer('number');
  if (token?.kind !== 'number' || Number(token.text) > 65535) {
    cursor.unexpected('ipnat/block-ports', '`auto` or the number of ports for each address', ['auto']);
    return false;
  }
  cursor.advance('number');
  rule.blockPorts = { count: Number(token.text), auto: false };
  return true;
}

function checkFamilies(cursor: Cursor, rule: IpnatRule): void {
  const old = familyOf(rule.source) ?? familyOf(rule.destination);
  const target = rule.newSource ?? rule.newDestination;
  const first =
    target?.kind === 'addresses' ? target.list[0] : target?.kind === 'span' ? target.first : undefined;
  const second = target?.kind === 'addresses' ? target.list[0] : undefined;
  if (rule.verb === 'rdr' && second?.kind === 'network' && second.length !== 0) {
    const full = second.value.family === 4 ? 32 : 128;
    if (second.length !== full)
      cursor.report(
        'ipnat/rdr-target',
        `\`rdr\` sends packets to one host: the target is an address with /${full}, or 0/0 to keep the address.`,
        { start: second.start, end: second.end },
      );
  }
  if (rule.verb === 'divert')
    for (const one of [rule.newSource, rule.newDestination]) {
      const only = one?.kind === 'addresses' ? one.list[0] : undefined;
      if (only?.kind === 'network' && only.length !== 32)
        cursor.report('ipnat/divert-target', '`divert` wraps packets for one host: its addresses are /32.', {
          start: only.start,
          end: only.end,
        });
    }
  // `0/32` and `0/0` stand for the interface and for "as it is", whatever the family.
  if (old === undefined || first?.kind !== 'network' || first.value.value === 0) return;
  if (first.value.family !== old)
    cursor.report(
      'ipnat/mixed-families',
      `The rule takes IPv${old} packets but gives them an IPv${first.value.family} address. NAT stays within one family.`,
      target!.range,
    );
}

function familyOf(side: IpnatRule['source']): 4 | 6 | undefined {
  const address = side?.addresses[0];
  return address?.kind === 'network' && address.length !== 0 ? address.value.family : undefined;
}

function emptyRule(
  start: number,
  verb: NatKind,
  verbRange: IpnatRule['verbRange'],
  exempt: boolean,
): IpnatRule {
  return {
    kind: 'rule',
    start,
    end: start,
    verb,
    verbRange,
    exempt,
    direction: undefined,
    interfaces: [],
    inet: false,
    inet6: false,
    protocol: undefined,
    anyProtocol: false,
    isFilter: false,
    source: undefined,
    destination: undefined,
    takenPorts: undefined,
    newSource: undefined,
    newDestination: undefined,
    sourcePorts: undefined,
    destinationPorts: undefined,
    portmap: undefined,
    icmpIds: undefined,
    blockPorts: undefined,
    proxy: undefined,
    roundRobin: false,
    fragments: false,
    age: undefined,
    sticky: false,
    mssClamp: undefined,
    tag: undefined,
    purge: false,
  };
}
