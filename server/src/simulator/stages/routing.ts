/** Is it for us, where does it go, may it live on: the stages of plain IP forwarding. */
import { summarizePacket } from '../../packet/decode';
import { fragmentPacket, reassemble } from '../../packet/fragment';
import { buildIcmpError } from '../../packet/icmpError';
import { packetOneLine } from '../../packet/oneLine';
import type { Packet, PacketSummary } from '../../packet/packet';
import { rewritePacket } from '../../packet/rewrite';
import { type Address, formatAddress } from '../../policy/address';
import { interfaceWithAddress, isForGateway, LOOPBACK, routeTo } from '../addressing';
import { NEXT, type StageContext, type StageResult } from '../stage';
import { text, value } from '../trace';

export function routeIn(context: StageContext): StageResult {
  const { gateway, marks } = context;
  const summary = summarizePacket(context.packet);
  if (summary === undefined) return malformed();
  if (isForGateway(gateway, marks.receivedOn, summary.destination)) {
    return {
      outcome: 'continue',
      said: text(value(formatAddress(summary.destination)), ` is an address of ${gateway.name}.`),
      quiet: true,
      flow: { kind: 'path', path: 'local' },
    };
  }
  if (!gateway.forwarding) {
    return {
      outcome: 'dropped',
      said: text(
        value(formatAddress(summary.destination)),
        ` is not an address of ${gateway.name}, and forwarding is off.`,
      ),
      flow: { kind: 'drop', reason: 'not-forwarding' },
    };
  }
  return {
    outcome: 'continue',
    quiet: true,
    said: text(value(formatAddress(summary.destination)), ` is not an address of ${gateway.name}; forward.`),
    flow: { kind: 'path', path: 'forward' },
  };
}

/** RFC 1812 section 5.3.1: a packet that would leave with TTL 0 is answered with Time Exceeded. */
export function decrementTtl(context: StageContext): StageResult {
  const summary = summarizePacket(context.packet);
  if (summary === undefined) return malformed();
  if (summary.ttl <= 1) {
    return {
      outcome: 'dropped',
      said: text(
        'TTL ',
        value(String(summary.ttl)),
        ' runs out here; ICMP time exceeded goes back to the sender.',
      ),
      answers: icmpErrors(
        context,
        summary,
        summary.family === 4 ? { type: 11, code: 0 } : { type: 3, code: 0 },
      ),
      flow: { kind: 'drop', reason: 'ttl-expired' },
    };
  }
  return {
    outcome: 'changed',
    quiet: true,
    said: text('TTL ', value(String(summary.ttl)), ' becomes ', value(String(summary.ttl - 1)), '.'),
    packet: rewritePacket(context.packet, { ttl: summary.ttl - 1 }),
    flow: NEXT,
  };
}

export function routeOut(context: StageContext): StageResult {
  const { gateway, marks } = context;
  const summary = summarizePacket(context.packet);
  if (summary === undefined) return malformed();
  if (marks.leavesBy !== undefined)
    return { outcome: 'continue', quiet: true, said: text('Already routed.'), flow: NEXT };
  if (interfaceWithAddress(gateway, summary.destination) !== undefined) {
    return {
      outcome: 'continue',
      said: text(
        value(formatAddress(summary.destination)),
        ` is ${gateway.name} itself: it goes round by lo0.`,
      ),
      marks: { ...marks, leavesBy: { interface: LOOPBACK } },
      flow: NEXT,
    };
  }
  const hop = routeTo(gateway, summary.destination);
  if (hop === undefined) {
    return {
      outcome: 'dropped',
      said: text(
        `${gateway.name} has no route to `,
        value(formatAddress(summary.destination)),
        gateway.routes.some((r) => r.destination.length === 0)
          ? `; its default route is for IPv${summary.family === 4 ? 6 : 4}.`
          : '.',
      ),
      answers: icmpErrors(
        context,
        summary,
        summary.family === 4 ? { type: 3, code: 1 } : { type: 1, code: 0 },
      ),
      flow: { kind: 'drop', reason: 'no-route' },
    };
  }
  return {
    outcome: 'continue',
    said: text(
      'Leaves by ',
      value(hop.interface.name),
      ` (${hop.by})`,
      hop.nextHop === undefined ? '' : ' to ',
      ...(hop.nextHop === undefined ? [] : [value(formatAddress(hop.nextHop))]),
      '.',
    ),
    ...(hop.route?.origin === undefined ? {} : { origins: [hop.route.origin] }),
    marks: {
      ...marks,
      leavesBy: { interface: hop.interface, ...(hop.nextHop === undefined ? {} : { nextHop: hop.nextHop }) },
    },
    flow: NEXT,
  };
}

/** RFC 791 section 2.3; with DF set RFC 1191 section 4: refused, and the MTU is told. */
export function fragmentStage(context: StageContext): StageResult {
  const summary = summarizePacket(context.packet);
  const mtu = context.marks.leavesBy?.interface.mtu ?? 1500;
  const length = context.packet.bytes.length;
  if (summary === undefined || length <= mtu)
    return {
      outcome: 'continue',
      quiet: true,
      said: text(`${length} bytes fit the MTU of ${mtu}.`),
      flow: NEXT,
    };
  // IPv6 routers never fragment; what the gateway itself sends it may.
  const refused = summary.family === 4 ? summary.dontFragment : !context.marks.local;
  if (refused) return tooBig(context, summary, mtu);
  const packets = fragmentPacket(context.packet, mtu);
  return {
    outcome: 'changed',
    said: text(`${length} bytes do not fit the MTU of ${mtu}; sent as ${packets.length} fragments.`),
    flow: { kind: 'split', packets },
  };
}

