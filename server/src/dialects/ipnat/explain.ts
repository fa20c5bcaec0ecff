/** Names, outline entries and plain words of one ipnat statement. */

import { protocolName } from '../../policy/protocols';
import type { ParsedStatement } from '../../syntax/statement';
import type { NameUse, StatementSymbol } from '../dialect';
import { WELL_KNOWN_HOSTS } from '../ipfilter-kit/hosts';
import type { SideNode } from '../ipfilter-kit/sides';
import { protocolsOf, rdrPortsOf } from './meaning';
import { printNatRule, printSideWords, printTargetWords } from './print';
import type { IpnatRule, IpnatTree } from './tree';

export function namesOfIpnat(statement: ParsedStatement<IpnatTree>): readonly NameUse[] {
  const names: NameUse[] = [];
  const use = (
    kind: string,
    name: string,
    at: { start: number; end: number },
    role: NameUse['role'] = 'reference',
  ) => {
    names.push({ kind, name, role, range: { start: at.start, end: at.end } });
  };
  for (const item of statement.tree.items) {
    switch (item.kind) {
      case 'assignment':
        use('variable', item.name.text, item.name, 'definition');
        break;
      case 'template':
        for (const variable of item.variables) use('variable', variable.text, variable);
        break;
      case 'rule':
        for (const name of item.interfaces) if (name.text !== '*') use('interface', name.text, name);
        for (const side of [item.source, item.destination])
          for (const address of side?.addresses ?? [])
            if (address.kind === 'pool' && address.inline === undefined)
              use('pool', address.name, address.nameRange);
        for (const target of [item.newSource, item.newDestination])
          if (target?.kind === 'list') use('pool', target.name.text, target.name);
        break;
      default: {
        const impossible: never = item;
        return impossible;
      }
    }
  }
  return names.sort((a, b) => a.range.start - b.range.start);
}

export function symbolOfIpnat(statement: ParsedStatement<IpnatTree>): StatementSymbol | undefined {
  const item = statement.tree.items[0];
  if (item === undefined) return undefined;
  if (item.kind === 'assignment') return { name: item.name.text, detail: item.value, kind: 'variable' };
  if (item.kind === 'template')
    return { name: statement.text.slice(item.start, item.end).trim(), detail: '', kind: 'mapping' };
  const verb = `${item.exempt ? 'no ' : ''}${item.verb}${item.direction === undefined ? '' : ` ${item.direction}`}`;
  return {
    name: `${verb} ${item.interfaces.map((n) => n.text).join(',')}`,
    detail: printNatRule(item, { hosts: WELL_KNOWN_HOSTS }),
    kind: 'mapping',
  };
}

export function explainIpnat(statement: ParsedStatement<IpnatTree>): string | undefined {
  const parts: string[] = [];
  for (const item of statement.tree.items) {
    if (item.kind === 'rule') parts.push(explainRule(item));
    else if (item.kind === 'assignment')
      parts.push(`Sets the variable \`${item.name.text}\` to \`${item.value}\` for the lines below.`);
  }
  return parts.length === 0 ? undefined : parts.join('\n\n');
}

function explainRule(rule: IpnatRule): string {
  const subject = `${packetsOf(rule)} ${wayOf(rule)} ${rule.interfaces.map((n) => n.text).join(' or ')}${sideWords('from', rule.source, rule)}${sideWords('to', rule.destination, rule)}`;
  if (rule.exempt) return `${subject} stay untranslated.`;
  return [`${subject} ${changeOf(rule)}.`, ...extrasOf(rule)].join(' ');
}

function packetsOf(rule: IpnatRule): string {
  const protocols = rule.portmap?.protocols ?? protocolsOf(rule);
  if (protocols.length === 0) return 'Packets';
  return `${protocols.map((n) => protocolName(n).toUpperCase()).join(' and ')} packets`;
}

function wayOf(rule: IpnatRule): string {
  if (rule.verb === 'bimap') return 'through';
  return rule.direction === 'in' || rule.verb === 'rdr' ? 'coming in on' : 'leaving by';
}

function sideWords(word: 'from' | 'to', side: SideNode | undefined, rule: IpnatRule): string {
  const text = printSideWords(side);
  const { taken } = rdrPortsOf(rule);
  const port =
    word === 'to' && taken !== undefined && taken.first.value !== 0
      ? `, port ${taken.first.text}${taken.last === undefined ? '' : ` to ${taken.last.text}`}`
      : '';
  return text === '' && port === '' ? '' : ` ${word} ${text || 'any address'}${port}`;
}

function changeOf(rule: IpnatRule): string {
  const source = printTargetWords(rule.newSource);
  const destination = printTargetWords(rule.newDestination);
  switch (rule.verb) {
    case 'map':
      return `get the source ${source}${portWords(rule)}`;
    case 'map-block':
      return `get a source out of ${source}, each inside address with a fixed share of ports`;
    case 'bimap':
      return `get the source ${source}, and what comes in for it goes back to the inside address`;
    case 'rdr': {
      const { given } = rdrPortsOf(rule);
      const port =
        given === undefined || given.first.value === 0
          ? ''
          : `, port ${given.first.text}${given.last === undefined ? '' : ` to ${given.last.text}`}`;
      return `are sent to ${destination}${port}`;
    }
    case 'rewrite':
      return `get the source ${source} and the destination ${destination}`;
    case 'divert':
      return `are wrapped in UDP from ${source} to ${destination}`;
    default: {
      const impossible: never = rule.verb;
      return impossible;
    }
  }
}

function portWords(rule: IpnatRule): string {
  if (rule.portmap !== undefined) {
    const { auto, first, last, sequential } = rule.portmap;
    if (auto) return ' and a source port of the share that belongs to their address';
    return ` and a source port from ${first} to ${last}${sequential ? ', in turn' : ', at random'}`;
  }
  if (rule.icmpIds !== undefined)
    return ` and an ICMP identifier from ${rule.icmpIds.first} to ${rule.icmpIds.last}`;
  return '';
}

function extrasOf(rule: IpnatRule): string[] {
  const extras: string[] = [];
  if (rule.proxy !== undefined)
    extras.push(`The ${rule.proxy.name} proxy rewrites the connection's content too.`);
  if (rule.roundRobin)
    extras.push('After use the rule goes behind the others of its kind, so targets take turns.');
  if (rule.sticky) extras.push('A client keeps its target.');
  if (rule.mssClamp !== undefined) extras.push(`TCP segment sizes above ${rule.mssClamp.value} are lowered.`);
  if (rule.age !== undefined) extras.push(`Idle sessions live ${rule.age[0]} seconds.`);
  if (rule.verb === 'map' || rule.verb === 'rdr')
    extras.push(
      `Rules are tried by the length of the ${rule.verb === 'map' ? 'source' : 'destination'} mask, longest first, then in file order.`,
    );
  return extras;
}
