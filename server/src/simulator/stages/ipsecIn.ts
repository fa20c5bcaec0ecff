/**
 * Protection taken off on the way in, and the check that a packet came protected when a policy wants it so.
 * Sources: sys/netipsec/ipsec_input.c, ipsec_common_input(); sys/netipsec/ipsec.c, ipsec4_in_reject().
 */
import { summarizePacket } from '../../packet/decode';
import { EMPTY_REPLAY_STATE, type FoundProtection, protectionOf, unprotect } from '../../packet/ipsec';
import { packetOneLine } from '../../packet/oneLine';
import type { Packet } from '../../packet/packet';
import { settingValue } from '../../platforms/settings';
import { formatAddress, sameAddress } from '../../policy/address';
import type { SecurityAssociation } from '../../policy/ipsec';
import { associationBySpi, asUsed, lookUpPolicy, missingProtection } from '../ipsec/spd';
import { unexpectedTunnel } from '../ipsec/templates';
import { associationEntry, associationLink, policyLink, spiName } from '../ipsec/words';
import type { Gateway, Interface } from '../network';
import { NEXT, type StageContext, type StageResult, type Substep } from '../stage';
import { text, value } from '../trace';
import { passWithin } from '../within';

/** What protects a packet: the protocol and the SPI it names, ESP in UDP included. */
export function protectionOfPacket(packet: Packet): FoundProtection | undefined {
  const summary = summarizePacket(packet);
  return summary === undefined ? undefined : protectionOf(packet.bytes, summary);
}

/**
 * Is it ESP, AH or IPComp to this gateway's stack? ESP in UDP is only where a socket takes it out, that of a key
 * daemon (udp_input(): INP_ESPINUDP; RFC 3948): with nothing on the port it is a datagram like any other.
 */
export function isForIpsec({ listening }: Gateway, packet: Packet): boolean {
  const found = protectionOfPacket(packet);
  if (found === undefined) return false;
  const port = found.inUdp ? summarizePacket(packet)?.destinationPort : undefined;
  if (port === undefined || listening === undefined) return true;
  return listening.some((l) => l.protocol === 'udp' && l.port === port);
}

export function ipsecIn(context: StageContext): StageResult {
  const { packet, gateway, state, marks } = context;
  const summary = summarizePacket(packet);
  const header = protectionOfPacket(packet);
  if (summary === undefined || header === undefined)
    return { outcome: 'continue', quiet: true, said: text('Not an IPsec packet.'), flow: NEXT };
  const { protocol, spi } = header;
  const association = associationBySpi(
    gateway.ipsec,
    protocol,
    summary.destination,
    spi,
    gateway.platform.ipsec,
  );
  if (association === undefined) {
    return {
      outcome: 'dropped',
      spi,
      said: text(
        `There is no ${protocol.toUpperCase()} association with SPI `,
        value(spiName(spi)),
        ' for ',
        value(formatAddress(summary.destination)),
        '; the packet is dropped.',
      ),
      flow: { kind: 'drop', reason: 'unknown-spi' },
    };
  }
  const result = unprotect(
    packet,
    asMeant(gateway, asUsed(association, gateway.platform.ipsec)),
    state.replay.get(association) ?? EMPTY_REPLAY_STATE,
    {
      ecn: settingValue(gateway.settings, 'net.inet.ipsec.ecn') === 1 ? 'allowed' : 'forbidden',
    },
  );
  if (result.failure !== undefined) {
    return {
      outcome: 'dropped',
      spi,
      said: text(
        'Association ',
        associationLink(association),
        ' does not accept the packet. ',
        result.failure.message,
      ),
      origins: [association.origin],
      ...(result.failure.code === 'unmodelled' ? { uncertain: result.failure.message } : {}),
      flow: { kind: 'drop', reason: result.failure.code },
    };
  }
  state.replay.set(association, result.replay);
  const unprotected = {
    ...marks,
    cameBy: [...marks.cameBy, association],
    beforeNat: undefined,
    encapsulations: marks.encapsulations + 1,
  };
  const tunnel = result.mode === 'tunnel';
  const takenOff: Substep = {
    outcome: 'changed',
    spi,
    said: text(
      'SA ',
      associationLink(association),
      tunnel ? ' takes the tunnel off: ' : ' takes the protection off: ',
      value(packetOneLine(result.packet)),
      '.',
    ),
    origins: [association.origin],
    before: packet,
    packet: result.packet,
    intermediate: result.intermediate,
    entry: associationEntry(association),
  };
  const { cameBy } = unprotected;
  if (
    tunnel &&
    !gateway.platform.ipsec.unpacksBehindIpcomp &&
    cameBy.every((sa) => sa.protocol === 'ipcomp')
  ) {
    return {
      outcome: 'dropped',
      spi,
      said: text(
        'SA ',
        associationLink(association),
        ` takes the compression off, and ${gateway.platform.title} does not take IP out of IP that came by neither ESP nor AH. Put an ESP or AH request beside it.`,
      ),
      origins: [association.origin],
      intermediate: result.intermediate,
      flow: { kind: 'drop', reason: 'not-unpacked' },
    };
  }
  const outside = passWithin({ ...context, marks: unprotected }, 'decapsulate-outer', result.intermediate);
  // A filter on enc0 that stops the packet is the last step; what was taken off is said before it.
  if (outside.dropped !== undefined) return { ...outside.dropped, substeps: [takenOff, ...outside.substeps] };
  const inside = passWithin({ ...context, marks: unprotected }, 'decapsulate-inner', result.packet);
  const hooks = [...outside.substeps, ...inside.substeps];
  if (inside.dropped !== undefined) return { ...inside.dropped, substeps: [takenOff, ...hooks] };
  return {
    ...takenOff,
    packet: inside.packet,
    substeps: hooks,
    marks: { ...unprotected, decapsulated: marks.decapsulated || tunnel },
    flow: {
      kind: 'path',
      path: tunnel ? gateway.platform.ipsec.afterTunnel : gateway.platform.ipsec.afterTransport,
    },
  };
}