/**
 * The sender of a tunnelled packet is told what fits inside: the interface's MTU less what protection adds
 * (sys/netipsec/ipsec_output.c, ipsec4_forward(): ipsec_hdrsiz()).
 */
function tooBig(context: StageContext, summary: PacketSummary, mtu: number): StageResult {
  const { marks, packet } = context;
  const inner = marks.beforeIpsec;
  const about = inner ?? packet;
  const told = inner === undefined ? mtu : largestInside(inner.bytes.length, packet.bytes.length, mtu);
  const family = summarizePacket(about)?.family ?? summary.family;
  const error = family === 4 ? { type: 3, code: 4, mtu: told } : { type: 2, code: 0, mtu: told };
  const aboutSummary = summarizePacket(about) ?? summary;
  return {
    outcome: 'dropped',
    said: text(
      inner === undefined
        ? `${packet.bytes.length} bytes do not fit the MTU of ${mtu}, and the packet must not be fragmented; the sender is told the MTU.`
        : `With its IPsec headers the packet has ${packet.bytes.length} bytes, which do not fit the MTU of ${mtu}, and DF is set; the sender is told that ${told} bytes fit.`,
    ),
    answers: icmpErrors({ ...context, packet: about }, aboutSummary, error),
    flow: { kind: 'drop', reason: 'too-big' },
  };
}

/** ESP pads to blocks of at most 16 bytes, so a few bytes below the difference are always enough. */
function largestInside(innerBytes: number, outerBytes: number, mtu: number): number {
  const overhead = outerBytes - innerBytes;
  return Math.max(68, (mtu - overhead) & ~15);
}

/** Fragments of one packet share these (RFC 791 section 3.2). */
export function fragmentKey(summary: PacketSummary): string {
  return `${formatAddress(summary.source)} ${formatAddress(summary.destination)} ${summary.protocol} ${summary.id}`;
}

export function reassembleStage(context: StageContext): StageResult {
  const summary = summarizePacket(context.packet);
  if (summary === undefined || (!summary.moreFragments && summary.fragmentOffset === 0))
    return { outcome: 'continue', quiet: true, said: text('Not a fragment.'), flow: NEXT };
  const key = fragmentKey(summary);
  const waiting = [...(context.state.fragments.get(key) ?? []), context.packet];
  const whole = reassemble(waiting);
  if (whole === undefined) {
    context.state.fragments.set(key, waiting);
    return {
      outcome: 'continue',
      said: text(`Fragment at byte ${summary.fragmentOffset} waits for the others.`),
      flow: { kind: 'hold' },
    };
  }
  context.state.fragments.delete(key);
  return {
    outcome: 'changed',
    said: text(`${waiting.length} fragments are put together: `, value(packetOneLine(whole)), '.'),
    packet: whole,
    flow: NEXT,
  };
}

/** An error about the packet, unless RFC 1122 section 3.2.2 or the platform forbids one. */
export function icmpErrors(
  context: StageContext,
  summary: PacketSummary,
  error: { type: number; code: number; mtu?: number },
): readonly Packet[] {
  const { gateway, marks } = context;
  if (marks.cameBy.some((sa) => sa.protocol === 'esp') && !gateway.platform.icmp.errorsAboutDecrypted)
    return [];
  if (summary.fragmentOffset > 0 || isIcmpError(summary)) return [];
  const from = errorSource(context, summary);
  if (from === undefined) return [];
  const packet = buildIcmpError(context.packet, {
    ...error,
    from,
    quotedBytes: gateway.platform.icmp.quotedBytes,
  });
  return packet === undefined ? [] : [rewritePacket(packet, { ttl: gateway.platform.icmp.ttl })];
}

function isIcmpError(summary: PacketSummary): boolean {
  if (summary.icmpType === undefined) return false;
  if (summary.protocol === 58) return summary.icmpType < 128;
  return summary.protocol === 1 && [3, 4, 5, 11, 12].includes(summary.icmpType);
}

/** The address the packet was sent to when it is ours, else that of the interface it came in by. */
function errorSource(context: StageContext, summary: PacketSummary): Address | undefined {
  const { gateway, marks } = context;
  const own = gateway.interfaces.flatMap((i) => i.addresses.map((p) => p.address));
  const addressed = own.find((a) => a.family === summary.family && a.value === summary.destination.value);
  if (addressed !== undefined) return addressed;
  const receiving = marks.receivedOn?.addresses.find((p) => p.address.family === summary.family)?.address;
  return receiving ?? own.find((a) => a.family === summary.family);
}

export function malformed(): StageResult {
  return {
    outcome: 'dropped',
    said: text('The IP header cannot be read; the packet is dropped.'),
    flow: { kind: 'drop', reason: 'malformed' },
  };
}
