/** Is it for us, where does it go, may it live on: the stages of plain IP forwarding. */
import { summarizePacket } from '../../packet/decode';
import { fragmentPacket, reassemble } from '../../packet/fragment';
import { buildIcmpError } from '../../packet/icmpError';
import { headerEstimate } from '../../packet/ipsec';
import { packetOneLine } from '../../packet/oneLine';
import type { Packet, PacketSummary } from '../../packet/packet';
import { rewritePacket } from '../../packet/rewrite';
import { settingValue } from '../../platforms/settings';
import { type Address, formatAddress } from '../../policy/address';
import { interfaceWithAddress, isForGateway, LOOPBACK, routeTo } from '../addressing';
import type { Gateway } from '../network';
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
  if (!forwards(gateway, summary.family)) {
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

function forwards({ forwarding, platform, settings }: Gateway, family: 4 | 6): boolean {
  const name =
    platform.id === 'linux'
      ? 'net.ipv4.ip_forward'
      : family === 4
        ? 'net.inet.ip.forwarding'
        : 'net.inet6.ip6.forwarding';
  return forwarding && settingValue(settings, name) !== 0;
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
    marks: { ...context.marks, asReceived: context.packet },
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
      answers: errorsAboutForwarded(context, {
        v4: { type: 3, code: marks.putOn === undefined ? gateway.platform.icmp.noRouteCode : 1 },
        v6: { type: 1, code: 0 },
      }),
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

/** The sender of a tunnelled packet is told what fits inside, as its kernel reckons it. */
function tooBig(context: StageContext, summary: PacketSummary, mtu: number): StageResult {
  const { gateway, marks, packet } = context;
  const inner = marks.putOn === undefined ? undefined : marks.asReceived;
  const told = inner === undefined ? mtu : Math.max(68, mtu - headersFor(context, inner));
  const answers = errorsAboutForwarded(context, {
    v4: { type: 3, code: 4, mtu: told },
    v6: { type: 2, code: 0, mtu: told },
  });
  const size = `${packet.bytes.length} bytes`;
  const limit = `the MTU of ${mtu}`;
  const informed =
    answers.length > 0
      ? `the sender is told that ${told} bytes fit`
      : `${gateway.name} tells nobody${marks.asReceived === undefined ? ' but its own program' : ''}`;
  return {
    outcome: 'dropped',
    said: text(
      marks.putOn === undefined
        ? `${size} do not fit ${limit}, and ${summary.family === 4 ? 'DF is set' : 'IPv6 routers do not fragment'}; ${informed}.`
        : `With its IPsec headers the packet has ${size}, which do not fit ${limit}, and DF is set; ${informed}.`,
    ),
    answers,
    flow: { kind: 'drop', reason: 'too-big' },
  };
}

/**
 * Bytes that a kernel takes off the MTU for the headers of a tunnel (sys/netipsec/ipsec.c, ipsec_hdrsiz()). What it
 * reckons with need not be what it puts on: the association's algorithms, or the largest there are.
 */
function headersFor({ gateway, packet, marks }: StageContext, inner: Packet): number {
  // ESP pads to blocks of at most 16 bytes, so a block above the difference is always enough.
  const asSeen = packet.bytes.length - inner.bytes.length + 15;
  const rule = gateway.platform.ipsec.headerEstimate;
  if (rule === 'as-seen') return asSeen;
  let sum = 0;
  for (const { request, association } of marks.putOn ?? []) {
    const { family } = association.destination;
    const header =
      rule === 'largest' ? LARGEST_HEADERS[association.protocol] : headerEstimate(association, family);
    if (header === undefined) return asSeen;
    sum += header + (request.mode === 'tunnel' ? (family === 4 ? 20 : 40) : 0);
  }
  return sum;
}

/** esp_hdrsiz(NULL), ah_hdrsiz(NULL): header, IV, padding and trailer, and an ICV of 16 bytes. */
const LARGEST_HEADERS = { esp: 8 + 16 + 9 + 16, ah: 12 + 16, ipcomp: 4 };

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

/**
 * An error about a packet that this gateway forwards, quoted as it came in: before its TTL was counted down, before
 * NAT and before IPsec. About what the gateway sends itself its own program is told, and nobody else.
 */
export function errorsAboutForwarded(
  context: StageContext,
  error: Readonly<Record<'v4' | 'v6', { type: number; code: number; mtu?: number }>>,
): readonly Packet[] {
  const about = context.marks.asReceived;
  const summary = about && summarizePacket(about);
  if (about === undefined || summary === undefined) return [];
  return icmpErrors({ ...context, packet: about }, summary, summary.family === 4 ? error.v4 : error.v6);
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
