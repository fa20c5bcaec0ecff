/**
 * NAT on enc0 that works one way only. A rule there turns a packet into another on its way into the tunnel; the answer
 * comes back for the new address, and enc0 has to show it to NAT without its outer header, or nobody turns it round.
 * Confirmed by sending the packet and its answer on the same tables. It is `ipsec/inner-rule-never-sees` like a rule
 * written for the way in: the place and the remedy are the same.
 */
import { summarizePacket } from '../../packet/decode';
import { formatPacketLine, type PacketSpec } from '../../packet/notation';
import { formatAddress, sameAddress } from '../../policy/address';
import type { NatRule } from '../../policy/nat';
import type { Gateway } from '../../simulator/network';
import type { Trace } from '../../simulator/trace';
import type { WitnessedFinding } from '../snapshot';
import { ENC, encMask } from './enc';
import { answerTo, stepsAt } from './finder';
import type { NetworkFinder } from './networkFinder';
import { policiesOf } from './policyProbes';
import type { Prober } from './prober';
import { packetOfPolicy, spread } from './representatives';

const MOST_POLICIES = 6;

export const answersOnEnc: NetworkFinder = (prober) =>
  prober.network.gateways.flatMap((gateway) =>
    gateway.platform.within === undefined || rulesOnEnc(gateway).length === 0
      ? []
      : spread(policiesOf(gateway, 'out'), MOST_POLICIES).flatMap(
          (policy) => check(prober, gateway, packetOfPolicy(prober.network, gateway, policy)) ?? [],
        ),
  );

function rulesOnEnc({ nat }: Gateway): readonly NatRule[] {
  return (nat?.rules ?? []).filter((r) => r.body.direction !== 'in' && r.body.interfaces.includes(ENC));
}

function check(prober: Prober, gateway: Gateway, spec: PacketSpec): WitnessedFinding | undefined {
  const there = prober.probe(spec);
  const nat = there && translation(there.trace, gateway);
  const arrived = there && summarizePacket(there.trace.steps.findLast((s) => s.depth === 0)!.after);
  if (there?.trace.verdict.kind !== 'delivered' || nat === undefined || arrived === undefined)
    return undefined;
  const answer = answerTo(arrived);
  const back = prober.exchange([spec, answer]);
  const unpacked =
    back && stepsAt(back, gateway).findLast((s) => s.stage === 'ipsec-in' && s.outcome === 'changed');
  const inner = unpacked && summarizePacket(unpacked.after);
  const translated = summarizePacket(nat.after)?.source;
  if (inner === undefined || translated === undefined || !sameAddress(inner.destination, translated))
    return undefined;
  const { setting, value } = encMask(gateway, 'in');
  if ((value & 2) !== 0) return undefined;
  return {
    code: 'ipsec/inner-rule-never-sees',
    severity: 'warning',
    message: `The answers do not find their way back through this rule: they come for ${formatAddress(translated)}, ${setting} is ${value}, so ${ENC} shows NAT ${value === 0 ? 'nothing' : 'only the packet with its outer addresses'} on the way in, and nobody turns the address back into ${formatAddress(spec.source)}. Set \`${setting}\` to 2 (enc(4)).`,
    origins: nat.origins.slice(0, 1),
    witness: formatPacketLine(answer),
  };
}

function translation(trace: Trace, gateway: Gateway) {
  return stepsAt(trace, gateway).find(
    (s) => s.stage === 'nat' && s.direction === 'out' && s.interface === ENC && s.outcome === 'changed',
  );
}
