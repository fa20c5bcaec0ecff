import {
  protocolName as commonName,
  protocolByName as commonNumber,
  knownProtocolNames,
} from '../policy/protocols';

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

/** Where a packet line says it otherwise than `/etc/protocols`. */
const shownAs: ReadonlyMap<number, string> = new Map([
  [0, 'hopopt'],
  [58, 'icmpv6'],
]);
const readAs: ReadonlyMap<string, number> = new Map([['ipip', protocolNumber.ipv4]]);

/** The name as a packet line has it; undefined for a number without a common name. */
export function protocolName(number: number): string | undefined {
  const shown = shownAs.get(number) ?? commonName(number);
  return shown === String(number) ? undefined : shown;
}

/** The number of a name, whatever its case; undefined for a word that is no protocol. */
export function protocolByName(name: string): number | undefined {
  return readAs.get(name.toLowerCase()) ?? commonNumber(name);
}

export function protocolNames(): readonly string[] {
  return [...new Set([...knownProtocolNames(), ...readAs.keys()])];
}
