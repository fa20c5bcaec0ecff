/**
 * The canonical text of a rule: what `ipf -nv` prints, with everything resolved and every default written out.
 * Titles of steps, explanations and `ipftest -D` use it too.
 */
import { type Address, formatAddress } from '../../policy/address';
import { formatBpfWords } from '../../policy/bpf';
import { protocolName } from '../../policy/protocols';
import { formatNetwork } from '../ipfilter-kit/addresses';
import {
  formatTcpFlags,
  ICMP_CODES,
  IP_OPTIONS,
  icmpTypeName,
  SECURITY_CLASSES,
  SECURITY_OPTION,
} from '../ipfilter-kit/names';
import { printPort } from '../ipfilter-kit/sides';
import { bpfProgramOf } from './bpfProgram';
import type { SingleRule } from './expand';
import type { AddressNode, ConditionName, IpfRule, LogNode, RouteNode } from './tree';

export interface PrintOptions {
  /** Names as numbers; a name that is not in the table is printed as it is written. */
  readonly hosts: ReadonlyMap<string, Address>;
  /** Behind an interface that does not exist where the rule is printed: `ipf -n` knows none and writes `(!)`. */
  readonly interfaceMark?: string;
  /** Facilities that the printing system's syslog does not have are printed as `!!!`. */
  readonly unknownFacilities?: readonly string[];
}

export function printRule(single: SingleRule, options: PrintOptions): string {
  const { rule } = single;
  const mark = options.interfaceMark ?? '';
  const words: string[] = [];
  if (rule.collection !== undefined && rule.collection.value !== 0) words.push(String(rule.collection.value));
  words.push(printAction(rule, options), rule.direction);
  if (rule.log !== undefined && rule.action !== 'log') words.push(printLog(rule.log, options));
  if (rule.quick) words.push('quick');
  if (single.on.length > 0) words.push('on', single.on.map((name) => name.text + mark).join(','));
  if (rule.to !== undefined) words.push(printRoute('to', rule.to, options));
  if (rule.dupTo !== undefined) words.push(printRoute('dup-to', rule.dupTo, options));
  if (rule.replyTo !== undefined) words.push(printRoute('reply-to', rule.replyTo, options));
  if (rule.fastroute) words.push('fastroute');
  if (rule.via.length > 0)
    words.push(
      rule.direction === 'in' ? 'out-via' : 'in-via',
      rule.via.map((name) => name.text + mark).join(','),
    );
  if (single.family !== undefined) words.push(single.family === 4 ? 'inet' : 'inet6');
  if (rule.program !== undefined) words.push(printProgram(rule));
  else if (!single.testsPackets) words.push('all');
  else words.push(...printTested(single, options));
  words.push(...printTail(rule));
  return words.join(' ');
}

function printAction(rule: IpfRule, options: PrintOptions): string {
  switch (rule.action) {
    case 'log':
      return rule.log === undefined ? 'log' : printLog(rule.log, options);
    case 'skip':
      return `skip ${rule.skipCount}`;
    case 'call':
      return `call${rule.call?.now ? ' now' : ''} ${rule.call?.function}/${rule.call?.argument}`;
    case 'block': {
      const answer = rule.answer;
      if (answer === undefined) return 'block';
      if (answer.kind === 'rst') return 'block return-rst';
      const word = answer.asDestination ? 'return-icmp-as-dest' : 'return-icmp';
      return `block ${word}${answer.code === 0 ? '' : `(${ICMP_CODES[answer.code] ?? answer.code})`}`;
    }
    default:
      return rule.action;
  }
}

function printLog(log: LogNode, options: PrintOptions): string {
  let text = 'log';
  if (log.body) text += ' body';
  if (log.first) text += ' first';
  if (log.orBlock) text += ' or-block';
  if (log.level !== undefined) {
    const [facility, priority] = log.level.toLowerCase().split('.');
    const unknown = priority !== undefined && options.unknownFacilities?.includes(facility!) === true;
    text += ` level ${unknown ? `!!!.${priority}` : log.level.toLowerCase()}`;
  }
  return text;
}

function printRoute(word: string, route: RouteNode, options: PrintOptions): string {
  if (route.list !== undefined) return `${word} dstlist/${route.list.text}`;
  const hop = route.nextHop;
  const address =
    hop === undefined
      ? ''
      : `:${hop.kind === 'network' ? formatAddress(hop.value) : printHost(hop.name, options)}`;
  return `${word} ${route.interface}${options.interfaceMark ?? ''}${address}`;
}

