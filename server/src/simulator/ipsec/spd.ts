/**
 * The look-ups of RFC 4301 section 4.4 as the BSD kernels do them: which policy takes a packet, which security
 * association serves a request, and whether an incoming packet came protected enough.
 */
import { spiOnTheWire } from '../../packet/ipsec';
import type { PacketSummary } from '../../packet/packet';
import type { IpsecBehaviour } from '../../platforms/platform';
import { settingValue } from '../../platforms/settings';
import { type Address, prefixContains, sameAddress } from '../../policy/address';
import {
  fitsRequest,
  type IpsecDatabase,
  type IpsecRequest,
  type PolicyDirection,
  type SecurityAssociation,
  type SecurityPolicy,
  type TrafficSelector,
} from '../../policy/ipsec';

/** How a platform looks policies up, and for which packet. */
export interface LookUp {
  readonly behaviour: IpsecBehaviour;
  /** The packet is not the gateway's own. */
  readonly forwarded: boolean;
}

/** First policy of a direction whose selector takes the packet. Source: sys/netipsec/key.c, key_allocsp(). */
export function lookUpPolicy(
  database: IpsecDatabase,
  direction: PolicyDirection,
  packet: PacketSummary,
  { behaviour, forwarded }: LookUp,
): SecurityPolicy | undefined {
  const order = behaviour.policyOrder;
  const seen = forwarded && !behaviour.readsPortsOfForwarded ? withoutPorts(packet) : packet;
  let best: SecurityPolicy | undefined;
  for (const policy of database.policies) {
    if (directionFor(policy, order) !== direction || !selectorTakes(policy.selector, seen)) continue;
    if (order === 'entry') return policy;
    if (best === undefined || (policy.priority ?? 0) < (best.priority ?? 0)) best = policy;
  }
  return best;
}

/** The BSD kernels have no `fwd`: their setkey reads it as `in` (libipsec, policy_token.l). */
function directionFor(policy: SecurityPolicy, order: IpsecBehaviour['policyOrder']): PolicyDirection {
  return order === 'entry' && policy.direction === 'fwd' ? 'in' : policy.direction;
}

function withoutPorts(packet: PacketSummary): PacketSummary {
  const { sourcePort: _s, destinationPort: _d, icmpType: _t, icmpCode: _c, ...rest } = packet;
  return rest;
}

/**
 * Does a selector take a packet? Of a fragment, the first included, neither protocol nor ports can be read:
 * only selectors for any protocol take it (sys/netipsec/ipsec.c, ipsec4_get_ulp()).
 */
export function selectorTakes(selector: TrafficSelector, packet: PacketSummary): boolean {
  return selectorMisses(selector, packet) === undefined;
}

/** The first part of a selector that does not fit the packet; undefined when all of it fits. */
export function selectorMisses(
  selector: TrafficSelector,
  packet: PacketSummary,
):
  | 'source'
  | 'destination'
  | 'protocol'
  | 'source-port'
  | 'destination-port'
  | 'icmp'
  | 'fragment'
  | undefined {
  if (!prefixContains(selector.source, packet.source)) return 'source';
  if (!prefixContains(selector.destination, packet.destination)) return 'destination';
  const fragment = packet.moreFragments || packet.fragmentOffset > 0;
  if (selector.protocol !== undefined) {
    if (fragment) return 'fragment';
    if (selector.protocol !== packet.protocol) return 'protocol';
  }
  if (selector.sourcePort !== undefined && selector.sourcePort !== packet.sourcePort)
    return fragment ? 'fragment' : 'source-port';
  if (selector.destinationPort !== undefined && selector.destinationPort !== packet.destinationPort)
    return fragment ? 'fragment' : 'destination-port';
  // The kernel keeps type and code where the ports are and reads 0 as "any".
  if (selector.icmpType && selector.icmpType !== packet.icmpType) return 'icmp';
  if (selector.icmpCode && selector.icmpCode !== packet.icmpCode) return 'icmp';
  return undefined;
}

/**
 * Addresses an association must have to serve a request for a packet: those the request names, in transport mode
 * too; the packet's own where it names none (sys/netipsec/ipsec_output.c, ipsec_fill_saidx_bymbuf()).
 */
