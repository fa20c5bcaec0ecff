/**
 * Security associations that two gateways should have alike and have not (`ipsec/sa-mismatch`), and requests that
 * several associations would serve (`ipsec/several-sas`). A mismatch is confirmed with bytes: a packet is protected
 * as the sender's association says and put before the receiver, without its filter and NAT, which are another
 * matter. Keys are compared and never shown.
 */
import { buildPacket } from '../../packet/build';
import { protect } from '../../packet/ipsec';
import { formatPacketLine } from '../../packet/notation';
import { formatAddress, sameAddress } from '../../policy/address';
import type { KeyedAlgorithm, SecurityAssociation } from '../../policy/ipsec';
import { interfaceWithAddress } from '../../simulator/addressing';
import { associationsFor } from '../../simulator/ipsec/spd';
import { spiName } from '../../simulator/ipsec/words';
import type { Gateway, Network } from '../../simulator/network';
import { walk } from '../../simulator/walk';
import type { WitnessedFinding } from '../snapshot';
import type { NetworkFinder } from './networkFinder';
import { policiesOf } from './policyProbes';
import { packetOfPolicy } from './representatives';

/** Pairs of associations compared in one network. */
const MOST_COMPARED = 64;
const MOST_SEVERAL = 12;

export const differingAssociations: NetworkFinder = ({ network }) => {
  const found: WitnessedFinding[] = [];
  let compared = 0;
  for (const sender of network.gateways)
    for (const receiver of network.gateways) {
      if (receiver === sender) continue;
      for (const sa of sender.ipsec.associations) {
        const theirs = receiver.ipsec.associations.filter((t) => sameEnds(t, sa));
        if (interfaceWithAddress(sender, sa.source) === undefined) continue;
        if (interfaceWithAddress(receiver, sa.destination) === undefined) continue;
        if (receiver.ipsec.associations.length === 0 || ++compared > MOST_COMPARED) continue;
        const twin = theirs.find((t) => t.spi === sa.spi);
        const differences = twin === undefined ? ['spi'] : differencesOf(sa, twin);
        if (differences.length === 0 || arrives(network, receiver, sa)) continue;
        found.push(mismatch(sender, receiver, sa, twin, theirs, differences));
      }
    }
  return found;
};

function sameEnds(a: SecurityAssociation, b: SecurityAssociation): boolean {
  return (
    a.protocol === b.protocol && sameAddress(a.source, b.source) && sameAddress(a.destination, b.destination)
  );
}

