/**
 * A NAT rule as `ipnat -v` prints it. IPFilter's printer writes the fields of the loaded rule, which are not always
 * what was written: a protocol without ports clears them, `icmpidmap` forgets every option before it, ports without a
 * protocol make it TCP and UDP. So the fields are filled here in the order in which the grammar fills them, and then
 * printed.
 *
 * Source: tools/ipnat_y.y (`setnatproto`, `setmapifnames`, `setrdrifnames`) and lib/printnat.c of IPFilter 5.1.2.
 */
import { type Address, address4, address6, formatAddress, fullLength } from '../../policy/address';
import { protocolName } from '../../policy/protocols';
import { serviceName } from '../../syntax/services';
import { type HostNode, maskLength4, type NetworkNode } from '../ipfilter-kit/addresses';
import { printPort } from '../ipfilter-kit/ports';
import type { AddressNode, SideNode } from '../ipfilter-kit/sides';
import type { PrintOptions } from './print';
import type { IpnatRule, TargetNode } from './tree';

const TCP = 6;
const UDP = 17;
const ICMP = 1;

/** The fields of `struct ipnat` that are printed. */
class Fields {
  /** IPN_TCP and IPN_UDP. */
  tcp = false;
  udp = false;
  isIcmpQuery = false;
  isFilter = false;
  notSource = false;
  notDestination = false;
  isSourceRange = false;
  fixedSourcePort = false;
  fixedDestinationPort = false;
  isAuto = false;
  isSequential = false;
  protocols: [inside: number, outside: number] = [0, 0];
  hasSourceTest = false;
  hasDestinationTest = false;
  takenPort = 0;
  takenTop = 0;
  sourcePorts: [low: number, high: number] = [0, 0];
  destinationPorts: [low: number, high: number] = [0, 0];
  /** A port was written, so that a rule without a protocol is one for TCP and UDP. */
  suggestsPorts = false;

  constructor(
    private readonly isBlock: boolean,
    private readonly isDivert: boolean,
  ) {}

  get hasTcpUdp(): boolean {
    return this.tcp || this.udp;
  }

  setTcpUdp(): void {
    this.tcp = true;
    this.udp = true;
    this.protocols = [0, 0];
  }

  /** `setnatproto` */
  setProtocol(protocol: number): void {
    this.protocols = [protocol, protocol];
    if (protocol === TCP || protocol === UDP) {
      this.tcp = protocol === TCP;
      this.udp = protocol === UDP;
    } else {
      if (protocol === ICMP || !this.isBlock) {
        this.tcp = false;
        this.udp = false;
      }
      const keeps = protocol === ICMP ? this.isIcmpQuery || this.isDivert : this.isBlock;
      if (!keeps) this.clearPorts();
    }
    if (this.hasTcpUdp) return;
    this.takenPort = 0;
    this.takenTop = 0;
    this.fixedDestinationPort = false;
  }

  private clearPorts(): void {
    this.hasSourceTest = false;
    this.hasDestinationTest = false;
    this.sourcePorts = [0, 0];
    this.destinationPorts = [0, 0];
  }
}

export function printAsIpnat(rule: IpnatRule, options: PrintOptions): string {
  const fields = new Fields(rule.verb === 'map-block', rule.verb === 'divert');
  noteTaken(rule, fields);
  const end = rule.verb === 'rdr' ? finishRdr : rule.direction === undefined ? finishMap : finishRewrite;
  end(rule, fields);
  return new Printer(rule, fields, options).print();
}

function noteTaken(rule: IpnatRule, fields: Fields): void {
  fields.isFilter = rule.isFilter;
  fields.notSource = rule.source?.negated === true;
  fields.notDestination = rule.destination?.negated === true;
  // `rewrite` says its protocol before its addresses.
  if (rule.direction !== undefined) setProtocols(rule, fields);
  const [source, destination] = [rule.source?.ports[0], rule.destination?.ports[0]];
  fields.hasSourceTest = source !== undefined;
  fields.hasDestinationTest = destination !== undefined;
  if (destination !== undefined) {
    fields.takenPort = destination.first.value ?? 0;
    fields.takenTop = destination.last?.value ?? 0;
  }
  if (source !== undefined || destination !== undefined) fields.suggestsPorts = true;
  if (rule.takenPorts !== undefined) {
    const { first, last } = rule.takenPorts;
    fields.takenPort = first.value ?? 0;
    fields.takenTop = last?.value || fields.takenPort;
    fields.suggestsPorts = true;
  }
}

