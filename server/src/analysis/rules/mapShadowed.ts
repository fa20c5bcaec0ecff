/**
 * `ipnat/map-shadowed`: a map that stands first and yet does not get the packets of a later one with a longer mask
 * (`ipf_nat_checkout` looks longer masks up first). Both sides of the claim are tried with the engine: with both
 * rules the later one translates the packet, without it the first one does.
 */
import { buildPacket } from '../../packet/build';
import { formatPacketLine } from '../../packet/formatLine';
import type { PacketSpec } from '../../packet/notation';
import { address4, address6, formatAddress } from '../../policy/address';
import { intersectIntervals } from '../../policy/intervals';
import type { NatRule } from '../../policy/nat';
import type { Gateway } from '../../simulator/network';
import type { Work } from '../../text/work';
import type { Values } from './boxes';
import { lineOf, type RuleFinding } from './finding';
import { addressesOf, ruleThatMaps } from './natTrial';

const MOST_PAIRS = 20_000;
/** Rules loaded to try pairs. */
const MOST_LOADED = 100_000;

export function* mapShadowed(gateway: Gateway): Work<readonly RuleFinding[]> {
  const nat = gateway.nat;
  if (nat === undefined) return [];
  const findings: RuleFinding[] = [];
  const maps = nat.rules.filter(isMap);
  let pairs = 0;
  let loaded = 0;
  for (let i = 0; i < maps.length; i++) {
    const first = maps[i]!;
    for (let j = i + 1; j < maps.length; j++) {
      if (++pairs > MOST_PAIRS || loaded > MOST_LOADED) return findings;
      const later = maps[j]!;
      if (first.body.interfaces[0] !== later.body.interfaces[0]) continue;
      if (lengthOf(later) <= lengthOf(first)) continue;
      const spec = sharedPacket(first, later);
      if (spec === undefined) continue;
      loaded += 2 * nat.rules.length;
      yield;
      const packet = buildPacket(spec);
      const iface = first.body.interfaces[0]!;
      if (ruleThatMaps(gateway, nat, packet, iface) !== later) continue;
      const without = { ...nat, rules: nat.rules.filter((r) => r !== later) };
      if (ruleThatMaps(gateway, without, packet, iface) !== first) continue;
      findings.push({
        code: 'ipnat/map-shadowed',
        severity: 'information',
        origin: first.origin,
        message: `Packets from ${formatAddress(spec.source)} are not translated by this rule, though it comes first: ${lineOf(later.origin, first.origin)} has a longer mask, and ipnat looks longer masks up first. Write the narrower rule before this one.`,
        related: [{ origin: later.origin, message: 'translates them, having the longer mask' }],
        witness: formatPacketLine(spec),
      });
      break;
    }
  }
  return findings;
}

function isMap({ body }: NatRule): boolean {
  return (
    (body.kind === 'map' || body.kind === 'map-block') &&
    !body.exempt &&
    body.direction === 'out' &&
    body.source.address.kind === 'masked' &&
    !body.source.negated &&
    body.unmodelled === undefined
  );
}

function lengthOf({ body }: NatRule): number {
  return body.source.address.kind === 'masked' ? (body.source.address.length ?? 0) : 0;
}

/** A packet that both would take; undefined when there is none, or it cannot be told. */
function sharedPacket(first: NatRule, later: NatRule): PacketSpec | undefined {
  const family = later.body.source.address.kind === 'masked' ? later.body.source.address.value.family : 4;
  const source = shared(first, later, 'source', family);
  const destination = shared(first, later, 'destination', family);
  const ports = portsOf(first, later);
  if (source === undefined || destination === undefined || ports === undefined) return undefined;
  const protocol = [6, 17, 1].find((p) => takes(first, p) && takes(later, p));
  if (protocol === undefined) return undefined;
  const base = {
    direction: 'out' as const,
    interface: first.body.interfaces[0]!,
    source: addressIn(source, family),
    destination: addressIn(destination, family),
    protocol: protocol === 1 && family === 6 ? 58 : protocol,
  };
  if (protocol === 1) return base;
  return { ...base, ...ports, ...(protocol === 6 ? { tcpFlags: 2 } : {}) };
}

function takes({ body }: NatRule, protocol: number): boolean {
  const { ports } = body;
  const allocated = ports !== undefined && 'protocols' in ports ? ports.protocols : [];
  return [body.protocols, allocated].every((list) => list.length === 0 || list.includes(protocol));
}

function shared(
  first: NatRule,
  later: NatRule,
  side: 'source' | 'destination',
  family: 4 | 6,
): Values | undefined {
  const a = addressesOf(first.body[side], family);
  const b = addressesOf(later.body[side], family);
  const both = a === undefined || b === undefined ? undefined : intersectIntervals(a, b);
  return both === undefined || both.length === 0 ? undefined : both;
}

function portsOf(
  first: NatRule,
  later: NatRule,
): { sourcePort: number; destinationPort: number } | undefined {
  const pick = (side: 'source' | 'destination', liked: number): number | undefined => {
    const both = intersectIntervals(
      first.body[side].ports ?? [[0, 65535]],
      later.body[side].ports ?? [[0, 65535]],
    );
    return both.some(([a, b]) => a <= liked && liked <= b) ? liked : both[0]?.[0];
  };
  const sourcePort = pick('source', 40000);
  const destinationPort = pick('destination', 80);
  return sourcePort === undefined || destinationPort === undefined
    ? undefined
    : { sourcePort, destinationPort };
}

/** A host of the first range, not its network's own address. */
function addressIn(values: Values, family: 4 | 6) {
  const [first, last] = values[0]!;
  const all = values.length === 1 && Number(last) - Number(first) > 2 ** 31;
  if (family === 4) return address4(all ? 0xc6336409 : Math.min(Number(first) + 5, Number(last)));
  return address6(BigInt(first) + (BigInt(last) - BigInt(first) > 5n ? 5n : 0n));
}
