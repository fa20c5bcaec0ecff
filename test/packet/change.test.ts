/** What stages do to packets: build, rewrite, encapsulate, fragment, answer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPacket } from '../../server/src/packet/build';
import { formatHex } from '../../server/src/packet/bytes';
import { decodePacket, summarizePacket } from '../../server/src/packet/decode';
import {
  decapsulateIp,
  encapsulateInIp,
  replaceTransport,
  wrapInIp,
} from '../../server/src/packet/encapsulate';
import { fragmentPacket, reassemble } from '../../server/src/packet/fragment';
import { buildIcmpError } from '../../server/src/packet/icmpError';
import { parsePacketLine } from '../../server/src/packet/notation';
import type { Packet } from '../../server/src/packet/packet';
import { buildReply } from '../../server/src/packet/reply';
import { type PacketChange, rewritePacket, rewriteQuoted } from '../../server/src/packet/rewrite';
import { address, bytesOf, faultsOf, hexBytes, layerNames, packetOf, samples, withByte } from './samples';

function packet(line: string): Packet {
  const { spec, problems } = parsePacketLine(line);
  if (spec === undefined) throw new Error(problems.map((problem) => problem.message).join(' '));
  return buildPacket(spec);
}

const hexOf = (p: Packet) => formatHex(p.bytes);

describe('buildPacket', () => {
  it.each([
    ['udp4', 'udp 10.1.0.5:4000 > 198.51.100.7:53 payload 0x686921'],
    ['tcp4', 'tcp 10.1.0.5:40000 > 198.51.100.7:80 S seq 0x01020304 mss 1460'],
    ['icmp4', 'icmp 10.1.0.5 > 198.51.100.7 echo icmp-id 1 icmp-seq 2 payload 0x70696e67'],
    ['esp4', `esp 192.0.2.1 > 192.0.2.2 spi 0x2710 seq 1 payload 0x${'78'.repeat(16)}`],
    ['ipInIp', 'ipencap 192.0.2.1 > 192.0.2.2 { tcp 10.1.0.5:40000 > 10.2.0.10:80 S seq 1 }'],
    ['udp6', 'udp [2001:db8::1]:4000 > [2001:db8::2]:53 payload 0x686921'],
    ['tcp6', 'tcp [2001:db8::1]:40000 > [2001:db8::2]:80 S seq 1'],
    ['icmp6', 'icmpv6 2001:db8::1 > 2001:db8::2 echo icmp-id 1 icmp-seq 2 payload 0x70696e67'],
    ['fragment6', `udp [2001:db8::1]:4000 > [2001:db8::2]:53 mf id 7 payload 0x${'78'.repeat(16)}`],
  ] as const)('makes the bytes of %s', (name, line) => {
    expect(hexOf(packet(line))).toBe(samples[name]);
  });

  it('has the defaults it documents', () => {
    expect(summarizePacket(packet('tcp 10.0.0.1:1 > 10.0.0.2:2'))).toMatchObject({
      ttl: 64,
      id: 1,
      tos: 0,
      dontFragment: false,
      tcpFlags: 0,
      totalLength: 40,
    });
    expect(summarizePacket(packet('icmp 10.0.0.1 > 10.0.0.2'))).toMatchObject({
      icmpType: 8,
      icmpCode: 0,
      icmpId: 1,
      totalLength: 36,
    });
    expect(summarizePacket(packet('esp 10.0.0.1 > 10.0.0.2'))).toMatchObject({
      spi: 0x1000,
      sequence: 1,
      totalLength: 60,
    });
    expect(layerNames(packet('ah 10.0.0.1 > 10.0.0.2 { udp 1.1.1.1:1 > 2.2.2.2:2 }'))).toEqual([
      'ipv4 0-20-72',
      'ah 20-44-72',
      'ipv4 44-64-72',
      'udp 64-72-72',
    ]);
    expect(layerNames(packet('gre 10.0.0.1 > 10.0.0.2 { icmpv6 ::1 > ::2 len 0 }'))).toEqual([
      'ipv4 0-20-72',
      'gre 20-24-72',
      'ipv6 24-64-72',
      'icmpv6 64-72-72',
    ]);
  });

  it('makes a later fragment without a transport header', () => {
    const later = packet('udp 10.0.0.1 > 10.0.0.2 frag 1480 len 100');
    expect(layerNames(later)).toEqual(['ipv4 0-20-120', 'payload 20-20-120']);
    expect(summarizePacket(later)).toMatchObject({ fragmentOffset: 1480, moreFragments: false });
    const later6 = packet('udp 2001:db8::1 > 2001:db8::2 frag 1448 mf id 9 len 16');
    expect(summarizePacket(later6)).toMatchObject({ fragmentOffset: 1448, moreFragments: true, id: 9 });
  });

  it('refuses what fits no header', () => {
    const source = address('10.0.0.1');
    const destination = address('10.0.0.2');
    expect(() => buildPacket({ source, destination, protocol: 17, fragmentOffset: 4 })).toThrow(
      'A fragment offset is a multiple of 8 up to 65528, not 4.',
    );
    expect(() => buildPacket({ source, destination, protocol: 17, payloadLength: 65535 })).toThrow(
      '65543 bytes do not fit an IPv4 packet.',
    );
    const longest = buildPacket({ source, destination, protocol: 17, payloadLength: 65507 });
    expect(longest.bytes).toHaveLength(65535);
    expect(() => buildPacket({ source, destination: address('::1'), protocol: 17 })).toThrow(
      'Source and destination must both be IPv4 or both be IPv6 addresses.',
    );
  });
});

describe('rewritePacket', () => {
  it('does source NAT and a hop as an independent program does', () => {
    const changed = rewritePacket(packetOf('udp4'), {
      source: address('203.0.113.9'),
      sourcePort: 61000,
      ttl: 63,
    });
    expect(hexOf(changed)).toBe(samples.udp4Translated);
  });

  it('undoes what it did', () => {
    const back = rewritePacket(packetOf('udp4Translated'), {
      source: address('10.1.0.5'),
      sourcePort: 4000,
      ttl: 64,
    });
    expect(hexOf(back)).toBe(samples.udp4);
  });

  it('leaves sound checksums, whatever changes', () => {
    const port = fc.integer({ min: 0, max: 65535 });
    const octet = fc.integer({ min: 0, max: 255 });
    const change4 = fc.record(
      {
        source: fc.nat(0xffffffff).map((value) => ({ family: 4, value }) as const),
        destination: fc.nat(0xffffffff).map((value) => ({ family: 4, value }) as const),
        sourcePort: port,
        destinationPort: port,
        icmpId: port,
        ttl: octet,
        tos: octet,
        id: port,
        dontFragment: fc.boolean(),
        tcpMss: port,
      },
      { requiredKeys: [] },
    );
    const names = fc.constantFrom('udp4', 'tcp4', 'tcp4OddMss', 'icmp4', 'esp4', 'ipInIp', 'espInUdp');
    fc.assert(
      fc.property(names, change4, (name, change) => {
        // Ports may turn UDP into one of ESP's, or the other way; the bytes stay what they are.
        const changed = rewritePacket(packetOf(name), change);
        expect(faultsOf(changed)).toEqual([]);
        expect(changed.bytes).toHaveLength(bytesOf(name).length);
      }),
      { seed: 4, numRuns: 1000 },
    );
    const v6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((value) => ({ family: 6, value }) as const);
    const change6 = fc.record(
      { source: v6, destination: v6, sourcePort: port, icmpId: port, ttl: octet, tos: octet },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.constantFrom('udp6', 'tcp6', 'icmp6', 'hopByHop6'), change6, (name, change) => {
        expect(faultsOf(rewritePacket(packetOf(name), change))).toEqual([]);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('writes every field it was given', () => {
    const changed = rewritePacket(packetOf('tcp4'), {
      source: address('1.2.3.4'),
      destination: address('5.6.7.8'),
      sourcePort: 11,
      destinationPort: 12,
      ttl: 9,
      tos: 0xb8,
      id: 77,
      dontFragment: true,
      tcpMss: 1200,
    });
    expect(summarizePacket(changed)).toMatchObject({
      source: address('1.2.3.4'),
      destination: address('5.6.7.8'),
      sourcePort: 11,
      destinationPort: 12,
      ttl: 9,
      tos: 0xb8,
      id: 77,
      dontFragment: true,
    });
    expect(formatHex(changed.bytes.subarray(40))).toBe('020404b0');
  });

  it('writes hop limit and traffic class of IPv6, and no more of its first words', () => {
    const changed = rewritePacket(packetOf('udp6'), { ttl: 9, tos: 0xb8 });
    expect(formatHex(changed.bytes.subarray(0, 8))).toBe('6b800000000b1109');
    expect(formatHex(changed.bytes.subarray(8))).toBe(samples.udp6.slice(16));
    expect(rewritePacket(packetOf('icmp6'), { icmpId: 0x1234 }).bytes.subarray(44, 46)).toEqual(
      hexBytes('1234'),
    );
  });

  it('keeps a UDP checksum of 0, and a wrong checksum wrong', () => {
    const without = withByte(withByte(bytesOf('udp4'), 26, 0), 27, 0);
    const translated = rewritePacket(decodePacket(without), { source: address('203.0.113.9') });
    expect(formatHex(translated.bytes.subarray(26, 28))).toBe('0000');
    const wrong = decodePacket(withByte(bytesOf('tcp4'), 23, 81));
    expect(faultsOf(wrong)).toHaveLength(1);
    expect(faultsOf(rewritePacket(wrong, { source: address('203.0.113.9') }))).toHaveLength(1);
  });

  it('does not touch the bytes behind the IP header of ESP, AH and later fragments', () => {
    const change: PacketChange = { source: address('9.9.9.9'), sourcePort: 1, destinationPort: 2, icmpId: 3 };
    for (const original of [
      packetOf('esp4'),
      packetOf('ah4'),
      packet('udp 10.0.0.1 > 10.0.0.2 frag 1480 len 100'),
    ])
      expect(formatHex(rewritePacket(original, change).bytes.subarray(20))).toBe(
        formatHex(original.bytes.subarray(20)),
      );
  });

  it('keeps the checksum of a whole datagram right when its first fragment is translated', () => {
    const whole = packet('udp 10.1.0.5:4000 > 198.51.100.7:53 len 64');
    const change: PacketChange = { source: address('203.0.113.9'), sourcePort: 61000 };
    const fragments = fragmentPacket(whole, 60).map((f) => rewritePacket(f, change));
    expect(hexOf(reassemble(fragments)!)).toBe(hexOf(rewritePacket(whole, change)));
  });

  it('throws on an address of the other family, and gives back what it cannot read', () => {
    expect(() => rewritePacket(packetOf('udp4'), { source: address('::1') })).toThrow(
      'An IPv6 address cannot stand in an IPv4 header.',
    );
    const broken = decodePacket(hexBytes('45'));
    expect(rewritePacket(broken, { ttl: 1 })).toBe(broken);
  });
});

describe('rewriteQuoted', () => {
  it('changes the quoted packet and keeps every checksum right', () => {
    const changed = rewriteQuoted(packetOf('unreachable4'), {
      source: address('203.0.113.9'),
      sourcePort: 61000,
    });
    expect(faultsOf(changed)).toEqual([]);
    // The quoted header of `udp4` translated, TTL as it was: its checksum is one hop away from `udp4Translated`'s.
    expect(formatHex(changed.bytes.subarray(28))).toBe(
      '4500001f0001000040111489cb007109c6336407ee480035000b21ac',
    );
    expect(formatHex(changed.bytes.subarray(0, 20))).toBe(samples.unreachable4.slice(0, 40));
    const back = rewriteQuoted(changed, { source: address('10.1.0.5'), sourcePort: 4000 });
    expect(hexOf(back)).toBe(samples.unreachable4);
  });

  it('gives back a packet that quotes nothing', () => {
    const echo = packetOf('icmp4');
    expect(rewriteQuoted(echo, { source: address('1.1.1.1') })).toBe(echo);
  });
});

describe('encapsulation', () => {
  it('puts a packet into another IP header and takes it out again', () => {
    const inner = decodePacket(hexBytes(samples.ipInIp.slice(40)));
    const outer = { source: address('192.0.2.1'), destination: address('192.0.2.2') };
    const tunnelled = encapsulateInIp(inner, outer);
    expect(hexOf(tunnelled)).toBe(samples.ipInIp);
    expect(hexOf(decapsulateIp(tunnelled)!)).toBe(hexOf(inner));
    expect(decapsulateIp(inner)).toBeUndefined();
  });

  it('takes all of the outer header from its caller', () => {
    const tunnelled = encapsulateInIp(packetOf('udp6'), {
      source: address('192.0.2.1'),
      destination: address('192.0.2.2'),
      ttl: 30,
      tos: 8,
      id: 99,
      dontFragment: true,
    });
    expect(summarizePacket(tunnelled)).toMatchObject({
      protocol: 41,
      ttl: 30,
      tos: 8,
      id: 99,
      dontFragment: true,
      totalLength: 71,
    });
    const over6 = encapsulateInIp(packetOf('udp4'), { source: address('::1'), destination: address('::2') });
    expect(summarizePacket(over6)).toMatchObject({ family: 6, protocol: 4, totalLength: 71 });
    expect(hexOf(decapsulateIp(over6)!)).toBe(samples.udp4);
  });

  it('wraps bytes of any protocol', () => {
    const esp = wrapInIp(bytesOf('esp4').subarray(20), {
      source: address('192.0.2.1'),
      destination: address('192.0.2.2'),
      protocol: 50,
    });
    expect(hexOf(esp)).toBe(samples.esp4);
  });

  it('replaces the transport behind IP headers, options and extension headers', () => {
    const esp = hexBytes('000027100000000178');
    const four = replaceTransport(packetOf('ipv4Options'), 50, esp);
    expect(layerNames(four)).toEqual(['ipv4 0-24-33', 'esp 24-32-33', 'encrypted 32-32-33']);
    expect(faultsOf(four)).toEqual([]);
    const six = replaceTransport(packetOf('hopByHop6'), 50, esp);
    expect(layerNames(six)).toEqual([
      'ipv6 0-40-57',
      'ipv6-extension 40-48-57',
      'esp 48-56-57',
      'encrypted 56-56-57',
    ]);
    expect(faultsOf(six)).toEqual([]);
    const back = replaceTransport(four, 17, bytesOf('ipv4Options').subarray(24));
    expect(hexOf(back)).toBe(samples.ipv4Options);
  });
});

describe('fragments', () => {
  const describeFragment = (p: Packet) => {
    const s = summarizePacket(p)!;
    return `${s.fragmentOffset}+${s.totalLength - s.transportStart}${s.moreFragments ? ' mf' : ''}`;
  };

  it('cuts IPv4 at multiples of 8', () => {
    const fragments = fragmentPacket(packet('udp 10.0.0.1:1 > 10.0.0.2:2 len 2992'), 1500);
    expect(fragments.map(describeFragment)).toEqual(['0+1480 mf', '1480+1480 mf', '2960+40']);
    expect(fragments.flatMap(faultsOf)).toEqual([]);
    expect(fragmentPacket(packet('udp 10.0.0.1:1 > 10.0.0.2:2 len 1000'), 999).map(describeFragment)).toEqual(
      ['0+976 mf', '976+32'],
    );
  });

  it('cuts a fragment of a fragment', () => {
    const middle = packet('udp 10.0.0.1 > 10.0.0.2 frag 1480 mf len 64');
    expect(fragmentPacket(middle, 60).map(describeFragment)).toEqual(['1480+40 mf', '1520+24 mf']);
  });

  it('cuts IPv6 behind the headers that nodes on the way read', () => {
    const fragments = fragmentPacket(packet('udp [2001:db8::1]:1 > [2001:db8::2]:2 len 100'), 88, 7);
    expect(fragments.map(describeFragment)).toEqual(['0+40 mf', '40+40 mf', '80+28']);
    expect(summarizePacket(fragments[2]!)).toMatchObject({ id: 7, protocol: 17, totalLength: 76 });
    // 58 bytes leave 58 - 56 = 2 for the body: no room. 64 leave 8.
    expect(fragmentPacket(packetOf('hopByHop6'), 58)).toHaveLength(1);
    const long = replaceTransport(packetOf('hopByHop6'), 17, new Uint8Array(24));
    expect(fragmentPacket(long, 64).map(layerNames)).toEqual([
      ['ipv6 0-40-64', 'ipv6-extension 40-48-64', 'ipv6-extension 48-56-64', 'udp 56-64-64'],
      ['ipv6 0-40-64', 'ipv6-extension 40-48-64', 'ipv6-extension 48-56-64', 'payload 56-56-64'],
      ['ipv6 0-40-64', 'ipv6-extension 40-48-64', 'ipv6-extension 48-56-64', 'payload 56-56-64'],
    ]);
  });

  it('keeps an extension header that ends the packet in front of the fragment header', () => {
    // Nothing but a hop-by-hop header and 8 bytes behind it: both ends are exactly the packet's.
    const bare = replaceTransport(packetOf('hopByHop6'), 59, new Uint8Array(0));
    expect(layerNames(bare)).toEqual(['ipv6 0-40-48', 'ipv6-extension 40-48-48']);
    expect(hexOf(reassemble([bare])!)).toBe(hexOf(bare));
  });

  it('repeats only those IPv4 options that say so', () => {
    // 0x94 (router alert) is copied, 0x07 (record route) is not.
    const options = hexBytes('940400000703040000000000');
    const source = packet('udp 10.0.0.1:1 > 10.0.0.2:2 len 64');
    const header = new Uint8Array(32);
    header.set(source.bytes.subarray(0, 20));
    header.set(options, 20);
    header[0] = 0x48;
    const withOptions = new Uint8Array(32 + 72);
    withOptions.set(header);
    withOptions.set(source.bytes.subarray(20), 32);
    const fixed = replaceTransport(decodePacket(withOptions), 17, withOptions.slice(32));
    const fragments = fragmentPacket(fixed, 72);
    expect(fragments.map((f) => summarizePacket(f)!.transportStart)).toEqual([32, 24]);
    expect(formatHex(fragments[1]!.bytes.subarray(20, 24))).toBe('94040000');
    expect(hexOf(reassemble(fragments)!)).toBe(hexOf(fixed));
  });

  it('leaves alone what fits, and what an MTU leaves no room for', () => {
    const small = packetOf('udp4');
    expect(fragmentPacket(small, 31)).toEqual([small]);
    expect(fragmentPacket(small, 27)).toEqual([small]);
  });

  it('puts together what it cut, in any order', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.integer({ min: 0, max: 4000 }),
        fc.integer({ min: 68, max: 1500 }),
        fc.infiniteStream(fc.nat()),
        (six, length, mtu, randoms) => {
          const ends = six ? '[2001:db8::1]:1 > [2001:db8::2]:2' : '10.0.0.1:1 > 10.0.0.2:2';
          const whole = packet(`udp ${ends} len ${length}`);
          const fragments = [...fragmentPacket(whole, mtu)];
          for (const fragment of fragments) expect(fragment.bytes.length).toBeLessThanOrEqual(mtu);
          for (let i = fragments.length - 1; i > 0; i--) {
            const j = randoms.next().value! % (i + 1);
            [fragments[i], fragments[j]] = [fragments[j]!, fragments[i]!];
          }
          expect(hexOf(reassemble(fragments)!)).toBe(hexOf(whole));
          if (fragments.length > 1) expect(reassemble(fragments.slice(1))).toBeUndefined();
        },
      ),
      { seed: 6, numRuns: 100 },
    );
  });

  it('takes a repeated fragment, and no overlap, gap or stranger', () => {
    const [a, b, c] = fragmentPacket(packet('udp 10.0.0.1:1 > 10.0.0.2:2 len 92'), 60);
    expect(reassemble([a!, b!, b!, c!])).toBeDefined();
    expect(reassemble([a!, c!])).toBeUndefined();
    expect(reassemble([a!, b!])).toBeUndefined();
    expect(reassemble([])).toBeUndefined();
    const stranger = rewritePacket(c!, { id: 2 });
    expect(reassemble([a!, b!, stranger])).toBeUndefined();
    const overlapping = packet('udp 10.0.0.1 > 10.0.0.2 frag 32 mf len 16');
    expect(reassemble([a!, overlapping, b!, c!])).toBeUndefined();
  });
});

describe('buildIcmpError', () => {
  const from = address('203.0.113.1');

  it('quotes the IP header and 8 bytes', () => {
    const error = buildIcmpError(packetOf('udp4'), { type: 3, code: 4, from, mtu: 1400 });
    expect(hexOf(error!)).toBe(samples.unreachable4);
    expect(hexOf(buildIcmpError(packetOf('udp4'), { type: 11, code: 0, from })!)).toBe(samples.timeExceeded4);
  });

  it('quotes more when asked, up to 576 bytes in all', () => {
    const long = packet('udp 10.1.0.5:1 > 198.51.100.7:2 len 1000');
    const error = buildIcmpError(long, { type: 3, code: 3, from, quotedBytes: 5000 });
    expect(error!.bytes).toHaveLength(576);
    expect(faultsOf(error!)).toEqual([]);
  });

  it('makes IPv6 errors of at most 1280 bytes', () => {
    const long = packet('udp [2001:db8::1]:1 > [2001:db8::2]:2 len 1452');
    const error = buildIcmpError(long, { type: 2, code: 0, from: address('2001:db8::ff'), mtu: 1280 })!;
    expect(error.bytes).toHaveLength(1280);
    expect(faultsOf(error)).toEqual([]);
    expect(formatHex(error.bytes.subarray(44, 48))).toBe('00000500');
    expect(summarizePacket(error)).toMatchObject({
      protocol: 58,
      icmpType: 2,
      destination: address('2001:db8::1'),
    });
  });

  it.each([
    ['an ICMP error', 'icmp 10.1.0.5 > 10.2.0.1 unreachable/1'],
    ['a later fragment', 'udp 10.1.0.5 > 10.2.0.1 frag 8'],
    ['a multicast packet', 'udp 10.1.0.5:1 > 224.0.0.5:2'],
    ['a packet from nowhere', 'udp 0.0.0.0:68 > 10.2.0.1:67'],
  ])('is silent about %s', (_, line) => {
    expect(buildIcmpError(packet(line), { type: 11, code: 0, from })).toBeUndefined();
  });

  it('speaks about an ICMP query', () => {
    expect(buildIcmpError(packetOf('icmp4'), { type: 11, code: 0, from })).toBeDefined();
  });
});

describe('buildReply', () => {
  it('answers SYN with SYN and ACK', () => {
    expect(hexOf(buildReply(packetOf('tcp4'))!)).toBe(samples.tcp4Answer);
  });

  it('answers the SYN and ACK with ACK', () => {
    const answer = buildReply(packetOf('tcp4Answer'))!;
    expect(hexOf(answer)).toBe(hexOf(packet('tcp 10.1.0.5:40000 > 198.51.100.7:80 A seq 0x01020305 ack 1')));
  });

  it('acknowledges data, and the FIN behind it', () => {
    const data = packet('tcp 10.1.0.5:1 > 10.2.0.1:2 FPA seq 100 ack 7 len 5');
    expect(hexOf(buildReply(data)!)).toBe(hexOf(packet('tcp 10.2.0.1:2 > 10.1.0.5:1 A seq 7 ack 106')));
    const last = packet('tcp 10.1.0.5:1 > 10.2.0.1:2 A seq 4294967295 ack 7 len 2');
    expect(hexOf(buildReply(last)!)).toBe(hexOf(packet('tcp 10.2.0.1:2 > 10.1.0.5:1 A seq 7 ack 1')));
  });

  it('answers UDP with the same payload, and an echo with its reply', () => {
    expect(hexOf(buildReply(packetOf('udp4'))!)).toBe(
      hexOf(packet('udp 198.51.100.7:53 > 10.1.0.5:4000 payload 0x686921')),
    );
    expect(hexOf(buildReply(packetOf('icmp4'))!)).toBe(
      hexOf(packet('icmp 198.51.100.7 > 10.1.0.5 echo-reply/0 icmp-id 1 icmp-seq 2 payload 0x70696e67')),
    );
    expect(hexOf(buildReply(packetOf('icmp6'))!)).toBe(
      hexOf(packet('icmpv6 2001:db8::2 > 2001:db8::1 echo-reply/0 icmp-id 1 icmp-seq 2 payload 0x70696e67')),
    );
  });

  it.each([
    ['a reset', 'tcp 10.1.0.5:1 > 10.2.0.1:2 R'],
    ['an echo reply', 'icmp 10.1.0.5 > 10.2.0.1 echo-reply'],
    ['ESP', 'esp 10.1.0.5 > 10.2.0.1'],
    ['multicast', 'udp 10.1.0.5:1 > 224.0.0.251:5353'],
    ['a fragment', 'udp 10.1.0.5:1 > 10.2.0.1:2 mf len 16'],
  ])('is undefined for %s', (_, line) => {
    expect(buildReply(packet(line))).toBeUndefined();
  });

  it('is undefined for a packet that a host drops unread, and for ESP in UDP', () => {
    expect(buildReply(decodePacket(withByte(bytesOf('udp4'), 28, 0)))).toBeUndefined();
    expect(buildReply(packetOf('espInUdp'))).toBeUndefined();
  });
});