function printHost(name: string, options: PrintOptions): string {
  const address = options.hosts.get(name.toLowerCase());
  return address === undefined ? name : formatAddress(address);
}

function printTested(single: SingleRule, options: PrintOptions): string[] {
  const { rule } = single;
  const words: string[] = [];
  if (single.tos !== undefined) words.push('tos', single.tos === 0 ? '0' : `0x${single.tos.toString(16)}`);
  if (single.ttl !== undefined) words.push('ttl', String(single.ttl));
  const numbers = rule.protocol?.numbers;
  if (numbers !== undefined && numbers.length > 0)
    words.push('proto', numbers.length > 1 ? 'tcp/udp' : protocolName(numbers[0]!));
  words.push('from', (rule.source?.negated ? '!' : '') + printAddress(single.source, options));
  if (single.sourcePort !== undefined) words.push(printPort(single.sourcePort));
  words.push('to', (rule.destination?.negated ? '!' : '') + printAddress(single.destination, options));
  if (single.destinationPort !== undefined) words.push(printPort(single.destinationPort));
  if (single.icmpType !== undefined) {
    words.push('icmp-type', icmpTypeName(single.icmpType, single.family ?? 4));
    if (single.icmpCode !== undefined) words.push('code', String(single.icmpCode));
  }
  if (rule.flags !== undefined && (rule.flags.value !== 0 || rule.flags.mask !== 0)) {
    const mask = rule.flags.mask === 0 ? '' : `/${formatTcpFlags(rule.flags.mask)}`;
    words.push('flags', formatTcpFlags(rule.flags.value) + mask);
  }
  if (rule.tests.length > 0) words.push(printTests(rule));
  return words;
}

/** The printer's short words for the parts of an interface's addresses; the grammar reads the long ones too. */
const PART_WORDS = {
  address: '',
  network: 'net',
  netmasked: 'netmasked',
  broadcast: 'bcast',
  peer: 'peer',
} as const;

/** Characters of a NAT tag that the kernel keeps (IPFTAG_LEN). */
const TAG_LENGTH = 16;

export function printAddress(address: AddressNode | undefined, options: PrintOptions): string {
  if (address === undefined) return 'any';
  switch (address.kind) {
    case 'any':
      return 'any';
    case 'network':
      return address.length === 0 && BigInt(address.value.value) === 0n ? 'any' : formatNetwork(address);
    case 'host': {
      const known = options.hosts.get(address.name.toLowerCase());
      if (known === undefined)
        return `${address.name}${address.maskLength === undefined ? '' : `/${address.maskLength}`}`;
      return `${formatAddress(known)}/${address.maskLength ?? (known.family === 4 ? 32 : 128)}`;
    }
    case 'interface':
      return address.of.part === 'address'
        ? `${address.of.name}/${address.of.length ?? 32}`
        : `${address.of.name}/${PART_WORDS[address.of.part]}`;
    case 'pool':
      return `${address.type}/${address.name}`;
    default: {
      const impossible: never = address;
      return impossible;
    }
  }
}

const CONDITION_ORDER: readonly ConditionName[] = [
  'short',
  'frag',
  'frag-body',
  'nat',
  'lowttl',
  'bad',
  'bad-src',
  'bad-nat',
  'oow',
  'mbcast',
  'bcast',
  'mcast',
  'state',
  'ah',
  'v6hdrs',
];

function printTests(rule: IpfRule): string {
  let text = 'with';
  let comma = ' ';
  const options = printOptions(rule);
  if (options !== '') text += options;
  else {
    const any = lastCondition(rule, 'ipopts');
    if (any !== undefined) {
      text += `${comma}${any ? 'not ' : ''}ipopts`;
      comma = ',';
    }
  }
  for (const name of CONDITION_ORDER) {
    const negated = lastCondition(rule, name);
    if (negated === undefined) continue;
    text += `${comma}${negated ? 'not ' : ''}${name}`;
    comma = ',';
  }
  return text;
}

/** Whether the condition is negated, undefined when it is not tested; the last word on it counts. */
function lastCondition(rule: IpfRule, name: ConditionName): boolean | undefined {
  return rule.tests.findLast((t) => t.kind === 'condition' && t.condition === name)?.negated;
}

function printOptions(rule: IpfRule): string {
  const { set, clear, classesSet, classesClear } = optionsOf(rule);
  const headers = rule.tests.flatMap((t) =>
    t.kind === 'v6-headers' ? [` ${t.negated ? 'not ' : ''}v6hdr ${t.names.join(',')}`] : [],
  );
  const wanted = [...namesOf(set), ...classNames(classesSet)].join(',');
  const unwanted = [...namesOf(clear), ...classNames(classesClear)].join(',');
  return (
    (wanted === '' ? '' : ` opt ${wanted}`) +
    (unwanted === '' ? '' : ` not opt ${unwanted}`) +
    headers.join('')
  );
}

