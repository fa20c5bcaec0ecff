/** `ipsec/too-big-after-encapsulation`: with its IPsec headers a packet no longer fits, and DF forbids to cut it. */
import { summarizePacket } from '../../packet/decode';
import type { WalkFinding } from '../snapshot';
import { gatewayOf, stepsAt, type WalkEvidence } from './finder';

export function tooBig({ network, trace }: WalkEvidence): readonly WalkFinding[] {
  if (trace.verdict.reason !== 'too-big') return [];
  const gateway = gatewayOf(network, trace.verdict.node);
  if (gateway === undefined) return [];
  const steps = stepsAt(trace, gateway);
  const seal = steps.findLast((s) => s.spi !== undefined && s.direction === 'out');
  const first = trace.start.bytes.length;
  const drop = steps.findLast((s) => s.outcome === 'dropped');
  const outer = drop && summarizePacket(drop.before);
  if (seal === undefined || outer === undefined) return [];
  const mtu = gateway.interfaces.find((i) => i.name === drop?.interface)?.mtu ?? 1500;
  const told = trace.steps.some((s) => s.depth > 0);
  return [
    {
      code: 'ipsec/too-big-after-encapsulation',
      severity: 'warning',
      message: `A packet of ${first} bytes becomes ${outer.totalLength} bytes with its IPsec headers, more than the MTU of ${mtu} on ${drop?.interface ?? 'the way out'}, and DF is set: ${gateway.name} drops it${told ? ' and tells the sender. Where that ICMP message is filtered, connections hang' : ' and tells nobody'}. Clamp the TCP MSS, let the outer header clear DF (\`net.inet.ipsec.dfbit\` 0), or give the sender a smaller MTU.`,
      origins: seal.origins.slice(0, 1),
    },
  ];
}
