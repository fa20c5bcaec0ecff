/** Names of ICMP and ICMPv6 types and codes as ipmon(8) writes them: `unreach/port`, `echo/0`, `icmptype(6)/0`. */

type Codes = Readonly<Record<number, string>>;
type Types = ReadonlyMap<number, readonly [name: string, codes?: Codes]>;

export function icmpName(type: number, code: number): string {
  return nameOf(ICMP, 'icmptype', type, code);
}

export function icmpv6Name(type: number, code: number): string {
  return nameOf(ICMPV6, 'icmpv6type', type, code);
}

function nameOf(types: Types, unknown: string, type: number, code: number): string {
  const [name = `${unknown}(${type})`, codes] = types.get(type) ?? [];
  return `${name}/${codes?.[code] ?? code}`;
}

/** Unreachable codes 8 and 10 have entries in ipmon's table under wrong numbers, so they are written as numbers. */
const ICMP: Types = new Map([
  [0, ['echoreply']],
  [
    3,
    [
      'unreach',
      {
        0: 'net',
        1: 'host',
        2: 'protocol',
        3: 'port',
        4: 'needfrag',
        5: 'srcfail',
        6: 'net_unknown',
        7: 'host_unknown',
        9: 'net_prohib',
        11: 'tosnet',
        12: 'toshost',
        13: 'admin_prohibit',
      },
    ],
  ],
  [4, ['sourcequench']],
  [5, ['redirect', { 0: 'net', 1: 'host', 2: 'tosnet', 3: 'toshost' }]],
  [8, ['echo']],
  [9, ['routeradvert']],
  [10, ['routersolicit']],
  [11, ['timxceed', { 0: 'transit', 1: 'reassem' }]],
  [12, ['paramprob', { 0: 'errata_pointer', 1: 'optmissing', 2: 'length' }]],
  [13, ['timestamp']],
  [14, ['timestampreply']],
  [15, ['inforeq']],
  [16, ['inforeply']],
  [17, ['maskreq']],
  [18, ['maskreply']],
]);

const ICMPV6: Types = new Map([
  [1, ['unreach', { 0: 'noroute', 1: 'admin', 2: 'neighbour', 3: 'address', 4: 'noport' }]],
  [2, ['toobig']],
  [3, ['timxceed', { 0: 'intransit', 1: 'reassem' }]],
  [4, ['paramprob', { 0: 'header', 1: 'nextheader', 2: 'option' }]],
  [128, ['echo']],
  [129, ['echoreply']],
  [130, ['groupmemberquery', { 0: 'ipv6', 1: 'fqdn', 2: 'ipv4' }]],
  [131, ['groupmemberreport']],
  [132, ['groupmemberterm']],
  [133, ['routersolicit']],
  [134, ['routeradvert']],
  [135, ['neighborsolicit']],
  [136, ['neighboradvert']],
  [137, ['redirect']],
  [138, ['routerrenumber', { 0: 'command', 1: 'result', 255: 'seqnum_reset' }]],
  [139, ['whoareyourequest']],
  [140, ['whoareyoureply']],
  [200, ['mtraceresponse']],
  [201, ['mtracerequest']],
]);
