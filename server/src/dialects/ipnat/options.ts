/** The words behind the translation: `round-robin frag age sticky mssclamp proxy tag purge`, in this order. */

import { protocolByName } from '../../policy/protocols';
import { closestWord } from '../../text/closestWord';
import { range } from '../../text/range';
import type { Cursor } from '../ipfilter-kit/cursor';
import type { Token } from '../ipfilter-kit/lexer';
import { readNumber } from '../ipfilter-kit/numbers';
import { readPort } from '../ipfilter-kit/ports';
import { readRuleProtocol } from './parser';
import type { IpnatRule } from './tree';

/** Proxies that IPFilter 5.1 is built with. */
export const PROXIES: readonly string[] = [
  'ftp',
  'tftp',
  'irc',
  'rcmd',
  'raudio',
  'pptp',
  'ipsec',
  'netbios',
  'rpcbu',
  'rpcbt',
  'dns',
];

const MAP_ORDER = ['round-robin', 'frag', 'age', 'mssclamp', 'tag', 'protocol', 'purge'];
const RDR_ORDER = ['round-robin', 'frag', 'age', 'sticky', 'mssclamp', 'proxy', 'tag', 'purge'];
const REWRITE_ORDER = ['purge'];
const WORDS = new Set(['round-robin', 'frag', 'age', 'sticky', 'mssclamp', 'tag', 'purge']);

export function readOptions(cursor: Cursor, rule: IpnatRule): boolean {
  const order = rule.direction !== undefined ? REWRITE_ORDER : rule.verb === 'rdr' ? RDR_ORDER : MAP_ORDER;
  let rank = -1;
  let rankWord = '';
  for (;;) {
    const token = cursor.current;
    if (token === undefined) {
      // For completion: what may still follow.
      for (const word of order.slice(Math.max(0, rank))) if (word !== 'protocol') cursor.is(word);
      if (order.indexOf('protocol') > rank) cursor.offer('protocol');
      return finishOptions(cursor, rule);
    }
    const isOption =
      WORDS.has(token.keyword) ||
      (rule.verb === 'rdr' ? token.keyword === 'proxy' : rule.direction === undefined && isProtocol(token));
    if (!isOption) return finishOptions(cursor, rule);
    const name = WORDS.has(token.keyword) || token.keyword === 'proxy' ? token.keyword : 'protocol';
    const next = order.indexOf(name);
    if (next < 0)
      cursor.report(
        'ipnat/sticky-map',
        rule.direction === undefined
          ? `\`${token.text}\` is for \`rdr\` rules.`
          : `\`${rule.verb}\` takes no \`${token.text}\`, only \`purge\`.`,
        range(token.start, token.end),
      );
    else if (next < rank)
      cursor.report(
        'ipnat/option-order',
        `\`${token.text}\` must come before \`${rankWord}\`: ipnat reads the options of a rule in a fixed order.`,
        range(token.start, token.end),
      );
    else {
      rank = next;
      rankWord = token.text;
    }
    if (!readOption(cursor, rule, name)) return false;
  }
}

function isProtocol(token: Token): boolean {
  if (token.kind === 'number') return true;
  return (
    token.kind === 'word' &&
    (token.keyword === 'tcpudp' || token.keyword === 'ip' || protocolByName(token.keyword) !== undefined)
  );
}

function readOption(cursor: Cursor, rule: IpnatRule, name: string): boolean {
  switch (name) {
    case 'proxy':
      return readProxy(cursor, rule);
    case 'protocol':
      return readRuleProtocol(cursor, rule);
    case 'round-robin':
      cursor.advance('keyword');
      rule.roundRobin = true;
      return true;
    case 'frag':
      cursor.advance('keyword');
      rule.fragments = true;
      return true;
    case 'purge':
      cursor.advance('keyword');
      rule.purge = true;
      return true;
    case 'sticky':
      return readSticky(cursor, rule);
    case 'mssclamp': {
      cursor.advance('keyword');
      rule.mssClamp = readNumber(cursor, 'ipnat/mssclamp', 'the largest segment size', 65535);
      return rule.mssClamp !== undefined;
    }
    case 'age': {
      cursor.advance('keyword');
      const first = readNumber(cursor, 'ipnat/age', 'a number of seconds');
      if (first === undefined) return false;
      const second = cursor.takeOperator('/')
        ? readNumber(cursor, 'ipnat/age', 'a number of seconds')
        : first;
      if (second === undefined) return false;
      rule.age = [first.value, second.value];
      return true;
    }
    default:
      return readTag(cursor, rule);
  }
}

