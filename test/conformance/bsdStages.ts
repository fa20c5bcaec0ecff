/** The steps of a walk in the words of the recorded kernel traces. */
import { summarizePacket } from '../../server/src/packet/decode';
import type { Packet } from '../../server/src/packet/packet';
import type { Network } from '../../server/src/simulator/network';
import type { TraceStep } from '../../server/src/simulator/trace';
import type { StageRecord } from './bsdWalks';

/** NetBSD's kernel hooks; `engine` is the recorder's name for the system. */
export function recordsOfSteps(
  steps: readonly TraceStep[],
  network: Network,
  _engine: string,
): StageRecord[] {
  const records: StageRecord[] = [];
  const push = (
    step: TraceStep,
    stage: string,
    packet: Packet | undefined,
    v?: number,
    iface = step.interface,
  ) =>
    records.push({
      node: step.node,
      stage,
      ...(iface === undefined ? {} : { interface: iface }),
      ...(v === undefined ? {} : { v }),
      ...(packet === undefined ? {} : { packet }),
    });
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    const next = steps[i + 1];
    if (step.nodeKind !== 'gateway') continue;
    const gateway = network.gateways.find((g) => g.name === step.node)!;
    const protocol = summarizePacket(step.before)?.protocol;
    const justUnprotected =
      records.at(-1)?.stage === 'ipsec_input_done' && records.at(-1)?.node === step.node;
    switch (step.stage) {
      case 'receive':
        push(step, 'WIRE_IN', step.before);
        break;
      case 'nat':
      case 'filter': {
        if (step.outcome === 'skipped') {
          if (step.stage === 'filter') push(step, 'pfil_in_skipped', step.before);
          break;
        }
        const way = step.direction === 'out' ? 'out' : 'in';
        // The two stages of one hook follow each other, unless the first drops the packet.
        const second =
          next !== undefined &&
          next.hook === step.hook &&
          next.node === step.node &&
          step.outcome !== 'dropped';
        push(step, `pfil_${way}_before`, step.before);
        const last = second ? next : step;
        const dropped = last.outcome === 'dropped';
        push(last, `pfil_${way}_after`, dropped ? undefined : last.after, dropped ? 1 : 0);
        if (second) i++;
        break;
      }
      case 'ipsec-check': {
        // With an empty policy database the kernel does not come here (ipsec_used is 0).
        if (gateway.ipsec.policies.length === 0) break;
        const name = step.path === 'forward' ? 'spcheck_forward' : 'spcheck_local';
        const iface = step.path === 'forward' ? step.interface : undefined;
        push(step, name, step.before, undefined, iface);
        if (step.outcome === 'dropped') push(step, `${name}_drop`, step.before, undefined, iface);
        break;
      }
      case 'ttl':
        push(step, 'ip_forward', step.before);
        break;
      case 'ipsec-out': {
        if (gateway.ipsec.policies.length === 0) break;
        push(step, 'sp_lookup_out', step.before, 0);
        // One step per association of a bundle, all of this one look-up.
        let last = step;
        for (;;) {
          if (last.spi !== undefined) push(last, 'ipsec_process_packet', last.before, last.spi, undefined);
          const following = steps[i + 1];
          if (following?.stage !== 'ipsec-out' || following.node !== step.node) break;
          last = following;
          i++;
        }
        // The result enters ip_output() once more, marked, and the look-up is passed by.
        const again = steps[i + 1]?.stage === 'route-out' && last.outcome !== 'dropped';
        if (again) push(steps[i + 2] ?? last, 'sp_lookup_out', last.after, 1);
        break;
      }
      case 'ipsec-in': {
        if (step.quiet) break;
        if (!justUnprotected) push(step, 'deliver_proto', step.before, protocol, undefined);
        if (step.outcome === 'dropped') break;
        push(step, 'ipsec_input_done', step.after, undefined, undefined);
        break;
      }
      case 'deliver':
        if (!justUnprotected) push(step, 'deliver_proto', step.before, protocol, undefined);
        break;
      case 'transmit':
        push(step, 'WIRE_OUT', step.after);
        break;
      default:
        break;
    }
  }
  return records;
}
