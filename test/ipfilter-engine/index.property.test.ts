import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIpfilterEngine } from '../../server/src/simulator/ipfilter/engine';
import { filterOf, packet } from './gateway';

const address = fc
  .tuple(fc.constantFrom('10.0.', '192.0.2.', '198.51.'), fc.nat(3), fc.nat(3))
  .map(([net, a, b]) => (net.split('.').length === 4 ? `${net}${b}` : `${net}${a}.${b}`));
const network = fc.oneof(
  fc.constant('any'),
  fc.tuple(address, fc.constantFrom(32, 32, 30, 24, 16, 8)).map(([a, n]) => `${a}/${n}`),
  address.map((a) => `! ${a}/31`),
);
const port = fc.oneof(
  fc.constant(''),
  fc.constantFrom('= 53', '= 80', '!= 80', '< 54', '>= 79', '50 <> 90', '52 >< 81').map((p) => ` port ${p}`),
);
const tail = fc.constantFrom(
  '',
  '',
  '',
  ' with frag',
  ' with not short',
  ' head 1',
  ' group 1',
  ' group 1',
  ' head 2',
  ' group 2',
);

const rule = fc
  .record({
    action: fc.constantFrom(
      'pass',
      'block',
      'pass',
      'block',
      'block return-rst',
      'count',
      'log',
      'skip 1',
      'skip 3',
    ),
    quick: fc.constantFrom('', '', '', ' quick'),
    on: fc.constantFrom('', '', ' on em0', ' on em1'),
    protocol: fc.constantFrom('tcp', 'udp', 'tcp/udp', 'icmp', ''),
    from: network,
    fromPort: port,
    to: network,
    toPort: port,
    tail,
  })
  .map((r) => {
    const hasPorts = r.protocol !== '' && r.protocol !== 'icmp';
    const proto = r.protocol === '' ? '' : ` proto ${r.protocol}`;
    const action = r.action === 'block return-rst' && r.protocol !== 'tcp' ? 'block' : r.action;
    return (
      `${action} in${r.quick}${r.on}${proto} from ${r.from}${hasPorts ? r.fromPort : ''}` +
      ` to ${r.to}${hasPorts ? r.toPort : ''}${r.tail}`
    );
  });

const sample = fc
  .record({
    protocol: fc.constantFrom('tcp', 'udp', 'icmp', 'esp'),
    source: address,
    destination: address,
    ports: fc.tuple(fc.constantFrom(53, 80, 51, 4000), fc.constantFrom(53, 80, 85, 9)),
    fragment: fc.constantFrom('', '', ' mf len 16', ' frag 16 len 16'),
    on: fc.constantFrom('em0', 'em1'),
  })
  .map((p) => {
    const first = !p.fragment.includes('frag');
    const has = (p.protocol === 'tcp' || p.protocol === 'udp') && first;
    const at = (n: number) => (has ? `:${n}` : '');
    const flags = p.protocol === 'tcp' && first ? ' S' : '';
    return {
      line: `${p.protocol} ${p.source}${at(p.ports[0])} > ${p.destination}${at(p.ports[1])}${flags}${p.fragment}`,
      on: p.on,
    };
  });

describe('the index', () => {
  it('decides what walking every rule decides, and looks at no more rules', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(rule, { minLength: 1, maxLength: 40 }),
        fc.array(sample, { minLength: 1, maxLength: 12 }),
        (rules, packets) => {
          const filter = filterOf(...rules);
          const indexed = createIpfilterEngine({ filter });
          const linear = createIpfilterEngine({ filter, linear: true });
          for (const { line, on } of packets) {
            const context = { interface: on, direction: 'in' as const };
            const a = indexed.check(packet(line), context);
            const b = linear.check(packet(line), context);
            expect([a.verdict, a.decision.word, a.origins]).toEqual([b.verdict, b.decision.word, b.origins]);
            expect(a.visitedRules).toBeLessThanOrEqual(b.visitedRules);
          }
        },
      ),
      { seed: 2024, numRuns: 400 },
    );
  });

  it('looks at a handful of ten thousand rules about other hosts', () => {
    const rules = Array.from(
      { length: 10_000 },
      (_, i) => `block in proto tcp from any to 10.${i >> 8}.${i & 255}.1/32 port = 80`,
    );
    const engine = createIpfilterEngine({ filter: filterOf('pass in all', ...rules) });
    const context = { interface: 'em0', direction: 'in' as const };
    const other = engine.check(packet('tcp 192.0.2.1:9 > 198.51.100.7:80 S'), context);
    expect([other.verdict, other.visitedRules]).toEqual(['pass', 1]);
    const hit = engine.check(packet('tcp 192.0.2.1:9 > 10.3.7.1:80 S'), context);
    expect([hit.verdict, hit.visitedRules]).toEqual(['block', 2]);
  });
});
