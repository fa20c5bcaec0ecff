/**
 * FreeBSD 13 with if_enc: IPsec is met inside ip_forward, before PFIL_OUT; enc(4) shows a packet to the filter
 * before and behind the tunnel header when it is up and its masks say so. Checked against recorded walks.
 */
import type { Citation, Platform, PlatformStep, StepCondition, WithinName } from './platform';

const PFIL_IN: Citation = {
  source: 'sys/netinet/ip_input.c, ip_input(): IPSEC_CAPS(IPSEC_CAP_BYPASS_FILTER)',
  note: 'A decapsulated packet skips the filter unless net.inet.ipsec.filtertunnel is 1.',
};

/** A packet that IPsec delivered is filtered again only with `filtertunnel`; the two rows exclude each other. */
const FILTER_TUNNEL: StepCondition = {
  setting: 'net.inet.ipsec.filtertunnel',
  setting6: 'net.inet6.ipsec6.filtertunnel',
  mask: 1,
};

function encHook(way: 'in' | 'out', mask: 1 | 2, shows: string): readonly PlatformStep[] {
  const when: readonly StepCondition[] = [
    { interface: 'enc0' },
    { setting: `net.enc.${way}.ipsec_filter_mask`, mask },
  ];
  const citation: Citation = {
    source: 'sys/net/if_enc.c, enc_hhook(); enc(4)',
    note: `Mask bit ${mask} of net.enc.${way}.ipsec_filter_mask shows ${shows}; both masks are 1 unless set.`,
  };
  const hook = way === 'in' ? 'PFIL_IN on enc0' : 'PFIL_OUT on enc0';
  const rows: PlatformStep[] = [
    { stage: 'nat', hook, when, interface: 'enc0', citation },
    { stage: 'filter', hook, when, interface: 'enc0', citation },
  ];
  return way === 'in' ? rows : rows.reverse();
}

const within: Readonly<Record<WithinName, readonly PlatformStep[]>> = {
  'encapsulate-inner': encHook('out', 1, 'the packet before the tunnel header'),
  'encapsulate-outer': encHook('out', 2, 'the packet with the tunnel header, not yet encrypted'),
  'decapsulate-outer': encHook('in', 1, 'the decrypted packet with its outer header'),
  'decapsulate-inner': encHook('in', 2, 'the packet without the outer header'),
};

export const freebsd: Platform = {
  id: 'freebsd',
  title: 'FreeBSD',
  description:
    'IPsec comes first on the way out, inside ip_forward; filter and NAT on the real interface see only the ESP or AH packet. enc0, when it is up, shows what is inside, as its masks say.',
  within,
  icmp: {
    ttl: 64,
    quotedBytes: 548,
    errorsAboutDecrypted: false,
    noRouteCode: 1,
    // A filter's refusal is EACCES, which ip_forward() keeps to itself.
    tellsOfRefusalOut: false,
    resetDontFragment: 'set',
    citation: { source: 'sys/netinet/ip_icmp.c, icmp_error(): icmp_quotelen; icmp_reflect()' },
  },
  ipsec: {
    afterTunnel: 'input',
    afterTransport: 'input',
    policyOrder: 'entry',
    inboundCheck: 'flags',
    unpacksBehindIpcomp: true,
    cpiIsSpi: true,
    headerEstimate: 'largest',
    outerEcn: 'as-set',
    readsPortsOfForwarded: true,
    citation: {
      source:
        'sys/netipsec/ipsec_input.c, ipsec4_common_input_cb(); sys/netipsec/xform_ipcomp.c, ipcomp_output_cb()',
    },
  },
  paths: {
    input: [
      { stage: 'nat', hook: 'PFIL_IN', when: ['not-unprotected'], citation: PFIL_IN },
      {
        stage: 'filter',
        hook: 'PFIL_IN',
        when: ['not-unprotected'],
        citation: PFIL_IN,
      },
      {
        stage: 'nat',
        hook: 'PFIL_IN (filtertunnel)',
        when: ['unprotected', FILTER_TUNNEL],
        citation: PFIL_IN,
      },
      {
        stage: 'filter',
        hook: 'PFIL_IN (filtertunnel)',
        when: ['unprotected', FILTER_TUNNEL],
        tellWhenSkipped: {
          when: 'unprotected',
          text: 'The packet came out of IPsec, and FreeBSD does not filter it again on this interface (net.inet.ipsec.filtertunnel is 0).',
        },
        citation: PFIL_IN,
      },
      { stage: 'route-in', hook: 'ip_input', citation: { source: 'sys/netinet/ip_input.c, ip_input()' } },
    ],
    local: [
      { stage: 'reassemble', hook: 'ip_reass', citation: { source: 'sys/netinet/ip_input.c, ip_input()' } },
      {
        stage: 'ipsec-in',
        hook: 'IPSEC_INPUT',
        when: ['ipsec-packet'],
        citation: { source: 'sys/netinet/ip_input.c, ip_input(): IPSEC_INPUT()' },
      },
      {
        stage: 'ipsec-check',
        hook: 'IPSEC_INPUT',
        when: ['last-header-protocol', 'not-ipsec-packet'],
        citation: {
          source: 'sys/netipsec/ipsec_input.c, ipsec4_input()',
          note: 'TCP and UDP check the policy in their own input, when a socket takes the packet.',
        },
      },
      { stage: 'deliver', hook: 'pr_input', citation: { source: 'sys/netinet/ip_input.c, ip_input()' } },
    ],
    forward: [
      { stage: 'ttl', hook: 'ip_forward', citation: { source: 'sys/netinet/ip_input.c, ip_forward()' } },
      {
        stage: 'ipsec-check',
        hook: 'IPSEC_FORWARD',
        citation: { source: 'sys/netipsec/ipsec_output.c, ipsec4_forward(): ipsec4_in_reject()' },
      },
      {
        stage: 'ipsec-out',
        hook: 'IPSEC_FORWARD',
        when: ['not-ipsec-done'],
        citation: {
          source: 'sys/netipsec/ipsec_output.c, ipsec4_forward(): ipsec4_common_output()',
          note: 'A packet that a policy takes needs no route of its own, and never reaches PFIL_OUT on the real interface as itself.',
        },
      },
    ],
    output: [
      { stage: 'route-out', hook: 'ip_output', citation: { source: 'sys/netinet/ip_output.c, ip_output()' } },
      {
        stage: 'ipsec-out',
        hook: 'IPSEC_OUTPUT',
        when: ['local', 'not-ipsec-done'],
        citation: { source: 'sys/netinet/ip_output.c, ip_output(): IPSEC_OUTPUT()' },
      },
      {
        stage: 'filter',
        hook: 'PFIL_OUT',
        citation: { source: 'sys/netinet/ip_output.c, ip_output_pfil()', note: 'Behind IPSEC_OUTPUT().' },
      },
      { stage: 'nat', hook: 'PFIL_OUT', citation: { source: 'sys/netinet/ip_output.c, ip_output_pfil()' } },
      {
        stage: 'fragment',
        hook: 'ip_fragment',
        citation: { source: 'sys/netinet/ip_output.c, ip_output()' },
      },
      { stage: 'transmit', hook: 'if_output', citation: { source: 'sys/netinet/ip_output.c, ip_output()' } },
    ],
  },
};
