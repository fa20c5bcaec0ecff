/**
 * gif(4): an interface that puts what is routed to it into another IP header and hands that back to ip_output, as a
 * packet of the gateway's own; and takes the header off what comes from the other end, which then arrives on the
 * interface like any packet. So filter and NAT see the inner packet on gif0 and the outer one on the real interface,
 * under transport-mode IPsec too. Sources: NetBSD sys/netinet/in_gif.c, in_gif_output(), in_gif_input();
 * FreeBSD sys/net/if_gif.c, gif_output(), gif_input().
 */
import { summarizePacket } from '../../packet/decode';
import { decapsulateIp, encapsulateInIp } from '../../packet/encapsulate';
import { packetOneLine } from '../../packet/oneLine';
import { protocolNumber } from '../../packet/protocolNumbers';
import { formatAddress, sameAddress } from '../../policy/address';
import type { StageContext, StageResult } from '../stage';
import { text, value } from '../trace';

export function transmit(context: StageContext): StageResult {
  const { packet, marks } = context;
  const iface = marks.leavesBy?.interface;
  if (iface?.tunnel === undefined) {
    const doubt = iface === undefined ? undefined : doubtAbout(iface.name);
    return {
      outcome: 'sent',
      quiet: doubt === undefined,
      said: text('Sent.'),
      ...(doubt === undefined ? {} : { uncertain: doubt }),
      flow: { kind: 'transmit' },
    };
  }
  const { source, destination } = iface.tunnel;
  const outer = encapsulateInIp(packet, { source, destination });
  return {
    outcome: 'changed',
    said: text(
      value(iface.name),
      ' puts it into IP from ',
      value(formatAddress(source)),
      ' to ',
      value(formatAddress(destination)),
      ': ',
      value(packetOneLine(outer)),
      '.',
    ),
    packet: outer,
    ...(iface.origin === undefined ? {} : { origins: [iface.origin] }),
    marks: {
      local: true,
      ipsecDone: false,
      cameBy: [],
      decapsulated: false,
      // Counted with IPsec's: a gif whose own packets are routed to it is the same loop.
      encapsulations: marks.encapsulations + 1,
    },
    flow: { kind: 'path', path: 'output' },
  };
}

/** The outer packet has reached the gateway it is for: an interface of it takes the header off. */
export function receiveFromTunnel(context: StageContext): StageResult | undefined {
  const { packet, gateway, marks } = context;
  const summary = summarizePacket(packet);
  if (summary?.protocol !== protocolNumber.ipv4 && summary?.protocol !== protocolNumber.ipv6)
    return undefined;
  const iface = gateway.interfaces.find(
    ({ tunnel }) =>
      tunnel !== undefined &&
      sameAddress(tunnel.source, summary.destination) &&
      sameAddress(tunnel.destination, summary.source),
  );
  const inner = decapsulateIp(packet);
  if (iface === undefined && gateway.interfaces.some((i) => i.tunnel !== undefined))
    return {
      outcome: 'delivered',
      said: text(
        `No tunnel interface of ${gateway.name} is for `,
        value(packetOneLine(packet)),
        ': the ends of both sides have to be each other’s in reverse.',
      ),
      flow: { kind: 'delivered', reason: 'consumed' },
    };
  if (iface === undefined || inner === undefined) return undefined;
  const { leavesBy: _way, beforeNat: _nat, ...kept } = marks;
  return {
    outcome: 'changed',
    said: text(value(iface.name), ' takes the outer header off: ', value(packetOneLine(inner)), '.'),
    ...(iface.origin === undefined ? {} : { origins: [iface.origin] }),
    packet: inner,
    marks: {
      ...kept,
      receivedOn: iface,
      local: false,
      ipsecDone: false,
      decapsulated: false,
      encapsulations: marks.encapsulations + 1,
    },
    flow: { kind: 'path', path: 'input' },
  };
}

/** Interfaces that are known by their names to lead into a tunnel, when nobody said where it ends. */
function doubtAbout(name: string): string | undefined {
  if (/^(gif|ipip|sit)\d+$/.test(name))
    return `${name} is a tunnel, and the network file does not say where it ends (\`tunnel: SOURCE > DESTINATION\`)`;
  return /^(ipsec|vti|xfrm|sec|gre|wg)\d+$/.test(name)
    ? `${name} is a tunnel of a kind that is not followed`
    : undefined;
}
