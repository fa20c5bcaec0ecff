import { ipfDialect } from '../../server/src/dialects/ipf';
import { ipnatDialect } from '../../server/src/dialects/ipnat';
import { buildPacket } from '../../server/src/packet/build';
import type { Packet } from '../../server/src/packet/packet';
import { parsePacketLine } from '../../server/src/packet/parseLine';
import { parseAddress } from '../../server/src/policy/address';
import type { FilterProgram } from '../../server/src/policy/filter';
import type { NatTable } from '../../server/src/policy/nat';
import {
  createIpfilterEngine,
  type IpfilterConfig,
  type IpfilterEngine,
  type IpfilterResult,
} from '../../server/src/simulator/ipfilter/engine';

export function filterOf(...lines: readonly string[]): FilterProgram {
  const { policy, problems } = ipfDialect.lower(ipfDialect.parse(`${lines.join('\n')}\n`), {
    file: 'ipf.conf',
  });
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((e) => e.message).join('\n'));
  return policy.filter!;
}

export function natOf(...lines: readonly string[]): NatTable {
  return ipnatDialect.lower(ipnatDialect.parse(`${lines.join('\n')}\n`), { file: 'ipnat.conf' }).policy.nat!;
}

export function packet(line: string): Packet {
  return buildPacket(parsePacketLine(line).spec!);
}

/** One gateway, and packets through its hook `on` an interface, default `em0`. */
export class TestGateway {
  readonly engine: IpfilterEngine;

  constructor(config: IpfilterConfig) {
    this.engine = createIpfilterEngine({
      addressesOf: (name) => (name === 'em0' ? [parseAddress('203.0.113.1')!] : []),
      ...config,
    });
  }

  in(line: string, on = 'em0'): IpfilterResult {
    return this.engine.check(packet(line), { interface: on, direction: 'in' });
  }

  out(line: string, on = 'em0'): IpfilterResult {
    return this.engine.check(packet(line), { interface: on, direction: 'out' });
  }
}

export function sentence(result: IpfilterResult): string {
  return result.said.map((fragment) => ('text' in fragment ? fragment.text : '')).join('');
}
