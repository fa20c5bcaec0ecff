/** A rule without lists to what the engine evaluates: its match, its effects, where control goes next. */
import type { Address, AddressFamily } from '../../policy/address';
import {
  type BlockAnswer,
  type Control,
  type FilterRuleBody,
  type FilterVerdict,
  groupChainName,
  type KeepState,
  type RouteRequest,
  type RouteTarget,
} from '../../policy/filter';
import type { Intervals } from '../../policy/intervals';
import { type AddressField, ALL, allOf, type Match, type PacketCondition } from '../../policy/match';
import { Shared } from '../../policy/sharing';
import { lengthMask, maskAddress, networkMatch } from '../ipfilter-kit/addresses';
import { SECURITY_OPTION } from '../ipfilter-kit/names';
import { portSet } from '../ipfilter-kit/ports';
import { bpfProgramOf } from './bpfProgram';
import { entryOf } from './chains';
import type { SingleRule } from './expand';
import { expressionMatch } from './expression';
import { optionsOf, type PrintOptions, printRule } from './print';
import type { AddressNode, ConditionName, IpfRule, PortNode, RouteNode, SideNode } from './tree';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function bodyOf(single: SingleRule, options: PrintOptions): FilterRuleBody {
  const { rule } = single;
  // Assigned field by field: a file of 100,000 rules makes 100,000 of these, and most have few of the fields.
  const body: Writable<FilterRuleBody> = {
    match: matchOf(single, options),
    next: controlOf(rule),
    text: printRule(single, options),
  };
  const verdict = verdictOf(rule);
  if (verdict !== undefined) body.verdict = verdict;
  if (rule.keepState !== undefined) body.keepState = stateOf(rule);
  if (rule.keepFragments !== undefined) body.keepFragments = rule.keepFragments;
  if (rule.log !== undefined) {
    const { first, body: withBody, orBlock, level } = rule.log;
    body.log = sharedLogs.get(`${first} ${withBody} ${orBlock} ${level ?? ''}`, () => ({
      first,
      body: withBody,
      orBlock,
      ...(level === undefined ? {} : { level }),
    }));
  }
  const route = routeOf(rule, options);
  if (route !== undefined) body.route = route;
  const unmodelled = unmodelledClauses(rule);
  if (unmodelled.length > 0) body.unmodelled = unmodelled;
  if (rule.packetsPerSecond !== undefined) body.packetsPerSecond = rule.packetsPerSecond.value;
  if (rule.setTag !== undefined) body.setTag = tagOf(rule.setTag);
  if (rule.matchTag !== undefined) body.matchTag = tagOf(rule.matchTag);
  const { on } = single;
  const { via } = rule;
  if (on.length > 1 || via.length > 0)
    body.interfaces = [on[0]?.text, on[1]?.text, via[0]?.text, via[1]?.text];
  return body;
}

/** Tests that many rules have, each once. Addresses are not among them: nearly every rule has its own. */
const sharedTests = new Shared<Match>();
const sharedStates = new Shared<KeepState>();
const sharedLogs = new Shared<NonNullable<FilterRuleBody['log']>>();
const sharedAnswers = new Shared<FilterVerdict>();

function tagOf(tag: { log: number | undefined; nat: string | undefined }): { nat?: string; log?: number } {
  return {
    ...(tag.nat === undefined ? {} : { nat: tag.nat }),
    ...(tag.log === undefined ? {} : { log: tag.log }),
  };
}

const PASS: FilterVerdict = { kind: 'pass' };
const BLOCK: FilterVerdict = { kind: 'block' };

function verdictOf(rule: IpfRule): FilterVerdict | undefined {
  switch (rule.action) {
    case 'pass':
      return PASS;
    case 'nomatch':
    case 'auth':
    case 'preauth':
    case 'decapsulate':
      return { kind: rule.action };
    case 'block':
      return rule.answer === undefined ? BLOCK : blockWith(rule.answer);
    case 'count':
      return { kind: 'account' };
    case 'log':
    case 'skip':
    case 'call':
      return undefined;
    default: {
      const impossible: never = rule.action;
      return impossible;
    }
  }
}

function blockWith(answer: BlockAnswer): FilterVerdict {
  const key = answer.kind === 'rst' ? 'rst' : `${answer.code} ${answer.asDestination}`;
  return sharedAnswers.get(key, () => ({ kind: 'block', answer }));
}

const STOP: Control = { kind: 'stop' };
const CONTINUE: Control = { kind: 'continue' };

