/** ipnat.conf to the NAT table. What a statement says is worked out once and kept under it; origins are made anew. */
import type { Address } from '../../policy/address';
import type { Intervals } from '../../policy/intervals';
import {
  MODELLED_PROXIES,
  type NatAddress,
  type NatRule,
  type NatRuleBody,
  type NatSelector,
  type NatTarget,
  type PortAllocation,
} from '../../policy/nat';
import type { Origin } from '../../policy/origin';
import { Shared } from '../../policy/sharing';
import type { Problem } from '../../syntax/problem';
import type { Parse, ParsedStatement } from '../../syntax/statement';
import type { TextRange } from '../../text/range';
import { finish, type Work } from '../../text/work';
import type { Lowered, LowerScope } from '../dialect';
import { WELL_KNOWN_HOSTS } from '../ipfilter-kit/hosts';
import { portSet } from '../ipfilter-kit/ports';
import type { AddressNode, SideNode } from '../ipfilter-kit/sides';
import type { Assignment, Template } from '../ipfilter-kit/statements';
import { expandTemplate, isMisread, shiftProblem } from '../ipfilter-kit/templates';
import { relatedTwin } from '../ipfilter-kit/twins';
import { eachStatement, PIECE } from '../statementOrigin';
import { printAsIpnat } from './asIpnat';
import { familyOf, protocolsOf, rdrPortsOf } from './meaning';
import { parseIpnatStatement } from './parser';
import { printNatRule } from './print';
import type { IpnatItem, IpnatRule, IpnatTree, TargetNode } from './tree';

export interface IpnatLowerOptions {
  readonly hosts: ReadonlyMap<string, Address>;
  /** The text of a rule is what `ipnat -v` prints, which leaves some of what the rule says out. */
  readonly asIpnat?: boolean;
  /** That text has names of services for ports. */
  readonly services?: boolean;
}

export const DEFAULT_LOWER_OPTIONS: IpnatLowerOptions = { hosts: WELL_KNOWN_HOSTS };

export function lowerIpnat(
  parse: Parse<IpnatTree>,
  scope: LowerScope,
  options: IpnatLowerOptions = DEFAULT_LOWER_OPTIONS,
): Lowered {
  return finish(lowerWithMemory(parse, scope, options)).lowered;
}

/** A lowering with what `relower.ts` needs to do the next one from it. */
export interface LoweringMemory {
  readonly lowered: Lowered;
  /** What tells the rules apart. */
  readonly identities: Set<string>;
  /** No variables, none refused: each rule stands for itself. */
  readonly isPlain: boolean;
}

export function* lowerWithMemory(
  parse: Parse<IpnatTree>,
  scope: LowerScope,
  options: IpnatLowerOptions = DEFAULT_LOWER_OPTIONS,
): Work<LoweringMemory> {
  let isPlain = true;
  const rules: NatRule[] = [];
  const problems: Problem[] = [];
  const variables = new Map<string, string>();
  const known = new Set<string>();
  // Asked for twins alone, of which a file can have many: filled to the rules that are there.
  const places = new Map<string, Origin>();
  let placed = 0;
  const twins = () => {
    for (; placed < rules.length; placed++) places.set(rules[placed]!.body.text, rules[placed]!.origin);
    return places;
  };
  for (const { statement, start, originOf, index } of eachStatement(parse, scope.file)) {
    if (index % PIECE === PIECE - 1) yield;
    const lowered = lowerStatement(statement, variables, options);
    if (!lowered.isPlain) isPlain = false;
    for (const problem of lowered.problems) problems.push(shiftProblem(problem, start));
    for (const { body, identity, range } of lowered.rules) {
      const origin = originOf(range.start, range.end);
      const before = known.size;
      known.add(identity);
      if (known.size === before) {
        isPlain = false;
        problems.push({
          code: 'ipnat/duplicate-rule',
          severity: 'error',
          range: { start: origin.start, end: origin.end },
          message: `The rule \`${body.text}\` is there already, and IPFilter refuses an identical NAT rule. Remove this one.`,
          ...relatedTwin(twins().get(body.text)),
        });
        continue;
      }
      rules.push({ body, origin });
    }
  }
  return {
    lowered: { policy: { nat: { semantics: 'ipfilter', rules } }, problems },
    identities: known,
    isPlain,
  };
}

