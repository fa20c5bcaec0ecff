/** The packet has arrived: the gateway's own protocols take it, answer it, or say that nothing listens. */

import { summarizePacket } from '../../packet/decode';
import { packetOneLine } from '../../packet/oneLine';
import type { Packet, PacketSummary } from '../../packet/packet';
import { buildReply } from '../../packet/reply';
import { rewritePacket } from '../../packet/rewrite';
import { buildTcpReset } from '../../packet/tcpReset';
import { settingValue } from '../../platforms/settings';
import { lookUpPolicy, missingProtection } from '../ipsec/spd';
import { policyLink } from '../ipsec/words';
import type { StageContext, StageResult } from '../stage';
import { text, value } from '../trace';
import { protectionOfPacket } from './ipsecIn';
import { icmpErrors, malformed } from './routing';
import { receiveFromTunnel } from './tunnelInterface';

/** IPv4 and IPv6 inside IP, and GRE. */
const IP_IN_IP: ReadonlySet<number> = new Set([4, 41, 47]);

export interface DeliverOptions {
  /** Answer what asks for an answer (echo requests), not only with errors. */
  readonly answerRequests: boolean;
}

export function deliver(context: StageContext, options: DeliverOptions): StageResult {
  const { gateway, packet, marks } = context;
  const summary = summarizePacket(packet);
  if (summary === undefined) return malformed();
  const fromTunnel = receiveFromTunnel(context);
  if (fromTunnel !== undefined) return fromTunnel;
  const transport = summary.protocol === 6 ? 'tcp' : summary.protocol === 17 ? 'udp' : undefined;
  const wrong = transport === undefined ? undefined : wrongChecksum(context, transport);
  if (wrong !== undefined) return wrong;
  if (transport !== undefined && gateway.listening !== undefined) {
    const open = gateway.listening.some(
      (l) => l.protocol === transport && l.port === summary.destinationPort,
    );
    if (!open) {
      const answers = transport === 'udp' ? portUnreachable(context, summary) : resetOf(context, summary);
      const word = transport === 'udp' ? 'ICMP port unreachable' : 'a TCP reset';
      return {
        outcome: 'delivered',
        said: text(
          `Nothing listens on ${transport} port ${summary.destinationPort} of ${gateway.name}`,
          protectionOfPacket(packet) === undefined ? '' : ', so nothing takes ESP out of UDP there',
          answers.length > 0 ? `; ${word} goes back.` : '.',
        ),
        answers,
        flow: { kind: 'delivered', reason: 'consumed' },
      };
    }
  }
  if (transport !== undefined) {
    const refused = refusedByPolicy(context);
    if (refused !== undefined) return refused;
  }
  const asks =
    summary.protocol === 1 ? summary.icmpType === 8 : summary.protocol === 58 && summary.icmpType === 128;
  const made = asks && options.answerRequests ? buildReply(packet) : undefined;
  const reply = made && rewritePacket(made, { ttl: gateway.platform.icmp.ttl });
  return {
    outcome: 'delivered',
    said: text(`${gateway.name} itself takes `, value(packetOneLine(packet)), '.'),
    ...(reply === undefined ? {} : { answers: [reply] }),
    ...(IP_IN_IP.has(summary.protocol)
      ? { uncertain: 'whether a tunnel interface (gif, gre) takes the inner packet out is not modelled' }
      : {}),
    marks,
    flow: { kind: 'delivered', reason: 'delivered' },
  };
}

/**
 * NAT cannot reach a checksum inside ESP, so behind transport mode it is that of the old addresses (tcp_input(),
 * udp_input()). With ESP in UDP the peer's kernel may correct it (RFC 3948, section 3.1.2).
 */
function wrongChecksum({ packet, marks }: StageContext, transport: 'tcp' | 'udp'): StageResult | undefined {
  const sa = marks.cameBy.at(-1);
  if (sa === undefined || marks.decapsulated || sa.udpEncapsulation !== undefined) return undefined;
  const fault = packet.layers
    .find((l) => l.protocol === transport)
    ?.faults.find((f) => f.includes('checksum'));
  if (fault === undefined) return undefined;
  return {
    outcome: 'dropped',
    said: text(
      `${fault} NAT changed an address on the way and could not correct what ESP hides; the packet is dropped.`,
    ),
    origins: [sa.origin],
    flow: { kind: 'drop', reason: 'bad-checksum' },
  };
}

function portUnreachable(context: StageContext, summary: PacketSummary): readonly Packet[] {
  return icmpErrors(context, summary, summary.family === 4 ? { type: 3, code: 3 } : { type: 1, code: 4 });
}

/** Unlike an ICMP error it is sent about decrypted segments too (tcp_input(): dropwithreset). */
function resetOf({ gateway, packet }: StageContext, summary: PacketSummary): readonly Packet[] {
  const reset = buildTcpReset(packet, {
    ttl: settingValue(gateway.settings, 'net.inet.ip.ttl'),
    dontFragment: gateway.platform.icmp.resetDontFragment === 'set' || summary.dontFragment,
  });
  return reset === undefined ? [] : [reset];
}

/** TCP and UDP check the policy in their own input, for a socket that takes the packet (udp_input(), tcp_input()). */
function refusedByPolicy(context: StageContext): StageResult | undefined {
  const { gateway, packet, marks } = context;
  const summary = summarizePacket(packet);
  if (summary === undefined) return undefined;
  const policy = lookUpPolicy(gateway.ipsec, 'in', summary, {
    behaviour: gateway.platform.ipsec,
    forwarded: false,
  });
  if (policy === undefined) return undefined;
  const refused =
    policy.action === 'discard' ||
    (policy.action === 'ipsec' && missingProtection(policy, marks.cameBy, gateway.settings) !== undefined);
  if (!refused) return undefined;
  return {
    outcome: 'dropped',
    said: text(
      'Inbound policy ',
      policyLink(policy),
      policy.action === 'discard'
        ? ' says discard.'
        : ' requires protection, and the packet came in clear; its socket refuses it.',
    ),
    origins: [policy.origin],
    flow: {
      kind: 'drop',
      reason: policy.action === 'discard' ? 'policy-discard' : 'plaintext-where-protected',
    },
  };
}
