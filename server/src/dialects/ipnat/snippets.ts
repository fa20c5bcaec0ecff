// biome-ignore-all lint/suspicious/noTemplateCurlyInString: tab stops of snippets look like templates.
import type { StatementSnippet } from '../dialect';

export const ipnatSnippets: readonly StatementSnippet[] = [
  {
    label: 'map (behind one address)',
    insert:
      'map ${1:fxp0} ${2:10.1.0.0/24} -> 0/32 portmap tcp/udp auto\nmap ${1:fxp0} ${2:10.1.0.0/24} -> 0/32',
    detail: 'a network behind the address of an interface',
  },
  {
    label: 'rdr (to a server inside)',
    insert: 'rdr ${1:fxp0} ${2:192.0.2.1}/32 port ${3:80} -> ${4:10.1.0.10} port ${5:80} tcp',
    detail: 'a port of the gateway is served by a host inside',
  },
  {
    label: 'bimap (one to one)',
    insert: 'bimap ${1:fxp0} ${2:10.1.0.10}/32 -> ${3:192.0.2.10}/32',
    detail: 'a host with an outside address of its own',
  },
];
