/**
 * NAT and the policy look-up in the wrong order for what the policy wants. Two shapes:
 * `ipsec/matches-only-after-nat`: the look-up saw the packet before translation and found nothing; what left,
 * in clear, would have matched. `ipsec/matches-only-before-nat`: translation came first and took the packet
 * away from a policy that wanted it.
 */
import { summarizePacket } from '../../packet/decode';
import { packetOneLine } from '../../packet/oneLine';
import type { Packet } from '../../packet/packet';
import type { SecurityPolicy } from '../../policy/ipsec';
import { lookUpPolicy } from '../../simulator/ipsec/spd';
import type { Gateway, Network } from '../../simulator/network';
import type { Trace, TraceStep } from '../../simulator/trace';
import type { WalkFinding } from '../snapshot';

export function natAndPolicyOrder(network: Network, trace: Trace): readonly WalkFinding[] {
  return network.gateways.flatMap((gateway) => {
    const steps = trace.steps.filter(
      (s) => s.node === gateway.name && s.depth === 0 && s.direction === 'out',
    );
    const translated = steps.filter((s) => s.stage === 'nat' && s.outcome === 'changed');
    return translated.flatMap((nat) => findingsAt(gateway, steps, nat));
  });
}

function findingsAt(gateway: Gateway, steps: readonly TraceStep[], nat: TraceStep): readonly WalkFinding[] {
  // Once something was put into a tunnel, what NAT does to the outer packet is another matter.
  if (steps.some((s) => s.spi !== undefined)) return [];
  const { title } = gateway.platform;
  const before = protectingPolicy(gateway, nat.before);
  const after = protectingPolicy(gateway, nat.after);
  const lookedUpBefore = steps.indexOf(nat) > steps.findIndex((s) => s.stage.startsWith('ipsec-'));
  if (after !== undefined && before === undefined && lookedUpBefore) {
    return [
      {
        code: 'ipsec/matches-only-after-nat',
        severity: 'warning',
        message: `This policy is written for the translated packet ${packetOneLine(nat.after)}, but ${title} looks policies up before NAT, on ${packetOneLine(nat.before)}: the traffic leaves in clear. Write the policy for the address before translation, or let the peer see that address.`,
        origins: [after.origin, ...nat.origins],
      },
    ];
  }
  if (before !== undefined && after === undefined && !lookedUpBefore) {
    return [
      {
        code: 'ipsec/matches-only-before-nat',
        severity: 'warning',
        message: `${title} translates before it looks policies up: this mapping turns ${packetOneLine(nat.before)} into ${packetOneLine(nat.after)}, which the policy does not take, and the traffic leaves in clear. Exempt it from NAT.`,
        origins: [...nat.origins, before.origin],
      },
    ];
  }
  return [];
}

function protectingPolicy(gateway: Gateway, packet: Packet): SecurityPolicy | undefined {
  const summary = summarizePacket(packet);
  const policy =
    summary === undefined
      ? undefined
      : lookUpPolicy(gateway.ipsec, 'out', summary, { behaviour: gateway.platform.ipsec, forwarded: true });
  return policy?.action === 'ipsec' ? policy : undefined;
}
