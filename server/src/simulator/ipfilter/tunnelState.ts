/** The state that a proxy makes for a GRE tunnel: as if a packet of it had matched a rule of the proxy's own. */
import type { FilterProgram } from '../../policy/filter';
import { ALL } from '../../policy/match';
import type { NatRule } from '../../policy/nat';
import { type CompiledRule, compileProgram } from '../scan';
import { type PacketInfo, type ReadLimits, readPacketInfo } from './packetInfo';

export function tunnelPacket(
  source: number,
  destination: number,
  out: boolean,
  limits: ReadLimits,
): PacketInfo | undefined {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x45000020);
  view.setUint16(8, 0x402f);
  view.setUint32(12, source);
  view.setUint32(16, destination);
  // GRE version 1, as PPTP uses it (RFC 2637, 4.1).
  view.setUint32(20, 0x2001880b);
  return readPacketInfo(bytes, { out, interface: '' }, limits);
}

/** What a proxy's state holds: `pass quick ... keep state`, told as the NAT rule that has the proxy. */
export function tunnelRule(rule: NatRule): CompiledRule {
  const program: FilterProgram = {
    semantics: 'ipfilter',
    defaultVerdict: 'pass',
    entries: { out: 'out' },
    chains: new Map([
      [
        'out',
        {
          name: 'out',
          title: 'out',
          direction: 'out',
          rules: [
            {
              origin: rule.origin,
              body: {
                match: ALL,
                verdict: { kind: 'pass' },
                next: { kind: 'stop' },
                keepState: {},
                // Bound to no interface.
                interfaces: ['-'],
                text: rule.body.text,
              },
            },
          ],
        },
      ],
    ]),
  };
  return compileProgram(program).chains.get('out')!.ruleAt(0);
}
