/** How ipnat's rules are written, part by part (ipnat(5)). */
import type { FormPart, StatementForm } from '../signature';

const ifname: FormPart = {
  label: 'INTERFACE',
  documentation:
    'Interface on which packets are looked at, or two with a comma: by which they come in, and leave.',
};
const source: FormPart = {
  label: 'SOURCE',
  documentation: 'Addresses to translate, e.g. `10.1.0.0/24`; or `from A to B` with ports.',
  takesAll: true,
};
const taken: FormPart = {
  label: 'DESTINATION [port PORTS]',
  documentation:
    'Where the packets are for before the redirection, e.g. `0.0.0.0/0 port 80`; or `from A to B`.',
  takesAll: true,
};
const options: FormPart = {
  label: '[OPTIONS]',
  documentation:
    'Protocol, `round-robin`, `sticky`, `frag`, `age F/R`, `mssclamp N`, `proxy ...`, `tag T`, `purge`.',
  opens: /^(?:round-robin|sticky|frag|age|mssclamp|proxy|tag|purge)$/,
};

export const ipnatForms: readonly StatementForm[] = [
  {
    heads: ['map'],
    documentation: 'Translates the source of packets that leave.',
    parts: [
      ifname,
      source,
      {
        label: '-> NEW',
        documentation: 'The new source: a network, a range, or `0/32` for the address of the interface.',
        opens: /^->$/,
      },
      {
        label: '[portmap PROTOCOL PORTS]',
        documentation: 'Ports to choose from: `auto`, or a range such as `10000:20000`.',
        opens: /^(?:portmap|icmpidmap)$/,
      },
      options,
    ],
  },
  {
    heads: ['map-block'],
    documentation: 'Translates the source, with a fixed block of ports for each address.',
    parts: [
      ifname,
      source,
      { label: '-> NEW', documentation: 'The network of new sources.', opens: /^->$/ },
      { label: '[ports N]', documentation: 'Ports for each address, or `auto`.', opens: /^ports$/ },
      options,
    ],
  },
  {
    heads: ['bimap'],
    documentation: 'Translates one to one, both ways.',
    parts: [
      ifname,
      source,
      { label: '-> NEW', documentation: 'As many addresses as there are sources.', opens: /^->$/ },
      options,
    ],
  },
  {
    heads: ['rdr'],
    documentation: 'Redirects packets that come in.',
    parts: [
      ifname,
      taken,
      {
        label: '-> NEW[,NEW] [port PORT]',
        documentation: 'Where they go: one address, several taken in turn, or `0/0` to leave it.',
        opens: /^->$/,
      },
      {
        label: '[PROTOCOL]',
        documentation: '`tcp`, `udp`, `tcp/udp` or another one.',
        opens: /^(?:tcp|udp|tcp\/udp|icmp|ip)$/,
      },
      options,
    ],
  },
  {
    heads: ['rewrite'],
    documentation: 'Translates source and destination at once.',
    parts: [
      { label: 'in|out', documentation: 'Direction.' },
      { label: 'on INTERFACE', documentation: 'Interface on which packets are looked at.', opens: /^on$/ },
      { label: '[proto PROTOCOL]', documentation: 'Protocol of the packets.', opens: /^proto$/ },
      { label: 'from SOURCE', documentation: 'Where the packets come from.', opens: /^from$/ },
      { label: 'to DESTINATION', documentation: 'Where the packets are for.', opens: /^to$/ },
      {
        label: '-> src NEW dst NEW',
        documentation: 'The new source and destination, with ports.',
        opens: /^->$/,
      },
    ],
  },
];
