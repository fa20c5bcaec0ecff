/** IP protocol numbers that the product treats by themselves (IANA registry "Protocol Numbers"). */
export const protocolNumber = {
  hopByHop: 0,
  icmp: 1,
  igmp: 2,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  noNextHeader: 59,
  destinationOptions: 60,
  ipcomp: 108,
} as const;

// The first name of a number is the one shown; the others are read too.
const names: readonly (readonly [number, ...string[]])[] = [
  [0, 'hopopt', 'ip'],
  [1, 'icmp'],
  [2, 'igmp'],
  [3, 'ggp'],
  [4, 'ipencap', 'ipip', 'ipv4'],
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
  [58, 'icmpv6', 'ipv6-icmp', 'icmp6'],
  [59, 'ipv6-nonxt'],
  [60, 'ipv6-opts'],
  [73, 'rspf'],
  [80, 'iso-ip'],
  [81, 'vmtp'],
  [88, 'eigrp'],
  [89, 'ospf'],
  [93, 'ax.25'],
  [94, 'ipip-old'],
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

const nameOfNumber = new Map(names.map(([number, name]) => [number, name!]));
const numberOfName = new Map(names.flatMap(([number, ...all]) => all.map((name) => [name, number] as const)));

/** The name as `protocols(5)` has it; undefined for a number without a common name. */
export function protocolName(number: number): string | undefined {
  return nameOfNumber.get(number);
}

/** The number of a name, whatever its case; undefined for a word that is no protocol. */
export function protocolByName(name: string): number | undefined {
  return numberOfName.get(name.toLowerCase());
}

export function protocolNames(): readonly string[] {
  return [...numberOfName.keys()];
}
