/**
 * A packet that a statement decides about. Candidates come from what the statement itself says it takes; each is
 * walked, and only one whose walk meets the statement is offered.
 */
import { packetFor, packetOfPolicy } from '../analysis/findings/representatives';
import { type Box, intersectBoxes, subtractBox, tidy } from '../analysis/rules/boxes';
import { addressesOf } from '../analysis/rules/natTrial';
import { Space } from '../analysis/rules/space';
import { witnessIn } from '../analysis/rules/witness';
import type { Project, Snapshot, WalkResult } from '../analysis/snapshot';
import { formatPacketLine } from '../packet/formatLine';
import { parsePacketLine } from '../packet/parseLine';
import { type Address, address4, address6, type Prefix, prefixBounds } from '../policy/address';
import type { FilterChain, FilterProgram, FilterRule } from '../policy/filter';
import { type AddressField, allOf, anyOf, type Match } from '../policy/match';
import type { NatRule, NatSelector } from '../policy/nat';
import type { Origin } from '../policy/origin';
import type { Gateway, Network, SamplePacket } from '../simulator/network';
import type { TextRange } from '../text/range';
import { originWithin, policyFile } from './places';
import { touches } from './walks';

export type FoundPacket =
  | { readonly notation: string; readonly walk: WalkResult }
  | { readonly error: string };

export function findPacket(snapshot: Snapshot, uri: string, part: TextRange): FoundPacket {
  const project = snapshot.projectOf(uri);
  if (project === undefined || policyFile(snapshot, uri) === undefined)
    return { error: 'The file is not part of any gateway folder.' };
  const mine = new Set(project.gatewaysOf(uri));
  const gateways = project.network.gateways.filter((g) => mine.has(g.name));
  let tried = 0;
  for (const notation of candidates(project.network, gateways, (o) => originWithin(o, uri, part))) {
    if (tried++ >= mostTried) break;
    const walk = walkOf(project, notation);
    if (walk !== undefined && touches(walk.trace, uri, part)) return { notation, walk };
  }
  return {
    error:
      tried === 0
        ? 'There is no filter rule, translation or policy here that packets could meet.'
        : `None of ${tried} packets made from what is written here gets to it: other rules or stages decide about them before.`,
  };
}

/** Walks, at most. */
const mostTried = 60;

function walkOf(project: Project, notation: string): WalkResult | undefined {
  const { spec } = parsePacketLine(notation);
  if (spec === undefined) return undefined;
  const origin = { file: '', start: 0, end: notation.length, line: 0 };
  const packet: SamplePacket = { name: notation, notation, spec, origin };
  return project.walk({ packet, reply: false });
}

type IsMeant = (origin: Origin) => boolean;

/** Packet lines, the likeliest first. */
function* candidates(network: Network, gateways: readonly Gateway[], isMeant: IsMeant): Generator<string> {
  for (const gateway of gateways) {
    if (gateway.filter !== undefined) yield* forFilterRules(gateway, gateway.filter, isMeant);
    for (const rule of gateway.nat?.rules ?? []) if (isMeant(rule.origin)) yield* forNatRule(gateway, rule);
    const { policies, associations } = gateway.ipsec;
    // Which association a packet gets is the policies' choice: any of them may lead to it.
    const wanted = associations.some((sa) => isMeant(sa.origin))
      ? policies
      : policies.filter((p) => isMeant(p.origin));
    for (const policy of wanted) {
      const spec = packetOfPolicy(network, gateway, policy);
      yield formatPacketLine(spec);
      for (const iface of gateway.interfaces)
        yield formatPacketLine({ ...spec, direction: 'in', interface: iface.name });
    }
  }
}

function* forFilterRules(gateway: Gateway, program: FilterProgram, isMeant: IsMeant): Generator<string> {
  for (const chain of program.chains.values())
    for (const [position, rule] of chain.rules.entries()) {
      if (!isMeant(rule.origin)) continue;
      for (const family of [4, 6] as const) {
        const space = new Space(family);
        const boxes = entering(gateway, program, chain, rule, space, 0);
        // First what nothing else in the list takes, then what the rule may take at all.
        const [before, after] = [chain.rules.slice(0, position), chain.rules.slice(position + 1)];
        const alone = without(without(boxes, before.filter(endsScan), space), after, space);
        for (const box of [...alone, ...boxes]) {
          const witness = witnessIn(box, space, chain.direction);
          if (witness !== undefined) yield witness.line;
        }
      }
    }
}

/** What the rule matches of what gets into its list: what its heads match, up to the outermost. */
function entering(
  gateway: Gateway,
  program: FilterProgram,
  chain: FilterChain,
  rule: FilterRule,
  space: Space,
  depth: number,
): readonly Box[] {
  const own = space.atMost(withAddresses(rule.body.match, gateway));
  if (Object.values(program.entries).includes(chain.name) || depth > deepestGroup) return own;
  const outer = [...program.chains.values()].flatMap((c) =>
    c.rules
      .filter(({ body }) => body.next.kind === 'head' && body.next.chain === chain.name)
      .slice(0, mostHeads)
      .flatMap((head) => entering(gateway, program, c, head, space, depth + 1)),
  );
  return own.flatMap((a) =>
    outer.flatMap((b) => {
      const both = intersectBoxes(a, b);
      return (both === undefined ? undefined : tidy(both, space.family)) ?? [];
    }),
  );
}

