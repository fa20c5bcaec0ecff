/**
 * A gateway nobody described: the policy files that lie together in a folder. Interfaces are those the rules
 * name; which of them faces the outside is taken from NAT, and addresses from what the policy says of the
 * gateway itself. Every guess here is one a reader of the same files would make, and walks on such a network say
 * that it was inferred.
 */
import { platforms } from '../../platforms';
import { type Address, fullLength, type Prefix, prefixContains } from '../../policy/address';
import type { FilterProgram } from '../../policy/filter';
import type { NatRuleBody } from '../../policy/nat';
import type { Policy } from '../../policy/policy';
import type { Gateway, Interface, Network, Route, Segment } from '../../simulator/network';
import { mergePolicies } from './buildNetwork';

export function inferNetwork(
  name: string,
  policies: readonly Policy[],
  interfaceNames: readonly string[],
): Network {
  const merged = mergePolicies(policies);
  const natBodies = merged.nat?.rules.map((r) => r.body) ?? [];
  const outside = outsideInterface(interfaceNames, natBodies, merged.filter);
  const names = interfaceNames.length > 0 ? interfaceNames : ['if0'];
  const own = ownAddresses(merged.ipsec.policies, natBodies);
  const segments: Segment[] = names.map((n) => ({ name: segmentName(n), kind: 'unknown', prefixes: [] }));
  const interfaces = names.map(
    (n): Interface => ({
      name: n,
      addresses: n === outside ? own.map((a): Prefix => ({ address: a, length: fullLength(a.family) })) : [],
      segment: segmentName(n),
      mtu: 1500,
    }),
  );
  const gateway: Gateway = {
    name,
    platform: platforms[0]!,
    interfaces,
    routes: inferRoutes(names, outside, natBodies, merged.ipsec.policies),
    ...merged,
    forwarding: true,
    settings: new Map(),
  };
  return { gateways: [gateway], hosts: [], segments };
}

function segmentName(interfaceName: string): string {
  return `the network on ${interfaceName}`;
}

/** The interface NAT works on; else the one where the filter speaks of ESP, AH or IKE; else the last one named. */
function outsideInterface(
  names: readonly string[],
  nat: readonly NatRuleBody[],
  filter: FilterProgram | undefined,
): string | undefined {
  const translating = nat.flatMap((r) => r.interfaces.slice(-1));
  const known = (n: string | undefined) => n !== undefined && names.includes(n);
  return translating.find(known) ?? [tunnelInterface(filter)].find(known) ?? names[names.length - 1];
}

function tunnelInterface(filter: FilterProgram | undefined): string | undefined {
  for (const chain of filter?.chains.values() ?? [])
    for (const { body } of chain.rules) {
      const tests = body.match.kind === 'and' ? body.match.of : [body.match];
      const speaksOfTunnels = tests.some(
        (t) =>
          t.kind === 'number' &&
          (t.field === 'protocol'
            ? t.set.length === 1 && t.set[0]![0] === t.set[0]![1] && [50, 51].includes(t.set[0]![0])
            : t.set.some(([first, last]) => first === last && (first === 500 || first === 4500))),
      );
      const on = tests.find((t) => t.kind === 'interface' && t.field === 'interface');
      if (speaksOfTunnels && on?.kind === 'interface') return on.names[0];
    }
  return undefined;
}

/** Addresses the policy uses as the gateway's own: tunnel ends of outgoing policies, targets of `map`. */
function ownAddresses(
  policies: Gateway['ipsec']['policies'],
  nat: readonly NatRuleBody[],
): readonly Address[] {
  const found: Address[] = [];
  const add = (a: Address) => {
    if (!found.some((f) => f.family === a.family && f.value === a.value)) found.push(a);
  };
  for (const p of policies)
    for (const r of p.requests)
      if (r.tunnel !== undefined) add(p.direction === 'out' ? r.tunnel.source : r.tunnel.destination);
  for (const r of nat)
    if (
      r.kind === 'map' &&
      r.newSource?.kind === 'network' &&
      r.newSource.length === fullLength(r.newSource.address.family)
    )
      add(r.newSource.address);
  return found;
}

function inferRoutes(
  names: readonly string[],
  outside: string | undefined,
  nat: readonly NatRuleBody[],
  policies: Gateway['ipsec']['policies'],
): readonly Route[] {
  const routes: Route[] = [];
  if (outside !== undefined) {
    routes.push({ destination: { address: { family: 4, value: 0 }, length: 0 }, interface: outside });
    routes.push({ destination: { address: { family: 6, value: 0n }, length: 0 }, interface: outside });
  }
  const inside = names.find((n) => n !== outside);
  if (inside === undefined) return routes;
  const add = (prefix: Prefix) => {
    const known = routes.some(
      (r) =>
        r.interface === inside &&
        r.destination.length <= prefix.length &&
        prefixContains(r.destination, prefix.address),
    );
    if (prefix.length > 0 && !known) routes.push({ destination: prefix, interface: inside });
  };
  // What is translated or tunnelled on its way out lives behind the other interface.
  for (const r of nat)
    if (
      r.direction === 'out' &&
      r.source.address.kind === 'masked' &&
      !r.source.negated &&
      r.source.address.length !== undefined
    )
      add({ address: r.source.address.value, length: r.source.address.length });
    else if (r.kind === 'rdr' && r.newDestination?.kind === 'network')
      add({ address: r.newDestination.address, length: r.newDestination.length });
  for (const p of policies) if (p.direction === 'out') add(p.selector.source);
  return routes;
}
