import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runIpftest } from '../../server/src/frontends/ipftest';

/**
 * What the index decides against what walking every rule decides, over whole runs of `ipftest`: rules of both
 * directions and families with groups, `skip`, pools, `with` words, state and fragments, and packets of a few
 * flows in sequence. Verdicts, the words of `-v`, the states left and the hits of every rule must be the same.
 */

const HOSTS4 = ['10.0.0.1', '10.0.1.9', '192.0.2.7', '198.51.100.3'] as const;
const HOSTS6 = ['2001:db8::1', '2001:db8:1::9', '2001:db8:f::7', 'fd00::3'] as const;
const POOLS = [
  'table role = ipf type = tree number = 7 { 10.0.0.0/8; !10.0.1.0/24; 198.51.100.3/32; };',
  'table role = ipf type = hash number = 8 { 192.0.2.0/24; 10.0.0.1/32; };',
  'table role = ipf type = tree name = six { 2001:db8::/32; !2001:db8:f::/48; };',
  '',
].join('\n');

const end4 = fc.oneof(
  fc.constantFrom(
    'any',
    'any',
    'any',
    'any',
    'pool/7',
    'hash/8',
    '!10.0.0.0/24',
    '10.0.0.0/8',
    '198.51.100.0/24',
  ),
  fc.constantFrom(...HOSTS4),
);
const end6 = fc.oneof(
  fc.constantFrom('any', 'any', 'any', 'any', 'pool/six', '!2001:db8::/48', '2001:db8::/32', 'fd00::/8'),
  fc.constantFrom(...HOSTS6),
);
const port = fc.constantFrom(
  '',
  '',
  '',
  ' port = 53',
  ' port != 53',
  ' port > 1023',
  ' port 50 <> 90',
  ' port 52 >< 81',
);
const tail = fc.constantFrom(
  ...Array<string>(12).fill(''),
  ' with frag',
  ' with not frag',
  ' with short',
  ' with ipopts',
  ' with opt lsrr',
  ' with not bad',
  ' with oow',
  ' with lowttl',
  ' with mbcast',
  ' with frag-body',
);
const keep = fc.constantFrom(
  '',
  ' keep state',
  ' keep state',
  ' keep state keep frags',
  ' keep frags',
  ' keep state (limit 1)',
  ' keep state (strict)',
  ' keep state (no-icmp-err)',
);
const groups = fc.constantFrom(
  '',
  '',
  '',
  '',
  '',
  '',
  ' head 10',
  ' head 20',
  ' group 10',
  ' group 10',
  ' group 20',
);

const rule = fc
  .record({
    action: fc.constantFrom(
      'pass',
      'block',
      'pass',
      'block',
      'count',
      'log',
      'skip 1',
      'skip 4',
      'block return-icmp',
    ),
    direction: fc.constantFrom('in', 'out'),
    quick: fc.constantFrom('', ' quick'),
    on: fc.constantFrom('', '', ' on em0', ' on em1'),
    more: fc.constantFrom(...Array<string>(9).fill(''), ' tos 16', ' ttl 64'),
    protocol: fc.constantFrom('tcp', 'udp', 'tcp/udp', 'icmp', '47', ''),
    six: fc.boolean(),
    ends: fc.tuple(end4, end4, end6, end6),
    ports: fc.tuple(port, port),
    flags: fc.constantFrom('', '', '', ' flags S/SA', ' flags A/A'),
    icmp: fc.constantFrom('', ' icmp-type 8', ' icmp-type 3 code 3'),
    tail,
    keep,
    groups,
  })
  .map((r) => {
    const six = r.six && r.protocol !== 'icmp';
    const [from, to] = six ? [r.ends[2], r.ends[3]] : [r.ends[0], r.ends[1]];
    const hasPorts = ['tcp', 'udp', 'tcp/udp'].includes(r.protocol);
    const [fromPort, toPort] = hasPorts ? r.ports : ['', ''];
    const proto = r.protocol === '' ? '' : ` proto ${r.protocol}`;
    const sort = r.protocol === 'tcp' ? r.flags : r.protocol === 'icmp' ? r.icmp : '';
    // IPv4's options, and the order of TCP, are refused where they cannot be.
    const tail = six && r.tail === ' with opt lsrr' ? '' : r.tail;
    const keep = r.protocol === 'tcp' ? r.keep : r.keep.replace(' (strict)', '');
    const keeps = r.action.startsWith('pass') || r.action.startsWith('block') ? keep : '';
    // A group belongs to one direction.
    const group = r.groups.replace(/(\d\d)$/, r.direction === 'in' ? '$1' : '1$1');
    return (
      `${r.action} ${r.direction}${r.quick}${r.on}${six ? ' inet6' : ''}${r.more}${proto}` +
      ` from ${from}${fromPort} to ${to}${toPort}${sort}${tail}${keeps}${group}`
    );
  });