interface LoweredStatement {
  readonly rules: readonly {
    readonly body: NatRuleBody;
    /** Two rules with one identity are the same to the kernel. */
    readonly identity: string;
    readonly range: TextRange;
  }[];
  readonly problems: readonly Problem[];
  /** Neither sets nor uses variables. */
  readonly isPlain: boolean;
}

/** What is known of a statement without its tree, which is not kept. */
interface Memo {
  readonly lowered: LoweredStatement;
  /** Variables that are set or used. */
  readonly others: readonly (Assignment | Template)[];
}

const none: readonly never[] = [];
/** Of comments and empty lines. */
const EMPTY: Memo = { lowered: { rules: none, problems: none, isPlain: true }, others: none };

const memos = new WeakMap<IpnatLowerOptions, WeakMap<ParsedStatement<IpnatTree>, Memo>>();

/** What one statement contributes. Assignments go into `variables`. */
export function lowerStatement(
  statement: ParsedStatement<IpnatTree>,
  variables: Map<string, string>,
  options: IpnatLowerOptions,
): LoweredStatement {
  const { lowered: plain, others } = lowerPlain(statement, options);
  if (others.length === 0) return plain;
  const rules: LoweredStatement['rules'][number][] = [];
  const problems: Problem[] = [];
  for (const item of others) {
    if (item.kind === 'assignment') variables.set(item.name.text, item.value);
    else {
      const expanded = expandTemplate(statement, item, variables, 'ipnat', parseIpnatStatement);
      problems.push(...expanded.problems);
      if (expanded.tree === undefined) continue;
      const lowered = lowerItems(expanded.tree.items, expanded.inside, options);
      problems.push(...lowered.problems.map(expanded.carryBack));
      for (const rule of lowered.rules) rules.push({ ...rule, range: { start: item.start, end: item.end } });
    }
  }
  return { rules: [...rules, ...plain.rules], problems: [...problems, ...plain.problems], isPlain: false };
}

/** The rules that are written without variables. */
function lowerPlain(statement: ParsedStatement<IpnatTree>, options: IpnatLowerOptions): Memo {
  let known = memos.get(options);
  if (known === undefined) {
    known = new WeakMap();
    memos.set(options, known);
  }
  let memo = known.get(statement);
  if (memo === undefined) {
    memo = makeMemo(statement, options);
    known.set(statement, memo);
  }
  return memo;
}

function makeMemo(statement: ParsedStatement<IpnatTree>, options: IpnatLowerOptions): Memo {
  const { items } = statement.tree;
  if (items.length === 0) return EMPTY;
  const { rules, problems } = lowerItems(items, statement.problems, options);
  const others = items.filter((item) => item.kind === 'assignment' || item.kind === 'template');
  return {
    lowered: {
      rules: rules.length === 0 ? none : rules,
      problems: problems.length === 0 ? none : problems,
      isPlain: others.length === 0,
    },
    others: others.length === 0 ? none : others,
  };
}

function lowerItems(
  items: readonly IpnatItem[],
  parseProblems: readonly Problem[],
  options: IpnatLowerOptions,
): Pick<LoweredStatement, 'rules' | 'problems'> {
  const rules: LoweredStatement['rules'][number][] = [];
  const problems: Problem[] = [];
  for (const item of items) {
    if (item.kind !== 'rule' || isMisread(parseProblems, item)) continue;
    const unmodelled: string[] = [];
    for (const host of hostsOf(item)) {
      if (options.hosts.has(host.name.toLowerCase())) continue;
      unmodelled.push(`the host name ${host.name}`);
      problems.push({
        code: 'ipnat/host-name',
        severity: 'warning',
        range: { start: host.start, end: host.end },
        message: `\`${host.name}\` is a host name: ipnat asks for its address once, when it loads the file, and what it gets is not known here. Write the address.`,
      });
    }
    const body = bodyOf(item, unmodelled, options);
    const identity = options.asIpnat === true ? printNatRule(item, options) : body.text;
    rules.push({ body, identity, range: { start: item.start, end: item.end } });
  }
  return { rules, problems };
}