export function endpointsOf(
  request: IpsecRequest,
  packet: { readonly source: Address; readonly destination: Address },
): { source: Address; destination: Address } {
  const { source, destination } = request.tunnel ?? packet;
  return { source, destination };
}

/**
 * The association that serves an outgoing request: same protocol, a mode that fits, the end points, and the
 * id of `unique:N`. With several the oldest is taken (`net.key.prefered_oldsa`, 1 unless set).
 * Source: sys/netipsec/key.c, key_allocsa_policy().
 */
export function associationsFor(
  database: IpsecDatabase,
  request: IpsecRequest,
  packet: { readonly source: Address; readonly destination: Address },
): readonly SecurityAssociation[] {
  const { source, destination } = endpointsOf(request, packet);
  return database.associations.filter(
    (sa) =>
      fitsRequest(sa, request) && sameAddress(sa.source, source) && sameAddress(sa.destination, destination),
  );
}

/** The association an incoming packet names. Source: sys/netipsec/key.c, key_allocsa(). */
export function associationBySpi(
  database: IpsecDatabase,
  protocol: SecurityAssociation['protocol'],
  destination: Address,
  spi: number,
  behaviour: IpsecBehaviour,
): SecurityAssociation | undefined {
  return database.associations.find(
    (sa) =>
      sa.protocol === protocol &&
      spiOnTheWire(asUsed(sa, behaviour)) === spi &&
      sameAddress(sa.destination, destination),
  );
}

/** An association as a kernel reads it: some put the SPI into IPComp's header whatever `-R` says. */
export function asUsed(sa: SecurityAssociation, { cpiIsSpi }: IpsecBehaviour): SecurityAssociation {
  return cpiIsSpi && sa.protocol === 'ipcomp' ? { ...sa, rawCpi: true } : sa;
}

/**
 * The level that counts: `default` is the kernel's setting for the protocol, the mode and the family of the policy
 * (`net.inet.ipsec.esp_net_deflev` and its like), and always `use` for IPComp.
 * Source: sys/netipsec/ipsec.c, ipsec_get_reqlevel().
 */
export function effectiveLevel(
  policy: SecurityPolicy,
  request: IpsecRequest,
  settings: ReadonlyMap<string, number>,
): 'use' | 'require' {
  if (request.level === 'require' || request.level === 'unique') return 'require';
  if (request.level === 'use' || request.protocol === 'ipcomp') return 'use';
  const scope = request.mode === 'tunnel' ? 'net' : 'trans';
  const family = policy.selector.source.address.family === 4 ? 'net.inet.ipsec' : 'net.inet6.ipsec6';
  return settingValue(settings, `${family}.${request.protocol}_${scope}_deflev`) >= 2 ? 'require' : 'use';
}

/**
 * What an incoming packet lacks of what its policy requires, or undefined when it may pass. The BSD kernels only ask
 * whether anything decrypted or authenticated it, not which tunnel it came by, unless FreeBSD is told to
 * (sys/netipsec/ipsec.c, ipsec_in_reject(), ipsec_check_history()). IPComp is never asked for.
 */
export function missingProtection(
  policy: SecurityPolicy,
  cameBy: readonly SecurityAssociation[],
  settings: ReadonlyMap<string, number>,
): 'encryption' | 'authentication' | undefined {
  const byHistory = settingValue(settings, 'net.inet.ipsec.check_policy_history') !== 0;
  for (const request of policy.requests) {
    const { protocol } = request;
    if (protocol === 'ipcomp' || effectiveLevel(policy, request, settings) !== 'require') continue;
    const came = cameBy.some(
      (sa) => sa.protocol === protocol && (!byHistory || isOfRequest(sa, request, policy)),
    );
    if (!came) return protocol === 'esp' ? 'encryption' : 'authentication';
  }
  return undefined;
}

/** Of a transport request the addresses are those of the policy's selector. */
function isOfRequest(sa: SecurityAssociation, request: IpsecRequest, policy: SecurityPolicy): boolean {
  if (sa.mode !== 'any' && sa.mode !== request.mode) return false;
  return request.mode === 'tunnel' && request.tunnel !== undefined
    ? sameAddress(sa.destination, request.tunnel.destination)
    : prefixContains(policy.selector.destination, sa.destination);
}
