import { describe, expect, it } from 'vitest';
import { runIpftest } from '../../server/src/frontends/ipftest';
import { summarizePacket } from '../../server/src/packet/decode';
import { formatAddress } from '../../server/src/policy/address';
import type { IpfilterResult } from '../../server/src/simulator/ipfilter/engine';
import { natOf, packet, sentence, TestGateway } from './gateway';

function ends(result: IpfilterResult): string {
  const seen = summarizePacket(result.packet)!;
  const end = (address: typeof seen.source, port: number | undefined) =>
    port === undefined ? formatAddress(address) : `${formatAddress(address)}:${port}`;
  return `${end(seen.source, seen.sourcePort)} > ${end(seen.destination, seen.destinationPort)}`;
}

describe('map', () => {
  it('gives ports of its range in turn, and the answer finds its way back', () => {
    const gateway = new TestGateway({
      nat: natOf('map em0 10.0.0.0/8 -> 203.0.113.9/32 portmap tcp/udp 5000:5001 sequential'),
    });
    expect(ends(gateway.out('udp 10.0.0.1:9 > 198.51.100.7:53'))).toBe('203.0.113.9:5000 > 198.51.100.7:53');
    expect(ends(gateway.out('udp 10.0.0.2:9 > 198.51.100.7:53'))).toBe('203.0.113.9:5001 > 198.51.100.7:53');
    expect(ends(gateway.in('udp 198.51.100.7:53 > 203.0.113.9:5001'))).toBe('198.51.100.7:53 > 10.0.0.2:9');
  });

  it('drops a packet when no port is left', () => {
    const gateway = new TestGateway({
      nat: natOf('map em0 10.0.0.0/8 -> 203.0.113.9/32 portmap tcp/udp 5000:5001 sequential'),
    });
    for (const host of [1, 2]) gateway.out(`udp 10.0.0.${host}:9 > 198.51.100.7:53`);
    const third = gateway.out('udp 10.0.0.3:9 > 198.51.100.7:53');
    expect([third.verdict, third.dropCode]).toEqual(['drop', 15]);
  });

  it('takes the address of the interface for 0/32', () => {
    const gateway = new TestGateway({ nat: natOf('map em0 10.0.0.0/8 -> 0/32') });
    expect(ends(gateway.out('icmp 10.0.0.1 > 198.51.100.7'))).toBe('203.0.113.1 > 198.51.100.7');
  });

  it('leaves alone what `no map` takes, and says so', () => {
    const gateway = new TestGateway({
      nat: natOf('no map em0 10.0.1.0/24 tcp;', 'map em0 10.0.0.0/8 -> 203.0.113.9/32'),
    });
    const result = gateway.out('tcp 10.0.1.1:9 > 198.51.100.7:53 S');
    expect(result.changed).toBe(false);
  });

  it('translates the packet quoted in an ICMP error, every checksum right', () => {
    const gateway = new TestGateway({ nat: natOf('map em0 10.0.0.1/32 -> 203.0.113.9/32') });
    gateway.out('udp 10.0.0.1:4000 > 198.51.100.7:53 len 8');
    const result = gateway.in(
      'icmp 192.0.2.9 > 203.0.113.9 unreachable/3 { udp 203.0.113.9:4000 > 198.51.100.7:53 len 8 }',
    );
    const wanted = packet(
      'icmp 192.0.2.9 > 10.0.0.1 unreachable/3 { udp 10.0.0.1:4000 > 198.51.100.7:53 len 8 }',
    );
    expect([...result.packet.bytes]).toEqual([...wanted.bytes]);
  });
});

describe('an ICMP error', () => {
  const quoting = (line: string) => `icmp 192.0.2.9 > 203.0.113.9 unreachable/1 { ${line} }`;

  it('about an ICMP query is not recognised: the id is looked for in the wrong place', () => {
    const gateway = new TestGateway({ nat: natOf('map em0 10.0.0.0/8 -> 203.0.113.9/32') });
    gateway.out('icmp 10.0.0.1 > 198.51.100.7 echo id 7');
    expect(gateway.in(quoting('icmp 203.0.113.9 > 198.51.100.7 echo id 7')).changed).toBe(false);
  });

  it('about a packet of map-block comes to the inside with what it quotes the wrong way round', () => {
    const gateway = new TestGateway({ nat: natOf('map-block em0 10.0.0.0/24 -> 203.0.113.9/32 ports 64') });
    const left = summarizePacket(gateway.out('udp 10.0.0.1:4000 > 198.51.100.7:53 len 8').packet)!;
    const error = gateway.in(quoting(`udp 203.0.113.9:${left.sourcePort} > 198.51.100.7:53 len 8`));
    expect(ends(error)).toBe('192.0.2.9 > 10.0.0.1');
    const quoted = error.packet.bytes.subarray(28);
    expect([...quoted.subarray(12, 20)]).toEqual([198, 51, 100, 7, 203, 0, 113, 9]);
  });
});

