/**
 * NAT that is meant to make the addresses the other side's policies are for, at a place where the tunnel has taken the
 * packets before: the peer sees the untranslated ones, and the policies of the two do not fit. Reported as
 * `ipsec/inner-rule-never-sees` at the rule, in place of what the policies alone would suggest.
 */
import type { PacketSummary } from '../../packet/packet';
import { type Address, formatAddress, formatPrefix, type Prefix, prefixContains } from '../../policy/address';
import type { SecurityPolicy } from '../../policy/ipsec';
import type { NatRule, NatTarget } from '../../policy/nat';
import { interfaceWithAddress } from '../../simulator/addressing';
import type { Gateway } from '../../simulator/network';
import type { WitnessedFinding } from '../snapshot';
import { ENC, encOf } from './enc';
import { policiesOf } from './policyProbes';

/** `arrived` came through the tunnel from `gateway`, and no `in` policy of `peer` takes it. */
export function translationForPeer(
  gateway: Gateway,
  peer: Gateway,
  arrived: PacketSummary,
  witness: string,
): WitnessedFinding | undefined {
  const wanted = policiesOf(peer, 'in').map((p) => p.selector.source);
  for (const rule of gateway.nat?.rules ?? []) {
    const { direction, source, newSource, interfaces } = rule.body;
    if (direction === 'in' || !takesSource(rule, arrived.source)) continue;
    const made = wanted.find((prefix) => overlaps(newSource, prefix));
    if (made === undefined || source.negated) continue;
    const name = interfaces.at(-1) ?? 'its interface';
    const { title } = gateway.platform;
    const enc = encOf(gateway);
    const remedy =
      enc === undefined
        ? `${title} has no place for it: make the policies of both sides for the addresses as they are, or let ${peer.name} translate what comes out of the tunnel.`
        : `Write it on ${ENC}${enc === 'masks' ? ', up and with `net.enc.in.ipsec_filter_mask` 2 for the answers (enc(4))' : ''}.`;
    return {
      code: 'ipsec/inner-rule-never-sees',
      severity: 'warning',
      message: `${peer.name}’s policies are for ${formatPrefix(made)}, as this rule would make it, but ${title} puts the packets into the tunnel before NAT on ${name} sees them: ${formatAddress(arrived.source)} arrives at ${peer.name} untranslated. ${remedy}`,
      origins: [rule.origin],
      witness,
    };
  }
  return undefined;
}

/**
 * A rule on enc0 that would make of a packet what an `out` policy is for. It never gets to: enc0 shows what a policy has
 * taken, and no policy is for the packet as it is.
 */
export function translationOnEnc(
  gateway: Gateway,
  packet: PacketSummary,
): { readonly rule: NatRule; readonly policy: SecurityPolicy } | undefined {
  if (encOf(gateway) === undefined) return undefined;
  for (const rule of gateway.nat?.rules ?? []) {
    const { direction, interfaces, newSource } = rule.body;
    if (direction === 'in' || !interfaces.includes(ENC) || !takesSource(rule, packet.source)) continue;
    const policy = policiesOf(gateway, 'out').find(
      ({ selector }) =>
        prefixContains(selector.destination, packet.destination) && overlaps(newSource, selector.source),
    );
    if (policy !== undefined) return { rule, policy };
  }
  return undefined;
}

/** NAT of the gateway makes packets come from this address, which is none of its own: it stands for others. */
export function standsForOthers(gateway: Gateway, address: Address): boolean {
  if (interfaceWithAddress(gateway, address) !== undefined) return false;
  const one = { address, length: address.family === 4 ? 32 : 128 };
  return (gateway.nat?.rules ?? []).some((r) => r.body.direction !== 'in' && overlaps(r.body.newSource, one));
}

function takesSource({ body: { source } }: NatRule, address: Address): boolean {
  if (source.address.kind !== 'masked' || source.address.length === undefined) return false;
  return prefixContains({ address: source.address.value, length: source.address.length }, address);
}

function overlaps(target: NatTarget | undefined, prefix: Prefix): boolean {
  switch (target?.kind) {
    case 'network': {
      const made = { address: target.address, length: target.length };
      return (
        prefix.length > 0 && (prefixContains(made, prefix.address) || prefixContains(prefix, made.address))
      );
    }
    case 'range':
      return (
        prefix.length > 0 && (prefixContains(prefix, target.first) || prefixContains(prefix, target.last))
      );
    default:
      return false;
  }
}