/** A few ends, so that packets meet the states of others. */
const sample = fc
  .record({
    six: fc.constantFrom(false, false, false, true),
    on: fc.constantFrom('em0', 'em0', 'em1'),
    out: fc.boolean(),
    protocol: fc.constantFrom('tcp', 'tcp', 'udp', 'udp', 'icmp', '47'),
    hosts: fc.constantFrom([0, 3], [3, 0], [0, 3], [3, 0], [1, 2], [2, 1]),
    ports: fc.constantFrom('4000,53', '53,4000', '4000,80', '80,4000'),
    flags: fc.constantFrom(
      'S seq=100',
      'SA seq=900 ack=101',
      'A seq=101 ack=901',
      'FA seq=101 ack=901',
      'A seq=9000000',
      'R',
    ),
    icmp: fc.constantFrom('echo', 'echorep', 'unreach,3', 'timest'),
    options: fc.constantFrom('', '', '', '', ' opt lsrr', ' opt rr'),
  })
  .map((p) => {
    const hosts = p.six ? HOSTS6 : HOSTS4;
    const [from, to] = [hosts[p.hosts[0]!]!, hosts[p.hosts[1]!]!];
    const way = `${p.out ? 'out' : 'in'}${p.six ? '6' : ''} on ${p.on}`;
    const [a, b] = p.ports.split(',');
    switch (p.protocol) {
      case 'tcp':
        return `${way} tcp ${from},${a} ${to},${b} ${p.flags}${p.six ? '' : p.options}`;
      case 'udp':
        return `${way} udp ${from},${a} ${to},${b}${p.six ? '' : p.options}`;
      case 'icmp':
        return p.six ? `${way} 47 ${from} ${to}` : `${way} icmp ${from} ${to} ${p.icmp}${p.options}`;
      default:
        return `${way} 47 ${from} ${to}`;
    }
  });

describe('whole runs', () => {
  it('come out the same whether rules are looked up or walked', () => {
    let states = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(rule, { minLength: 10, maxLength: 60 }),
        fc.array(sample, { minLength: 2, maxLength: 25 }),
        (rules, packets) => {
          const texts: Record<string, string> = {
            'ippool.conf': POOLS,
            'ipf.conf': `${rules.join('\n')}\n`,
            packets: `${packets.join('\n')}\n`,
          };
          const io = {
            read: (path: string) => (texts[path] === undefined ? undefined : Buffer.from(texts[path])),
          };
          const args = ['-v', '-D', '-R', '-b', '-F', 'text'];
          const files = ['-P', 'ippool.conf', '-r', 'ipf.conf', '-i', 'packets'];
          const indexed = runIpftest([...args, ...files], io);
          expect([indexed.exitCode, indexed.stderr]).toEqual([0, '']);
          expect(indexed.stdout).toBe(runIpftest([...args, ...files], io, { linear: true }).stdout);
          expect(indexed.stdout.match(/fin_flx/g)).toHaveLength(packets.length);
          const left = indexed.stdout
            .split('List of active state sessions:\n')[1]!
            .split('List of configured')[0]!;
          if (left !== '') states++;
        },
      ),
      { seed: 7_2024, numRuns: 400 },
    );
    // Runs that left a state behind: without them the sequences would prove little.
    expect(states).toBeGreaterThan(50);
  });
});
