import { describe, expect, it } from 'vitest';
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
});
