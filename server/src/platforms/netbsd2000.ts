/**
 * NetBSD with KAME as it was before January 2001: filter and NAT first on the way out, and both the ESP packet
 * and the decapsulated one filtered on the way in. KAME's change of 2001-01-23 ("let ipfilter look at wire
 * format packet, not the decapsulated ones") turned this round; the mail of June 2001 is about the difference.
 */
import { netbsd } from './netbsd';
import type { Citation, Platform } from './platform';

const BEFORE_THE_CHANGE: Citation = {
  source: 'sys/netinet/ip_output.c and ip_input.c before KAME’s change of 2001-01-23',
};

export const netbsd2000: Platform = {
  id: 'netbsd-2000',
  title: 'NetBSD before 2001',
  description:
    'Filter and NAT come first on the way out, and the IPsec policy is looked up on the translated packet. On the way in the ESP packet is filtered, and the decapsulated packet again.',
  icmp: netbsd.icmp,
  ipsec: netbsd.ipsec,
  paths: {
    input: [
      { stage: 'nat', hook: 'PFIL_IN', citation: BEFORE_THE_CHANGE },
      {
        stage: 'filter',
        hook: 'PFIL_IN',
        citation: { ...BEFORE_THE_CHANGE, note: 'The decapsulated packet passes PFIL_IN once more.' },
      },
      { stage: 'route-in', hook: 'ip_input', citation: { source: 'sys/netinet/ip_input.c, ip_input()' } },
    ],
    local: netbsd.paths.local,
    forward: netbsd.paths.forward,
    output: [
      { stage: 'route-out', hook: 'ip_output', citation: { source: 'sys/netinet/ip_output.c, ip_output()' } },
      {
        stage: 'filter',
        hook: 'PFIL_OUT',
        when: ['not-ipsec-done'],
        tellWhenSkipped: {
          when: 'ipsec-done',
          text: 'This order filters and translates before IPsec; the ESP or AH packet is not seen.',
        },
        citation: BEFORE_THE_CHANGE,
      },
      { stage: 'nat', hook: 'PFIL_OUT', when: ['not-ipsec-done'], citation: BEFORE_THE_CHANGE },
      {
        stage: 'ipsec-out',
        hook: 'ipsec4_output',
        when: ['not-ipsec-done'],
        citation: { ...BEFORE_THE_CHANGE, note: 'The policy is looked up on the translated packet.' },
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
