/**
 * `ipsec/probed-in-places`: a policy database so large that packets are tried for some of its entries only. It is said,
 * because "no finding" would else be read as "nothing is wrong".
 */
import { formatPacketLine } from '../../packet/notation';
import type { WitnessedFinding } from '../snapshot';
import type { NetworkFinder } from './networkFinder';
import { policiesOf, probedPolicies } from './policyProbes';
import { packetOfPolicy } from './representatives';

export const probedInPlaces: NetworkFinder = ({ network }) =>
  network.gateways.flatMap((gateway): WitnessedFinding[] => {
    const all = policiesOf(gateway, 'out');
    const tried = new Set(probedPolicies(gateway));
    const first = all.find((p) => !tried.has(p));
    if (first === undefined) return [];
    return [
      {
        code: 'ipsec/probed-in-places',
        severity: 'information',
        message: `${gateway.name} protects by ${all.length} outgoing policies. Packets are tried for ${tried.size} of them, spread over the file; this one is the first that is left out. What only a packet shows is not looked for at the others: walk a sample packet to ask about one.`,
        origins: [first.origin],
        witness: formatPacketLine(packetOfPolicy(network, gateway, first)),
      },
    ];
  });
