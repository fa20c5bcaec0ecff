/**
 * The canonical text of a rule, with everything resolved and every default written out. Titles of steps and
 * explanations use it, and two rules with one text are one to the kernel. What `ipf -nv` and `ipftest -D` print
 * (`asIpf`) is the same but for what IPFilter's printer leaves out or says in other words (lib/printfr.c of 5.1.2).
 */
import { type Address, type AddressFamily, formatAddress } from '../../policy/address';
import { formatBpfWords } from '../../policy/bpf';
import { protocolName } from '../../policy/protocols';
import { formatNetwork } from '../ipfilter-kit/addresses';
import {
  formatTcpFlags,
  ICMP_CODES,
  IP_OPTIONS,
  IPV6_HEADERS,
  icmpTypeName,
  SECURITY_CLASSES,
  SECURITY_OPTION,
} from '../ipfilter-kit/names';
import { printPort } from '../ipfilter-kit/ports';
import { bpfProgramOf } from './bpfProgram';
import type { SingleRule } from './expand';
import { canonicalExpression } from './expressionText';
import type { AddressNode, ConditionName, IpfRule, LogNode, PortNode, RouteNode } from './tree';

export interface PrintOptions {
  /** Names as numbers; a name that is not in the table is printed as it is written. */
  readonly hosts: ReadonlyMap<string, Address>;
  /** Behind an interface that does not exist where the rule is printed: `ipf -n` knows none and writes `(!)`. */
  readonly interfaceMark?: string;
  /** Facilities that the printing system's syslog does not have are printed as `!!!`. */
  readonly unknownFacilities?: readonly string[];
  /** As IPFilter's own printer writes it, losses included. */
  readonly asIpf?: boolean;
  /** Ports by name, where a service is known: the programs do so without `-R`. */
  readonly services?: boolean;
}

/** What tells two rules apart: the whole text, also where less is printed. */
export function identityText(single: SingleRule, text: string, options: PrintOptions): string {
  return options.asIpf === true ? printRule(single, { hosts: options.hosts }) : text;
}

export function printRule(single: SingleRule, options: PrintOptions): string {
  const { rule } = single;
  const mark = options.interfaceMark ?? '';
  const words: string[] = [];
  if (rule.collection !== undefined && rule.collection.value !== 0) words.push(String(rule.collection.value));
  words.push(printAction(rule, options), rule.direction);
  if (rule.log !== undefined && (options.asIpf ? PRINTS_LOG.has(rule.action) : rule.action !== 'log'))
    words.push(printLog(rule.log, options));
  if (rule.quick) words.push('quick');
  if (single.on.length > 0) words.push('on', printInterfaces(single.on, mark));
  if (rule.to !== undefined) words.push(printRoute('to', rule.to, options));
  if (rule.dupTo !== undefined) words.push(printRoute('dup-to', rule.dupTo, options));
  if (rule.replyTo !== undefined) words.push(printRoute('reply-to', rule.replyTo, options));
  if (rule.fastroute) words.push('fastroute');
  if (rule.via.some((name) => name.text !== '*'))
    words.push(
      rule.direction === 'in' ? 'out-via' : 'in-via',
      rule.via.map((name) => markedName(name, mark)).join(','),
    );
  if (single.family !== undefined) words.push(single.family === 4 ? 'inet' : 'inet6');
  if (rule.program !== undefined) words.push(printProgram(rule, options));
  else if (!single.testsPackets) words.push('all');
  else words.push(...printTested(single, options));
  words.push(...printTail(rule, options));
  return words.join(' ');
}

/** Actions behind whose direction IPFilter's printer writes `log` (FR_LOGB, FR_LOGP). */
const PRINTS_LOG: ReadonlySet<string> = new Set<IpfRule['action']>([
  'pass',
  'block',
  'count',
  'skip',
  'auth',
]);

/** `-` and `*` are no interfaces, so there is none that could be missing; a second `*` says nothing. */
function printInterfaces(names: SingleRule['on'], mark: string): string {
  const [first, second] = names;
  return (
    markedName(first!, mark) +
    (second === undefined || second.text === '*' ? '' : `,${markedName(second, mark)}`)
  );
}

function markedName({ text }: { readonly text: string }, mark: string): string {
  return text === '-' || text === '*' ? text : text + mark;
}

