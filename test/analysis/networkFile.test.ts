import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import Ajv from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { buildNetwork } from '../../server/src/analysis/network/buildNetwork';
import { parseNetworkFile } from '../../server/src/analysis/network/networkFile';
import { platforms } from '../../server/src/platforms';
import { formatPrefix } from '../../server/src/policy/address';

const root = resolve(import.meta.dirname, '../..');

/** The problems of a text as `the words they stand under: code`, with policy files `known` taken as present. */
function problems(text: string, known: readonly string[] = []): string[] {
  const file = parseNetworkFile(text, 'gatewalk.yaml');
  const built = buildNetwork(file, (path) =>
    known.includes(path) ? { kind: 'policy', policy: {} } : { kind: 'missing' },
  );
  return [...file.problems, ...built.problems].map(
    (p) => `${text.slice(p.range.start, p.range.end)}: ${p.code}`,
  );
}

function messages(text: string): string[] {
  const file = parseNetworkFile(text, 'gatewalk.yaml');
  const built = buildNetwork(file, () => ({ kind: 'missing' }));
  return [...file.problems, ...built.problems].map((p) => p.message);
}

describe('gatewalk.yaml', () => {
  it('describes gateways, networks, hosts, packets and expectations', () => {
    const text = `
networks: { X: 10.1.0.0/24, Z: internet }
gateways:
  A:
    platform: netbsd-2000
    interfaces:
      fxp0: 10.1.0.1/24
      fxp1: { address: 192.0.2.1/24, network: Z, mtu: 1400 }
    routes: { default: 192.0.2.254, 10.9.0.0/16: 10.1.0.254, 10.8.0.0/16: fxp0 }
    policy: [ipf.conf]
    listening: [tcp/22]
    settings: { net.inet.ipsec.dfbit: 1 }
hosts: { x: 10.1.0.10, z: 198.51.100.80 }
packets:
  ping: icmp 10.1.0.10 > 198.51.100.80 echo
  odd: { packet: "udp 10.1.0.10:1 > 192.0.2.1:2", from: Z }
expect:
  - { packet: ping, delivered to: z, source: "192.0.2.1" }
`;
    expect(problems(text, ['ipf.conf'])).toEqual([]);
    const { network, packets, expectations } = buildNetwork(parseNetworkFile(text, 'f'), () => ({
      kind: 'policy',
      policy: {},
    }));
    const a = network.gateways[0]!;
    expect(a.platform.id).toBe('netbsd-2000');
    expect(a.interfaces.map((i) => [i.name, i.segment, i.mtu, i.addresses.map(formatPrefix)])).toEqual([
      ['fxp0', 'X', 1500, ['10.1.0.1/24']],
      ['fxp1', 'Z', 1400, ['192.0.2.1/24']],
    ]);
    expect(a.routes.map((r) => [formatPrefix(r.destination), r.interface ?? 'by next hop'])).toEqual([
      ['0.0.0.0/0', 'by next hop'],
      ['10.9.0.0/16', 'by next hop'],
      ['10.8.0.0/16', 'fxp0'],
    ]);
    expect(a.listening).toEqual([{ protocol: 'tcp', port: 22 }]);
    expect(a.settings.get('net.inet.ipsec.dfbit')).toBe(1);
    expect(network.hosts.map((h) => [h.name, h.segment])).toEqual([
      ['x', 'X'],
      ['z', 'Z'],
    ]);
    expect(packets.map((p) => [p.name, p.from])).toEqual([
      ['ping', undefined],
      ['odd', 'Z'],
    ]);
    expect(expectations[0]!.claims.map((c) => c.kind)).toEqual(['delivered-to', 'source-seen']);
  });

  it.each([
    ['a word it does not know', 'gatways: {}', ['gatways: network/unknown-field']],
    ['a field of a gateway', 'gateways:\n  A: { platfrom: netbsd }', ['platfrom: network/unknown-field']],
    ['a platform', 'gateways:\n  A: { platform: netsbd }', ['netsbd: network/unknown-platform']],
    [
      'a setting that no walk reads there',
      'gateways:\n  A: { platform: netbsd, settings: { net.inet.ipsec.filtertunnel: 1, net.inet.ipsec.dfbit: 2 } }',
      ['net.inet.ipsec.filtertunnel: network/unread-setting'],
    ],
    [
      'an address',
      'gateways:\n  A: { interfaces: { fxp0: 10.1.0.256/24 } }',
      ['10.1.0.256/24: network/address'],
    ],
    ['a mask', 'gateways:\n  A: { interfaces: { fxp0: 10.1.0.1/33 } }', ['10.1.0.1/33: network/address']],
    [
      'the ends of a tunnel',
      'gateways:\n  A: { interfaces: { gif0: { address: 10.9.0.1/30, tunnel: 192.0.2.1 } } }',
      ['192.0.2.1: network/address'],
    ],
    [
      'an interface address without its length',
      'gateways:\n  A: { interfaces: { fxp0: 10.1.0.1 } }',
      ['10.1.0.1: network/no-prefix-length'],
    ],
    ['a host address with one', 'hosts: { x: 10.1.0.10/24 }', ['10.1.0.10/24: network/address']],
    [
      'a reason that is none',
      'packets: { p: "icmp 10.1.0.1 > 10.2.0.1" }\nexpect:\n  - { packet: p, reason: filter }',
      ['filter: network/unknown-name'],
    ],
    [
      'an interface that is not there',
      'gateways:\n  A: { interfaces: { e0: 10.1.0.1/24 }, routes: { default: e9 } }',
      ['e9: network/unknown-name'],
    ],
    ['a missing policy file', 'gateways:\n  A: { policy: [ipf.conf] }', ['ipf.conf: network/missing-file']],
    [
      'a network nobody named',
      'networks: { X: 10.1.0.0/24 }\nhosts: { x: { address: 10.1.0.1, network: Y } }',
      ['Y: network/unknown-name', 'x: network/host'],
    ],
    ['a host without a network', 'hosts: { x: 10.1.0.10 }', ['x: network/host']],
    ['a word of a packet line', 'packets:\n  p: tpc 10.1.0.1:1 > 10.2.0.1:2', ['tpc: packet/protocol']],
    [
      'an expectation of a packet that is not there',
      'expect:\n  - { packet: nosuch, dropped at: Q }',
      ['nosuch: network/unknown-name', 'Q: network/unknown-name'],
    ],
    [
      'an expectation without a packet',
      'expect:\n  - { reply: true }',
      ['{ reply: true }: network/expectation'],
    ],
    [
      'two nodes with one address',
      'networks: { X: 10.1.0.0/24 }\nhosts: { a: 10.1.0.1, b: 10.1.0.1 }',
      ['b: network/duplicate-address'],
    ],
    [
      'a next hop on no network',
      'gateways:\n  A: { interfaces: { fxp0: 10.1.0.1/24 }, routes: { default: 192.0.2.1 } }',
      ['192.0.2.1: network/unreachable-next-hop'],
    ],
  ])('points at %s', (_what, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it('says what was expected and what to do', () => {
    expect(messages('gateways:\n  A: { platform: netsbd }')).toEqual([
      'Unknown platform `netsbd`. Did you mean `netbsd`? Known platforms: netbsd, netbsd-2000, freebsd, openbsd, linux.',
    ]);
    expect(messages('gatways: {}')).toEqual(['Unknown field `gatways`. Did you mean `gateways`?']);
    expect(messages('gateways:\n  A: { policy: [ipf.conf] }')).toEqual([
      'There is no file `ipf.conf` beside this one. Check the spelling, or create it.',
    ]);
  });

  it('keeps the good parts of a broken file', () => {
    const file = parseNetworkFile('hosts:\n  x: 10.1.0.10\ngateways: [oops\n', 'f');
    expect(file.problems.some((p) => p.code === 'network/yaml')).toBe(true);
    expect(file.hosts.map((h) => h.name)).toEqual(['x']);
  });

  it('is described by its schema', () => {
    const schema = JSON.parse(readFileSync(resolve(root, 'docs/gatewalk.schema.json'), 'utf8'));
    const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
    for (const example of ['vpn-and-nat', 'nat-into-tunnel', 'esp-not-permitted']) {
      const value = parseYaml(readFileSync(resolve(root, 'examples', example, 'gatewalk.yaml'), 'utf8'));
      expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
    }
    expect(validate({ gatways: {} })).toBe(false);
    expect(schema.definitions.gateway.properties.platform.enum).toEqual(platforms.map((p) => p.id));
  });

  it('never throws, whatever the bytes', () => {
    const text = readFileSync(resolve(root, 'examples/vpn-and-nat/gatewalk.yaml'), 'utf8');
    for (let end = 0; end <= text.length; end += 1) problems(text.slice(0, end));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (bytes) => {
        problems(bytes);
      }),
      { seed: 1, numRuns: 500 },
    );
  }, 60_000);
});