/** `setproto` */
function setProtocols(rule: IpnatRule, fields: Fields): void {
  const numbers = rule.anyProtocol ? [0] : rule.protocol?.numbers;
  if (numbers === undefined) return;
  if (numbers.length > 1) fields.setTcpUdp();
  else {
    if (numbers[0] !== TCP && numbers[0] !== UDP) fields.suggestsPorts = false;
    fields.setProtocol(numbers[0]!);
  }
}

function finishMap(rule: IpnatRule, fields: Fields): void {
  fields.isSourceRange = rule.newSource?.kind === 'span';
  if (rule.portmap !== undefined) {
    const { protocols, auto, first, last, sequential } = rule.portmap;
    if (protocols.length > 1) fields.setTcpUdp();
    else fields.setProtocol(protocols[0]!);
    fields.isAuto = auto;
    fields.isSequential = sequential;
    fields.sourcePorts = [first, last];
  } else if (rule.icmpIds !== undefined) {
    fields.protocols = [ICMP, ICMP];
    fields.tcp = false;
    fields.udp = false;
    fields.isFilter = false;
    fields.notSource = false;
    fields.notDestination = false;
    fields.isSourceRange = false;
    fields.isIcmpQuery = true;
    fields.sourcePorts = [rule.icmpIds.first, rule.icmpIds.last];
  } else if (rule.blockPorts !== undefined) {
    fields.isAuto = rule.blockPorts.auto;
    fields.sourcePorts = [rule.blockPorts.count, 0];
  } else if (rule.proxy !== undefined) noteProxy(rule, fields);
  if (rule.proxy === undefined) setProtocols(rule, fields);
  finishMapNames(fields);
}

/** `setmapifnames` */
function finishMapNames(fields: Fields): void {
  if (fields.suggestsPorts && !fields.hasTcpUdp) {
    fields.tcp = true;
    fields.udp = true;
  }
  if (!fields.hasTcpUdp) fields.setProtocol(fields.protocols[1]);
}

/** `setrdrifnames` */
function finishRdrNames(fields: Fields): void {
  if (fields.suggestsPorts && !fields.hasTcpUdp) {
    fields.tcp = true;
    fields.udp = true;
  }
  const [low, high] = fields.destinationPorts;
  if (fields.protocols[0] === 0 && !fields.hasTcpUdp && (low !== 0 || high !== 0)) fields.setProtocol(TCP);
}

function noteProxy(rule: IpnatRule, fields: Fields): void {
  const proxy = rule.proxy!;
  if (proxy.port === undefined) return;
  fields.suggestsPorts = true;
  if (!fields.hasDestinationTest) fields.takenPort = proxy.port.value ?? 0;
  fields.destinationPorts = [proxy.port.value ?? 0, fields.destinationPorts[1]];
  setProtocols(rule, fields);
}

function finishRdr(rule: IpnatRule, fields: Fields): void {
  const given = rule.destinationPorts;
  if (given !== undefined) {
    const first = given.first.value ?? 0;
    const last = given.fixed ? 0 : (given.last?.value ?? first);
    fields.destinationPorts = [first, last];
    fields.suggestsPorts = true;
    fields.fixedDestinationPort = given.fixed;
    if (fields.takenTop === 0) fields.takenTop = given.fixed ? fields.takenPort : last;
  }
  setProtocols(rule, fields);
  if (rule.proxy !== undefined) {
    noteProxy(rule, fields);
    const [next] = fields.destinationPorts;
    if (rule.proxy.port === undefined) {
      fields.takenPort = next;
      fields.takenTop = next;
    } else {
      fields.destinationPorts = [fields.takenPort, fields.takenPort];
      fields.takenTop = fields.takenPort;
    }
  }
  finishRdrNames(fields);
}

