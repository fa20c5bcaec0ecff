/** Names, outline entries and plain words of one ipf statement. */

import { protocolName } from '../../policy/protocols';
import type { ParsedStatement } from '../../syntax/statement';
import type { NameUse, StatementSymbol } from '../dialect';
import { formatNetwork } from '../ipfilter-kit/addresses';
import { WELL_KNOWN_HOSTS } from '../ipfilter-kit/hosts';
import { formatTcpFlags, ICMP_CODES, icmpTypeName } from '../ipfilter-kit/names';
import { expandRule } from './expand';
import { printRule } from './print';
import type { AddressNode, IpfRule, IpfTree, PortNode, SideNode, TestNode } from './tree';

export function namesOfIpf(statement: ParsedStatement<IpfTree>): readonly NameUse[] {
  const names: NameUse[] = [];
  const use = (
    kind: string,
    name: string,
    range: { start: number; end: number },
    role: NameUse['role'] = 'reference',
  ) => names.push({ kind, name, role, range: { start: range.start, end: range.end } });
  for (const item of statement.tree.items) {
    switch (item.kind) {
      case 'assignment':
        use('variable', item.name.text, item.name, 'definition');
        break;
      case 'template':
        for (const variable of item.variables) use('variable', variable.text, variable);
        break;
      case 'setting':
        break;
      case 'rule':
        for (const pair of item.on) for (const name of pair) use('interface', name.text, name);
        for (const name of item.via) use('interface', name.text, name);
        for (const side of [item.source, item.destination])
          for (const address of side?.addresses ?? [])
            if (address.kind === 'pool' && address.inline === undefined)
              use('pool', address.name, address.nameRange);
        for (const route of [item.to, item.dupTo, item.replyTo])
          if (route?.list !== undefined) use('pool', route.list.text, route.list);
        if (item.head !== undefined) use('group', item.head.text, item.head, 'definition');
        if (item.group !== undefined) use('group', item.group.text, item.group);
        if (item.keepState?.icmpHead !== undefined && item.keepState.icmpHeadRange !== undefined)
          use('group', item.keepState.icmpHead, item.keepState.icmpHeadRange, 'definition');
        break;
      default: {
        const impossible: never = item;
        return impossible;
      }
    }
  }
  return names.sort((a, b) => a.range.start - b.range.start);
}

export function symbolOfIpf(statement: ParsedStatement<IpfTree>): StatementSymbol | undefined {
  const item = statement.tree.items[0];
  if (item === undefined) return undefined;
  switch (item.kind) {
    case 'assignment':
      return { name: item.name.text, detail: item.value, kind: 'variable' };
    case 'setting':
      return { name: `set ${item.name.text}`, detail: item.value.text, kind: 'command' };
    case 'template':
      return { name: statement.text.slice(item.start, item.end).trim(), detail: '', kind: 'rule' };
    case 'rule': {
      const detail = printRule(expandRule(item)[0]!, { hosts: WELL_KNOWN_HOSTS });
      const name = `${item.action} ${item.direction}${item.on.length > 0 ? ` on ${item.on.map((n) => n.map((w) => w.text).join(',')).join(' ')}` : ''}`;
      return {
        name: item.head === undefined ? name : `${name} head ${item.head.text}`,
        detail,
        kind: item.head === undefined ? 'rule' : 'group',
        ...(item.group === undefined ? {} : { parent: item.group.text }),
      };
    }
    default: {
      const impossible: never = item;
      return impossible;
    }
  }
}

export function explainIpf(statement: ParsedStatement<IpfTree>): string | undefined {
  const parts: string[] = [];
  for (const item of statement.tree.items) {
    if (item.kind === 'rule') parts.push(explainRule(item));
    else if (item.kind === 'assignment')
      parts.push(`Sets the variable \`${item.name.text}\` to \`${item.value}\` for the lines below.`);
    else if (item.kind === 'setting')
      parts.push(`Sets IPFilter's \`${item.name.text}\` to \`${item.value.text}\` when the file is loaded.`);
  }
  return parts.length === 0 ? undefined : parts.join('\n\n');
}