function readSticky(cursor: Cursor, rule: IpnatRule): boolean {
  const token = cursor.advance('keyword');
  const several = rule.newDestination?.kind === 'addresses' && rule.newDestination.list.length > 1;
  if (rule.roundRobin || several) rule.sticky = true;
  else if (rule.verb === 'rdr')
    cursor.report(
      'ipnat/sticky-alone',
      '`sticky` does nothing here: it keeps a client on one of several targets, so it needs `round-robin` or two addresses.',
      range(token.start, token.end),
      'warning',
    );
  return true;
}

function readTag(cursor: Cursor, rule: IpnatRule): boolean {
  cursor.advance('keyword');
  const token = cursor.current;
  if (token?.kind !== 'word' && token?.kind !== 'string') {
    cursor.offer('name');
    cursor.unexpected('ipnat/tag', 'the name of the tag');
    return false;
  }
  rule.tag = cursor.advance('name').text;
  return true;
}

/** `proxy port P name/proto`, or `proxy name` behind an `rdr`. */
export function readProxy(cursor: Cursor, rule: IpnatRule): boolean {
  const start = cursor.advance('keyword').start;
  let port: ReturnType<typeof readPort>;
  if (cursor.take('port')) {
    port = readPort(cursor, 'both');
    if (port === undefined) return false;
  }
  const token = cursor.current;
  if (token?.kind !== 'word') {
    cursor.offer('name');
    cursor.unexpected('ipnat/proxy', 'the name of a proxy such as `ftp`', PROXIES);
    return false;
  }
  cursor.advance('name');
  if (!PROXIES.includes(token.keyword)) {
    const near = closestWord(token.text, PROXIES);
    cursor.report(
      'ipnat/unknown-proxy',
      `IPFilter has no proxy \`${token.text}\`${near === undefined ? `. It has ${PROXIES.join(', ')}.` : `. Did you mean \`${near}\`?`}`,
      range(token.start, token.end),
    );
  }
  if (cursor.takeOperator('/')) {
    // `rdr ... tcp proxy port 21 ftp/tcp`: the proxy's protocol takes the place of the one before it.
    rule.protocol = undefined;
    if (!readRuleProtocol(cursor, rule)) return false;
  }
  if (cursor.take('config')) {
    const config = cursor.current;
    if (config?.kind !== 'word' && config?.kind !== 'string') {
      cursor.unexpected('ipnat/proxy-config', 'the name of the configuration of the proxy');
      return false;
    }
    cursor.advance('name');
  }
  rule.proxy = { name: token.text, port, start, end: cursor.previous.end };
  return true;
}

/** What the options together make wrong. */
function finishOptions(cursor: Cursor, rule: IpnatRule): boolean {
  const ports = rule.takenPorts ?? rule.destinationPorts;
  const numbers = rule.protocol?.numbers;
  if (
    rule.verb === 'rdr' &&
    ports !== undefined &&
    numbers !== undefined &&
    !numbers.some((n) => n === 6 || n === 17)
  ) {
    const only = (ports.first.value ?? 0) === 0;
    if (!only)
      cursor.report(
        'ipnat/ports-ignored',
        'The ports are ignored: only TCP and UDP have them.',
        range(ports.first.start, ports.last?.end ?? ports.first.end),
        'warning',
      );
  }
  return true;
}