function finishRewrite(rule: IpnatRule, fields: Fields): void {
  const { sourcePorts, destinationPorts } = rule;
  const isDivert = rule.verb === 'divert';
  const span = (ports: typeof sourcePorts): [number, number] => {
    const first = ports?.first.value ?? 0;
    return [first, ports?.last?.value ?? first];
  };
  fields.sourcePorts = span(sourcePorts);
  fields.destinationPorts = span(destinationPorts);
  fields.fixedSourcePort = sourcePorts?.fixed === true;
  fields.fixedDestinationPort = destinationPorts?.fixed === true;
  if (rule.direction === 'out') finishMapNames(fields);
  else finishRdrNames(fields);
  if (!isDivert) return;
  if (rule.direction === 'out') fields.protocols = [UDP, fields.protocols[1]];
  else fields.protocols = [fields.protocols[0], UDP];
  fields.tcp = false;
}

/** An address as the grammar keeps it: what `any`, `0` and unknown hosts leave at 0 has no family. */
interface Field {
  readonly family: 4 | 6 | 0;
  readonly value: Address | undefined;
  /** Mask length, or a mask with holes. */
  readonly mask: number | Address;
  /** Pools and lists are printed as they are written. */
  readonly text?: string;
}

class Printer {
  private readonly oldFamily: 4 | 6;
  private readonly newFamily: 4 | 6;

  constructor(
    private readonly rule: IpnatRule,
    private readonly fields: Fields,
    private readonly options: PrintOptions,
  ) {
    const [before, after] = this.families();
    this.oldFamily = before;
    this.newFamily = after;
  }

  /** `in_v`: what the words say, else what the addresses do, each kind of rule asking in its own order. */
  private families(): [4 | 6, 4 | 6] {
    const { rule } = this;
    if (rule.inet6) return [6, 6];
    if (rule.inet) return [4, 4];
    const old =
      (rule.isFilter || rule.verb !== 'rdr' ? this.ofSide(rule.source) : this.ofSide(rule.destination))
        .family || 0;
    const target = rule.verb === 'rdr' ? rule.newDestination : rule.newSource;
    const fresh = this.familyOfTarget(target);
    if (rule.direction !== undefined) return [old || 4, old || 4];
    if (rule.verb === 'rdr') return [old || fresh || 4, old || fresh || 4];
    return [fresh || old || 4, fresh || old || 4];
  }

  private familyOfTarget(target: TargetNode | undefined): 4 | 6 | 0 {
    if (target?.kind === 'span') return target.first.value.family;
    if (target?.kind !== 'addresses') return 0;
    return this.ofNode(target.list[0]).family;
  }

  print(): string {
    const { rule, fields } = this;
    const protocol =
      rule.direction === undefined ? this.protocol : fields.protocols[rule.direction === 'in' ? 0 : 1];
    const words: string[] = [];
    if (rule.exempt) words.push('no');
    words.push(rule.verb);
    if (rule.direction !== undefined) words.push(rule.direction, 'on');
    words.push(this.interfaces());
    if (this.oldFamily === 6) words.push('inet6');
    if (rule.direction !== undefined && (protocol !== 0 || fields.hasTcpUdp))
      words.push('proto', this.protocolWord(protocol));
    if (fields.isFilter) words.push(...this.filter(protocol));
    switch (rule.verb) {
      case 'rewrite':
      case 'divert':
        return this.rewriteEnd(words);
      case 'rdr':
        return this.rdrEnd(words, protocol);
      default:
        return this.mapEnd(words, protocol);
    }
  }

  /** `map` and `map-block` print the protocol behind the translation, the others the one before it. */
  private get protocol(): number {
    const { verb } = this.rule;
    return this.fields.protocols[verb === 'map' || verb === 'map-block' ? 1 : 0];
  }

  private interfaces(): string {
    const [first, second] = this.rule.interfaces.map(({ text }) => (text === '-' ? '"-"' : text));
    return second === undefined || second === first ? first! : `${first},${second}`;
  }

