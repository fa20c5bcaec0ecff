/** IP protocol names and numbers, as `/etc/protocols` and the IANA registry "Protocol Numbers" have them. */

/** The first name of a number is the one that is printed; the others are read too. */
const PROTOCOLS: readonly (readonly [number: number, ...names: string[]])[] = [
  [0, 'ip', 'hopopt'],
  [1, 'icmp'],
  [2, 'igmp'],
  [3, 'ggp'],
  [4, 'ipencap', 'ip-encap', 'ipv4'],
  [5, 'st'],
  [6, 'tcp'],
  [7, 'cbt'],
  [8, 'egp'],
  [9, 'igp'],
  [12, 'pup'],
  [17, 'udp'],
  [20, 'hmp'],
  [22, 'xns-idp'],
  [27, 'rdp'],
  [29, 'iso-tp4'],
  [33, 'dccp'],
  [36, 'xtp'],
  [37, 'ddp'],
  [38, 'idpr-cmtp'],
  [41, 'ipv6'],
  [43, 'ipv6-route'],
  [44, 'ipv6-frag'],
  [45, 'idrp'],
  [46, 'rsvp'],
  [47, 'gre'],
  [50, 'esp', 'ipsec-esp'],
  [51, 'ah', 'ipsec-ah'],
  [55, 'mobile'],
  [57, 'skip'],
  [58, 'ipv6-icmp', 'icmpv6', 'icmp6'],
  [59, 'ipv6-nonxt'],
  [60, 'ipv6-opts'],
  [73, 'rspf', 'cphb'],
  [80, 'iso-ip'],
  [81, 'vmtp'],
  [88, 'eigrp'],
  [89, 'ospf', 'ospfigp'],
  [93, 'ax.25'],
  [94, 'ipip'],
  [97, 'etherip'],
  [98, 'encap'],
  [103, 'pim'],
  [108, 'ipcomp'],
  [112, 'vrrp', 'carp'],
  [115, 'l2tp'],
  [124, 'isis'],
  [132, 'sctp'],
  [133, 'fc'],
  [135, 'mobility-header'],
  [136, 'udplite'],
  [137, 'mpls-in-ip'],
  [139, 'hip'],
  [140, 'shim6'],
  [240, 'pfsync'],
];

const protocolNumbers = new Map<string, number>();
const protocolNames = new Map<number, string>();
for (const [number, ...names] of PROTOCOLS) {
  protocolNames.set(number, names[0]!);
  for (const name of names) protocolNumbers.set(name, number);
}

export function protocolByName(name: string): number | undefined {
  return protocolNumbers.get(name.toLowerCase());
}

export function protocolName(number: number): string {
  return protocolNames.get(number) ?? String(number);
}

/** Numbers by every name that is read. */
export const PROTOCOL_NUMBERS: ReadonlyMap<string, number> = protocolNumbers;

export function knownProtocolNames(): Iterable<string> {
  return protocolNumbers.keys();
}
