/**
 * Turns the entries of a network file into the network the simulator walks: names are looked up, interfaces
 * and hosts are put on their segments, and the policy files of each gateway are merged in the order written.
 * Whatever does not fit is a problem at the word that says it; the rest still makes a network.
 */
import { platformById, platforms } from '../../platforms';
import { type Address, formatPrefix, normalizePrefix, prefixContains } from '../../policy/address';
import { mergeFilterPrograms } from '../../policy/filter';
import type { Origin } from '../../policy/origin';
import type { Policy } from '../../policy/policy';
import type {
  Claim,
  Expectation,
  Gateway,
  Host,
  Interface,
  Network,
  Route,
  SamplePacket,
  Segment,
} from '../../simulator/network';
import { REASON_CODES } from '../../simulator/trace';
import type { Problem } from '../../syntax/problem';
import { closestWord } from '../../text/closestWord';
import type { ClaimEntry, GatewayEntry, HostEntry, InterfaceEntry, Named, NetworkFile } from './networkFile';

export interface BuiltNetwork {
  readonly network: Network;
  readonly packets: readonly SamplePacket[];
  readonly expectations: readonly Expectation[];
  readonly problems: readonly Problem[];
  /** Gateway names by policy file path, as written. */
  readonly gatewaysByFile: ReadonlyMap<string, readonly string[]>;
}

/** What a policy file named in the network file turned out to be. */
export type PolicyLookUp =
  | { readonly kind: 'policy'; readonly policy: Policy }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly why: string };

export function buildNetwork(file: NetworkFile, lookUpPolicy: (path: string) => PolicyLookUp): BuiltNetwork {
  const problems: Problem[] = [];
  const segments = new SegmentTable(file, problems);
  const gatewaysByFile = new Map<string, string[]>();
  const gateways = file.gateways.map((entry) => {
    const policies: Policy[] = [];
    for (const named of entry.policyFiles) {
      gatewaysByFile.set(named.name, [...(gatewaysByFile.get(named.name) ?? []), entry.name]);
      const found = lookUpPolicy(named.name);
      if (found.kind === 'policy') policies.push(found.policy);
      else problems.push(policyFileProblem(named, found));
    }
    return buildGateway(entry, policies, segments, problems);
  });
  const hosts = file.hosts.flatMap((entry) => buildHost(entry, segments, problems) ?? []);
  const network: Network = { gateways, hosts, segments: segments.all() };
  checkDuplicateAddresses(network, problems);
  const packets = file.packets.map((p) => {
    if (p.from !== undefined) checkKnown(p.from, nodeNames(network), 'host, gateway or network', problems);
    return {
      name: p.name,
      notation: p.notation,
      spec: p.spec,
      origin: p.origin,
      ...(p.from === undefined ? {} : { from: p.from.name }),
    };
  });
  const expectations = file.expectations.map((e) => {
    checkKnown(
      e.packet,
      packets.map((p) => p.name),
      'sample packet',
      problems,
    );
    return {
      packet: e.packet.name,
      reply: e.reply,
      origin: e.origin,
      claims: e.claims.map((c) => buildClaim(c, network, problems)),
    };
  });
  return { network, packets, expectations, problems, gatewaysByFile };
}

export function mergePolicies(
  policies: readonly Policy[],
): Pick<Gateway, 'filter' | 'nat' | 'ipsec' | 'pools'> {
  const filter = mergeFilterPrograms(policies.flatMap((p) => p.filter ?? []));
  const nats = policies.flatMap((p) => p.nat ?? []);
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(nats.length === 0
      ? {}
      : {
          nat:
            nats.length === 1
              ? nats[0]!
              : { semantics: nats[0]!.semantics, rules: nats.flatMap((n) => n.rules) },
        }),
    ipsec: {
      policies: policies.flatMap((p) => p.ipsec?.policies ?? []),
      associations: policies.flatMap((p) => p.ipsec?.associations ?? []),
    },
    pools: policies.flatMap((p) => p.pools ?? []),
  };
}

