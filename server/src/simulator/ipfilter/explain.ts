/**
 * What IPFilter did, in sentences: one per stage, with the deciding rule linked. Nothing here decides.
 */
import { formatAddress } from '../../policy/address';
import { type AddressValue, addressOf } from '../packetFacts';
import type { CompiledRule } from '../scan';
import type { Decision } from '../scanDecision';
import { type Fragment, statement, text, value } from '../trace';
import type { LogEntry } from './log';
import type { NatOutcome } from './nat';
import type { LoadedNatRule } from './natRules';
import type { NatSession } from './natSessions';
import type { PacketInfo } from './packetInfo';
import type { StateEntry, StateRefusal } from './stateEntry';

export interface FilterStory {
  readonly info: PacketInfo;
  readonly decision: Decision;
  readonly rule: CompiledRule | undefined;
  readonly state: StateEntry | undefined;
  readonly stateUse: 'none' | 'made' | 'used' | 'quoted' | 'refused' | 'fragment';
  readonly refusal: StateRefusal | undefined;
  readonly nat: NatOutcome | undefined;
  readonly rateExceeded: boolean;
  readonly alternative: Decision | undefined;
  readonly doubts: readonly string[];
  readonly logged: readonly LogEntry[];
}

export function describeFilter(story: FilterStory): Fragment[] {
  if (story.nat?.kind === 'failed') return describeNat(story.nat, story.info);
  return [...describeVerdict(story), ...describeLog(story), ...describeDoubt(story)];
}

function describeVerdict(story: FilterStory): Fragment[] {
  const { rule, decision } = story;
  if (rule === undefined) {
    return text(`No rule matched; the default is to ${decision.action === 'pass' ? 'pass' : 'block'}.`);
  }
  const named = filterRule(rule);
  switch (story.stateUse) {
    case 'used':
      return text('State made by ', named, ` ${does(decision)}.`);
    case 'quoted':
      return text(
        'The ICMP error is about a packet of the state made by ',
        named,
        `, which ${does(decision)}.`,
      );
    case 'fragment':
      return text('Another fragment of the packet was decided by ', named, `, which ${does(decision)}.`);
    case 'refused':
      return text(
        named,
        ` matched and would pass the packet, but its state cannot be made (${refusalWords(story.refusal)}), so it is blocked.`,
      );
    case 'made':
      return text(named, ` matched, made state and ${does(decision)}.`);
    case 'none':
      if (story.rateExceeded)
        return text(named, ' matched more packets a second than it allows, so this one is blocked.');
      if (decision.noMatch && decision.action === 'none')
        return text(named, ' matched: dropped as if no rule had.');
      if (decision.noMatch) {
        return text(named, ` matched without deciding; the default is to ${decision.action}.`);
      }
      if (decision.action === 'none')
        return text(named, ' decided nothing, and its state holds no verdict: dropped.');
      if (rule.decision.setsVerdict && rule.decision.skip === 0)
        return text(named, ` matched and ${does(decision)}.`);
      return text('An earlier rule ', does(decision), '; ', named, ' matched last and changed nothing.');
  }
}

/** The deciding rule is named already; `log` rules on the way are named here. */
function describeLog({ logged, rule }: FilterStory): Fragment[] {
  const loggers = new Set(logged.map((entry) => entry.rule));
  if (loggers.size === 0) return [];
  if (loggers.size === 1 && loggers.has(rule)) return text(' It is logged.');
  const parts: Fragment[] = [];
  for (const logger of loggers) {
    if (logger === undefined) continue;
    parts.push(...text(parts.length === 0 ? ' It is logged by ' : ' and by ', filterRule(logger)));
  }
  return [...parts, ...text('.')];
}

function describeDoubt(story: FilterStory): Fragment[] {
  const { alternative, decision } = story;
  if (alternative === undefined || alternative.action === decision.action) return [];
  return text(` Uncertain: with ${story.doubts.join(', ')} the packet would be ${participle(alternative)}.`);
}

