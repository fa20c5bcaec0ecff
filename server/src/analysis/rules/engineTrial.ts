/** Findings are tried with the engine before they are reported: one packet through a fresh gateway. */
import type { FilterProgram } from '../../policy/filter';
import {
  createIpfilterEngine,
  type IpfilterEngine,
  type IpfilterResult,
} from '../../simulator/ipfilter/engine';
import type { Witness } from './witness';

export interface FilterTrial {
  readonly result: IpfilterResult;
  readonly engine: IpfilterEngine;
}

export function tryFilter(program: FilterProgram, witness: Witness, direction: 'in' | 'out'): FilterTrial {
  const engine = createIpfilterEngine({ filter: program });
  return { engine, result: engine.filter(witness.packet, { interface: witness.interface, direction }) };
}
