import { describe, expect, it } from 'vitest';
import { ipnatDialect } from '../../server/src/dialects/ipnat';
import { address4 } from '../../server/src/policy/address';
import type { NatRuleBody } from '../../server/src/policy/nat';

function rulesOf(text: string): readonly { body: NatRuleBody; origin: { line: number } }[] {
  return ipnatDialect.lower(ipnatDialect.parse(text), { file: 'ipnat.conf' }).policy.nat!.rules;
}

function bodyOf(rule: string): NatRuleBody {
  return rulesOf(`${rule}\n`)[0]!.body;
}

const network = (value: number, mask: number, length: number) => ({
  kind: 'masked',
  value: address4(value),
  mask: address4(mask),
  length,
});

describe('map', () => {
  it('plain: every protocol, the interface address for 0/32', () => {
    expect(bodyOf('map le0 10.0.0.0/8 -> 0/32')).toEqual({
      kind: 'map',
      exempt: false,
      direction: 'out',
      interfaces: ['le0'],
      protocols: [],
      source: { address: network(0x0a000000, 0xff000000, 8), negated: false },
      destination: { address: { kind: 'any' }, negated: false },
      newSource: { kind: 'interface' },
      roundRobin: false,
      fragments: false,
      sticky: false,
      purge: false,
      text: 'map le0 10.0.0.0/8 -> 0/32',
    });
  });

  it.each([
    ['portmap tcp 1000:2000', { kind: 'range', first: 1000, last: 2000, sequential: false, protocols: [6] }],
    ['portmap 1000:2000 tcp', { kind: 'range', first: 1000, last: 2000, sequential: false, protocols: [6] }],
    [
      'portmap tcp/udp 1000:2000 sequential',
      { kind: 'range', first: 1000, last: 2000, sequential: true, protocols: [6, 17] },
    ],
    ['portmap tcpudp auto', { kind: 'auto', protocols: [6, 17] }],
  ])('%s', (clause, ports) => {
    expect(bodyOf(`map le0 10.0.0.0/8 -> 0/32 ${clause}`).ports).toEqual(ports);
  });

  it.each([
    ['192.0.2.0/24', { kind: 'network', address: address4(0xc0000200), length: 24 }],
    ['0/0', { kind: 'keep' }],
    ['range 192.0.2.1-192.0.2.9', { kind: 'range', first: address4(0xc0000201), last: address4(0xc0000209) }],
  ])('-> %s', (target, newSource) => {
    expect(bodyOf(`map le0 10.0.0.0/8 -> ${target}`).newSource).toEqual(newSource);
  });

  it('options in their order', () => {
    expect(
      bodyOf('map le0 10.0.0.0/8 -> 0/32 round-robin frag age 10/20 mssclamp 1452 tag x udp purge'),
    ).toMatchObject({
      roundRobin: true,
      fragments: true,
      age: [10, 20],
      mssClamp: 1452,
      tag: 'x',
      protocols: [17],
      purge: true,
    });
  });

  it('policy NAT with both sides and a negation before the word or the address', () => {
    const both = [
      'map le0 from 10.0.0.0/8 port > 1024 ! to 192.0.2.1 -> 0/32',
      'map le0 from 10.0.0.0/8 port > 1024 to !192.0.2.1 -> 0/32',
    ].map((rule) => bodyOf(rule));
    expect(both[0]).toEqual(both[1]);
    expect(both[0]).toMatchObject({
      source: { address: network(0x0a000000, 0xff000000, 8), negated: false, ports: [[1025, 65535]] },
      destination: { address: network(0xc0000201, 0xffffffff, 32), negated: true },
    });
  });

  it('a proxy takes only its port, and is said to be unmodelled unless it is modelled', () => {
    const ftp = bodyOf('map le0 10.0.0.0/8 -> 0/32 proxy port ftp ftp/tcp');
    expect(ftp).toMatchObject({ proxy: 'ftp', protocols: [6], destination: { ports: [[21, 21]] } });
    expect(ftp.unmodelled).toBeUndefined();
    expect(bodyOf('map le0 10.0.0.0/8 -> 0/32 proxy port 6667 irc/tcp')).toMatchObject({
      proxy: 'irc',
      destination: { ports: [[6667, 6667]] },
      unmodelled: ['proxy irc'],
    });
  });

  it('a mask with holes, a pool, IPv6', () => {
    expect(bodyOf('map le0 10.0.0.5/0xff -> 0/32').source.address).toEqual({
      kind: 'masked',
      value: address4(5),
      mask: address4(0xff),
    });
    expect(bodyOf('map * from pool/100 to any -> 1.2.3.4/32').source.address).toEqual({
      kind: 'pool',
      pool: { type: 'pool', name: '100' },
    });
    expect(bodyOf('map le0 fd00::/8 -> 0/128')).toMatchObject({
      family: 6,
      newSource: { kind: 'interface' },
    });
  });

  it('map-block, icmpidmap, bimap', () => {
    expect(bodyOf('map-block le0 10.0.0.0/24 -> 192.0.2.0/28 ports 64').ports).toEqual({
      kind: 'block',
      portsPerAddress: 64,
      auto: false,
    });
    expect(bodyOf('map le0 0/0 -> 0/32 icmpidmap icmp 1000:2000').icmpIds).toEqual({
      first: 1000,
      last: 2000,
      sequential: false,
    });
    expect(bodyOf('bimap le0 10.0.0.1/32 -> 192.0.2.1/32').direction).toBe('both');
  });
});