function does(decision: Decision): string {
  switch (decision.action) {
    case 'pass':
      return 'passes the packet';
    case 'block':
      switch (decision.answer?.kind) {
        case 'rst':
          return 'blocks the packet with a TCP reset';
        case 'icmp':
          return 'blocks the packet with an ICMP error';
        default:
          return 'blocks the packet';
      }
    case 'auth':
    case 'preauth':
      return 'leaves the packet to an authentication program, and drops it until then';
    case 'account':
      return 'counts the packet';
    default:
      return 'leaves the packet without a verdict, so it is dropped';
  }
}

function participle(decision: Decision): string {
  return decision.action === 'pass' ? 'passed' : 'blocked';
}

function refusalWords(refusal: StateRefusal | undefined): string {
  switch (refusal) {
    case 'bad-packet':
      return 'the packet is short, bad or a later fragment';
    case 'out-of-window':
      return 'the segment is outside the window of a state that exists';
    case 'table-full':
      return 'the state table is full';
    case 'rule-limit':
      return 'the rule has as many states as its limit allows';
    case 'not-a-query':
      return 'the ICMP type is no query';
    case 'reset':
      return 'it is a TCP reset';
    case 'exists':
      return 'the same state exists';
    case 'source-limit':
      return 'too many sources or too many states of this source';
    case undefined:
      return 'no rule to keep it for';
  }
}

function filterRule(rule: CompiledRule): Fragment {
  return statement(rule.rule.body.text, rule.rule.origin);
}

function natRule(rule: LoadedNatRule): Fragment {
  return statement(rule.rule.body.text, rule.rule.origin);
}

export function describeNat(outcome: NatOutcome, info: PacketInfo): Fragment[] {
  switch (outcome.kind) {
    case 'untouched':
      if (outcome.exemptBy !== undefined)
        return text(natRule(outcome.exemptBy), ' exempts the packet from translation.');
      return text('No translation rule or session takes the packet.');
    case 'failed':
      if (outcome.proxy !== undefined) {
        const { name, why } = outcome.proxy;
        return text(`The ${name} proxy of `, natRule(outcome.rule), ` drops the packet: ${why}.`);
      }
      return text(
        natRule(outcome.rule),
        ' matched but has no address and port left for the packet: dropped.',
      );
    case 'unknown':
      return text(natRule(outcome.rule), ` may take the packet: ${outcome.why}.`);
    case 'translated':
      return describeTranslation(outcome, info);
  }
}

function describeTranslation(outcome: NatOutcome & { kind: 'translated' }, info: PacketInfo): Fragment[] {
  const { session } = outcome;
  const named = natRule(session.rule);
  const means: Fragment[] =
    outcome.by === 'rule'
      ? text(named, ' made a session: ')
      : outcome.by === 'quoted-packet'
        ? text('The ICMP error is about a packet of a session of ', named, ': ')
        : outcome.by === 'fragment'
          ? text('A fragment of a packet in a session of ', named, ': ')
          : session.expectedBy === undefined
            ? text('A session of ', named, ' takes it: ')
            : text(`A session that the ${session.expectedBy} proxy of `, named, ' expected takes it: ');
  const forward = (session.direction === 'out') === info.out;
  const parts: Fragment[] = [];
  const say = (what: string, before: string, after: string): void => {
    if (before === after) return;
    if (parts.length > 0) parts.push(...text(', '));
    parts.push(...text(`${what} `, value(before), ' becomes ', value(after)));
  };
  const { family: f } = session;
  if (forward) {
    say(
      'source',
      end(f, session.oldSource, session.oldSourcePort),
      end(f, session.newSource, session.newSourcePort),
    );
    say(
      'destination',
      end(f, session.oldDestination, session.oldDestinationPort),
      end(f, session.newDestination, session.newDestinationPort),
    );
    if (session.oldIcmpId !== session.newIcmpId) say('id', `${session.oldIcmpId}`, `${session.newIcmpId}`);
  } else {
    say(
      'source',
      end(f, session.newDestination, session.newDestinationPort),
      end(f, session.oldDestination, session.oldDestinationPort),
    );
    say(
      'destination',
      end(f, session.newSource, session.newSourcePort),
      end(f, session.oldSource, session.oldSourcePort),
    );
  }
  if (parts.length === 0) parts.push(...text('nothing changes'));
  const { proxyDid } = outcome;
  return [...means, ...parts, ...text(proxyDid === undefined ? '.' : `. ${proxyDid}`)];
}

