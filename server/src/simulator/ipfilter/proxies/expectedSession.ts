/**
 * Sessions for connections that a proxy expects. They belong to a rule that is made for them from the session's
 * own (`ipf_proxy_rule_rev`, `ipf_proxy_rule_fwd`, ip_proxy.c) and names every address exactly.
 */
import { fromBig, type LoadedNatRule } from '../natRules';
import type { NatSession, NewSession, SessionQuery, SessionTable } from '../natSessions';
import type { PacketInfo } from '../packetInfo';
import type { ExpectedSession } from './proxy';

/** TCP (`IPN_TCP`) and UDP (`IPN_UDP`) of a session's flags. */
const FLAG_OF: Readonly<Record<number, number>> = { 6: 1, 17: 2 };

/** `ipf_nat_add` for a connection in the session's own direction, or `back`. */
export function addFollowing(
  table: SessionTable,
  info: PacketInfo,
  session: NatSession,
  port: number,
  back: boolean,
): NatSession | undefined {
  const direction = back === (session.direction === 'out') ? 'in' : 'out';
  const source = back ? session.newDestination : session.oldSource;
  const destination = back ? session.newSource : session.oldDestination;
  const interfaces: NatSession['interfaces'] = back
    ? [session.rule.interfaces[1], session.rule.interfaces[0]]
    : [...session.interfaces];
  const query = { ...probe(info), protocol: 6, source, destination, sourcePort: 0, destinationPort: port };
  const known = direction === 'out' ? table.findLeaving(query) : table.findArriving(query);
  if (known !== undefined) return known;
  const newSource = direction === 'in' ? source : back ? session.oldDestination : session.newSource;
  const newDestination =
    direction === 'out' ? destination : back ? session.oldSource : session.newDestination;
  // The connection's packets as they look on the other side must not be another's.
  const beyond = {
    ...query,
    source: newDestination,
    destination: newSource,
    sourcePort: port,
    destinationPort: 0,
  };
  const taken = direction === 'out' ? table.findArriving(beyond) : table.findLeaving(beyond);
  if (taken !== undefined) return undefined;
  const rule = ruleFor(session, direction === 'out' ? 'map' : 'rdr', interfaces);
  return table.add({
    ...partsOf(session, rule, 6, port),
    direction,
    oldSource: source,
    oldDestination: destination,
    newSource,
    newDestination,
    interfaces,
    mapping: direction === 'out' ? table.mapping(rule, source, destination, newSource, 0) : undefined,
  });
}

/** A redirection like the session's, to a port that clients were told (`ipf_p_rpcb_getnat`). */
export function addRedirection(table: SessionTable, expected: ExpectedSession): NatSession | undefined {
  const { info, session, protocol, port } = expected;
  const query = {
    ...probe(info),
    protocol,
    source: session.oldSource,
    destination: session.oldDestination,
    sourcePort: 0,
    destinationPort: port,
  };
  const known = table.findArriving(query);
  if (known !== undefined) return known;
  const { newDestination } = session.rule;
  const target =
    newDestination.kind === 'split'
      ? fromBig(session.family, newDestination.address)
      : session.newDestination;
  const beyond = {
    ...query,
    source: target,
    destination: session.oldSource,
    sourcePort: port,
    destinationPort: 0,
  };
  if (table.findLeaving(beyond) !== undefined) return undefined;
  return table.add({
    ...partsOf(session, session.rule, protocol, port),
    direction: 'in',
    oldSource: session.oldSource,
    oldDestination: session.oldDestination,
    newSource: session.oldSource,
    newDestination: target,
    interfaces: [session.rule.interfaces[0], session.rule.interfaces[1]],
    mapping: undefined,
    clones: true,
  });
}

function probe(info: PacketInfo): Pick<SessionQuery, 'family' | 'interface'> {
  return { family: info.family, interface: info.interface };
}

function partsOf(session: NatSession, rule: LoadedNatRule, protocol: number, port: number) {
  return {
    rule,
    flags: FLAG_OF[protocol] ?? 0,
    protocol,
    protocols: [protocol, protocol],
    family: session.family,
    oldSourcePort: 0,
    newSourcePort: 0,
    oldDestinationPort: port,
    newDestinationPort: port,
    oldIcmpId: 0,
    newIcmpId: 0,
    mssClamp: undefined,
    anySourcePort: true,
    expectedBy: session.rule.rule.body.proxy,
  } as const satisfies Partial<NewSession>;
}

function ruleFor(
  session: NatSession,
  mode: LoadedNatRule['mode'],
  interfaces: LoadedNatRule['interfaces'],
): LoadedNatRule {
  const { proxy: _, tag: _tag, mssClamp: _mss, unmodelled: _unmodelled, ...body } = session.rule.rule.body;
  return {
    ...session.rule,
    rule: { ...session.rule.rule, body: { ...body, roundRobin: false, sticky: false } },
    mode,
    interfaces: [interfaces[0], interfaces[1]],
    newSource: { ...session.rule.newSource },
    newDestination: { ...session.rule.newDestination },
  };
}