function printAction(rule: IpfRule, options: PrintOptions): string {
  switch (rule.action) {
    case 'log':
      return rule.log === undefined ? 'log' : printLog(rule.log, options);
    case 'skip':
      return `skip ${rule.skipCount}`;
    case 'call': {
      // The kernel knows the functions' names, and `ipf -n` asks none.
      const name = options.interfaceMark === undefined ? rule.call?.function : '';
      return `call${rule.call?.now ? ' now' : ''} ${name}/${rule.call?.argument}`;
    }
    case 'nomatch':
      // Its flag is no command to the printer, so `log` is all that is left.
      return options.asIpf && rule.log !== undefined ? printLog(rule.log, options) : rule.action;
    default: {
      const answer = rule.answer;
      if (answer === undefined) return rule.action;
      if (answer.kind === 'rst') return `${rule.action} return-rst`;
      const word = answer.asDestination ? 'return-icmp-as-dest' : 'return-icmp';
      return `${rule.action} ${word}${answer.code === 0 ? '' : `(${ICMP_CODES[answer.code] ?? answer.code})`}`;
    }
  }
}

function printLog(log: LogNode, options: PrintOptions): string {
  let text = 'log';
  if (log.body) text += ' body';
  if (log.first) text += ' first';
  if (log.orBlock) text += ' or-block';
  if (log.level !== undefined) {
    const [first, second] = log.level.toLowerCase().split('.');
    const [facility, priority] = second === undefined ? ['local0', first] : [first, second];
    const known = options.unknownFacilities?.includes(facility!) !== true;
    text += ` level ${known ? facility : '!!!'}.${priority}`;
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
  // With a next hop the printer takes the interface for found.
  return `${word} ${route.interface}${hop === undefined ? (options.interfaceMark ?? '') : ''}${address}`;
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
  const address = (node: AddressNode | undefined) => printAddress(node, single.family, options);
  const port = (node: PortNode) => printPort(node, options.services === true ? (numbers ?? []) : undefined);
  words.push('from', (rule.source?.negated ? '!' : '') + address(single.source));
  if (single.sourcePort !== undefined) words.push(port(single.sourcePort));
  words.push('to', (rule.destination?.negated ? '!' : '') + address(single.destination));
  if (single.destinationPort !== undefined) words.push(port(single.destinationPort));
  // Without a protocol the printer does not look for a type.
  if (single.icmpType !== undefined && !(options.asIpf && numbers === undefined)) {
    words.push('icmp-type', icmpTypeName(single.icmpType, single.family));
    if (single.icmpCode !== undefined) words.push('code', String(single.icmpCode));
  }
  if (rule.flags !== undefined && (rule.flags.value !== 0 || rule.flags.mask !== 0)) {
    const mask = rule.flags.mask === 0 ? '' : `/${formatTcpFlags(rule.flags.mask)}`;
    words.push('flags', formatTcpFlags(rule.flags.value) + mask);
  }
  const tests = printTests(rule, options);
  if (tests !== '') words.push(tests);
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

export function printAddress(
  address: AddressNode | undefined,
  family: AddressFamily | undefined,
  options: PrintOptions,
): string {
  if (address === undefined) return 'any';
  switch (address.kind) {
    case 'any':
      return 'any';
    case 'network':
      if (address.length === 0 && BigInt(address.value.value) === 0n) return 'any';
      // A list that begins with `any` takes the family of the addresses behind it away, and they are printed so.
      return options.asIpf && family === undefined ? 'any' : formatNetwork(address);
    case 'host': {
      const known = options.hosts.get(address.name.toLowerCase());
      if (known === undefined && options.asIpf) return 'any';
      if (known === undefined)
        return `${address.name}${address.maskLength === undefined ? '' : `/${address.maskLength}`}`;
      return `${formatAddress(known)}/${address.maskLength ?? (known.family === 4 ? 32 : 128)}`;
    }
    case 'interface':
      return address.of.part === 'address'
        ? `${address.of.name}/${address.of.length ?? (options.asIpf ? 0 : 32)}`
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

function printTests(rule: IpfRule, options: PrintOptions): string {
  if (rule.tests.length === 0) return '';
  let text = 'with';
  let comma = ' ';
  const bits = printOptions(rule);
  if (bits !== '') text += bits;
  else {
    const any = lastCondition(rule, 'ipopts');
    if (any !== undefined) {
      text += `${comma}${any ? 'not ' : ''}ipopts`;
      comma = ',';
    }
  }
  for (const name of CONDITION_ORDER) {
    const negated = lastCondition(rule, name);
    // The printer does not know `ah`.
    if (negated === undefined || (options.asIpf && name === 'ah')) continue;
    text += `${comma}${negated ? 'not ' : ''}${name}`;
    comma = ',';
  }
  return text === 'with' ? '' : text;
}

/** Whether the condition is negated, undefined when it is not tested; the last word on it counts. */
function lastCondition(rule: IpfRule, name: ConditionName): boolean | undefined {
  return rule.tests.findLast((t) => t.kind === 'condition' && t.condition === name)?.negated;
}

function printOptions(rule: IpfRule): string {
  const { set, clear, classesSet, classesClear } = optionsOf(rule);
  const tested = rule.tests.flatMap((t) => (t.kind === 'v6-headers' ? t.names : []));
  const headers = IPV6_HEADERS.filter((name) => tested.includes(name)).join(',');
  const wanted = [...namesOf(set), ...classNames(classesSet)].join(',');
  const unwanted = [...namesOf(clear), ...classNames(classesClear)].join(',');
  return (
    (wanted === '' ? '' : ` opt ${wanted}`) +
    (unwanted === '' ? '' : ` not opt ${unwanted}`) +
    (headers === '' ? '' : ` v6hdr ${headers}`)
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

function printProgram(rule: IpfRule, options: PrintOptions): string {
  const program = rule.program!;
  if (program.kind !== 'exp') {
    const compiled = bpfProgramOf(program.kind, program.text);
    return `${program.kind} { "${compiled === undefined ? program.text : formatBpfWords(compiled)}" }`;
  }
  return `exp { "${canonicalExpression(program.text, options.hosts)}" } `;
}

function printTail(rule: IpfRule, options: PrintOptions): string[] {
  const words: string[] = [];
  if (rule.keepState !== undefined) words.push(`keep state${printStateOptions(rule, options)}`);
  if (rule.keepFragments !== undefined)
    words.push(`keep frags${rule.keepFragments.strict ? ' (strict)' : ''}`);
  if (rule.head !== undefined) words.push('head', rule.head.text);
  if (rule.group !== undefined) words.push('group', rule.group.text);
  words.push(...printTags(rule, options));
  if (rule.packetsPerSecond !== undefined) words.push('pps', String(rule.packetsPerSecond.value));
  if (rule.comment !== undefined) words.push(`comment "${rule.comment}"`);
  if (options.asIpf !== true && rule.ruleTtl !== undefined) words.push(`rule-ttl ${rule.ruleTtl.value}`);
  return words;
}

/** IPFilter's printer opens the parenthesis for fewer options than it prints in it, and does not print all. */
function printStateOptions(rule: IpfRule, { asIpf = false }: PrintOptions): string {
  const state = rule.keepState!;
  const age = rule.stateAge ?? state.age;
  const opens =
    !asIpf ||
    [
      state.strict,
      state.newIsn,
      state.noIcmpErrors,
      state.sync,
      state.limit,
      age?.[0],
      state.maxSources,
    ].some(Boolean);
  if (!opens) return '';
  const options: string[] = [];
  if (state.limit) options.push(`limit ${state.limit}`);
  const perSource = state.maxPerSource;
  if (asIpf) {
    if (state.maxSources)
      options.push(
        `max-nodes ${state.maxSources}${perSource?.count ? `, max-per-src ${perSource.count}/${perSource.length}` : ''}`,
      );
  } else {
    if (state.maxSources !== undefined) options.push(`max-srcs ${state.maxSources}`);
    if (perSource !== undefined) options.push(`max-per-src ${perSource.count}/${perSource.length}`);
  }
  if (state.strict) options.push('strict');
  if (state.loose) options.push('loose');
  if (state.newIsn) options.push('newisn');
  if (state.noIcmpErrors) options.push('no-icmp-err');
  if (state.sync) options.push('sync');
  if (!asIpf) {
    if (state.noLog) options.push('nolog');
    if (state.icmpHead !== undefined) options.push(`icmp-head ${state.icmpHead}`);
    if (state.rpc) options.push('rpc');
  }
  if (age !== undefined && (age[0] !== 0 || age[1] !== 0)) options.push(`age ${age[0]}/${age[1]}`);
  return options.length === 0 ? '' : ` (${options.join(',')})`;
}

/** A rule has one tag for the log and one for NAT; the printer calls both set, also where they are matched. */
function printTags({ setTag, matchTag }: IpfRule, { asIpf }: PrintOptions): string[] {
  const tags = asIpf
    ? [['set-tag', { log: matchTag?.log ?? setTag?.log, nat: matchTag?.nat ?? setTag?.nat }] as const]
    : ([
        ['set-tag', setTag],
        ['match-tag', matchTag],
      ] as const);
  return tags.flatMap(([word, tag]) => {
    const parts = [
      ...(tag?.log ? [`log=${tag.log}`] : []),
      ...(tag?.nat === undefined ? [] : [`nat=${tag.nat.slice(0, TAG_LENGTH)}`]),
    ];
    return parts.length === 0 ? [] : [`${word}(${parts.join(', ')})`];
  });
}

/** What `ipf -v` writes behind a rule: how many states it has, and when it goes. */
export function printCounters(rule: IpfRule): string {
  const ttl = rule.ruleTtl === undefined || rule.ruleTtl.value === 0 ? '' : ` rule-ttl ${rule.ruleTtl.value}`;
  if (rule.keepState !== undefined) return ` # count 0${ttl}`;
  return ttl === '' ? '' : ` #${ttl}`;
}