function buildGateway(
  entry: GatewayEntry,
  policies: readonly Policy[],
  segments: SegmentTable,
  problems: Problem[],
): Gateway {
  const interfaces = entry.interfaces.map((i): Interface => {
    // What leaves by a tunnel interface goes on inside the gateway: it is on no network.
    const segment = i.tunnel === undefined ? segments.attach(i) : undefined;
    return {
      name: i.name,
      addresses: i.addresses,
      mtu: i.mtu,
      origin: i.origin,
      ...(segment === undefined ? {} : { segment }),
      ...(i.tunnel === undefined ? {} : { tunnel: i.tunnel }),
    };
  });
  const routes = entry.routes.map((r): Route => {
    const { nextHop } = r;
    if (r.interface !== undefined)
      checkKnown(
        { name: r.interface, origin: r.wayOrigin },
        interfaces.map((i) => i.name),
        'interface',
        problems,
      );
    else if (
      nextHop !== undefined &&
      !interfaces.some((i) => i.addresses.some((p) => prefixContains(p, nextHop)))
    )
      problems.push(
        problemAt(
          r.wayOrigin,
          'network/unreachable-next-hop',
          `No interface of ${entry.name} has a network with this next hop in it; the route is not used.`,
          'warning',
        ),
      );
    return r;
  });
  const platform = platformById(entry.platform) ?? platforms[0]!;
  const merged = mergePolicies(policies);
  if (platform.unmodelled !== undefined && (merged.filter ?? merged.nat) !== undefined)
    problems.push(
      problemAt(
        entry.platformOrigin ?? entry.origin,
        'network/rules-stand-in',
        `${platform.unmodelled} Walks through ${entry.name} are uncertain, and findings hold as far as these rules say what ${platform.title}’s own would.`,
        'information',
      ),
    );
  return {
    name: entry.name,
    platform,
    interfaces,
    routes,
    ...merged,
    forwarding: entry.forwarding,
    settings: entry.settings,
    origin: entry.origin,
    ...(entry.listening === undefined ? {} : { listening: entry.listening }),
  };
}

function buildHost(entry: HostEntry, segments: SegmentTable, problems: Problem[]): Host | undefined {
  const first = entry.addresses[0];
  if (first === undefined) {
    // What stands there is no address, and that was said.
    if (entry.hasUnreadAddress) return undefined;
    problems.push(problemAt(entry.origin, 'network/host', `Host \`${entry.name}\` needs an address.`));
    return undefined;
  }
  const segment = segments.ofHost(entry, first);
  if (segment === undefined) {
    problems.push(
      problemAt(
        entry.origin,
        'network/host',
        `No network holds the address of \`${entry.name}\`. Add \`network:\` to the host, or a network with its prefix.`,
      ),
    );
    return undefined;
  }
  return {
    name: entry.name,
    addresses: entry.addresses,
    segment,
    origin: entry.origin,
    ...(entry.nextHop === undefined ? {} : { nextHop: entry.nextHop }),
  };
}

/** The declared networks, and one more for every interface prefix that none of them covers. */
class SegmentTable {
  private readonly segments: Segment[];

  constructor(
    file: NetworkFile,
    private readonly problems: Problem[],
  ) {
    this.segments = file.networks.map((n) => ({
      name: n.name,
      kind: n.kind,
      prefixes: n.prefixes,
      origin: n.origin,
    }));
  }

  all(): readonly Segment[] {
    return this.segments;
  }

  attach(entry: InterfaceEntry): string | undefined {
    if (entry.network !== undefined) return this.named(entry.network);
    const first = entry.addresses[0];
    if (first === undefined) return undefined;
    const holding = this.holding(first.address);
    if (holding !== undefined) return holding;
    const prefix = normalizePrefix(first);
    const segment: Segment = {
      name: formatPrefix(prefix),
      kind: 'lan',
      prefixes: entry.addresses.map(normalizePrefix),
    };
    this.segments.push(segment);
    return segment.name;
  }

  ofHost(entry: HostEntry, address: Address): string | undefined {
    return entry.network === undefined ? this.holding(address) : this.named(entry.network);
  }

  private named(network: Named): string | undefined {
    checkKnown(
      network,
      this.segments.map((s) => s.name),
      'network',
      this.problems,
    );
    return this.segments.find((s) => s.name === network.name)?.name;
  }

