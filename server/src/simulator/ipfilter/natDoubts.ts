/**
 * What of a translation is not known. `-> 0/32` takes the address of the interface, which nobody may have given. And
 * some application proxies (`proxy port irc irc/tcp`) are not modelled: they read and rewrite the data of a
 * connection and open the way for others. Addresses and ports of the connection itself are translated as by any
 * rule, so only packets with data and packets between the same hosts are in doubt.
 */
import type { Address } from '../../policy/address';
import { MODELLED_PROXIES, type NatRuleBody } from '../../policy/nat';
import type { NatOutcome } from './nat';
import { allOnes, type LoadedNatRule } from './natRules';
import type { NatSession } from './natSessions';
import type { PacketInfo } from './packetInfo';

/** What there is to doubt: all sessions, and whether any rule has a proxy that is not modelled. */
export interface DoubtSources {
  readonly sessions: readonly NatSession[];
  readonly hasUnknownProxy: boolean;
}

/** Undefined when the outcome is what IPFilter does. */
export function natDoubt(
  outcome: NatOutcome,
  info: PacketInfo,
  { sessions, hasUnknownProxy }: DoubtSources,
  addressesOf: (interfaceName: string) => readonly Address[],
): string | undefined {
  const rule =
    outcome.kind === 'translated' ? outcome.session.rule : 'rule' in outcome ? outcome.rule : undefined;
  if (rule !== undefined && wantsOwnAddress(rule)) {
    const isKnown = addressesOf(info.interface).some((address) => address.family === rule.family);
    if (!isKnown) return `the address of ${info.interface} is not known`;
  }
  switch (outcome.kind) {
    case 'unknown':
      return outcome.why;
    case 'translated': {
      const { body } = outcome.session.rule.rule;
      if (outcome.doubt !== undefined) return outcome.doubt;
      if (body.proxy !== undefined) {
        if (unknownProxy(body) === undefined) return undefined;
        return carriesData(info)
          ? `what the ${body.proxy} proxy does to the data is not modelled`
          : undefined;
      }
      if (body.unmodelled !== undefined) return `${body.unmodelled.join(', ')} is not modelled`;
      return outcome.isNew && hasUnknownProxy ? expectedByProxy(info, sessions) : undefined;
    }
    case 'untouched':
    case 'failed':
      return hasUnknownProxy ? expectedByProxy(info, sessions) : undefined;
  }
}

/** `-> 0/32` on either side of the rule. */
function wantsOwnAddress(rule: LoadedNatRule): boolean {
  return [rule.newSource, rule.newDestination].some(
    ({ kind, address, mask }) => kind === 'network' && address === 0n && mask === allOnes(rule.family),
  );
}

export function unknownProxy(body: NatRuleBody): string | undefined {
  return body.proxy !== undefined && MODELLED_PROXIES.has(body.proxy) ? undefined : body.proxy;
}

/** A TCP segment without data is nothing to any proxy; what those of UDP make of an empty packet is not known. */
function carriesData(info: PacketInfo): boolean {
  if (info.fragmentOffset !== 0 || info.protocol !== 6) return true;
  return info.dataLength > (info.byte(info.dataStart + 12) >>> 4) << 2;
}

function expectedByProxy(info: PacketInfo, sessions: readonly NatSession[]): string | undefined {
  for (const session of sessions) {
    const proxy = unknownProxy(session.rule.rule.body);
    if (proxy === undefined) continue;
    const ends = [session.oldSource, session.oldDestination, session.newSource, session.newDestination];
    if (ends.includes(info.source) && ends.includes(info.destination))
      return `whether the ${proxy} proxy of a session between these hosts expects this packet is not modelled`;
  }
  return undefined;
}