function explainRule(rule: IpfRule): string {
  const what = `${packetsOf(rule)} ${rule.direction === 'in' ? 'coming in' : 'going out'}${interfacesOf(rule)}`;
  const from = sideOf('from', rule.source);
  const to = sideOf('to', rule.destination);
  const tests = testsOf(rule);
  const subject = `${what}${from}${to}${tests}`;
  return [`${actionOf(rule, subject)}.`, ...extrasOf(rule)].join(' ');
}

function packetsOf(rule: IpfRule): string {
  const family = rule.family === undefined ? '' : `IPv${rule.family.value} `;
  const numbers = rule.protocol?.numbers;
  if (numbers === undefined || numbers.length === 0)
    return `${family === '' ? 'All ' : family}packets`.trim();
  const names = numbers.map((n) => protocolName(n).toUpperCase()).join(' and ');
  return `${family}${names} packets`;
}

function interfacesOf(rule: IpfRule): string {
  if (rule.on.length === 0) return '';
  return ` on ${rule.on.map((pair) => pair.map((w) => w.text).join(', ')).join(' or ')}`;
}

function sideOf(word: 'from' | 'to', side: SideNode | undefined): string {
  if (side === undefined) return '';
  const ports = side.ports.map(portWords).join(' or ');
  const isAny = side.addresses.every((a) => a.kind === 'any') && !side.negated;
  if (isAny && ports === '') return '';
  const addresses = isAny
    ? 'any address'
    : `${side.negated ? 'anything but ' : ''}${side.addresses.map(addressWords).join(' or ')}`;
  return ` ${word} ${addresses}${ports === '' ? '' : `, port ${ports}`}`;
}

function addressWords(address: AddressNode): string {
  switch (address.kind) {
    case 'any':
      return 'any address';
    case 'network': {
      const full = address.value.family === 4 ? 32 : 128;
      const text = formatNetwork(address);
      return address.length === full ? text.slice(0, text.lastIndexOf('/')) : text;
    }
    case 'host':
      return `the host ${address.name}`;
    case 'interface':
      return address.of.part === 'address'
        ? `the address of ${address.of.name}`
        : `the ${address.of.part} address of ${address.of.name}`;
    case 'pool':
      return address.inline === undefined
        ? `the ${address.type === 'pool' ? 'pool' : 'hash table'} ${address.name}`
        : 'the listed addresses';
    default: {
      const impossible: never = address;
      return impossible;
    }
  }
}

function portWords(port: PortNode): string {
  const first = port.first.text;
  const last = port.last?.text ?? '';
  switch (port.operator) {
    case '=':
      return first;
    case '!=':
      return `other than ${first}`;
    case '<':
      return `below ${first}`;
    case '<=':
      return `${first} or below`;
    case '>':
      return `above ${first}`;
    case '>=':
      return `${first} or above`;
    case '><':
      return `strictly between ${first} and ${last}`;
    case '<>':
      return `below ${first} or above ${last}`;
    case ':':
      return `${first} to ${last}`;
    default: {
      const impossible: never = port.operator;
      return impossible;
    }
  }
}

function testsOf(rule: IpfRule): string {
  const parts: string[] = [];
  if (rule.tos.length > 0) parts.push(`TOS ${rule.tos.map((n) => n.value).join(' or ')}`);
  if (rule.ttl.length > 0) parts.push(`TTL ${rule.ttl.map((n) => n.value).join(' or ')}`);
  if (rule.icmpTypes.length > 0) {
    const family = rule.protocol?.numbers[0] === 58 ? 6 : 4;
    parts.push(`ICMP type ${rule.icmpTypes.map((n) => icmpTypeName(n.value, family)).join(' or ')}`);
    if (rule.icmpCodes.length > 0) parts.push(`code ${rule.icmpCodes.map((n) => n.value).join(' or ')}`);
  }
  if (rule.flags !== undefined) {
    const set = formatTcpFlags(rule.flags.value) || 'none';
    parts.push(`TCP flags ${set} set out of ${formatTcpFlags(rule.flags.mask)}`);
  }
  for (const test of rule.tests) parts.push(testWords(test));
  return parts.length === 0 ? '' : ` with ${parts.join(', ')}`;
}