  /** `printproto` */
  private protocolWord(protocol: number): string {
    const { fields } = this;
    if (fields.tcp && fields.udp) return 'tcp/udp';
    if (fields.tcp) return 'tcp';
    if (fields.udp) return 'udp';
    if (fields.isIcmpQuery) return 'icmp';
    return fields.protocols[0] === 0 ? 'ip' : protocolName(protocol);
  }

  private filter(protocol: number): string[] {
    const { rule, fields } = this;
    const side = (node: SideNode | undefined, isTested: boolean) => {
      const port = node?.ports[0];
      const address = this.address(this.ofSide(node), this.oldFamily);
      if (port === undefined || !isTested) return address;
      return `${address} ${printPort(port, this.options.services ? [protocol] : undefined)}`;
    };
    return [
      `${fields.notSource ? '! ' : ''}from`,
      side(rule.source, fields.hasSourceTest),
      `${fields.notDestination ? '! ' : ''}to`,
      side(rule.destination, fields.hasDestinationTest),
    ];
  }

  private rewriteEnd(words: string[]): string {
    const { rule, fields } = this;
    const isDivert = rule.verb === 'divert';
    const ports = ([low, high]: [number, number], isFixed: boolean) => {
      if (isDivert) return `,${low}`;
      if (!fields.hasTcpUdp || low === 0) return '';
      if (isFixed) return `,port = ${low}`;
      return `,${low}${high === low ? '' : `-${high}`}`;
    };
    words.push('->', 'src', this.target(rule.newSource) + ports(fields.sourcePorts, fields.fixedSourcePort));
    words.push(
      'dst',
      this.target(rule.newDestination) + ports(fields.destinationPorts, fields.fixedDestinationPort),
    );
    if (isDivert) words.push('udp');
    if (rule.purge) words.push('purge');
    return `${words.join(' ')};`;
  }

  private rdrEnd(words: string[], protocol: number): string {
    const { rule, fields } = this;
    if (!fields.isFilter) {
      words.push(this.address(this.ofSide(rule.destination), this.oldFamily));
      if (fields.hasTcpUdp) {
        const { takenPort, takenTop } = fields;
        words.push(`port ${takenPort}${takenPort === takenTop ? '' : `-${takenTop}`}`);
      }
    }
    if (rule.exempt) return `${words.join(' ')} ${this.protocolWord(protocol)};`;
    words.push('->', this.target(rule.newDestination));
    if (fields.hasTcpUdp) {
      const [low, high] = fields.destinationPorts;
      if (fields.fixedDestinationPort) words.push(`port = ${low}`);
      else words.push(`port ${low}${low === high ? '' : `-${high}`}`);
    }
    words.push(this.protocolWord(protocol));
    if (rule.roundRobin) words.push('round-robin');
    this.pushCommon(words);
    if (rule.sticky) words.push('sticky');
    if (rule.mssClamp?.value) words.push(`mssclamp ${rule.mssClamp.value}`);
    if (rule.proxy !== undefined) words.push(`proxy ${rule.proxy.name}`);
    if (rule.tag !== undefined) words.push(`tag ${rule.tag.slice(0, TAG_LENGTH)}`);
    if (rule.purge) words.push('purge');
    return words.join(' ');
  }

  private mapEnd(words: string[], protocol: number): string {
    const { rule, fields } = this;
    if (!fields.isFilter) words.push(this.address(this.ofSide(rule.source), this.oldFamily));
    if (rule.exempt) return `${words.join(' ')} ${this.protocolWord(protocol)};`;
    words.push('->');
    if (fields.isSourceRange) words.push('range');
    words.push(this.target(rule.newSource));
    const [low, high] = fields.sourcePorts;
    let saidProtocol = true;
    if (rule.proxy !== undefined) {
      const port = fields.takenPort === 0 ? '' : this.portName(fields.takenPort, protocol);
      words.push(`proxy port ${port} ${rule.proxy.name}/${protocolName(protocol)}`);
    } else if (rule.verb === 'map-block') {
      words.push(`ports ${low === 0 && fields.isAuto ? 'auto' : low}`);
      saidProtocol = false;
    } else if (low !== 0 || high !== 0) {
      words.push(fields.isIcmpQuery ? 'icmpidmap' : 'portmap', this.protocolWord(protocol));
      words.push(fields.isAuto ? 'auto' : `${low}:${high}`);
      if (fields.isSequential) words.push('sequential');
    } else saidProtocol = false;
    this.pushCommon(words);
    if (rule.mssClamp?.value) words.push(`mssclamp ${rule.mssClamp.value}`);
    if (rule.tag !== undefined) words.push(`tag ${rule.tag.slice(0, TAG_LENGTH)}`);
    if (!saidProtocol && (fields.hasTcpUdp || protocol !== 0)) words.push(this.protocolWord(protocol));
    if (rule.purge) words.push('purge');
    return words.join(' ');
  }

