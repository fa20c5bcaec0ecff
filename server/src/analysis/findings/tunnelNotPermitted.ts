/** `ipsec/tunnel-not-permitted`: the filter drops what the tunnel itself needs: ESP, AH, IKE, NAT-T. */
import { summarizePacket } from '../../packet/decode';
import { packetOneLine } from '../../packet/oneLine';
import { sameAddress } from '../../policy/address';
import type { Network } from '../../simulator/network';
import type { Trace } from '../../simulator/trace';
import type { WalkFinding } from '../snapshot';

export function tunnelNotPermitted(network: Network, trace: Trace): readonly WalkFinding[] {
  const { verdict } = trace;
  if (verdict.reason !== 'filter-rule' && verdict.reason !== 'filter-default') return [];
  const gateway = network.gateways.find((g) => g.name === verdict.node);
  const step = trace.steps.findLast((s) => s.depth === 0 && s.outcome === 'dropped');
  const summary = step === undefined ? undefined : summarizePacket(step.before);
  if (gateway === undefined || step === undefined || summary === undefined) return [];
  const ends = gateway.ipsec.policies.flatMap((p) => p.requests.flatMap((r) => r.tunnel ?? []));
  const betweenEnds = ends.some(
    (t) => sameAddress(t.source, summary.source) && sameAddress(t.destination, summary.destination),
  );
  const kind =
    summary.protocol === 50
      ? 'ESP'
      : summary.protocol === 51
        ? 'AH'
        : isIke(summary.destinationPort)
          ? 'IKE'
          : undefined;
  if (kind === undefined || !betweenEnds) return [];
  const way = step.direction === 'out' ? 'out' : 'in';
  const wanted =
    kind === 'IKE'
      ? `proto udp from any to any port = ${summary.destinationPort}`
      : `proto ${kind.toLowerCase()} from any to any`;
  return [
    {
      code: 'ipsec/tunnel-not-permitted',
      severity: 'warning',
      message: `The tunnel needs ${kind} here, and the filter drops it: ${packetOneLine(step.before)} does not pass. Add \`pass ${way} quick${step.interface === undefined ? '' : ` on ${step.interface}`} ${wanted}\`.`,
      origins: step.origins,
    },
  ];
}

function isIke(port: number | undefined): boolean {
  return port === 500 || port === 4500;
}
