/** The steps of a walk in the words of the recorded kernel traces. */
import { innerPacket, summarizePacket } from '../../server/src/packet/decode';
import type { Packet } from '../../server/src/packet/packet';
import type { Network } from '../../server/src/simulator/network';
import type { TraceStep } from '../../server/src/simulator/trace';
import type { StageRecord } from './bsdWalks';

/** `engine` is the recorder's name for the system. */
export function recordsOfSteps(steps: readonly TraceStep[], network: Network, engine: string): StageRecord[] {
  return engine === 'fpf' || engine === 'ipfw'
    ? freebsdRecords(steps, network)
    : netbsdRecords(steps, network);
}

function recorder() {
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
  return { records, push };
}

function netbsdRecords(steps: readonly TraceStep[], network: Network): StageRecord[] {
  const { records, push } = recorder();
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
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
      case 'filter':
        i = hookRecords(steps, i, push);
        break;
      case 'ipsec-check': {
        // With an empty policy database the kernel does not come here (ipsec_used is 0).
        if (gateway.ipsec.policies.length === 0) break;
        // A transport payload is checked inside the IPsec input, where the recorder has no hook.
        if (step.path === 'local' && justUnprotected) break;
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
        // Behind IPComp a tunnel is not taken off: the protocol's own input drops it, after the association was done.
        if (step.outcome === 'dropped' && step.intermediate !== undefined)
          push(step, 'ipsec_input_done', innerPacket(step.intermediate), undefined, undefined);
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

type Push = ReturnType<typeof recorder>['push'];

function freebsdRecords(steps: readonly TraceStep[], network: Network): StageRecord[] {
  const { records, push } = recorder();
  /** Gateways a packet arrived at and has not left: what they send meanwhile is not their own. */
  const passing = new Set<string>();
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    if (step.nodeKind !== 'gateway') continue;
    if (step.outcome === 'dropped') passing.delete(step.node);
    const active = network.gateways.find((g) => g.name === step.node)!.ipsec.policies.length > 0;
    const protocol = summarizePacket(step.before)?.protocol;
    if (
      isWithin(step) ||
      ((step.stage === 'ipsec-out' || step.stage === 'ipsec-in') && step.spi !== undefined)
    ) {
      i = transformRecords(steps, i, push);
      continue;
    }
    switch (step.stage) {
      case 'receive':
        passing.add(step.node);
        push(step, 'WIRE_IN', step.before);
        // Without a policy the fast path takes every packet first.
        if (!active) push(step, 'ip_tryforward', step.before);
        break;
      case 'nat':
      case 'filter':
        i = hookRecords(steps, i, push);
        break;
      case 'ttl':
        if (active) push(step, 'ip_forward', step.before);
        break;
      case 'ipsec-check':
        if (!active) break;
        if (step.path === 'forward') push(step, 'ipsec_forward_hook', step.before, undefined, NOWHERE);
        else if (step.outcome === 'dropped') {
          push(step, 'ipsec_input_hook', step.before, protocol);
          push(step, 'spcheck_local_drop', undefined);
        }
        break;
      case 'route-out':
        if (step.path === 'output' && (active || !passing.has(step.node)))
          push(step, 'ipsec_output_hook', step.before);
        break;
      case 'deliver':
        passing.delete(step.node);
        push(step, 'ipsec_input_hook', step.before, protocol);
        push(step, 'deliver_proto', step.before, protocol);
        break;
      case 'transmit':
        passing.delete(step.node);
        push(step, 'WIRE_OUT', step.after);
        break;
      default:
        break;
    }
  }
  return records;
}

/** The recorder's word for "on no interface", which is not compared. */
const NOWHERE = '-';

function isWithin(step: TraceStep): boolean {
  return step.path?.startsWith('encapsulate-') === true || step.path?.startsWith('decapsulate-') === true;
}

/**
 * One association: the hooks of enc0, and the step that says what was done. The walk notes that step last, but
 * first where a hook stopped the packet.
 */
function transformRecords(steps: readonly TraceStep[], from: number, push: Push): number {
  const endOfHooks = (at: number) => {
    while (at < steps.length && isWithin(steps[at]!)) at++;
    return at;
  };
  const first = endOfHooks(from);
  const main = steps[first]!;
  const behind = endOfHooks(first + 1);
  const stoppedByHook = first === from && steps[behind - 1]!.outcome === 'dropped';
  const hooks = stoppedByHook ? steps.slice(first + 1, behind) : steps.slice(from, first);
  const end = stoppedByHook ? behind - 1 : first;
  const out = main.direction === 'out';
  if (!out) push(main, 'ipsec_input_hook', main.before, summarizePacket(main.before)?.protocol);
  if (main.outcome === 'dropped') return end;
  const names = out
    ? (['encapsulate-inner', 'encapsulate-outer'] as const)
    : (['decapsulate-outer', 'decapsulate-inner'] as const);
  for (const [n, name] of names.entries()) {
    const inner = (out ? 0 : 1) === n;
    const own = hooks.filter((h) => h.path === name);
    const packet = own[0]?.before ?? (inner ? (out ? main.before : main.after) : main.intermediate);
    push(main, `enc_${out ? 'out' : 'in'}_${n === 0 ? 'before' : 'after'}`, packet, main.spi, NOWHERE);
    for (let i = 0; i < own.length; i = hookRecords(own, i, push) + 1);
    if (own.at(-1)?.outcome === 'dropped') break;
  }
  return end;
}

/** Filter and NAT of one hook: a record before and one behind. Answers the index of the last step it took. */
function hookRecords(steps: readonly TraceStep[], at: number, push: Push): number {
  const step = steps[at]!;
  if (step.outcome === 'skipped') {
    if (step.stage === 'filter') push(step, 'pfil_in_skipped', step.before);
    return at;
  }
  const way = step.direction === 'out' ? 'out' : 'in';
  const next = steps[at + 1];
  // The two stages of one hook follow each other, unless the first drops the packet.
  const second =
    next !== undefined && next.hook === step.hook && next.node === step.node && step.outcome !== 'dropped';
  const last = second ? next : step;
  const dropped = last.outcome === 'dropped';
  push(step, `pfil_${way}_before`, step.before);
  push(last, `pfil_${way}_after`, dropped ? undefined : last.after, dropped ? 1 : 0);
  return second ? at + 1 : at;
}
