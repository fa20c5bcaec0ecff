/**
 * Protection taken off on the way in, and the check that a packet came protected when a policy wants it so.
 * Sources: sys/netipsec/ipsec_input.c, ipsec_common_input(); sys/netipsec/ipsec.c, ipsec4_in_reject().
 */
import { summarizePacket } from '../../packet/decode';
import { unprotect } from '../../packet/ipsec/unprotect';
import { packetOneLine } from '../../packet/oneLine';
import { formatAddress } from '../../policy/address';
import type { IpsecProtocol } from '../../policy/ipsec';
import { associationBySpi, lookUpPolicy, missingProtection } from '../ipsec/spd';
import { ruleOf } from '../ipsec/words';
import { NEXT, type StageContext, type StageResult } from '../stage';
import { text, value } from '../trace';

export function ipsecProtocolOf(protocol: number): IpsecProtocol | undefined {
  return protocol === 50 ? 'esp' : protocol === 51 ? 'ah' : protocol === 108 ? 'ipcomp' : undefined;
}

export function ipsecIn(context: StageContext): StageResult {
  const { packet, gateway, state, marks } = context;
  const summary = summarizePacket(packet);
  const protocol = summary === undefined ? undefined : ipsecProtocolOf(summary.protocol);
  if (summary === undefined || protocol === undefined)
    return { outcome: 'continue', quiet: true, said: text('Not an IPsec packet.'), flow: NEXT };
  const spi = summary.spi ?? 0;
  const association = associationBySpi(gateway.ipsec, protocol, summary.destination, spi);
  if (association === undefined) {
    return {
      outcome: 'dropped',
      spi,
      said: text(
        `There is no ${protocol.toUpperCase()} association with SPI `,
        value(String(spi)),
        ' for ',
        value(formatAddress(summary.destination)),
        '; the packet is dropped.',
      ),
      flow: { kind: 'drop', reason: 'unknown-spi' },
    };
  }
  const seen = state.replay.get(association) ?? new Set<number>();
  state.replay.set(association, seen);
  const result = unprotect(packet, association, { seen });
  if (result.kind === 'failure') {
    return {
      outcome: 'dropped',
      spi,
      said: text('Association ', ruleOf(association), ' refuses the packet: ', result.message),
      origins: [association.origin],
      flow: { kind: 'drop', reason: result.reason },
    };
  }
  const tunnel = result.mode === 'tunnel';
  return {
    outcome: 'changed',
    spi,
    said: text(
      'Association ',
      ruleOf(association),
      tunnel ? ' takes the tunnel off: ' : ' takes the protection off: ',
      value(packetOneLine(result.packet)),
      '.',
    ),
    origins: [association.origin],
    packet: result.packet,
    entry: `SA ${association.text}`,
    ...(result.uncertain === undefined ? {} : { uncertain: result.uncertain }),
    marks: {
      ...marks,
      cameBy: [...marks.cameBy, association],
      decapsulated: marks.decapsulated || tunnel,
      encapsulations: marks.encapsulations + 1,
    },
    flow: {
      kind: 'path',
      path: tunnel ? gateway.platform.ipsec.afterTunnel : gateway.platform.ipsec.afterTransport,
    },
  };
}

export function ipsecCheck(context: StageContext): StageResult {
  const { packet, gateway, marks, path } = context;
  const summary = summarizePacket(packet);
  if (gateway.ipsec.policies.length === 0 || summary === undefined)
    return { outcome: 'continue', quiet: true, said: text('No IPsec policy is loaded.'), flow: NEXT };
  const order = gateway.platform.ipsec.policyOrder;
  const direction = order === 'priority' && path === 'forward' ? 'fwd' : 'in';
  const policy =
    lookUpPolicy(gateway.ipsec, direction, summary, order) ??
    // A policy file that has no `fwd` entries leaves forwarding to `in` (setkey on Linux writes both).
    (direction === 'fwd' ? lookUpPolicy(gateway.ipsec, 'in', summary, order) : undefined);
  if (policy === undefined) {
    return {
      outcome: 'continue',
      quiet: marks.cameBy.length === 0,
      said: text('No inbound IPsec policy takes ', value(packetOneLine(packet)), '; nothing is required of it.'),
      flow: NEXT,
    };
  }
  const origins = [policy.origin];
  if (policy.action === 'discard') {
    return {
      outcome: 'dropped',
      said: text('Inbound policy ', ruleOf(policy), ' says discard.'),
      origins,
      flow: { kind: 'drop', reason: 'policy-discard' },
    };
  }
  const missing =
    policy.action === 'ipsec' ? missingProtection(policy, marks.cameBy, gateway.settings) : undefined;
  if (missing !== undefined) {
    return {
      outcome: 'dropped',
      said: text(
        'Inbound policy ',
        ruleOf(policy),
        marks.cameBy.length === 0
          ? ' requires protection, and the packet came in clear.'
          : ` requires ${missing}, and the packet came without it.`,
      ),
      origins,
      flow: { kind: 'drop', reason: 'plaintext-where-protected' },
    };
  }
  return {
    outcome: 'pass',
    said: text(
      'Inbound policy ',
      ruleOf(policy),
      marks.cameBy.length > 0 ? ' is satisfied: the packet came protected.' : ' lets it pass.',
    ),
    origins,
    flow: NEXT,
  };
}