function hostsOf(rule: IpnatRule): { name: string; start: number; end: number }[] {
  const nodes: { kind: string; start: number; end: number; name?: unknown }[] = [
    ...(rule.source?.addresses ?? []),
    ...(rule.destination?.addresses ?? []),
  ];
  for (const target of [rule.newSource, rule.newDestination])
    if (target?.kind === 'addresses') nodes.push(...target.list);
  return nodes.flatMap((node) =>
    node.kind === 'host' && typeof node.name === 'string'
      ? [{ name: node.name, start: node.start, end: node.end }]
      : [],
  );
}

const sharedNames = new Shared<readonly string[]>();
const sharedNumbers = new Shared<readonly number[]>();
const sharedMasks = new Shared<Address>();
const sharedPorts = new Shared<PortAllocation | undefined>();

function bodyOf(rule: IpnatRule, unmodelled: string[], options: IpnatLowerOptions): NatRuleBody {
  const protocols = protocolsOf(rule);
  if (rule.proxy !== undefined && !MODELLED_PROXIES.has(rule.proxy.name))
    unmodelled.push(`proxy ${rule.proxy.name}`);
  const allocation = allocationOf(rule);
  const ports = sharedPorts.get(JSON.stringify(allocation) ?? '', () => allocation);
  const newDestinationPorts = rewrittenPorts(rule);
  const newSource = rule.newSource === undefined ? undefined : targetOf(rule.newSource, options);
  const newDestination =
    rule.newDestination === undefined ? undefined : targetOf(rule.newDestination, options);
  return {
    kind: rule.verb,
    exempt: rule.exempt,
    direction: directionOf(rule),
    interfaces: sharedNames.get(rule.interfaces.map((name) => name.text).join(' '), () =>
      rule.interfaces.map((name) => name.text),
    ),
    ...(familyOf(rule) === 6 ? { family: 6 as const } : {}),
    protocols: sharedNumbers.get(protocols.join(' '), () => protocols),
    source: selectorOf(rule.source, undefined, options),
    destination: selectorOf(rule.destination, takenPortsOf(rule), options),
    ...(newSource === undefined ? {} : { newSource }),
    ...(newDestination === undefined ? {} : { newDestination }),
    ...(ports === undefined ? {} : { ports }),
    ...(newDestinationPorts === undefined ? {} : { newDestinationPorts }),
    ...(rule.icmpIds === undefined ? {} : { icmpIds: rule.icmpIds }),
    roundRobin: rule.roundRobin,
    fragments: rule.fragments,
    sticky: rule.sticky,
    ...(rule.age === undefined ? {} : { age: rule.age }),
    ...(rule.mssClamp === undefined ? {} : { mssClamp: rule.mssClamp.value }),
    ...(rule.proxy === undefined ? {} : { proxy: rule.proxy.name }),
    ...(rule.tag === undefined ? {} : { tag: rule.tag }),
    purge: rule.purge,
    text: options.asIpnat === true ? printAsIpnat(rule, options) : printNatRule(rule, options),
    ...(unmodelled.length === 0 ? {} : { unmodelled }),
  };
}

function directionOf(rule: IpnatRule): NatRuleBody['direction'] {
  if (rule.direction !== undefined) return rule.direction;
  return rule.verb === 'bimap' ? 'both' : rule.verb === 'rdr' ? 'in' : 'out';
}

/** Port 0 stands for "any port"; only TCP and UDP have ports. */
function takenPortsOf(rule: IpnatRule): Intervals | undefined {
  if (rule.verb === 'map' && rule.proxy?.port?.value !== undefined)
    return [[rule.proxy.port.value, rule.proxy.port.value]];
  if (rule.verb !== 'rdr' || !protocolsOf(rule).some((n) => n === 6 || n === 17)) return undefined;
  const { taken } = rdrPortsOf(rule);
  const first = taken?.first.value;
  if (first === undefined || first === 0) return undefined;
  return [[first, taken?.last?.value ?? first]];
}

