/**
 * Hooks inside encapsulation and decapsulation: enc(4) shows a packet to the filter before and behind the
 * tunnel header. Only filter and NAT rows run there; a packet they drop ends the stage they run in.
 */
import type { Packet } from '../packet/packet';
import type { WithinName } from '../platforms/platform';
import { allHold } from './conditions';
import type { StageContext, StageResult, Substep } from './stage';
import { filterStage, natStage } from './stages/filter';

export interface WithinResult {
  readonly packet: Packet;
  /** One per hook passed; the hook that dropped the packet is in `dropped` instead. */
  readonly substeps: readonly Substep[];
  readonly dropped?: StageResult;
}

export function passWithin(context: StageContext, name: WithinName, packet: Packet): WithinResult {
  const substeps: Substep[] = [];
  let now = packet;
  for (const row of context.gateway.platform.within?.[name] ?? []) {
    if (!allHold(row, context.gateway, now, context.marks)) continue;
    const at: StageContext = { ...context, step: row, path: name, packet: now };
    const result = row.stage === 'nat' ? natStage(at) : filterStage(at);
    const { flow, substeps: _none, ...said } = result;
    // What a hook shows is noted even where nothing is loaded: the recorded kernels note it too.
    const step: Substep = {
      ...said,
      within: { row, path: name },
      before: now,
      packet: said.packet ?? now,
    };
    if (flow.kind === 'drop') return { packet: now, substeps, dropped: { ...step, flow } };
    substeps.push(step);
    now = said.packet ?? now;
  }
  return { packet: now, substeps };
}