/** Tables and interface addresses as the addresses they are: of them a packet can be made. */
function withAddresses(match: Match, gateway: Gateway): Match {
  switch (match.kind) {
    case 'and':
    case 'or':
      return { kind: match.kind, of: match.of.map((part) => withAddresses(part, gateway)) };
    case 'not':
      return { kind: 'not', of: withAddresses(match.of, gateway) };
    case 'pool': {
      const { type, name, inline } = match.pool;
      const pool = gateway.pools.find((p) => p.type === type && p.name === name);
      const entries = inline ?? pool?.entries ?? [];
      const taken = anyOf(entries.filter((e) => !e.negated).map((e) => within(match.field, e)));
      const left = entries
        .filter((e) => e.negated)
        .map((e): Match => ({ kind: 'not', of: within(match.field, e) }));
      return entries.length === 0 ? match : allOf([taken, ...left]);
    }
    case 'interface-address': {
      const iface = gateway.interfaces.find((i) => i.name === match.of.name);
      if (iface === undefined || iface.addresses.length === 0 || match.of.part === 'peer') return match;
      return anyOf(
        iface.addresses.map((own) =>
          within(
            match.field,
            match.of.part === 'address' ? { ...own, length: own.address.family === 4 ? 32 : 128 } : own,
          ),
        ),
      );
    }
    default:
      return match;
  }
}

function within(field: AddressField, prefix: Prefix): Match {
  const { first, last } = prefixBounds(prefix);
  const set =
    first.family === 4 && last.family === 4
      ? { v4: [[first.value, last.value]] as const, v6: [] }
      : { v4: [], v6: [[BigInt(first.value), BigInt(last.value)]] as const };
  return { kind: 'address', field, set };
}

function endsScan({ body }: FilterRule): boolean {
  return body.next.kind === 'stop' || (body.next.kind === 'head' && body.next.stop);
}

/** A bounded try: the walk has the last word. */
function without(boxes: readonly Box[], rules: readonly FilterRule[], space: Space): readonly Box[] {
  let left = boxes;
  for (const rule of rules.slice(-mostNeighbours))
    for (const taken of space.atLeast(rule.body.match)) {
      left = left.flatMap((box) => subtractBox(box, taken, space.family));
      if (left.length > mostPieces) left = left.slice(0, mostPieces);
    }
  return left;
}

const deepestGroup = 4;
const mostHeads = 4;
const mostNeighbours = 2000;
const mostPieces = 48;

function* forNatRule(gateway: Gateway, { body }: NatRule): Generator<string> {
  const names = body.interfaces.length > 0 ? body.interfaces : gateway.interfaces.map((i) => i.name);
  const directions = body.direction === 'both' ? (['out', 'in'] as const) : [body.direction];
  const family = body.family ?? 4;
  const source = oneOf(body.source, family, gateway, elsewhere[family]);
  const destination = oneOf(body.destination, family, gateway, elsewhere[family]);
  for (const direction of directions)
    for (const name of names) {
      // A two-way mapping is met from outside by its new address.
      const arriving =
        direction === 'in' && body.direction === 'both' ? newAddress(body.newSource) : undefined;
      for (const protocol of body.protocols.length > 0 ? body.protocols : [6, 17, 1]) {
        const sourcePort = body.source.ports?.[0]?.[0];
        const destinationPort = body.destination.ports?.[0]?.[0];
        const selector = {
          protocol,
          ...(sourcePort !== undefined && { sourcePort }),
          ...(destinationPort !== undefined && { destinationPort }),
        };
        const spec =
          arriving === undefined
            ? packetFor(selector, source, destination)
            : packetFor(selector, elsewhere[family], arriving);
        yield formatPacketLine({ ...spec, direction, interface: name });
      }
    }
}

function newAddress(target: NatRule['body']['newSource']): Address | undefined {
  return target?.kind === 'network' ? target.address : target?.kind === 'range' ? target.first : undefined;
}

function oneOf(selector: NatSelector, family: 4 | 6, gateway: Gateway, liked: Address): Address {
  const { address } = selector;
  if (address.kind === 'interface') {
    const iface = gateway.interfaces.find((i) => i.name === address.of.name);
    return iface?.addresses.find((p) => p.address.family === family)?.address ?? liked;
  }
  const ranges = addressesOf(selector, family);
  const first = ranges?.[0];
  if (first === undefined || ranges!.some(([a, b]) => a <= liked.value && liked.value <= b)) return liked;
  if (family === 4) return address4(Math.min(Number(first[0]) + 5, Number(first[1])));
  const next = BigInt(first[0]) + 5n;
  return address6(next < BigInt(first[1]) ? next : BigInt(first[1]));
}

/** Documentation addresses (RFC 5737, RFC 3849). */
const elsewhere: Readonly<Record<4 | 6, Address>> = {
  4: address4(0xc6336407),
  6: address6(0x20010db8000900000000000000000009n),
};