function controlOf(rule: IpfRule): Control {
  if (rule.action === 'skip') return { kind: 'skip', count: rule.skipCount };
  if (rule.call !== undefined)
    return {
      kind: 'call',
      function: rule.call.function,
      argument: rule.call.argument,
      stop: rule.quick,
      now: rule.call.now,
    };
  if (rule.head !== undefined && rule.head.text !== '0')
    return { kind: 'head', chain: groupChainName(entryOf(rule), rule.head.text), stop: rule.quick };
  return rule.quick ? STOP : CONTINUE;
}

function stateOf(rule: IpfRule): KeepState {
  const { icmpHeadRange: _, ...state } = rule.keepState!;
  const age = rule.stateAge ?? state.age;
  const full = age === undefined ? state : { ...state, age };
  return sharedStates.get(JSON.stringify(full), () => full);
}

function routeOf(rule: IpfRule, options: PrintOptions): RouteRequest | undefined {
  if (rule.to === undefined && rule.dupTo === undefined && rule.replyTo === undefined && !rule.fastroute)
    return undefined;
  return {
    ...(rule.to === undefined ? {} : { to: targetOf(rule.to, options) }),
    ...(rule.dupTo === undefined ? {} : { duplicateTo: targetOf(rule.dupTo, options) }),
    ...(rule.replyTo === undefined ? {} : { replyTo: targetOf(rule.replyTo, options) }),
    ...(rule.fastroute ? { fastroute: true } : {}),
  };
}

function targetOf(route: RouteNode, options: PrintOptions): RouteTarget {
  const hop = route.nextHop;
  const nextHop =
    hop === undefined
      ? undefined
      : hop.kind === 'network'
        ? hop.value
        : options.hosts.get(hop.name.toLowerCase());
  return {
    interface: route.interface,
    ...(nextHop === undefined ? {} : { nextHop }),
    ...(route.list === undefined ? {} : { list: route.list.text }),
  };
}

function unmodelledClauses(rule: IpfRule): string[] {
  const clauses: string[] = [];
  if (rule.ruleTtl !== undefined) clauses.push('rule-ttl');
  if (rule.action === 'decapsulate') clauses.push('decapsulate');
  if (rule.keepState?.rpc) clauses.push('keep state (rpc)');
  if (rule.call !== undefined && !/^(src|dst)grpmap$/i.test(rule.call.function))
    clauses.push(`call ${rule.call.function}`);
  return clauses;
}

export function matchOf(single: SingleRule, options: PrintOptions): Match {
  const { rule } = single;
  const parts: Match[] = [];
  const first = single.on[0]?.text;
  if (first !== undefined && first !== '*' && first !== '-')
    parts.push(
      sharedTests.get(`on ${first}`, () => ({ kind: 'interface', field: 'interface', names: [first] })),
    );
  if (rule.program !== undefined) {
    parts.push(programMatch(rule.program));
    return allOf(parts);
  }
  // ipf ignores `inet` and `inet6` on a rule that tests nothing else; so the rule takes both families.
  if (single.family !== undefined && single.testsPackets) parts.push(FAMILY[single.family]);
  if (single.tos !== undefined) parts.push(number('tos', [[single.tos, single.tos]]));
  if (single.ttl !== undefined) parts.push(number('ttl', [[single.ttl, single.ttl]]));
  pushProtocol(single, parts);
  pushSide(parts, 'source', rule.source, single.source, single.sourcePort, options);
  pushSide(parts, 'destination', rule.destination, single.destination, single.destinationPort, options);
  if (rule.flags !== undefined) {
    const { value, mask } = rule.flags;
    parts.push(sharedTests.get(`flags ${value}/${mask}`, () => ({ kind: 'tcp-flags', value, mask })));
  }
  if (single.icmpType !== undefined) parts.push(number('icmp-type', [[single.icmpType, single.icmpType]]));
  if (single.icmpCode !== undefined) parts.push(number('icmp-code', [[single.icmpCode, single.icmpCode]]));
  pushTests(rule, parts);
  return allOf(parts);
}

function programMatch({ kind, text }: NonNullable<IpfRule['program']>): Match {
  const unmodelled: Match = { kind: 'unmodelled', what: `${kind} { "${text}" }` };
  if (kind === 'exp') return expressionMatch(text) ?? unmodelled;
  const program = bpfProgramOf(kind, text);
  return program === undefined ? unmodelled : { kind: 'bpf', family: kind === 'bpf-v6' ? 6 : 4, program };
}

const FAMILY: Readonly<Record<AddressFamily, Match>> = {
  4: { kind: 'family', family: 4 },
  6: { kind: 'family', family: 6 },
};

function number(field: Extract<Match, { kind: 'number' }>['field'], set: Intervals): Match {
  return sharedTests.get(`${field} ${set.join(' ')}`, () => ({ kind: 'number', field, set }));
}