  /** The network with the longest prefix that holds an address; failing that the one internet there is. */
  private holding(address: Address): string | undefined {
    let best: { name: string; length: number } | undefined;
    for (const s of this.segments)
      for (const p of s.prefixes)
        if (prefixContains(p, address) && (best === undefined || p.length > best.length))
          best = { name: s.name, length: p.length };
    if (best !== undefined) return best.name;
    const internets = this.segments.filter((s) => s.kind === 'internet');
    return internets.length === 1 ? internets[0]!.name : undefined;
  }
}

function buildClaim(entry: ClaimEntry, network: Network, problems: Problem[]): Claim {
  switch (entry.kind) {
    case 'source-seen':
    case 'destination-seen':
      return {
        kind: entry.kind,
        origin: entry.origin,
        address: entry.address,
        ...(entry.port === undefined ? {} : { port: entry.port }),
      };
    case 'delivered-to':
    case 'dropped-at':
      checkKnown(entry.value, nodeNames(network), 'host, gateway or network', problems);
      return { kind: entry.kind, origin: entry.value.origin, node: entry.value.name };
    case 'encrypted-on':
    case 'clear-on':
      checkKnown(
        entry.value,
        network.segments.map((s) => s.name),
        'network',
        problems,
      );
      return { kind: entry.kind, origin: entry.value.origin, segment: entry.value.name };
    case 'reason':
      checkKnown(entry.value, REASON_CODES, 'reason', problems);
      return { kind: 'reason', origin: entry.value.origin, reason: entry.value.name };
  }
}

export function nodeNames(network: Network): string[] {
  return [...network.hosts, ...network.gateways, ...network.segments].map((n) => n.name);
}

function checkDuplicateAddresses(network: Network, problems: Problem[]): void {
  const seen = new Map<string, string>();
  const visit = (segment: string | undefined, address: Address, who: string, origin: Origin | undefined) => {
    const key = `${segment} ${address.family} ${address.value}`;
    const other = seen.get(key);
    if (other !== undefined && origin !== undefined)
      problems.push(
        problemAt(origin, 'network/duplicate-address', `\`${who}\` has the same address as \`${other}\`.`),
      );
    else seen.set(key, who);
  };
  for (const g of network.gateways)
    for (const i of g.interfaces)
      for (const p of i.addresses) visit(i.segment, p.address, `${g.name} ${i.name}`, i.origin);
  for (const h of network.hosts) for (const a of h.addresses) visit(h.segment, a, h.name, h.origin);
}

function checkKnown(named: Named, known: readonly string[], what: string, problems: Problem[]): void {
  if (known.includes(named.name)) return;
  const near = closestWord(named.name, known);
  const problem = problemAt(
    named.origin,
    'network/unknown-name',
    `There is no ${what} \`${named.name}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
  );
  problems.push(
    near === undefined
      ? problem
      : {
          ...problem,
          fixes: [
            {
              title: `Change to \`${near}\``,
              edits: [{ start: named.origin.start, end: named.origin.end, text: near }],
              preferred: true,
            },
          ],
        },
  );
}

function policyFileProblem(named: Named, found: Exclude<PolicyLookUp, { kind: 'policy' }>): Problem {
  const several = named.name.split(/[\s,]+/).filter((n) => n !== '');
  if (found.kind === 'missing' && several.length > 1)
    return problemAt(
      named.origin,
      'network/missing-file',
      `There is no file \`${named.name}\` beside this one. Several files are written as a list: \`[${several.join(', ')}]\`.`,
    );
  return problemAt(
    named.origin,
    found.kind === 'missing' ? 'network/missing-file' : 'network/unreadable-file',
    found.kind === 'missing'
      ? `There is no file \`${named.name}\` beside this one. Check the spelling, or create it.`
      : `\`${named.name}\` cannot be used: ${found.why}`,
  );
}

export function problemAt(
  origin: Origin,
  code: string,
  message: string,
  severity: Problem['severity'] = 'error',
): Problem {
  return { code, severity, range: { start: origin.start, end: origin.end }, message };
}