/**
 * An association of any mode and IP in IP inside: a gif(4) between the same addresses takes it before IPsec's own
 * tunnel does (sys/netinet/ip_encap.c, encap4_lookup(): the better match).
 */
function asMeant(gateway: Gateway, sa: SecurityAssociation): SecurityAssociation {
  const isForGif = ({ tunnel }: Interface) =>
    tunnel !== undefined &&
    sameAddress(tunnel.source, sa.destination) &&
    sameAddress(tunnel.destination, sa.source);
  return sa.mode === 'any' && gateway.interfaces.some(isForGif) ? { ...sa, mode: 'transport' } : sa;
}

export function ipsecCheck(context: StageContext): StageResult {
  const { packet, gateway, marks, path } = context;
  const byTemplates = gateway.platform.ipsec.inboundCheck === 'templates';
  // Linux looks up what arrived: the addresses before NAT on the way in (nf_nat_core.c, nf_nat_decode_session()).
  const summary = summarizePacket((byTemplates ? marks.beforeNat : undefined) ?? packet);
  if ((gateway.ipsec.policies.length === 0 && !marks.decapsulated) || summary === undefined)
    return { outcome: 'continue', quiet: true, said: text('No IPsec policy is loaded.'), flow: NEXT };
  // Here nobody looks at a socket, so the check runs as for a forwarded packet (ipsec4_in_reject(m, NULL)).
  const how = { behaviour: gateway.platform.ipsec, forwarded: true };
  const direction = how.behaviour.policyOrder === 'priority' && path === 'forward' ? 'fwd' : 'in';
  const policy =
    lookUpPolicy(gateway.ipsec, direction, summary, how) ??
    // A policy file that has no `fwd` entries leaves forwarding to `in` (setkey on Linux writes both).
    (direction === 'fwd' ? lookUpPolicy(gateway.ipsec, 'in', summary, how) : undefined);
  const unexpected = byTemplates ? unexpectedTunnel(policy, marks.cameBy, marks.decapsulated) : undefined;
  if (unexpected !== undefined && policy?.action !== 'discard') {
    return {
      outcome: 'dropped',
      said:
        policy === undefined
          ? text(
              `No inbound policy (\`${direction}\`) takes `,
              value(packetOneLine(packet)),
              `, and ${gateway.platform.title} lets nothing out of a tunnel that no policy is for (XfrmInNoPols).`,
            )
          : text(
              'Inbound policy ',
              policyLink(policy),
              ' does not name the tunnel that the packet came by, SA ',
              associationLink(unexpected),
              ' (XfrmInTmplMismatch).',
            ),
      origins: [...(policy === undefined ? [] : [policy.origin]), unexpected.origin],
      flow: { kind: 'drop', reason: 'inner-not-in-policy' },
    };
  }
  if (policy === undefined) {
    return {
      outcome: 'continue',
      quiet: marks.cameBy.length === 0,
      said: text(
        'No inbound IPsec policy takes ',
        value(packetOneLine(packet)),
        '; nothing is required of it.',
      ),
      flow: NEXT,
    };
  }
  const origins = [policy.origin];
  if (policy.action === 'discard') {
    return {
      outcome: 'dropped',
      said: text('Inbound policy ', policyLink(policy), ' says discard.'),
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
        policyLink(policy),
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
      policyLink(policy),
      marks.cameBy.length > 0 ? ' is satisfied: the packet came protected.' : ' lets it pass.',
    ),
    origins,
    flow: NEXT,
  };
}