function end(family: 4 | 6, address: AddressValue, port: number): string {
  const shown = formatAddress(addressOf(family, address));
  if (port === 0) return shown;
  return family === 6 ? `[${shown}]:${port}` : `${shown}:${port}`;
}

export function stateLine(entry: StateEntry): string {
  const { family: f } = entry;
  const from = entry.anySourcePort
    ? `${end(f, entry.source, 0)}, any port`
    : end(f, entry.source, entry.sourcePort);
  const states =
    entry.protocol === 6 ? ` (${tcpStateName(entry.tcpStates[0])}, ${tcpStateName(entry.tcpStates[1])})` : '';
  return (
    `state ${protocolName(entry.protocol)} ${from} > ` +
    `${end(f, entry.destination, entry.destinationPort)}${states}`
  );
}

/** The parts of a state entry that a table shows. */
export interface StateParts {
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  /** `established / established`; empty for protocols without. */
  readonly progress: string;
  /** The way of the first packet, and back. */
  readonly packets: readonly [forward: number, back: number];
}

export function stateParts(entry: StateEntry): StateParts {
  const { family: f, packets } = entry;
  const [one, other] = entry.tcpStates;
  return {
    protocol: protocolName(entry.protocol),
    source: end(f, entry.source, entry.sourcePort),
    destination: entry.anyDestination ? 'any' : end(f, entry.destination, entry.destinationPort),
    progress: entry.protocol === 6 ? `${tcpStateName(one)} / ${tcpStateName(other)}` : '',
    packets: [packets[0] + packets[1], packets[2] + packets[3]],
  };
}

/** The parts of a NAT session that a table shows. */
export interface SessionParts {
  readonly protocol: string;
  /** Of the first packet, before and after. */
  readonly source: string;
  readonly newSource: string;
  readonly destination: string;
  readonly newDestination: string;
}

export function sessionParts(session: NatSession): SessionParts {
  const { family: f } = session;
  return {
    protocol: protocolName(session.protocol),
    source: end(f, session.oldSource, session.oldSourcePort),
    newSource: end(f, session.newSource, session.newSourcePort),
    destination: end(f, session.oldDestination, session.oldDestinationPort),
    newDestination: end(f, session.newDestination, session.newDestinationPort),
  };
}

/** `SYN sent` of `synSent`: what the two ends are taken to be in. */
function tcpStateName(state: number): string {
  return TCP_STATE_NAMES[state] ?? `${state}`;
}

const TCP_STATE_NAMES: readonly string[] = [
  'listening',
  'SYN sent',
  'SYN received',
  'half established',
  'established',
  'close wait',
  'FIN wait 1',
  'closing',
  'last ACK',
  'FIN wait 2',
  'time wait',
  'closed',
];

export function sessionLine(session: NatSession): string {
  const { family: f } = session;
  const inside = end(f, session.oldSource, session.oldSourcePort);
  const outside = end(f, session.newSource, session.newSourcePort);
  const target = end(f, session.oldDestination, session.oldDestinationPort);
  const newTarget = end(f, session.newDestination, session.newDestinationPort);
  return session.direction === 'out'
    ? `session ${protocolName(session.protocol)} ${inside} <- -> ${outside} [${target}]`
    : `session ${protocolName(session.protocol)} ${newTarget} <- -> ${target} [${inside}]`;
}

function protocolName(protocol: number): string {
  return (
    ({ 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'ipv6-icmp' } as Record<number, string>)[protocol] ?? `${protocol}`
  );
}
