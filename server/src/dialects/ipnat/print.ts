/** The canonical text of a NAT rule: what the user wrote, everything resolved. Two rules with one text are one. */
import { type Address, formatAddress } from '../../policy/address';
import { protocolName } from '../../policy/protocols';
import { formatNetwork, type HostNode, type NetworkNode } from '../ipfilter-kit/addresses';
import { printPort } from '../ipfilter-kit/ports';
import type { AddressNode, SideNode } from '../ipfilter-kit/sides';
import { familyOf, protocolsOf, rdrPortsOf } from './meaning';
import type { IpnatRule, PortSpan, TargetNode } from './tree';

export interface PrintOptions {
  readonly hosts: ReadonlyMap<string, Address>;
  /** Ports by name, where a service is known: the programs do so without `-R`. */
  readonly services?: boolean;
}

export function printNatRule(rule: IpnatRule, options: PrintOptions): string {
  const words: string[] = [];
  if (rule.exempt) words.push('no');
  words.push(rule.verb);
  if (rule.direction !== undefined) words.push(rule.direction, 'on');
  words.push(rule.interfaces.map((name) => name.text).join(','));
  const family = familyOf(rule);
  if (family === 6) words.push('inet6');
  const protocols = protocolsOf(rule);
  if (rule.direction !== undefined && protocols.length > 0) words.push('proto', protocolWord(protocols));
  words.push(...printTaken(rule, options));
  if (rule.exempt) {
    words.push(protocolWord(protocols));
    return words.join(' ');
  }
  words.push('->');
  switch (rule.verb) {
    case 'rewrite':
    case 'divert':
      words.push('src', printTarget(rule.newSource, options) + printSpan(rule.sourcePorts));
      words.push('dst', printTarget(rule.newDestination, options) + printDestinationSpan(rule));
      if (rule.verb === 'divert') words.push('udp');
      return `${words.join(' ')};`;
    case 'rdr':
      words.push(...printRdrEnd(rule, options));
      break;
    default:
      words.push(...printMapEnd(rule, options));
  }
  return words.join(' ');
}

function protocolWord(protocols: readonly number[]): string {
  return protocols.length === 0 ? 'ip' : protocols.length > 1 ? 'tcp/udp' : protocolName(protocols[0]!);
}

function printTaken(rule: IpnatRule, options: PrintOptions): string[] {
  const family = familyOf(rule);
  const withPorts = rule.verb !== 'rdr' || hasPorts(rule);
  const side = (node: SideNode | undefined) => {
    const port = node?.ports[0];
    const address = printAddress(node?.addresses[0], family, options);
    return port === undefined || !withPorts ? address : `${address} ${printPort(port)}`;
  };
  if (rule.isFilter) {
    const not = (node: SideNode | undefined) => (node?.negated ? '! ' : '');
    return [
      `${not(rule.source)}from`,
      side(rule.source),
      `${not(rule.destination)}to`,
      side(rule.destination),
    ];
  }
  if (rule.verb !== 'rdr') return [side(rule.source)];
  if (!hasPorts(rule)) return [side(rule.destination)];
  const { taken } = rdrPortsOf(rule);
  const first = valueOfPort(taken?.first);
  const last = taken?.last === undefined ? first : valueOfPort(taken.last);
  return [side(rule.destination), 'port', first === last ? first : `${first}-${last}`];
}

/** Whether the rule is for TCP or UDP: only then it has ports. */
function hasPorts(rule: IpnatRule): boolean {
  return protocolsOf(rule).some((n) => n === 6 || n === 17);
}

function valueOfPort(
  port: { readonly value: number | undefined; readonly text: string } | undefined,
): string {
  return port === undefined ? '0' : String(port.value ?? port.text);
}

function printAddress(address: AddressNode | undefined, family: 4 | 6, options: PrintOptions): string {
  if (address === undefined || address.kind === 'any') return family === 6 ? 'any' : '0/0';
  switch (address.kind) {
    case 'network':
      return printNetwork(address);
    case 'host':
      return printHost(address, options);
    case 'interface':
      return `${address.of.name}/${address.of.part === 'address' ? (address.of.length ?? 32) : address.of.part}`;
    case 'pool':
      return `${address.type}/${address.name}`;
    default: {
      const impossible: never = address;
      return impossible;
    }
  }
}

function printNetwork(node: NetworkNode): string {
  if (BigInt(node.value.value) === 0n && node.value.family === 4) {
    if (node.length === 0) return '0/0';
    if (node.length === 32) return '0/32';
  }
  if (BigInt(node.value.value) === 0n && node.length === 0) return 'any';
  return formatNetwork(node);
}

function printHost(node: HostNode, options: PrintOptions): string {
  const known = options.hosts.get(node.name.toLowerCase());
  if (known === undefined)
    return node.maskLength === undefined ? node.name : `${node.name}/${node.maskLength}`;
  return `${formatAddress(known)}/${node.maskLength ?? (known.family === 4 ? 32 : 128)}`;
}

