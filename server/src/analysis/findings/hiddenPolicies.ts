/**
 * `ipsec/policy-hidden`: the first entry that takes a packet counts (sys/netipsec/key.c, key_allocsp()), so an
 * entry whose whole selector an earlier one covers never decides anything.
 */
import { buildPacket } from '../../packet/build';
import { summarizePacket } from '../../packet/decode';
import { formatPacketLine } from '../../packet/notation';
import {
  formatAddress,
  formatPrefix,
  normalizePrefix,
  type Prefix,
  prefixContains,
} from '../../policy/address';
import type { IpsecRequest, SecurityPolicy, TrafficSelector } from '../../policy/ipsec';
import { lookUpPolicy } from '../../simulator/ipsec/spd';
import type { Gateway } from '../../simulator/network';
import type { WitnessedFinding } from '../snapshot';
import type { NetworkFinder } from './networkFinder';
import { packetOfPolicy } from './representatives';

const MOST_HIDDEN = 24;

export const hiddenPolicies: NetworkFinder = function* ({ network }) {
  const found: WitnessedFinding[] = [];
  for (const gateway of network.gateways) {
    if (gateway.platform.ipsec.policyOrder !== 'entry') continue;
    for (const pair of hiddenPairs(gateway.ipsec.policies)) {
      if (found.length >= MOST_HIDDEN) break;
      if (pair === undefined) {
        yield;
        continue;
      }
      const [later, earlier] = pair;
      const spec = packetOfPolicy(network, gateway, later);
      const summary = summarizePacket(buildPacket(spec));
      if (summary === undefined) continue;
      const taker = lookUpPolicy(gateway.ipsec, later.direction, summary, {
        behaviour: gateway.platform.ipsec,
        forwarded: false,
      });
      if (taker === undefined || taker === later) continue;
      found.push(hidden(gateway, later, earlier, formatPacketLine(spec)));
    }
  }
  return found;
};

/** Each entry that one entry before it covers, with the first that does; undefined now and then, for a pause. */
function* hiddenPairs(
  policies: readonly SecurityPolicy[],
): Generator<[SecurityPolicy, SecurityPolicy] | undefined> {
  const before = { in: new SelectorIndex(), out: new SelectorIndex(), fwd: new SelectorIndex() };
  for (const [i, later] of policies.entries()) {
    if (i % 1000 === 999) yield undefined;
    const earlier = before[later.direction].firstThatCovers(later);
    if (earlier === undefined) before[later.direction].add(later);
    else yield [later, earlier];
  }
}

/**
 * Policies by the two prefixes of their selectors. A covering one has prefixes that are as long or shorter, and of
 * each pair of lengths in use there is one pair of prefixes to look at.
 */
export class SelectorIndex {
  private readonly byPrefixes = new Map<
    string,
    { readonly policy: SecurityPolicy; readonly order: number }[]
  >();
  private readonly lengths = new Map<string, readonly [source: number, destination: number]>();
  private count = 0;

  add(policy: SecurityPolicy): void {
    const { source, destination } = policy.selector;
    this.lengths.set(`${source.length} ${destination.length}`, [source.length, destination.length]);
    const key = `${keyOf(source, source.length)} ${keyOf(destination, destination.length)}`;
    const known = this.byPrefixes.get(key);
    const entry = { policy, order: this.count++ };
    if (known === undefined) this.byPrefixes.set(key, [entry]);
    else known.push(entry);
  }

  firstThatCovers({ selector }: SecurityPolicy): SecurityPolicy | undefined {
    const { source, destination } = selector;
    let first: { readonly policy: SecurityPolicy; readonly order: number } | undefined;
    for (const [from, to] of this.lengths.values()) {
      if (from > source.length || to > destination.length) continue;
      const key = `${keyOf(source, from)} ${keyOf(destination, to)}`;
      const found = this.byPrefixes.get(key)?.find((e) => covers(e.policy.selector, selector));
      if (found !== undefined && (first === undefined || found.order < first.order)) first = found;
    }
    return first?.policy;
  }
}

function keyOf({ address }: Prefix, length: number): string {
  return formatPrefix(normalizePrefix({ address, length }));
}

export function covers(wide: TrafficSelector, narrow: TrafficSelector): boolean {
  return (
    coversPrefix(wide.source, narrow.source) &&
    coversPrefix(wide.destination, narrow.destination) &&
    coversValue(wide.protocol, narrow.protocol) &&
    coversValue(wide.sourcePort, narrow.sourcePort) &&
    coversValue(wide.destinationPort, narrow.destinationPort) &&
    coversValue(wide.icmpType, narrow.icmpType) &&
    coversValue(wide.icmpCode, narrow.icmpCode)
  );
}

function coversPrefix(wide: Prefix, narrow: Prefix): boolean {
  return wide.length <= narrow.length && prefixContains(wide, narrow.address);
}

function coversValue(wide: number | undefined, narrow: number | undefined): boolean {
  return wide === undefined || wide === narrow;
}

function hidden(
  gateway: Gateway,
  later: SecurityPolicy,
  earlier: SecurityPolicy,
  witness: string,
): WitnessedFinding {
  const differs = later.action !== earlier.action || !sameRequests(later, earlier);
  const short = [saying(earlier, protectionOf), saying(later, protectionOf)];
  // Two tunnels differ in their ends.
  const says = short[0] === short[1] ? [saying(earlier, requestText), saying(later, requestText)] : short;
  return {
    code: 'ipsec/policy-hidden',
    severity: differs ? 'warning' : 'information',
    message: `This entry never decides: ${gateway.platform.title} takes the first that fits, and the entry in line ${earlier.origin.line + 1} takes everything this one is for${differs ? ` and says ${says.join(', not ')}. Enter this one first` : '. Remove it'}.`,
    origins: [later.origin, earlier.origin],
    roles: ['takes the packets first'],
    unnecessary: true,
    witness,
  };
}

function saying({ action, requests }: SecurityPolicy, text: (request: IpsecRequest) => string): string {
  return action === 'ipsec' ? `\`ipsec ${requests.map(text).join(' ')}\`` : `\`${action}\``;
}

function protectionOf({ protocol, mode }: IpsecRequest): string {
  return `${protocol}/${mode}`;
}

/** As setkey(8) writes it. */
function requestText({ protocol, mode, tunnel, level, uniqueId }: IpsecRequest): string {
  const ends =
    tunnel === undefined ? '' : `${formatAddress(tunnel.source)}-${formatAddress(tunnel.destination)}`;
  return `${protocol}/${mode}/${ends}/${level}${uniqueId === undefined ? '' : `:${uniqueId}`}`;
}

function sameRequests(a: SecurityPolicy, b: SecurityPolicy): boolean {
  const text = (p: SecurityPolicy) =>
    p.requests
      .map((r) =>
        [r.protocol, r.mode, r.level, r.uniqueId, r.tunnel?.source.value, r.tunnel?.destination.value].join(
          '/',
        ),
      )
      .join(' ');
  return text(a) === text(b);
}
