/** Random ipf rules and packets out of a world so small that they often meet. Seeded: the same every time. */
import { ipfDialect } from '../../server/src/dialects/ipf';
import { buildPacket } from '../../server/src/packet/build';
import type { PacketSpec } from '../../server/src/packet/notation';
import type { Packet } from '../../server/src/packet/packet';
import { type Address, parseAddress } from '../../server/src/policy/address';
import type { FilterProgram } from '../../server/src/policy/filter';

export class Random {
  constructor(private state: number) {}

  /** mulberry32 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const ADDRESSES = [
  'any',
  'any',
  '10.0.0.0/8',
  '10.0.0.0/9',
  '10.128.0.0/9',
  '10.1.0.0/16',
  '!10.1.0.0/16',
  '10.1.0.5',
];
const PORTS = ['= 80', '!= 80', '1:100', '80 >< 90', '80 <> 90', '> 1023', '>= 80', '< 80'];
const TESTS = ['short', 'frags', 'not frags', 'frag-body', 'not short', 'bad', 'not bad', 'ipopts'];

export function randomRules(random: Random, count: number, groups: boolean): string {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) lines.push(randomRule(random, groups));
  return `${lines.join('\n')}\n`;
}

function randomRule(r: Random, groups: boolean): string {
  const words: string[] = [];
  const action = r.of([
    'pass',
    'pass',
    'block',
    'block',
    'block return-rst',
    'log',
    `skip ${1 + r.below(3)}`,
    'nomatch',
    'count',
  ]);
  words.push(action, r.of(['in', 'in', 'in', 'out']));
  if (action !== 'count' && r.chance(0.4)) words.push('quick');
  if (r.chance(0.3)) words.push('on', r.of(['fxp0', 'fxp1']));
  const family = r.chance(0.15) ? r.of(['inet', 'inet6']) : undefined;
  if (family !== undefined) words.push(family);
  const kind = r.below(7);
  const v4 = family !== 'inet6';
  const addresses = (): string => (v4 ? r.of(ADDRESSES) : 'any');
  const sides = (ports: boolean): string => {
    const side = () =>
      addresses().replace('!', '! ') + (ports && r.chance(0.5) ? ` port ${r.of(PORTS)}` : '');
    return `from ${side()} to ${side()}`;
  };
  if (kind === 0) words.push('all');
  else if (kind <= 3) {
    words.push('proto', kind === 1 ? 'tcp' : kind === 2 ? 'udp' : 'tcp/udp', sides(true));
    if (kind === 1 && r.chance(0.4)) words.push('flags', r.of(['S', 'S/SA', 'R/R', '/S', 'A/A']));
  } else if (kind === 4 && v4) {
    words.push('proto icmp', sides(false));
    if (r.chance(0.5)) words.push('icmp-type', r.of(['echo', 'unreach', '{echo,unreach}']));
  } else words.push(sides(false));
  if (kind !== 0 && r.chance(0.15)) words.push('with', v4 ? r.of(TESTS) : 'frags');
  if (action !== 'count' && r.chance(0.2)) words.push('keep state');
  if (groups) {
    if (r.chance(0.25) && !action.startsWith('skip')) words.push('head', r.of(['1', '2', '3']));
    if (r.chance(0.4)) words.push('group', r.of(['1', '2', '3']));
  }
  return words.join(' ');
}

export function programOf(text: string): FilterProgram | undefined {
  return ipfDialect.lower(ipfDialect.parse(text), { file: 'ipf.conf' }).policy.filter;
}

const V4 = ['10.1.0.5', '10.1.7.7', '10.0.0.1', '10.200.0.1', '192.0.2.1', '198.51.100.9'].map(addressOf);
const V6 = ['2001:db8::1', '2001:db8:1::2'].map(addressOf);

function addressOf(text: string): Address {
  return parseAddress(text)!;
}

export interface Arrival {
  readonly packet: Packet;
  readonly interface: string;
  readonly direction: 'in' | 'out';
}

export function randomArrival(r: Random): Arrival {
  const v6 = r.chance(0.15);
  const list = v6 ? V6 : V4;
  const protocol = r.of([6, 6, 6, 17, 17, v6 ? 58 : 1, 50]);
  const ports = [1, 79, 80, 81, 85, 90, 91, 100, 1024, 65535, 0];
  const spec: PacketSpec = {
    source: r.of(list),
    destination: r.of(list),
    protocol,
    ...(protocol === 6 || protocol === 17 ? { sourcePort: r.of(ports), destinationPort: r.of(ports) } : {}),
    ...(protocol === 6 ? { tcpFlags: r.of([2, 2, 16, 18, 4, 20, 0, 1]) } : {}),
    ...(protocol === 1 ? { icmpType: r.of([8, 3, 0, 11]) } : {}),
    ...(protocol === 58 ? { icmpType: r.of([128, 1]) } : {}),
    ...(r.chance(0.15) ? { moreFragments: true } : {}),
    ...(!v6 && r.chance(0.1) ? { fragmentOffset: 64 } : {}),
  };
  const { ports: _, ...whole } = { ...spec, ports: undefined };
  const { sourcePort, destinationPort, tcpFlags, icmpType, ...bare } = whole;
  const built = buildPacket(
    whole.fragmentOffset === undefined
      ? { ...bare, ...noneIfAbsent({ sourcePort, destinationPort, tcpFlags, icmpType }) }
      : bare,
  );
  return {
    packet: damaged(r, built),
    interface: r.of(['fxp0', 'fxp1', 'lo0']),
    direction: r.of(['in', 'in', 'in', 'out']),
  };
}

function noneIfAbsent(parts: Record<string, number | undefined>): Partial<PacketSpec> {
  return Object.fromEntries(Object.entries(parts).filter(([, v]) => v !== undefined));
}

/** Now and then a wrong checksum, or a packet that ends inside its transport header. */
function damaged(r: Random, packet: Packet): Packet {
  if (!r.chance(0.12)) return packet;
  const bytes = packet.bytes.slice();
  if (bytes[0]! >>> 4 === 4 && r.chance(0.5)) {
    const cut = bytes.slice(0, 20 + r.of([2, 4, 6, 12]));
    cut[2] = 0;
    cut[3] = cut.length;
    return { ...packet, bytes: cut };
  }
  bytes[bytes.length - 1]! ^= 1;
  return { ...packet, bytes };
}