  private pushCommon(words: string[]): void {
    const { fragments, age } = this.rule;
    if (fragments) words.push('frag');
    if (age !== undefined && (age[0] !== 0 || age[1] !== 0)) words.push(`age ${age[0]}/${age[1]}`);
  }

  private portName(port: number, protocol: number): string {
    if (this.options.services !== true) return String(port);
    const name =
      protocol === TCP ? serviceName(port, 'tcp') : protocol === UDP ? serviceName(port, 'udp') : undefined;
    return name ?? String(port);
  }

  private target(target: TargetNode | undefined): string {
    if (target === undefined) return this.address(NOTHING, this.newFamily);
    switch (target.kind) {
      case 'list':
        // The printer writes the number of the source for that of a numbered list, and a source has none.
        return `dstlist/${/^\d+$/.test(target.name.text) ? 0 : target.name.text}`;
      case 'span':
        return `${formatAddress(target.first.value)}-${formatAddress(target.last.value)}`;
      case 'addresses': {
        if (target.list.length === 1) return this.address(this.ofNode(target.list[0]), this.newFamily);
        return target.list
          .map((one) => {
            const { value } = this.ofNode(one);
            return value === undefined ? formatZero(this.newFamily) : formatAddress(value);
          })
          .join(',');
      }
      default: {
        const impossible: never = target;
        return impossible;
      }
    }
  }

  private ofSide(side: SideNode | undefined): Field {
    return this.ofNode(side?.addresses[0]);
  }

  private ofNode(node: AddressNode | HostNode | NetworkNode | undefined): Field {
    switch (node?.kind) {
      case 'network': {
        const isZero = BigInt(node.value.value) === 0n && node.value.family === 4 && node.isNumber === true;
        return {
          family: isZero ? 0 : node.value.family,
          value: isZero ? undefined : node.value,
          mask: node.length ?? node.mask,
        };
      }
      case 'host': {
        const known = this.options.hosts.get(node.name.toLowerCase());
        if (known === undefined) return { ...NOTHING, mask: node.maskLength ?? 0 };
        return { family: known.family, value: known, mask: node.maskLength ?? fullLength(known.family) };
      }
      case 'pool':
        return { ...NOTHING, text: `${node.type}/${node.name}` };
      default:
        return NOTHING;
    }
  }

  /** `printnataddr` */
  private address({ value, mask, text }: Field, family: 4 | 6): string {
    if (text !== undefined) return text;
    const length = typeof mask === 'number' ? mask : mask.family === 4 ? maskLength4(mask.value) : undefined;
    const isZero = value === undefined || BigInt(value.value) === 0n;
    if (family === 4) {
      if (isZero) return `0/${length === undefined ? -1 : Math.min(32, length)}`;
      return `${formatAddress(value)}/${length ?? formatAddress(mask as Address)}`;
    }
    if (isZero && length === 0) return 'any';
    return `${value === undefined ? formatZero(family) : formatAddress(value)}/${length}`;
  }
}

const NOTHING: Field = { family: 0, value: undefined, mask: 0 };

function formatZero(family: 4 | 6): string {
  return formatAddress(family === 4 ? address4(0) : address6(0n));
}

/** Characters of a tag that a rule keeps (IPFTAG_LEN). */
const TAG_LENGTH = 16;
