/** Fixed names of the IPFilter languages that are data: ICMP types and codes, IP options. */
import type { AddressFamily } from '../../policy/address';

/** ipf(5) names of ICMP types (RFC 792, 950, 1256). */
const ICMP_TYPES: readonly (readonly [string, number])[] = [
  ['echorep', 0],
  ['unreach', 3],
  ['squench', 4],
  ['redir', 5],
  ['echo', 8],
  ['routerad', 9],
  ['routeradvert', 9],
  ['routersol', 10],
  ['routersolcit', 10],
  ['timex', 11],
  ['paramprob', 12],
  ['timest', 13],
  ['timestrep', 14],
  ['inforeq', 15],
  ['inforep', 16],
  ['maskreq', 17],
  ['maskrep', 18],
];

/**
 * ICMPv6 types under ipf's names (RFC 4443, 4861, 2710, 4620), several for some; ipf prints the one that stands
 * first here (`icmptypelist`, lib/icmptypes.c).
 */
const ICMP6_TYPES: readonly (readonly [string, number])[] = [
  ['unreach', 1],
  ['toobig', 2],
  ['timex', 3],
  ['paramprob', 4],
  ['echo', 128],
  ['echorep', 129],
  ['listenqry', 130],
  ['memberqry', 130],
  ['listenrep', 131],
  ['memberreply', 131],
  ['listendone', 132],
  ['memberred', 132],
  ['routersol', 133],
  ['routersolcit', 133],
  ['routerad', 134],
  ['routeradvert', 134],
  ['neighborsol', 135],
  ['neighborsolicit', 135],
  ['neighadvert', 136],
  ['redir', 137],
  ['renumber', 138],
  ['fqdnquery', 139],
  ['infoqry', 139],
  ['inforeq', 139],
  ['whoreq', 139],
  ['fqdnreply', 140],
  ['inforep', 140],
  ['whorep', 140],
];

/** Codes of ICMP "destination unreachable" (RFC 792, 1122, 1812), index = code. */
export const ICMP_CODES: readonly string[] = [
  'net-unr',
  'host-unr',
  'proto-unr',
  'port-unr',
  'needfrag',
  'srcfail',
  'net-unk',
  'host-unk',
  'isolate',
  'net-prohib',
  'host-prohib',
  'net-tos',
  'host-tos',
  'filter-prohib',
  'host-preced',
  'cutoff-preced',
];

export function icmpTypesOf(family: AddressFamily): readonly (readonly [string, number])[] {
  return family === 6 ? ICMP6_TYPES : ICMP_TYPES;
}

export function icmpTypeByName(name: string, family: AddressFamily): number | undefined {
  return icmpTypesOf(family).find(([known]) => known === name.toLowerCase())?.[1];
}

/** A type of no known family is printed as a number. */
export function icmpTypeName(type: number, family: AddressFamily | undefined): string {
  if (family === undefined) return String(type);
  return icmpTypesOf(family).find(([, number]) => number === type)?.[0] ?? String(type);
}

/** IPv4 options under ipf's names, in the order in which ipf prints them (IANA "IP Option Numbers"). */
export const IP_OPTIONS: readonly (readonly [string, number])[] = [
  ['nop', 1],
  ['rr', 7],
  ['zsu', 10],
  ['mtup', 11],
  ['mtur', 12],
  ['encode', 15],
  ['ts', 68],
  ['tr', 82],
  ['sec', 130],
  ['lsrr', 131],
  ['e-sec', 133],
  ['cipso', 134],
  ['satid', 136],
  ['ssrr', 137],
  ['addext', 147],
  ['visa', 142],
  ['imitd', 144],
  ['eip', 145],
  ['finn', 205],
  ['dps', 151],
  ['sdb', 149],
  ['nsapa', 150],
  ['rtralrt', 148],
  ['ump', 152],
];

/** Number of the basic security option (RFC 1108). */
export const SECURITY_OPTION = 130;

/** RFC 1108 classification levels as bits, in the order in which ipf prints them. */
export const SECURITY_CLASSES: readonly (readonly [string, number])[] = [
  ['reserv-4', 0x01],
  ['topsecret', 0x02],
  ['secret', 0x04],
  ['reserv-3', 0x08],
  ['confid', 0x10],
  ['unclass', 0x20],
  ['reserv-2', 0x40],
  ['reserv-1', 0x80],
];

/** In the order in which ipf prints them (`v6ionames`, lib/v6ionames.c). */
export const IPV6_HEADERS: readonly string[] = [
  'hopopts',
  'ipv6',
  'routing',
  'frag',
  'esp',
  'ah',
  'none',
  'dstopts',
  'mobility',
];

export const SYSLOG_FACILITIES: readonly string[] =
  'kern user mail daemon auth syslog lpr news uucp cron ftp authpriv audit logalert console security local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  );

export const SYSLOG_PRIORITIES: readonly string[] = 'emerg alert crit err warn notice info debug'.split(' ');

/** Letters of TCP flags, lowest bit first; `W` is read as CWR too. */
export const TCP_FLAG_LETTERS = 'FSRPAUEC';

/** Flags that `flags S` without a mask looks at (FSRPAU): ECE and CWR are ignored. */
export const DEFAULT_FLAG_MASK = 0x3f;

/** Flag bits of a word such as `SA`, or undefined at the first letter that is no flag; small letters are none. */
export function tcpFlagsOf(word: string): number | undefined {
  let bits = 0;
  for (const letter of word) {
    const bit = letter === 'W' ? 7 : TCP_FLAG_LETTERS.indexOf(letter);
    if (bit < 0) return undefined;
    bits |= 1 << bit;
  }
  return bits;
}

export function formatTcpFlags(bits: number): string {
  let text = '';
  for (let bit = 0; bit < 8; bit++) if (bits & (1 << bit)) text += TCP_FLAG_LETTERS[bit];
  return text;
}
