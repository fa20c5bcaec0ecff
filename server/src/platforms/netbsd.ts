/**
 * NetBSD: IPsec first on the way out, so that filter and NAT see the wire packet; on the way in the wire packet
 * is filtered and a decapsulated one is not filtered again. The order the mail of June 2001 explains.
 * Checked against recorded walks of a 2016 kernel with IPFilter 5.1.2, and read in the source of January 2025.
 */
import type { Platform } from './platform';

export const netbsd: Platform = {
  id: 'netbsd',
  title: 'NetBSD',
  description:
    'IPsec comes first on the way out: filter and NAT see only the ESP or AH packet. On the way in a decapsulated packet is not filtered again.',
  icmp: {
    ttl: 255,
    quotedBytes: 8,
    errorsAboutDecrypted: false,
    noRouteCode: 0,
    tellsOfRefusalOut: true,
    resetDontFragment: 'copied',
    citation: {
      source: 'sys/netinet/ip_icmp.c, icmp_error(), icmp_reflect(); sys/netinet/ip_input.c, ip_forward()',
      note: 'ip_forward() answers any error of ip_output() with "host unreachable", that of PFIL_OUT too.',
    },
  },
  ipsec: {
    afterTunnel: 'input',
    afterTransport: 'local',
    policyOrder: 'entry',
    inboundCheck: 'flags',
    unpacksBehindIpcomp: false,
    cpiIsSpi: false,
    headerEstimate: 'by-association',
    outerEcn: 'allowed',
    readsPortsOfForwarded: false,
    citation: {
      source:
        'sys/netipsec/ipsec_input.c, ipsec4_common_input_cb(); sys/netipsec/ipsec.c, ipsec_in_reject(), ipsec_getpolicybyaddr(): IP_FORWARDING; sys/netipsec/xform_ipip.c, ipe4_encapcheck()',
      note: 'A policy with a port never takes a forwarded packet: its ports are not read for the look-up.',
    },
  },
  paths: {
    input: [
      {
        stage: 'nat',
        hook: 'PFIL_IN',
        when: ['not-decapsulated'],
        citation: {
          source: 'sys/netinet/ip_input.c, ip_input(): pfil_run_hooks(PFIL_IN)',
          note: 'IPFilter translates before it filters on the way in, so rules see the rdr’ed destination.',
        },
      },
      {
        stage: 'filter',
        hook: 'PFIL_IN',
        when: ['not-decapsulated'],
        tellWhenSkipped: {
          when: 'decapsulated',
          text: 'The packet came out of a tunnel, and NetBSD does not filter or translate it again.',
        },
        citation: {
          source: 'sys/netinet/ip_input.c, ip_input(): ipsec_skip_pfil()',
          note: 'Decapsulated packets skip pfil; only the ESP or AH packet was filtered.',
        },
      },
      {
        stage: 'route-in',
        hook: 'ip_input',
        citation: { source: 'sys/netinet/ip_input.c, ip_input(): ip_match_our_address()' },
      },
    ],
    local: [
      {
        stage: 'reassemble',
        hook: 'ip_reass_packet',
        citation: { source: 'sys/netinet/ip_input.c, ip_input()' },
      },
      {
        stage: 'ipsec-check',
        hook: 'ipsec_ip_input_checkpolicy',
        when: ['last-header-protocol', 'not-ipsec-packet'],
        citation: {
          source: 'sys/netinet/ip_input.c, ip_input(): PR_LASTHDR',
          note: 'TCP and UDP check the policy in their own input, when a socket takes the packet.',
        },
      },
      {
        stage: 'ipsec-in',
        hook: 'ipsec4_common_input',
        when: ['ipsec-packet'],
        citation: { source: 'sys/netipsec/ipsec_input.c, ipsec4_common_input_cb()' },
      },
      { stage: 'deliver', hook: 'pr_input', citation: { source: 'sys/netinet/ip_input.c, ip_input()' } },
    ],
    forward: [
      {
        stage: 'ipsec-check',
        hook: 'ipsec_ip_input_checkpolicy',
        citation: { source: 'sys/netinet/ip_input.c, ip_input(): before ip_forward()' },
      },
      { stage: 'ttl', hook: 'ip_forward', citation: { source: 'sys/netinet/ip_input.c, ip_forward()' } },
      {
        stage: 'ipsec-out',
        hook: 'ip6_forward',
        when: ['ipv6', 'not-ipsec-done'],
        citation: {
          source: 'sys/netinet6/ip6_forward.c, ip6_forward(): ipsec6_check_policy()',
          note: 'IPv6 asks the policies before it looks for a route, IPv4 behind that.',
        },
      },
    ],
    output: [
      { stage: 'route-out', hook: 'ip_output', citation: { source: 'sys/netinet/ip_output.c, ip_output()' } },
      {
        stage: 'ipsec-out',
        hook: 'ipsec4_output',
        when: ['not-ipsec-done', 'not-looked-up'],
        citation: {
          source: 'sys/netinet/ip_output.c, ip_output(): ipsec4_output()',
          note: 'The policy is looked up before pfil, so on the packet before NAT.',
        },
      },
      {
        stage: 'filter',
        hook: 'PFIL_OUT',
        citation: {
          source: 'sys/netinet/ip_output.c, ip_output(): pfil_run_hooks(PFIL_OUT)',
          note: 'Behind ipsec4_output(): what a policy took is seen as ESP or AH only.',
        },
      },
      {
        stage: 'nat',
        hook: 'PFIL_OUT',
        citation: {
          source: 'sys/netinet/ip_output.c, ip_output(): pfil_run_hooks(PFIL_OUT)',
          note: 'IPFilter filters before it translates on the way out. The result is not looked up in the SPD again.',
        },
      },
      {
        stage: 'fragment',
        hook: 'ip_fragment',
        citation: { source: 'sys/netinet/ip_output.c, ip_output()' },
      },
      { stage: 'transmit', hook: 'if_output', citation: { source: 'sys/netinet/ip_output.c, ip_output()' } },
    ],
  },
};
