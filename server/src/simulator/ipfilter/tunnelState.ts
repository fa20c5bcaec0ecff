/** States that proxies make: as if a packet had matched a rule of the proxy's own. */
import type { FilterProgram } from '../../policy/filter';
import { ALL } from '../../policy/match';
import type { NatRule } from '../../policy/nat';
import { CONDITION } from '../packetFacts';
import { type CompiledRule, compileProgram } from '../scan';
import { PacketInfo, type ReadLimits, readPacketInfo } from './packetInfo';
import type { ExpectedState } from './proxies/proxy';
import { TCP } from './tcpFlags';

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

const TCP_HEADER = 20;
const UDP_HEADER = 8;
/** What a proxy says of a packet that has not come yet. */
const FIRST_WINDOW = 8192;

/** The first packet of a connection that a proxy expects, with what the announcing packet had. */
export function expectedPacket(expected: ExpectedState): PacketInfo {
  const { info, protocol } = expected;
  const length = protocol === 6 ? TCP_HEADER : UDP_HEADER;
  const bytes = new Uint8Array(length);
  if (protocol === 6) {
    const view = new DataView(bytes.buffer);
    view.setUint16(12, (5 << 12) | TCP.syn);
    view.setUint16(14, FIRST_WINDOW);
  }
  const fresh = new PacketInfo(bytes);
  fresh.family = info.family;
  fresh.protocol = protocol;
  fresh.source = expected.source;
  fresh.destination = expected.destination;
  fresh.destinationPort = expected.destinationPort;
  fresh.out = expected.out;
  fresh.interface = expected.isBound ? info.interface : '';
  fresh.options = info.options;
  fresh.securityClass = info.securityClass;
  fresh.authority = info.authority;
  fresh.tcpFlags = info.tcpFlags;
  fresh.dataLength = length;
  fresh.totalLength = info.headerLength + length;
  fresh.conditions = expected.counted
    ? (info.conditions | CONDITION.translated) & ~CONDITION.state
    : info.conditions & (CONDITION.lowTtl | CONDITION.fragment | CONDITION.tcpOrUdp | CONDITION.options);
  return fresh;
}

/** The rule of such a state, with the word that dumps show. */
export function expectedRule(rule: NatRule, word: number): CompiledRule {
  const compiled = proxyRule(rule, undefined);
  return { ...compiled, decision: { ...compiled.decision, word } };
}

/** What a tunnel's state holds: `pass quick ... keep state`, told as the NAT rule that has the proxy. */
export function tunnelRule(rule: NatRule): CompiledRule {
  // Bound to no interface.
  return proxyRule(rule, ['-']);
}

function proxyRule(rule: NatRule, interfaces: readonly string[] | undefined): CompiledRule {
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
                ...(interfaces === undefined ? {} : { interfaces }),
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
