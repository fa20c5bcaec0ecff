/**
 * The inbound check as Linux makes it: not only must a packet that a policy wants protected have come so, what came
 * out of a tunnel must find a policy, and the policy must name that very tunnel. Source: net/xfrm/xfrm_policy.c,
 * __xfrm_policy_check(), xfrm_policy_ok(), secpath_has_nontransport(); observed on running kernels 6.1 and 6.18.
 */
import { sameAddress } from '../../policy/address';
import type { IpsecRequest, SecurityAssociation, SecurityPolicy } from '../../policy/ipsec';

/** A tunnel of `cameBy` that the policy (or there being none) does not allow; undefined when it may pass. */
export function unexpectedTunnel(
  policy: SecurityPolicy | undefined,
  cameBy: readonly SecurityAssociation[],
  decapsulated: boolean,
): SecurityAssociation | undefined {
  if (!decapsulated) return undefined;
  const requests = policy?.action === 'ipsec' ? policy.requests : [];
  return cameBy.find((sa) => sa.mode !== 'transport' && !requests.some((request) => names(request, sa)));
}

function names({ protocol, mode, tunnel, level, uniqueId }: IpsecRequest, sa: SecurityAssociation): boolean {
  if (protocol !== sa.protocol) return false;
  // `mode any` associations serve transport requests of a bundle as well.
  if (mode === 'transport') return sa.mode === 'any';
  return (
    tunnel !== undefined &&
    sameAddress(tunnel.source, sa.source) &&
    sameAddress(tunnel.destination, sa.destination) &&
    (level !== 'unique' || uniqueId === undefined || uniqueId === sa.uniqueId)
  );
}