describe('the address of the interface', () => {
  it('is not guessed where nobody gave one', () => {
    const gateway = new TestGateway({
      nat: natOf('map em1 10.0.0.0/8 -> 0/32'),
    });
    const result = gateway.engine.natOut(packet('udp 10.0.0.1:9 > 198.51.100.7:53'), {
      interface: 'em1',
      direction: 'out',
    });
    expect(result.uncertain).toBe('the address of em1 is not known');
  });
});

describe('IPv6', () => {
  it('translates echoes, but no neighbour discovery', () => {
    const gateway = new TestGateway({ nat: natOf('map em0 2001:db8:1::/48 -> 2001:db8:f::9/128') });
    const asking = gateway.out('icmp6 2001:db8:1::5 > 2001:db8:2::7 echo id 3');
    expect(ends(asking)).toBe('2001:db8:f::9 > 2001:db8:2::7');
    expect(gateway.out('icmp6 2001:db8:1::5 > 2001:db8:2::7 type 135 len 16').changed).toBe(false);
  });

  it('loses the third word of what a bimap keeps', () => {
    const gateway = new TestGateway({ nat: natOf('bimap em0 2001:db8:1::/48 -> 2001:db8:f::/48') });
    expect(ends(gateway.out('udp [2001:db8:1:2:3:4:5:6]:9 > [2001:db8:2::7]:53'))).toBe(
      '2001:db8:f:2::5:6:9 > 2001:db8:2::7:53',
    );
  });

  it('leaves the port to `portmap ... auto` and `map-block` as it is', () => {
    for (const rule of [
      'map em0 2001:db8:1::/48 -> 2001:db8:f::9/128 portmap tcp/udp auto',
      'map-block em0 2001:db8:1::/48 -> 2001:db8:f::9/128 ports 64',
    ]) {
      const gateway = new TestGateway({ nat: natOf(rule) });
      const left = summarizePacket(gateway.out('udp [2001:db8:1::5]:4000 > [2001:db8:2::7]:53').packet)!;
      expect(left.sourcePort, rule).toBe(4000);
    }
  });
});

describe('round-robin', () => {
  it('moves a used rdr behind the others, and no map', () => {
    const rdr = new TestGateway({
      nat: natOf(
        'rdr em0 0/0 port 80 -> 10.0.0.5 port 80 tcp round-robin',
        'rdr em0 0/0 port 80 -> 10.0.0.6 port 80 tcp round-robin',
      ),
    });
    const into = [1, 2].map((n) => ends(rdr.in(`tcp 198.51.100.${n}:9 > 203.0.113.1:80 S`)));
    expect(into.map((t) => t.split(' > ')[1])).toEqual(['10.0.0.5:80', '10.0.0.6:80']);
    const map = new TestGateway({
      nat: natOf(
        'map em0 10.0.0.0/8 -> 203.0.113.5/32 round-robin',
        'map em0 10.0.0.0/8 -> 203.0.113.6/32 round-robin',
      ),
    });
    const from = [1, 2].map((n) => ends(map.out(`udp 10.0.0.${n}:900${n} > 198.51.100.7:53`)));
    expect(from.map((f) => f.split(':')[0])).toEqual(['203.0.113.5', '203.0.113.5']);
  });
});

describe('rdr', () => {
  it('shifts a port with its range, or takes the one behind `=`', () => {
    const shifting = new TestGateway({ nat: natOf('rdr em0 0/0 port 8000-8010 -> 10.0.0.5 port 9000 tcp') });
    expect(ends(shifting.in('tcp 198.51.100.7:9 > 203.0.113.1:8003 S'))).toBe(
      '198.51.100.7:9 > 10.0.0.5:9003',
    );
    const fixed = new TestGateway({ nat: natOf('rdr em0 0/0 port 8000-8010 -> 10.0.0.5 port = 9000 tcp') });
    expect(ends(fixed.in('tcp 198.51.100.7:9 > 203.0.113.1:8003 S'))).toBe('198.51.100.7:9 > 10.0.0.5:9000');
  });

  it('goes through alternative targets in turn', () => {
    const gateway = new TestGateway({ nat: natOf('rdr em0 0/0 port 80 -> 10.0.0.5,10.0.0.6 port 80 tcp') });
    const targets = [1, 2, 3].map((n) => ends(gateway.in(`tcp 198.51.100.${n}:9 > 203.0.113.1:80 S`)));
    expect(targets.map((t) => t.split(' > ')[1])).toEqual(['10.0.0.5:80', '10.0.0.6:80', '10.0.0.5:80']);
  });
});

describe('bimap', () => {
  it('works from both sides, host part kept', () => {
    const gateway = new TestGateway({ nat: natOf('bimap em0 10.0.0.0/24 -> 203.0.113.0/24') });
    expect(ends(gateway.out('udp 10.0.0.7:9 > 198.51.100.7:53'))).toBe('203.0.113.7:9 > 198.51.100.7:53');
    const other = new TestGateway({ nat: natOf('bimap em0 10.0.0.0/24 -> 203.0.113.0/24') });
    const arrived = other.in('udp 198.51.100.7:53 > 203.0.113.7:9');
    expect(ends(arrived)).toBe('198.51.100.7:53 > 10.0.0.7:9');
    const again = other.engine.natIn(packet('udp 198.51.100.8:53 > 203.0.113.7:9'), {
      interface: 'em0',
      direction: 'in',
    });
    expect(sentence(again)).toContain('bimap em0 10.0.0.0/24 -> 203.0.113.0/24');
  });
});