function printTarget(target: TargetNode | undefined, options: PrintOptions): string {
  if (target === undefined) return '0/0';
  switch (target.kind) {
    case 'list':
      return `dstlist/${target.name.text}`;
    case 'span':
      return `range ${formatAddress(target.first.value)}-${formatAddress(target.last.value)}`;
    case 'addresses': {
      if (target.list.length === 1) {
        const only = target.list[0]!;
        return only.kind === 'network' ? printNetwork(only) : printHost(only, options);
      }
      // Two targets are printed without their masks.
      return target.list
        .map((one) =>
          one.kind === 'network' ? formatAddress(one.value) : printHost(one, options).replace(/\/\d+$/, ''),
        )
        .join(',');
    }
    default: {
      const impossible: never = target;
      return impossible;
    }
  }
}

function printSpan(span: PortSpan | undefined): string {
  if (span === undefined) return '';
  return `,${valueOfPort(span.first)}${span.last === undefined ? '' : `-${valueOfPort(span.last)}`}`;
}

function printDestinationSpan(rule: IpnatRule): string {
  const span = rule.destinationPorts;
  if (span?.fixed) return `,port = ${valueOfPort(span.first)}`;
  return printSpan(span);
}

function printRdrEnd(rule: IpnatRule, options: PrintOptions): string[] {
  const words = [printTarget(rule.newDestination, options)];
  if (hasPorts(rule)) {
    const { given } = rdrPortsOf(rule);
    const first = valueOfPort(given?.first);
    if (given?.fixed) words.push(`port = ${first}`);
    else
      words.push(
        `port ${first}${given?.last === undefined || valueOfPort(given.last) === first ? '' : `-${valueOfPort(given.last)}`}`,
      );
  }
  words.push(protocolWord(protocolsOf(rule)));
  if (rule.roundRobin) words.push('round-robin');
  if (rule.fragments) words.push('frag');
  pushAge(rule, words);
  if (rule.sticky) words.push('sticky');
  if (rule.mssClamp !== undefined) words.push(`mssclamp ${rule.mssClamp.value}`);
  if (rule.proxy !== undefined) words.push(`proxy ${rule.proxy.name}`);
  if (rule.tag !== undefined) words.push(`tag ${rule.tag}`);
  if (rule.purge) words.push('purge');
  return words;
}

function printMapEnd(rule: IpnatRule, options: PrintOptions): string[] {
  const words = [printTarget(rule.newSource, options)];
  const protocols = protocolsOf(rule);
  let saidProtocol = false;
  if (rule.proxy !== undefined) {
    const port = rule.proxy.port === undefined ? '' : `port ${valueOfPort(rule.proxy.port)} `;
    words.push(`proxy ${port}${rule.proxy.name}/${protocolWord(protocols)}`);
    saidProtocol = true;
  } else if (rule.verb === 'map-block') {
    words.push(`ports ${rule.blockPorts?.auto ? 'auto' : (rule.blockPorts?.count ?? 0)}`);
  } else if (rule.portmap !== undefined) {
    const { protocols: mapped, auto, first, last, sequential } = rule.portmap;
    words.push(
      `portmap ${protocolWord(mapped)} ${auto ? 'auto' : `${first}:${last}`}${sequential ? ' sequential' : ''}`,
    );
    saidProtocol = true;
  } else if (rule.icmpIds !== undefined) {
    const { first, last, sequential } = rule.icmpIds;
    words.push(`icmpidmap icmp ${first}:${last}${sequential ? ' sequential' : ''}`);
    saidProtocol = true;
  }
  if (rule.roundRobin) words.push('round-robin');
  if (rule.fragments) words.push('frag');
  pushAge(rule, words);
  if (rule.mssClamp !== undefined) words.push(`mssclamp ${rule.mssClamp.value}`);
  if (rule.tag !== undefined) words.push(`tag ${rule.tag}`);
  if (!saidProtocol && protocols.length > 0) words.push(protocolWord(protocols));
  if (rule.purge) words.push('purge');
  return words;
}

function pushAge(rule: IpnatRule, words: string[]): void {
  if (rule.age !== undefined) words.push(`age ${rule.age[0]}/${rule.age[1]}`);
}

/** An address side for sentences; empty for any address. */
export function printSideWords(side: SideNode | undefined): string {
  const address = side?.addresses[0];
  if (address === undefined || address.kind === 'any') return '';
  const text = printAddress(address, 4, { hosts: NO_HOSTS });
  if (text === '0/0') return '';
  const port = side?.ports[0];
  return `${side?.negated ? 'anything but ' : ''}${text}${port === undefined ? '' : ` ${printPort(port)}`}`;
}

export function printTargetWords(target: TargetNode | undefined): string {
  const text = printTarget(target, { hosts: NO_HOSTS });
  return text === '0/32' ? 'address of the interface' : text === '0/0' ? 'it has already' : text;
}

const NO_HOSTS: ReadonlyMap<string, Address> = new Map();