function namesOf(options: ReadonlySet<number>): string[] {
  return IP_OPTIONS.filter(([, number]) => options.has(number)).map(([name]) => name);
}

function classNames(bits: number): string[] {
  const names = SECURITY_CLASSES.filter(([, bit]) => bits & bit).map(([name]) => name);
  return names.length === 0 ? [] : [`sec-class ${names.join(',')}`];
}

/** All option tests of a rule together. `sec` is left out where a class is tested: the class says more. */
export function optionsOf(rule: IpfRule): {
  readonly set: ReadonlySet<number>;
  readonly clear: ReadonlySet<number>;
  readonly classesSet: number;
  readonly classesClear: number;
} {
  const set = new Set<number>();
  const clear = new Set<number>();
  let classesSet = 0;
  let classesClear = 0;
  for (const test of rule.tests) {
    if (test.kind !== 'options') continue;
    for (const option of test.options) (test.negated ? clear : set).add(option);
    if (test.negated) classesClear |= test.classes;
    else classesSet |= test.classes;
  }
  if (classesSet | classesClear) for (const options of [set, clear]) options.delete(SECURITY_OPTION);
  for (const option of set) clear.delete(option);
  return { set, clear, classesSet, classesClear: classesClear & ~classesSet };
}

function printProgram(rule: IpfRule): string {
  const program = rule.program!;
  if (program.kind !== 'exp') {
    const compiled = bpfProgramOf(program.kind, program.text);
    return `${program.kind} { "${compiled === undefined ? program.text : formatBpfWords(compiled)}" }`;
  }
  // ipf writes the expression back with blanks around operators and a mask behind every address.
  const parts = program.text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, field, operator, values] = /^([a-z.]+)\s*(!?=)\s*(.*)$/i.exec(part) ?? [];
      if (field === undefined) return `${part};`;
      const list = values!.split(',').map((value) => printOperand(field, value.trim()));
      return `${field} ${operator} ${list.join(',')};`;
    });
  return `exp { "${parts.join(' ')}" } `;
}

function printOperand(field: string, value: string): string {
  return field.startsWith('ip.') && /^\d+(\.\d+){3}$/.test(value) ? `${value}/32` : value;
}

function printTail(rule: IpfRule): string[] {
  const words: string[] = [];
  const state = rule.keepState;
  if (state !== undefined) {
    const options: string[] = [];
    if (state.limit !== undefined) options.push(`limit ${state.limit}`);
    if (state.maxSources !== undefined) options.push(`max-srcs ${state.maxSources}`);
    if (state.maxPerSource !== undefined)
      options.push(`max-per-src ${state.maxPerSource.count}/${state.maxPerSource.length}`);
    if (state.strict) options.push('strict');
    if (state.loose) options.push('loose');
    if (state.newIsn) options.push('newisn');
    if (state.noIcmpErrors) options.push('no-icmp-err');
    if (state.sync) options.push('sync');
    if (state.noLog) options.push('nolog');
    if (state.icmpHead !== undefined) options.push(`icmp-head ${state.icmpHead}`);
    if (state.rpc) options.push('rpc');
    const age = state.age ?? rule.stateAge;
    if (age !== undefined) options.push(`age ${age[0]}/${age[1]}`);
    words.push(`keep state${options.length === 0 ? '' : ` (${options.join(',')})`}`);
  }
  if (rule.keepFragments !== undefined)
    words.push(`keep frags${rule.keepFragments.strict ? ' (strict)' : ''}`);
  if (rule.head !== undefined) words.push('head', rule.head.text);
  if (rule.group !== undefined) words.push('group', rule.group.text);
  for (const [word, tag] of [
    ['set-tag', rule.setTag],
    ['match-tag', rule.matchTag],
  ] as const) {
    if (tag === undefined) continue;
    const parts = [
      ...(tag.log === undefined ? [] : [`log=${tag.log}`]),
      ...(tag.nat === undefined ? [] : [`nat=${tag.nat.slice(0, TAG_LENGTH)}`]),
    ];
    words.push(`${word}(${parts.join(', ')})`);
  }
  if (rule.packetsPerSecond !== undefined) words.push('pps', String(rule.packetsPerSecond.value));
  if (rule.comment !== undefined) words.push(`comment "${rule.comment}"`);
  return words;
}