const CONDITION_WORDS: Readonly<Record<string, string>> = {
  ipopts: 'IP options',
  short: 'a header that is cut short',
  frag: 'fragmentation',
  'frag-body': 'a fragment that is not the first',
  nat: 'an address translation',
  lowttl: 'a TTL below the minimum',
  bad: 'broken headers',
  'bad-src': 'a source that is not routed back where it came in',
  'bad-nat': 'a failed translation',
  oow: 'a sequence number outside the window',
  mbcast: 'a multicast or broadcast destination',
  bcast: 'a broadcast destination',
  mcast: 'a multicast destination',
  state: 'a state entry',
  ah: 'an authentication header',
  v6hdrs: 'IPv6 extension headers',
};

function testWords(test: TestNode): string {
  const no = test.negated ? 'without ' : '';
  switch (test.kind) {
    case 'condition':
      return no + CONDITION_WORDS[test.condition];
    case 'options':
      return `${no}the listed IP options`;
    case 'v6-headers':
      return `${no}the IPv6 headers ${test.names.join(', ')}`;
    default: {
      const impossible: never = test;
      return impossible;
    }
  }
}

function actionOf(rule: IpfRule, subject: string): string {
  switch (rule.action) {
    case 'pass':
      return `${subject} are let through`;
    case 'block':
      return `${subject} are dropped${answerOf(rule)}`;
    case 'log':
      return `${subject} are logged; the verdict stays as it was`;
    case 'count':
      return `${subject} are counted; the verdict stays as it was`;
    case 'skip':
      return `For ${lowerFirst(subject)} the next ${rule.skipCount === 1 ? 'rule is' : `${rule.skipCount} rules are`} stepped over`;
    case 'auth':
      return `${subject} wait for the verdict of a program`;
    case 'preauth':
      return `For ${lowerFirst(subject)} the list of pre-authenticated rules decides; without a match there they are dropped`;
    case 'nomatch':
      return `${subject} are dropped as if no rule had matched`;
    case 'decapsulate':
      return `${subject} are unwrapped and the inner packet is filtered`;
    case 'call':
      return `For ${lowerFirst(subject)} the group is chosen by \`${rule.call?.function}/${rule.call?.argument}\``;
    default: {
      const impossible: never = rule.action;
      return impossible;
    }
  }
}

function answerOf(rule: IpfRule): string {
  const answer = rule.answer;
  if (answer === undefined) return '';
  if (answer.kind === 'rst') return ' and answered with a TCP reset';
  const code = ICMP_CODES[answer.code] ?? String(answer.code);
  return ` and answered with ICMP unreachable (${code})${answer.asDestination ? ', sent as if from the destination' : ''}`;
}

function extrasOf(rule: IpfRule): string[] {
  const extras: string[] = [];
  if (rule.log !== undefined && rule.action !== 'log') extras.push('They are logged.');
  if (rule.keepState !== undefined)
    extras.push('A state entry is made, so later packets of the flow follow this verdict.');
  if (rule.keepFragments !== undefined) extras.push('Further fragments of the packet are remembered.');
  if (rule.to !== undefined)
    extras.push(
      `They are sent out ${rule.to.list === undefined ? rule.to.interface : `by the list ${rule.to.list.text}`} whatever the routing table says.`,
    );
  if (rule.dupTo !== undefined)
    extras.push(`A copy is sent to ${rule.dupTo.interface || rule.dupTo.list?.text}.`);
  if (rule.group !== undefined && rule.group.text !== '0')
    extras.push(`Looked at only after the head of group ${rule.group.text} matched.`);
  if (rule.head !== undefined && rule.head.text !== '0')
    extras.push(
      `Then the rules of group ${rule.head.text} are scanned, and a match there replaces this verdict.`,
    );
  else if (rule.action !== 'skip' && rule.action !== 'count')
    extras.push(
      rule.quick ? '`quick`: no later rule is looked at.' : 'A later matching rule can still change that.',
    );
  return extras;
}

function lowerFirst(text: string): string {
  return /^All/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
