/** Whatever the policies say, probing them ends, changes nothing and gives the same answer again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prober } from '../../server/src/analysis/findings/prober';
import { parsePacketLine } from '../../server/src/packet/notation';
import { projectOf } from '../harness/workspace';
import { findingsIn, KEYS, RIGHT, SAS, twoGateways } from './support';

const ENDS = [
  '192.0.2.1-203.0.113.1',
  '203.0.113.1-192.0.2.1',
  '10.1.0.1-10.2.0.1',
  '2001:db8::1-2001:db8::2',
];
const SELECTORS = [
  '10.1.0.0/24 10.2.0.0/24 any',
  '10.2.0.0/24 10.1.0.0/24 any',
  '0.0.0.0/0 0.0.0.0/0 any',
  '0.0.0.0/0 10.2.0.0/24[80] tcp',
  '192.0.2.1 203.0.113.1 icmp 8,0',
  '10.1.0.10[5000] 10.2.0.0/16 udp',
  '255.255.255.255 0.0.0.0/1 esp',
  '::/0 2001:db8::/32 icmp6',
  '2001:db8:1::/64 2001:db8:2::/64 any',
  '10.1.0.0/24 10.2.0.0/24 ah',
];
const ACTIONS = [
  'none',
  'discard',
  ...ENDS.map((e) => `ipsec esp/tunnel/${e}/require`),
  'ipsec esp/transport//require',
  'ipsec ah/transport//use esp/tunnel/192.0.2.1-203.0.113.1/unique:3',
  'ipsec ipcomp/transport//use',
];
const policyLine = fc
  .tuple(fc.constantFrom(...SELECTORS), fc.constantFrom('in', 'out'), fc.constantFrom(...ACTIONS))
  .map(([selector, direction, action]) => `spdadd ${selector} -P ${direction} ${action};`);
const associationLine = fc
  .tuple(
    fc.constantFrom(
      '192.0.2.1 203.0.113.1',
      '203.0.113.1 192.0.2.1',
      '10.1.0.10 10.2.0.20',
      '2001:db8::1 2001:db8::2',
    ),
    fc.constantFrom('esp', 'esp-udp', 'ah'),
    fc.integer({ min: 256, max: 260 }),
    fc.constantFrom('', '-m tunnel ', '-m transport ', '-u 3 '),
  )
  .map(([ends, protocol, spi, options]) =>
    protocol === 'ah'
      ? `add ${ends} ah ${spi} ${options}-A hmac-sha1 "example-only-SHA-key";`
      : `add ${ends} ${protocol} ${spi} ${options}${KEYS};`,
  );
const natLine = fc.constantFrom(
  'map wan0 10.1.0.0/24 -> 192.0.2.1/32 portmap tcp/udp 1024:1030',
  'map wan0 0/0 -> 0/32',
  'no map wan0 from any to 10.2.0.0/24;',
  'rdr wan0 0/0 port 500 -> 10.1.0.10 port 500 udp',
  'bimap wan0 10.1.0.10/32 -> 192.0.2.1/32',
  'rdr lan0 10.2.0.0/24 port 80 -> 10.9.9.9 port 80 tcp',
  'map enc0 10.1.0.0/24 -> 10.9.0.1/32',
);
const ipfLine = fc.constantFrom(
  'block in all',
  'block out all',
  'pass in quick on wan0 proto esp from any to any keep state',
  'block in quick on wan0 from 10.2.0.0/24 to 10.1.0.0/24',
  'pass out quick on wan0 all keep state',
  'block in on enc0 from any to any with frag',
  'pass in quick on lan0 proto tcp from 10.1.0.0/24 to any port = 80 head 10',
  'block in all group 10',
);
const linesOf = (line: fc.Arbitrary<string>) =>
  fc.array(line, { maxLength: 6 }).map((lines) => lines.map((l) => `${l}\n`).join(''));

const IN_PLACES = [
  ['ipsec/probed-in-places', 'A/ipsec.conf'],
  ['ipsec/probed-in-places', 'B/ipsec.conf'],
];

describe('probes', () => {
  it('never fail, and say the same twice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('netbsd', 'netbsd-2000', 'freebsd', 'openbsd', 'linux'),
        fc.tuple(linesOf(associationLine), linesOf(policyLine)),
        fc.tuple(linesOf(associationLine), linesOf(policyLine)),
        linesOf(natLine),
        linesOf(ipfLine),
        (platform, a, b, nat, ipf) => {
          const files = {
            'gatewalk.yaml': twoGateways({ platform, a: '[A/ipsec.conf, A/ipnat.conf, A/ipf.conf]' }),
            'A/ipsec.conf': a.join(''),
            'B/ipsec.conf': b.join(''),
            'A/ipnat.conf': nat,
            'A/ipf.conf': ipf,
          };
          const found = findingsIn(files);
          expect(findingsIn(files)).toEqual(found);
          for (const { problem } of found)
            if (problem.witness !== undefined)
              expect(parsePacketLine(problem.witness).problems.filter((p) => p.severity === 'error')).toEqual(
                [],
              );
        },
      ),
      { numRuns: 150, seed: 20010612 },
    );
  });

  it('are as many as they may be, and each is walked once', () => {
    const { project } = projectOf(RIGHT);
    const prober = new Prober(project.network, 2);
    const spec = (port: number) => parsePacketLine(`tcp 10.1.0.10:${port} > 10.2.0.20:80 S`).spec!;
    expect(prober.probe(spec(1))?.trace).toBe(prober.probe(spec(1))?.trace);
    expect(prober.probe(spec(2))?.witness).toBe('tcp 10.1.0.10:2 > 10.2.0.20:80 S');
    expect(prober.probe(spec(3))).toBeUndefined();
    expect(prober.probes.map((p) => p.witness)).toEqual([
      'tcp 10.1.0.10:1 > 10.2.0.20:80 S',
      'tcp 10.1.0.10:2 > 10.2.0.20:80 S',
    ]);
  });

  it('finds its entry among hundreds', () => {
    const many = Array.from({ length: 300 }, (_, i) => `10.${20 + (i >> 8)}.${i & 255}.0/24`);
    const side = (own: string, peer: string, out: boolean) =>
      SAS +
      many
        .map((n) => {
          const [from, to] = out ? ['10.1.0.0/24', n] : [n, '10.1.0.0/24'];
          return `spdadd ${from} ${to} any -P out ipsec esp/tunnel/${own}-${peer}/require;\nspdadd ${to} ${from} any -P in ipsec esp/tunnel/${peer}-${own}/require;\n`;
        })
        .join('');
    const files = {
      'gatewalk.yaml': twoGateways({ a: '[A/ipsec.conf]' }),
      'A/ipsec.conf': side('192.0.2.1', '203.0.113.1', true),
      'B/ipsec.conf': side('203.0.113.1', '192.0.2.1', false),
    };
    expect(findingsIn(files).map((f) => [f.code, f.file])).toEqual(IN_PLACES);
    const hidden = `${files['A/ipsec.conf']}spdadd 10.1.0.7 10.20.200.0/24 any -P out none;\n`;
    const found = findingsIn({ ...files, 'A/ipsec.conf': hidden });
    expect(found.filter((f) => f.code !== 'ipsec/probed-in-places').map((f) => [f.code, f.on])).toEqual([
      ['ipsec/policy-hidden', 'spdadd 10.1.0.7 10.20.200.0/24 any -P out none;'],
    ]);
  });
});
