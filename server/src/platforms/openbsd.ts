/**
 * OpenBSD with enc(4): a flow takes the packet before pf runs on the way out; pf then sees the inner packet on
 * `enc0` and the ESP packet on the real interface. Order read in the source of September 2025.
 */
import type { Platform } from './platform';

export const openbsd: Platform = {
  id: 'openbsd',
  title: 'OpenBSD',
  description:
    'The flow is looked up first, on the packet before NAT; pf then sees the inner packet on enc0 and the ESP packet on the real interface, in both directions.',
  unmodelled:
    'The order is OpenBSD’s, but pf is not modelled: IPFilter rules stand in for it at pf’s places.',
  icmp: {
    ttl: 255,
    quotedBytes: 8,
    errorsAboutDecrypted: true,
    noRouteCode: 1,
    tellsOfRefusalOut: false,
    resetDontFragment: 'set',
    citation: { source: 'sys/netinet/ip_icmp.c, icmp_do_error(), icmp_reflect()' },
  },
  ipsec: {
    afterTunnel: 'input',
    afterTransport: 'input',
    policyOrder: 'entry',
    inboundCheck: 'flags',
    unpacksBehindIpcomp: true,
    cpiIsSpi: false,
    headerEstimate: 'as-seen',
    outerEcn: 'allowed',
    readsPortsOfForwarded: true,
    citation: { source: 'sys/netinet/ipsec_input.c, ipsec_common_input_cb()' },
  },
  paths: {
    input: [
      {
        stage: 'nat',
        hook: 'pf_test(PF_IN)',
        when: ['not-decapsulated'],
        citation: { source: 'sys/netinet/ip_input.c, ip_input_if()' },
      },
      {
        stage: 'filter',
        hook: 'pf_test(PF_IN)',
        when: ['not-decapsulated'],
        citation: { source: 'sys/netinet/ip_input.c, ip_input_if()' },
      },
      {
        stage: 'nat',
        hook: 'pf_test(PF_IN) on enc0',
        when: ['decapsulated'],
        interface: 'enc0',
        citation: { source: 'sys/netinet/ipsec_input.c, ipsec_common_input_cb()' },
      },
      {
        stage: 'filter',
        hook: 'pf_test(PF_IN) on enc0',
        when: ['decapsulated'],
        interface: 'enc0',
        citation: {
          source: 'sys/netinet/ipsec_input.c, ipsec_common_input_cb()',
          note: 'Only the inner packet is seen, on the enc interface of the SA.',
        },
      },
      {
        stage: 'route-in',
        hook: 'ip_input_if',
        citation: { source: 'sys/netinet/ip_input.c, ip_input_if()' },
      },
    ],
    local: [
      { stage: 'reassemble', hook: 'ip_ours', citation: { source: 'sys/netinet/ip_input.c, ip_ours()' } },
      {
        stage: 'ipsec-in',
        hook: 'ipsec_common_input',
        when: ['ipsec-packet'],
        citation: { source: 'sys/netinet/ipsec_input.c, ipsec_common_input()' },
      },
      {
        stage: 'ipsec-check',
        hook: 'ipsec_local_check',
        when: ['not-ipsec-packet'],
        citation: { source: 'sys/netinet/ipsec_input.c, ipsec_local_check()' },
      },
      { stage: 'deliver', hook: 'ip_deliver', citation: { source: 'sys/netinet/ip_input.c, ip_deliver()' } },
    ],
    forward: [
      {
        stage: 'ipsec-check',
        hook: 'ipsec_forward_check',
        citation: { source: 'sys/netinet/ipsec_input.c, ipsec_forward_check()' },
      },
      { stage: 'ttl', hook: 'ip_forward', citation: { source: 'sys/netinet/ip_input.c, ip_forward()' } },
    ],
    output: [
      { stage: 'route-out', hook: 'ip_output', citation: { source: 'sys/netinet/ip_output.c, ip_output()' } },
      {
        stage: 'ipsec-lookup',
        hook: 'ip_output_ipsec_lookup',
        when: ['not-ipsec-done'],
        citation: {
          source: 'sys/netinet/ip_output.c, ip_output_ipsec_lookup()',
          note: 'On the packet before NAT; not looked up again.',
        },
      },
      {
        stage: 'filter',
        hook: 'pf_test(PF_OUT) on enc0',
        when: ['policy-chosen', 'not-ipsec-done'],
        interface: 'enc0',
        citation: { source: 'sys/netinet/ip_output.c, ip_output_ipsec_send()' },
      },
      {
        stage: 'nat',
        hook: 'pf_test(PF_OUT) on enc0',
        when: ['policy-chosen', 'not-ipsec-done'],
        interface: 'enc0',
        citation: { source: 'sys/netinet/ip_output.c, ip_output_ipsec_send()' },
      },
      {
        stage: 'ipsec-transform',
        hook: 'ipsp_process_packet',
        when: ['policy-chosen', 'not-ipsec-done'],
        citation: { source: 'sys/netinet/ip_output.c, ip_output_ipsec_send()' },
      },
      {
        stage: 'filter',
        hook: 'pf_test(PF_OUT)',
        citation: {
          source: 'sys/netinet/ip_output.c, ip_output()',
          note: 'The inner packet of a flow is never tested on the egress interface.',
        },
      },
      { stage: 'nat', hook: 'pf_test(PF_OUT)', citation: { source: 'sys/netinet/ip_output.c, ip_output()' } },
      {
        stage: 'fragment',
        hook: 'ip_fragment',
        citation: { source: 'sys/netinet/ip_output.c, ip_output()' },
      },
      { stage: 'transmit', hook: 'if_output', citation: { source: 'sys/netinet/ip_output.c, ip_output()' } },
    ],
  },
};
