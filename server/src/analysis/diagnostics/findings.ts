/** What NAT, IPsec and filter do together (`analysis/findings`). Each has a page of its own in `docs/findings`. */
import { type DiagnosticEntry, entry } from './entry';

export const findingDiagnostics: readonly DiagnosticEntry[] = [
  finding(
    'leaves-in-clear',
    'warning',
    'Protected traffic leaves in clear',
    'Traffic that somebody means to protect goes out readable, because no outgoing policy takes it: the selector is narrower than what the answers, or the peer, must match; an `out` policy is missing; or the gateway’s own packets leave with an address the policy does not cover. Make the policies of both directions and both gateways cover the same packets.',
  ),
  finding(
    'nat-catches-tunnel',
    'warning',
    'NAT rule catches tunnel traffic',
    'Under this system’s order the rule meets a packet before the policy look-up, or a packet of the tunnel itself on its way in, and turns it into one that no policy, or nobody, takes. Exempt the tunnel’s traffic in front of it.',
  ),
  finding(
    'exemption-too-late',
    'warning',
    'Exemption from NAT comes too late',
    'A rule in front of the exemption takes the packet, so the exemption is never asked. Move it to the front.',
  ),
  finding(
    'matches-only-after-nat',
    'warning',
    'Policy written for the translated packet',
    'This system looks policies up before NAT, so the policy never sees the translated address and the traffic **leaves in clear**. Write the policy for the address before translation.',
  ),
  finding(
    'matches-only-before-nat',
    'warning',
    'Policy written for the packet before NAT',
    'This system translates before it looks policies up: the translated packet matches no policy and **leaves in clear**. Exempt the traffic from NAT.',
  ),
  finding(
    'ports-of-forwarded-unread',
    'warning',
    'Ports of forwarded packets are not read',
    'The system reads no ports of the packets it forwards when it looks policies up, so a policy with ports never takes them and they **leave in clear**. Leave the ports out, and sort by port in the filter.',
  ),
  finding(
    'tunnel-not-permitted',
    'warning',
    'The filter drops the tunnel itself',
    'ESP, AH, IKE or NAT-T between the ends of a tunnel is blocked, so the tunnel carries nothing. Pass it.',
  ),
  finding(
    'inner-rule-never-sees',
    'warning',
    'Rule on inner addresses that never sees them',
    'The rule is written for what a tunnel or transport mode carries and stands where this system shows only the protected packet. Write it where the inner packet shows: on the way out of the inside, or on enc0 where there is one.',
  ),
  finding(
    'nat-breaks-ah',
    'warning',
    'NAT changes an AH packet',
    'AH’s check covers the addresses of the outer header, so translating them breaks it and the receiver drops the packet. Use ESP, or exempt AH.',
  ),
  finding(
    'nat-breaks-transport-esp',
    'warning',
    'NAT changes ESP in transport mode',
    'The TCP or UDP checksum inside was made for the old addresses and NAT cannot reach it. Use tunnel mode, or NAT-T with a peer that corrects the checksum.',
  ),
  finding(
    'sa-mismatch',
    'error',
    'Associations of two gateways differ',
    'SPI, algorithm, key or mode of an association is not the same in both files, so one side cannot read what the other sends. The message says what differs; keys are never shown.',
  ),
  finding(
    'several-sas',
    'information',
    'Several associations would serve',
    'Between the same ends several associations fit the request. The oldest sends, the others never do. Remove them, or tell them apart with `unique:N`.',
  ),
  finding(
    'policy-hidden',
    'warning',
    'Policy behind one that takes everything it is for',
    'The first entry that takes a packet counts, and an earlier one covers all of this one. Enter the narrower one first.',
  ),
  finding(
    'probed-in-places',
    'information',
    'Policies that no packet was tried for',
    'The database is so large that packets are tried for some entries only. Walk a sample packet to ask about another.',
  ),
  finding(
    'mirror',
    'warning',
    'Policies of two gateways do not mirror each other',
    'What one side sends through the tunnel the other neither demands nor answers in the same tunnel. Each `out` policy needs an `in` policy on the other side with the same selector, and an `out` policy with the selector turned round.',
  ),
  finding(
    'tunnel-end-not-own',
    'warning',
    'Tunnel built from an address the gateway does not have',
    'The outer source of the tunnel is no address of this gateway, so what comes back for it goes elsewhere. Behind NAT the policy needs the gateway’s own address, not the one the internet sees.',
  ),
  finding(
    'too-big-after-encapsulation',
    'warning',
    'Too big with its IPsec headers',
    'The packet fits the network and no longer fits behind its encapsulation, and DF is set on the outer header, so it is dropped. Clamp the MSS, clear DF on the outer header, or give the sender a smaller MTU.',
  ),
  finding(
    'mss-not-clamped',
    'warning',
    'TCP MSS not clamped for the tunnel',
    'TCP announces segments that do not fit the tunnel, and packets that do not fit are dropped. The message has the size that fits and the rule that clamps.',
  ),
  finding(
    'esp-behind-one-address',
    'warning',
    'Two ESP tunnels behind one address',
    'ESP has no ports, so NAT cannot tell two tunnels apart that lead from behind one address to one peer, nor two key exchanges when it keeps port 500: the second is dropped, or its answers go to the first. Put ESP into UDP and let NAT change ports, or give each an address.',
  ),
];

function finding(
  name: string,
  severity: DiagnosticEntry['severity'],
  title: string,
  explanation: string,
): DiagnosticEntry {
  return { ...entry(`ipsec/${name}`, severity, title, explanation), page: `findings/${name}.md` };
}