describe('divert', () => {
  it('wraps a packet in UDP and unwraps what comes back', () => {
    const gateway = new TestGateway({
      nat: natOf('divert in on em0 from any to any -> src 127.0.0.1,10101 dst 127.0.0.2,10102 udp;'),
    });
    const sent = packet('tcp 198.51.100.7:53 > 203.0.113.7:9 S');
    const wrapped = gateway.in('tcp 198.51.100.7:53 > 203.0.113.7:9 S');
    expect(ends(wrapped)).toBe('127.0.0.1:10101 > 127.0.0.2:10102');
    expect([...wrapped.packet.bytes.subarray(28)]).toEqual([...sent.bytes]);
  });
});

describe('divert again', () => {
  it('sessions of one rule clash only where both its ports are the same', () => {
    const second = (from: number, to: number) => {
      const gateway = new TestGateway({
        nat: natOf(`divert in on em0 from any to any -> src 127.0.0.1,${from} dst 127.0.0.2,${to} udp;`),
      });
      gateway.in('tcp 198.51.100.7:53 > 203.0.113.7:9 S');
      return gateway.in('tcp 198.51.100.8:53 > 203.0.113.7:9 S').verdict;
    };
    expect([second(10101, 10102), second(10101, 10101)]).toEqual(['pass', 'drop']);
  });
});

describe('a proxy that is not modelled', () => {
  const rule = 'map em0 10.0.0.0/8 -> 203.0.113.9/32 proxy port 6667 irc/tcp';

  it('leaves the packets of its connection certain until they carry data', () => {
    const gateway = new TestGateway({ nat: natOf(rule) });
    const out = (line: string) =>
      gateway.engine.natOut(packet(line), { interface: 'em0', direction: 'out' }).uncertain;
    expect(out('tcp 10.0.0.1:4000 > 198.51.100.7:6667 S')).toBeUndefined();
    expect(out('tcp 10.0.0.1:4000 > 198.51.100.7:6667 PA len 20')).toBe(
      'what the irc proxy does to the data is not modelled',
    );
  });

  it('puts other packets between its hosts in doubt, and no others', () => {
    const gateway = new TestGateway({ nat: natOf(rule) });
    gateway.out('tcp 10.0.0.1:4000 > 198.51.100.7:6667 S');
    const into = (line: string) =>
      gateway.engine.natIn(packet(line), { interface: 'em0', direction: 'in' }).uncertain;
    expect(into('tcp 198.51.100.7:20 > 203.0.113.9:4001 S')).toBe(
      'whether the irc proxy of a session between these hosts expects this packet is not modelled',
    );
    expect(into('tcp 198.51.100.8:20 > 203.0.113.9:4001 S')).toBeUndefined();
  });

  it.each([
    ['irc', 'tcp', 6667],
    ['raudio', 'tcp', 7070],
    ['tftp', 'udp', 69],
    ['ipsec', 'udp', 500],
    ['dns', 'udp', 53],
    ['netbios', 'udp', 138],
  ])('%s: packets with data are uncertain, in walks and in ipftest', (name, protocol, port) => {
    const text = `map em0 10.0.0.0/8 -> 203.0.113.9/32 proxy port ${port} ${name}/${protocol}`;
    const why = `what the ${name} proxy does to the data is not modelled`;
    const gateway = new TestGateway({ nat: natOf(text) });
    const flags = protocol === 'tcp' ? ' PA' : '';
    const sent = gateway.engine.natOut(
      packet(`${protocol} 10.0.0.1:4000 > 198.51.100.7:${port}${flags} len 12`),
      { interface: 'em0', direction: 'out' },
    );
    expect(sent.changed).toBe(true);
    expect(sent.uncertain).toBe(why);
    // Text packets of ipftest are headers alone: for UDP that is doubt enough.
    const files: Record<string, string> = {
      nat: `${text}\n`,
      packets: `out on em0 ${protocol} 10.0.0.1,4000 198.51.100.7,${port}${protocol === 'tcp' ? ' S' : ''}\n`,
    };
    const { stderr } = runIpftest(['-b', '-F', 'text', '-N', 'nat', '-i', 'packets'], {
      read: (path) => Buffer.from(files[path]!),
    });
    expect(stderr).toBe(protocol === 'tcp' ? '' : `packet 1 is uncertain: ${why}\n`);
  });

  it('drops bad packets like any other', () => {
    const gateway = new TestGateway({ nat: natOf(rule) });
    expect(gateway.out('tcp 10.0.0.1:4000 > 198.51.100.7:6667 S').verdict).toBe('pass');
    const bad = gateway.out('tcp 10.0.0.1:4000 > 198.51.100.7:6667 SF');
    expect([bad.verdict, bad.dropCode]).toEqual(['drop', 15]);
  });
});