/** What keeps one side from reading what the other made, in words. */
function differencesOf(a: SecurityAssociation, b: SecurityAssociation): readonly string[] {
  const found: string[] = [];
  const compare = (what: string, mine: KeyedAlgorithm | undefined, theirs: KeyedAlgorithm | undefined) => {
    if (mine?.name !== theirs?.name)
      found.push(`the ${what} algorithm (${mine?.name ?? 'none'} against ${theirs?.name ?? 'none'})`);
    else if (mine !== undefined && theirs !== undefined && !sameBytes(mine.key, theirs.key))
      found.push(`the ${what} key`);
  };
  compare('encryption', a.encryption, b.encryption);
  compare('authentication', a.authentication, b.authentication);
  if (a.compression !== b.compression) found.push('the compression algorithm');
  if (a.mode !== b.mode && a.mode !== 'any' && b.mode !== 'any')
    found.push(`the mode (${a.mode} against ${b.mode})`);
  return found;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** What the sender's association makes, put before the receiver: does it come out as it went in? */
function arrives(network: Network, receiver: Gateway, sa: SecurityAssociation): boolean {
  const inner = buildPacket(insideOf(sa));
  const mode = sa.mode === 'transport' ? 'transport' : 'tunnel';
  const sealed = protect(inner, sa, { mode, sequence: 1, iv: 'deterministic' });
  const iface = interfaceWithAddress(receiver, sa.destination);
  // What cannot be computed here proves nothing.
  if (sealed.failure !== undefined || iface === undefined) return true;
  const { filter: _filter, nat: _nat, ...bare } = receiver;
  const alone = { ...network, gateways: network.gateways.map((g) => (g === receiver ? bare : g)) };
  const trace = walk(alone, sealed.packet, { kind: 'interface', gateway: bare, interface: iface });
  return trace.steps.some(
    (s) =>
      s.node === receiver.name &&
      s.stage === 'ipsec-in' &&
      s.outcome === 'changed' &&
      sameBytes(s.after.bytes, inner.bytes),
  );
}

function insideOf(sa: SecurityAssociation) {
  return {
    source: sa.source,
    destination: sa.destination,
    protocol: 17,
    sourcePort: 40000,
    destinationPort: 9,
    payloadLength: 16,
  };
}

function mismatch(
  sender: Gateway,
  receiver: Gateway,
  sa: SecurityAssociation,
  twin: SecurityAssociation | undefined,
  theirs: readonly SecurityAssociation[],
  differences: readonly string[],
): WitnessedFinding {
  const what = `${sa.protocol.toUpperCase()} from ${formatAddress(sa.source)} to ${formatAddress(sa.destination)}`;
  const others = theirs.map((t) => spiName(t.spi)).join(', ');
  // The oldest sends; a younger one that only the sender has does no harm until it is the only one.
  const used = sender.ipsec.associations.find((s) => sameEnds(s, sa));
  const idle = twin === undefined && used !== sa && theirs.some((t) => t.spi === used?.spi);
  const message =
    twin === undefined
      ? `${receiver.name} has no association with SPI ${spiName(sa.spi)} for ${what}${others === '' ? '' : `, only ${others}`}: it ${idle ? 'would drop' : 'drops'} what ${sender.name} sends with this one as unknown.${idle ? ` As long as both have ${spiName(used?.spi ?? 0)}, that one is used.` : ''} Give both files the same SPI.`
      : `${sender.name} and ${receiver.name} differ in ${list(differences)} of the association ${spiName(sa.spi)} for ${what}: ${receiver.name} cannot read what ${sender.name} sends. Make the two lines alike.`;
  return {
    code: 'ipsec/sa-mismatch',
    severity: idle ? 'information' : 'error',
    message,
    origins: [sa.origin, ...(twin === undefined ? theirs : [twin]).map((t) => t.origin)],
    roles: (twin === undefined ? theirs : [twin]).map(() => `the association of ${receiver.name}`),
    witness: formatPacketLine({
      source: sa.source,
      destination: sa.destination,
      protocol: sa.protocol === 'esp' ? 50 : sa.protocol === 'ah' ? 51 : 108,
      spi: sa.spi,
    }),
  };
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Source: sys/netipsec/key.c, key_allocsa_policy(): the oldest, unless `net.key.prefered_oldsa` is 0. */
export const severalAssociations: NetworkFinder = (prober) => {
  const found: WitnessedFinding[] = [];
  const told = new Set<SecurityAssociation>();
  for (const gateway of prober.network.gateways)
    for (const policy of policiesOf(gateway, 'out')) {
      const spec = packetOfPolicy(prober.network, gateway, policy);
      for (const request of policy.requests) {
        const serving = associationsFor(gateway.ipsec, request, spec);
        const unused = serving.slice(1).filter((sa) => !told.has(sa));
        if (serving.length < 2 || unused.length === 0 || found.length >= MOST_SEVERAL) continue;
        const probe = prober.probe(spec);
        const used = serving.find((sa) =>
          probe?.trace.steps.some(
            (s) => s.node === gateway.name && s.direction === 'out' && s.depth === 0 && s.spi === sa.spi,
          ),
        );
        if (probe === undefined || used === undefined) continue;
        for (const sa of serving) told.add(sa);
        const idle = serving.filter((sa) => sa !== used);
        found.push({
          code: 'ipsec/several-sas',
          severity: 'information',
          message: `${serving.length} associations would serve this policy for ${formatAddress(used.source)} to ${formatAddress(used.destination)}. ${gateway.name} sends with ${spiName(used.spi)}, the oldest, and never with ${list(idle.map((sa) => spiName(sa.spi)))}. Remove what is not needed, or tell them apart with \`unique:N\` and \`-u N\`.`,
          origins: [policy.origin, used.origin, ...idle.map((sa) => sa.origin)],
          roles: ['the association that is used', ...idle.map(() => 'never used for sending')],
          witness: probe.witness,
        });
      }
    }
  return found;
};