describe('rdr', () => {
  it('takes ports and gives ports', () => {
    expect(bodyOf('rdr le0 192.0.2.1/32 port 1000-2000 -> 10.0.0.1 port 5000 tcp')).toMatchObject({
      direction: 'in',
      protocols: [6],
      destination: { address: network(0xc0000201, 0xffffffff, 32), ports: [[1000, 2000]] },
      newDestination: { kind: 'network', address: address4(0x0a000001), length: 32 },
      ports: { kind: 'destination', port: 5000, fixed: false },
    });
  });

  it('`port = p` stays at p', () => {
    expect(bodyOf('rdr le0 192.0.2.1/32 port 80-90 -> 10.0.0.1 port = 5000 tcp').ports).toEqual({
      kind: 'destination',
      port: 5000,
      fixed: true,
    });
  });

  it('ports without a protocol mean TCP and UDP', () => {
    expect(bodyOf('rdr le0 0/0 port ftp -> 127.0.0.1 port ftp').protocols).toEqual([6, 17]);
  });

  it('without ports it takes every protocol', () => {
    expect(bodyOf('rdr le0 0/0 -> 10.0.0.1')).toMatchObject({
      protocols: [],
      text: 'rdr le0 0/0 -> 10.0.0.1/32 ip',
    });
  });

  it('port 0 is any port', () => {
    expect(bodyOf('rdr le0 10.1.1.0/24 port 0 -> 10.2.2.1 port 0 tcp').destination.ports).toBeUndefined();
  });

  it('two targets, sticky', () => {
    expect(bodyOf('rdr le0 0/0 port 80 -> 10.0.0.1,10.0.0.2 port 80 tcp sticky')).toMatchObject({
      newDestination: { kind: 'alternate', addresses: [address4(0x0a000001), address4(0x0a000002)] },
      sticky: true,
    });
  });
});

describe('rewrite, divert, no', () => {
  it('rewrites both ends with their ports', () => {
    expect(
      bodyOf(
        'rewrite out on zx0 proto tcp from any to 2.2.0.0/16 port = 80 -> src 4.4.4.4/32,1000-1001 dst 6.6.0.0/16 port = 3128;',
      ),
    ).toMatchObject({
      direction: 'out',
      protocols: [6],
      destination: { ports: [[80, 80]] },
      newSource: { kind: 'network', address: address4(0x04040404), length: 32 },
      ports: { kind: 'range', first: 1000, last: 1001 },
      newDestination: { kind: 'network', address: address4(0x06060000), length: 16 },
      newDestinationPorts: { kind: 'destination', port: 3128, fixed: true },
      text: 'rewrite out on zx0 proto tcp from 0/0 to 2.2.0.0/16 port = 80 -> src 4.4.4.4/32,1000-1001 dst 6.6.0.0/16,port = 3128;',
    });
  });

  it('a destination list', () => {
    expect(
      bodyOf('rewrite in on bge0 proto tcp from any to any -> src 0/0 dst dstlist/servers;'),
    ).toMatchObject({
      newSource: { kind: 'keep' },
      newDestination: { kind: 'list', name: 'servers' },
    });
  });

  it('`no` leaves packets as they are', () => {
    expect(bodyOf('no rdr hme0 192.168.1.1 port 80 tcp;')).toMatchObject({
      exempt: true,
      protocols: [6],
      destination: { ports: [[80, 80]] },
      text: 'no rdr hme0 192.168.1.1/32 port 80 tcp',
    });
  });

  it('divert is matched as TCP when it names no protocol', () => {
    expect(
      bodyOf('divert in on bar0 from any to any -> src 127.0.0.1,10101 dst 127.0.0.1,10101 udp;'),
    ).toMatchObject({
      protocols: [6],
      text: 'divert in on bar0 proto tcp from 0/0 to 0/0 -> src 127.0.0.1/32,10101 dst 127.0.0.1/32,10101 udp;',
    });
  });

  it('a rewrite goes on until its semicolon', () => {
    const text = 'rewrite in on le0 from any to any\n  -> src 0/0\n  dst 10.0.0.1;\nmap le0 0/0 -> 0/32\n';
    expect(ipnatDialect.parse(text).statements.map((s) => s.text.split('\n').length - 1)).toEqual([3, 1]);
    expect(rulesOf(text).map((r) => r.origin.line)).toEqual([0, 3]);
  });

  it('variables', () => {
    expect(
      rulesOf('ext=ppp0;\nnet="10.0.0.0/8";\nmap $ext $net -> 0/32\n').map((r) => [
        r.body.text,
        r.origin.line,
      ]),
    ).toEqual([['map ppp0 10.0.0.0/8 -> 0/32', 2]]);
  });
});