function selectorOf(
  side: SideNode | undefined,
  ports: Intervals | undefined,
  options: IpnatLowerOptions,
): NatSelector {
  const port = side?.ports[0];
  const first = port?.first.value;
  const written =
    port === undefined || first === undefined
      ? undefined
      : portSet(port.operator, first, port.last?.value ?? first);
  const set = written ?? ports;
  const address = addressOf(side?.addresses[0], options);
  const negated = side?.negated === true;
  if (set !== undefined) return { address, negated, ports: set };
  return address.kind === 'any' && !negated ? ANY_SELECTOR : { address, negated };
}

const ANY: NatAddress = { kind: 'any' };
/** What most rules say of one side; one for all of them. */
const ANY_SELECTOR: NatSelector = { address: ANY, negated: false };

function addressOf(node: AddressNode | undefined, options: IpnatLowerOptions): NatAddress {
  if (node === undefined) return ANY;
  switch (node.kind) {
    case 'any':
      return ANY;
    case 'network':
      return {
        kind: 'masked',
        value: node.value,
        mask: sharedMasks.get(`${node.mask.family} ${node.mask.value}`, () => node.mask),
        ...(node.length === undefined ? {} : { length: node.length }),
      };
    case 'host': {
      const known = options.hosts.get(node.name.toLowerCase());
      return known === undefined ? ANY : hostAddress(known);
    }
    case 'interface':
      return { kind: 'interface', of: node.of };
    case 'pool':
      return { kind: 'pool', pool: { type: node.type, name: node.name } };
    default: {
      const impossible: never = node;
      return impossible;
    }
  }
}

function hostAddress(address: Address): NatAddress {
  return address.family === 4
    ? { kind: 'masked', value: address, mask: { family: 4, value: 0xffffffff }, length: 32 }
    : { kind: 'masked', value: address, mask: { family: 6, value: (1n << 128n) - 1n }, length: 128 };
}

function targetOf(target: TargetNode, options: IpnatLowerOptions): NatTarget {
  switch (target.kind) {
    case 'list':
      return { kind: 'list', name: target.name.text };
    case 'span':
      return { kind: 'range', first: target.first.value, last: target.last.value };
    case 'addresses': {
      const addresses = target.list.map((one) =>
        one.kind === 'network' ? one.value : options.hosts.get(one.name.toLowerCase()),
      );
      if (addresses.length > 1 && addresses.every((a) => a !== undefined))
        return { kind: 'alternate', addresses };
      const only = target.list[0]!;
      const address = addresses[0];
      if (address === undefined) return { kind: 'keep' };
      const full = address.family === 4 ? 32 : 128;
      const length = only.kind === 'network' ? (only.length ?? full) : full;
      if (BigInt(address.value) === 0n) return length === 0 ? { kind: 'keep' } : { kind: 'interface' };
      return { kind: 'network', address, length };
    }
    default: {
      const impossible: never = target;
      return impossible;
    }
  }
}

function allocationOf(rule: IpnatRule): PortAllocation | undefined {
  if (rule.portmap !== undefined) {
    const { protocols, auto, first, last, sequential } = rule.portmap;
    return auto ? { kind: 'auto', protocols } : { kind: 'range', first, last, sequential, protocols };
  }
  if (rule.blockPorts !== undefined) {
    return { kind: 'block', portsPerAddress: rule.blockPorts.count, auto: rule.blockPorts.auto };
  }
  if (rule.sourcePorts !== undefined) {
    const first = rule.sourcePorts.first.value ?? 0;
    const last = rule.sourcePorts.last?.value ?? first;
    return { kind: 'range', first, last, sequential: true, protocols: [] };
  }
  if (rule.verb !== 'rdr') return rewrittenPorts(rule);
  if (!protocolsOf(rule).some((n) => n === 6 || n === 17)) return undefined;
  return destinationOf(rdrPortsOf(rule).given);
}

function rewrittenPorts(rule: IpnatRule): NatRuleBody['newDestinationPorts'] {
  return rule.verb === 'rdr' ? undefined : destinationOf(rule.destinationPorts);
}

function destinationOf(given: IpnatRule['destinationPorts']): NatRuleBody['newDestinationPorts'] {
  const port = given?.first.value;
  if (given === undefined || port === undefined || port === 0) return undefined;
  const last = given.last?.value;
  return { kind: 'destination', port, ...(last === undefined ? {} : { last }), fixed: given.fixed };
}
