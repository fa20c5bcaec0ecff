/**
 * Linux with netfilter and xfrm: the policy is looked up when the packet is routed, before source NAT; after
 * source NAT it is looked up again. Order observed on running kernels (6.1 and 6.18).
 */
import type { Platform } from './platform';

const OBSERVED = 'observed on running kernels 6.1 and 6.18';

export const linux: Platform = {
  id: 'linux',
  title: 'Linux',
  description:
    'The policy is looked up when the packet is routed, before source NAT, and once more after source NAT. ESP passes OUTPUT and POSTROUTING; a decapsulated packet passes PREROUTING again.',
  unmodelled:
    'The order is Linux’s, but nftables and iptables are not modelled: IPFilter rules stand in for them at netfilter’s places.',
  icmp: {
    ttl: 64,
    quotedBytes: 548,
    errorsAboutDecrypted: true,
    noRouteCode: 1,
    tellsOfRefusalOut: false,
    resetDontFragment: 'set',
    citation: { source: 'net/ipv4/icmp.c, __icmp_send()' },
  },
  ipsec: {
    afterTunnel: 'input',
    afterTransport: 'input',
    policyOrder: 'priority',
    inboundCheck: 'templates',
    unpacksBehindIpcomp: true,
    cpiIsSpi: false,
    headerEstimate: 'as-seen',
    outerEcn: 'allowed',
    readsPortsOfForwarded: true,
    citation: { source: `net/xfrm/xfrm_input.c, xfrm_input(); ${OBSERVED}` },
  },
  paths: {
    input: [
      {
        stage: 'nat',
        hook: 'PREROUTING',
        citation: {
          source: `net/ipv4/ip_input.c, ip_rcv(); ${OBSERVED}`,
          note: 'Destination NAT at priority -100.',
        },
      },
      {
        stage: 'route-in',
        hook: 'ip_rcv_finish',
        citation: { source: 'net/ipv4/ip_input.c, ip_rcv_finish()' },
      },
    ],
    local: [
      {
        stage: 'reassemble',
        hook: 'ip_local_deliver',
        citation: { source: 'net/ipv4/ip_input.c, ip_local_deliver()' },
      },
      { stage: 'filter', hook: 'INPUT', citation: { source: 'net/ipv4/ip_input.c, ip_local_deliver()' } },
      {
        stage: 'ipsec-in',
        hook: 'xfrm_input',
        when: ['ipsec-packet'],
        citation: { source: 'net/xfrm/xfrm_input.c, xfrm_input()' },
      },
      {
        stage: 'ipsec-check',
        hook: 'xfrm_policy_check',
        when: ['not-ipsec-packet'],
        citation: {
          source: 'net/ipv4/ip_input.c, ip_protocol_deliver_rcu()',
          note: 'At the socket, behind INPUT.',
        },
      },
      { stage: 'deliver', hook: 'ip_local_deliver_finish', citation: { source: 'net/ipv4/ip_input.c' } },
    ],
    forward: [
      {
        stage: 'ipsec-check',
        hook: 'xfrm4_policy_check(fwd)',
        citation: { source: 'net/ipv4/ip_forward.c, ip_forward()' },
      },
      { stage: 'ttl', hook: 'ip_forward', citation: { source: 'net/ipv4/ip_forward.c, ip_forward()' } },
      { stage: 'route-out', hook: 'ip_forward', citation: { source: 'net/ipv4/ip_forward.c, ip_forward()' } },
      {
        stage: 'ipsec-lookup',
        hook: 'xfrm4_route_forward',
        citation: {
          source: 'net/ipv4/ip_forward.c, ip_forward()',
          note: 'Before FORWARD, so before source NAT.',
        },
      },
      { stage: 'filter', hook: 'FORWARD', citation: { source: 'net/ipv4/ip_forward.c, ip_forward()' } },
    ],
    output: [
      { stage: 'route-out', hook: 'ip_route_output', citation: { source: 'net/ipv4/route.c' } },
      {
        stage: 'ipsec-lookup',
        hook: 'xfrm_lookup',
        when: ['local', 'not-ipsec-done'],
        citation: { source: 'net/xfrm/xfrm_policy.c, xfrm_lookup()' },
      },
      {
        stage: 'filter',
        hook: 'OUTPUT',
        when: ['local'],
        citation: {
          source: `net/ipv4/ip_output.c, __ip_local_out(); ${OBSERVED}`,
          note: 'ESP made here passes it too.',
        },
      },
      {
        stage: 'nat',
        hook: 'POSTROUTING',
        citation: { source: 'net/ipv4/ip_output.c, ip_output()', note: 'Source NAT at priority 100.' },
      },
      {
        stage: 'ipsec-lookup',
        hook: 'nf_xfrm_me_harder',
        when: ['source-changed', 'not-ipsec-done'],
        citation: {
          source: 'net/netfilter/nf_nat_proto.c, nf_nat_ipv4_out()',
          note: 'The source changed, so the policy is looked up again with the new one.',
        },
      },
      {
        stage: 'ipsec-transform',
        hook: 'xfrm_output',
        when: ['policy-chosen', 'not-ipsec-done'],
        citation: { source: 'net/xfrm/xfrm_output.c, xfrm_output()' },
      },
      {
        stage: 'fragment',
        hook: 'ip_finish_output',
        citation: { source: 'net/ipv4/ip_output.c, ip_finish_output()' },
      },
      { stage: 'transmit', hook: 'ip_finish_output2', citation: { source: 'net/ipv4/ip_output.c' } },
    ],
  },
};