/** A port test alone means TCP or UDP: nothing else has ports. */
function pushProtocol(single: SingleRule, parts: Match[]): void {
  const numbers = single.rule.protocol?.numbers;
  const hasPorts = single.sourcePort !== undefined || single.destinationPort !== undefined;
  if (numbers !== undefined)
    parts.push(
      number(
        'protocol',
        numbers.map((n) => [n, n] as const),
      ),
    );
  if (hasPorts && (numbers === undefined || numbers.some((n) => n !== 6 && n !== 17)))
    parts.push(
      number('protocol', [
        [6, 6],
        [17, 17],
      ]),
    );
}

function pushSide(
  parts: Match[],
  field: AddressField,
  side: SideNode | undefined,
  address: AddressNode | undefined,
  port: PortNode | undefined,
  options: PrintOptions,
): void {
  if (address !== undefined) {
    const match = addressMatch(field, address, options);
    if (side?.negated) parts.push({ kind: 'not', of: match });
    else parts.push(match);
  }
  if (port !== undefined)
    parts.push(portMatch(field === 'source' ? 'source-port' : 'destination-port', port));
}

function addressMatch(field: AddressField, node: AddressNode, options: PrintOptions): Match {
  switch (node.kind) {
    case 'any':
      return ALL;
    case 'network':
      return node.length === 0 ? ALL : networkMatch(field, node);
    case 'host': {
      const known = options.hosts.get(node.name.toLowerCase());
      if (known === undefined)
        return { kind: 'unmodelled', what: `the host name ${node.name}, which only the gateway can resolve` };
      return hostMatch(field, known, node.maskLength);
    }
    case 'interface':
      return { kind: 'interface-address', field, of: node.of };
    case 'pool':
      return {
        kind: 'pool',
        field,
        pool: {
          type: node.type,
          name: node.name,
          ...(node.inline === undefined
            ? {}
            : {
                inline: node.inline.map((entry) => ({
                  address: entry.address.value,
                  length: entry.address.length ?? 32,
                  negated: entry.negated,
                })),
              }),
        },
      };
    default: {
      const impossible: never = node;
      return impossible;
    }
  }
}

function hostMatch(field: AddressField, address: Address, length: number | undefined): Match {
  const full = address.family === 4 ? 32 : 128;
  const mask = lengthMask(address.family, length ?? full);
  return networkMatch(field, { value: maskAddress(address, mask), mask, length: length ?? full });
}

function portMatch(field: 'source-port' | 'destination-port', port: PortNode): Match {
  const first = port.first.value;
  const last = port.last === undefined ? first : port.last.value;
  if (first === undefined || last === undefined)
    return {
      kind: 'unmodelled',
      what: `the service name ${port.first.value === undefined ? port.first.text : port.last!.text}`,
    };
  return number(field, portSet(port.operator, first, last));
}

const CONDITIONS: Readonly<Record<Exclude<ConditionName, never>, PacketCondition>> = {
  ipopts: 'ip-options',
  short: 'short',
  frag: 'fragment',
  'frag-body': 'fragment-body',
  nat: 'nat',
  lowttl: 'low-ttl',
  bad: 'bad',
  'bad-src': 'bad-source',
  'bad-nat': 'bad-nat',
  oow: 'out-of-window',
  mbcast: 'mbcast',
  bcast: 'broadcast',
  mcast: 'multicast',
  state: 'in-state',
  ah: 'auth-header',
  v6hdrs: 'ipv6-headers',
};

function pushTests(rule: IpfRule, parts: Match[]): void {
  let hasOptions = false;
  for (const test of rule.tests) {
    switch (test.kind) {
      case 'condition': {
        const condition: Match = { kind: 'condition', condition: CONDITIONS[test.condition] };
        parts.push(test.negated ? { kind: 'not', of: condition } : condition);
        break;
      }
      case 'options':
        hasOptions = true;
        break;
      case 'v6-headers':
        parts.push({
          kind: 'ipv6-headers',
          set: test.negated ? [] : test.names,
          clear: test.negated ? test.names : [],
        });
        break;
      default:
        assertNever(test);
    }
  }
  if (!hasOptions) return;
  const { set, clear, classesSet, classesClear } = optionsOf(rule);
  // A class test asks for the security option itself too; its negation does not ask for its absence.
  const wanted = [...set, ...(classesSet ? [SECURITY_OPTION] : [])];
  parts.push({
    kind: 'ip-options',
    set: wanted,
    clear: [...clear],
    ...(classesSet | classesClear
      ? { security: { value: classesSet, mask: classesSet | classesClear } }
      : {}),
  });
}

function assertNever(value: never): never {
  throw new Error(`impossible: ${String(value)}`);
}
