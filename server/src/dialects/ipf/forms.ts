/** How ipf's rules are written: every part is optional but action and direction, and their order is fixed (ipf(5)). */
import type { StatementForm } from '../signature';

export const ipfForms: readonly StatementForm[] = [
  {
    heads: ['block', 'pass', 'log', 'count', 'auth', 'preauth', 'skip', 'call'],
    parts: [
      { label: 'in|out', documentation: 'Direction, seen from the gateway.', opens: /^(?:in|out)$/ },
      { label: '[log [first] [body]]', documentation: 'What is written to the log.', opens: /^log$/ },
      { label: '[quick]', documentation: 'The first match decides.', opens: /^quick$/ },
      {
        label: '[on INTERFACE]',
        documentation: 'Interface of the packet.',
        opens: /^(?:on|in-via|out-via)$/,
      },
      {
        label: '[to|dup-to|reply-to INTERFACE]',
        documentation: 'Another way for the packet, or for a copy of it.',
        opens: /^(?:dup-to|reply-to|fastroute)$/,
      },
      { label: '[tos N] [ttl N]', documentation: 'Fields of the IP header.', opens: /^(?:tos|ttl)$/ },
      {
        label: '[proto PROTOCOL]',
        documentation: '`tcp`, `udp`, `tcp/udp`, `icmp`, or a number.',
        opens: /^proto$/,
      },
      {
        label: 'from SOURCE [port PORTS]',
        documentation:
          '`any`, a network, `pool/NAME`, an interface; ports as in `port = 80`, `port 1024 >< 65536`.',
        opens: /^(?:from|all)$/,
      },
      { label: 'to DESTINATION [port PORTS]', documentation: 'As for `from`.', opens: /^to$/ },
      {
        label: '[flags F/MASK]',
        documentation: 'TCP flags that must be set, of those in the mask.',
        opens: /^flags$/,
      },
      {
        label: '[with OPTIONS]',
        documentation: 'Properties such as `frags`, `short`, `opt lsrr`.',
        opens: /^(?:with|and)$/,
      },
      { label: '[icmp-type TYPE [code CODE]]', documentation: 'Of ICMP.', opens: /^(?:icmp-type|code)$/ },
      {
        label: '[keep state] [keep frags]',
        documentation: 'What is remembered for the packets to come.',
        opens: /^keep$/,
      },
      {
        label: '[head GROUP] [group GROUP]',
        documentation: 'The group it opens, and the one it belongs to.',
        opens: /^(?:head|group)$/,
      },
    ],
  },
];
