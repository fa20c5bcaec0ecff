import { describe, expect, it } from 'vitest';
import type { PacketBox, PacketView } from '../../protocol/src/packetView';
import { decodePacket } from '../../server/src/packet/decode';
import { encapsulateInIp, replaceTransport, wrapInIp } from '../../server/src/packet/encapsulate';
import { packetOneLine } from '../../server/src/packet/oneLine';
import { rewritePacket } from '../../server/src/packet/rewrite';
import { packetView } from '../../server/src/packet/view';
import { address, bytesOf, hexBytes, packetOf, samples, withByte } from './samples';

const tunnel = { source: address('192.0.2.1'), destination: address('192.0.2.2') };

/** `box.field: old -> new` for every field that a stage changed. */
function changesOf(view: PacketView): string[] {
  return view.boxes.flatMap((box) =>
    box.fields.flatMap((f) => (f.oldValue === undefined ? [] : [`${f.id}: ${f.oldValue} -> ${f.value}`])),
  );
}

function fieldLines(box: PacketBox): string[] {
  return box.fields.map(
    (f) =>
      `${f.bitOffset}+${f.bitLength} ${f.name} = ${f.value}${f.meaning === undefined ? '' : ` (${f.meaning})`}`,
  );
}

describe('packetView', () => {
  it('has a box for each layer', () => {
    const view = packetView(packetOf('espInUdp'));
    expect(view.hex).toBe(samples.espInUdp);
    expect(view.boxes.map(({ fields, ...box }) => box)).toEqual([
      {
        id: '0-ipv4',
        title: 'IPv4',
        summary: '192.0.2.1 > 192.0.2.2',
        reference: 'RFC 791',
        startByte: 0,
        headerEndByte: 20,
        endByte: 52,
        encrypted: false,
        faults: [],
      },
      {
        id: '1-udp',
        title: 'UDP',
        summary: '4500 > 4500',
        reference: 'RFC 768',
        startByte: 20,
        headerEndByte: 28,
        endByte: 52,
        encrypted: false,
        faults: [],
      },
      {
        id: '2-esp',
        title: 'ESP',
        summary: 'SPI 0x2710, sequence 1',
        reference: 'RFC 4303',
        startByte: 28,
        headerEndByte: 36,
        endByte: 52,
        encrypted: false,
        faults: [],
      },
      {
        id: '3-encrypted',
        title: 'Encrypted',
        summary: '16 bytes',
        startByte: 36,
        headerEndByte: 36,
        endByte: 52,
        encrypted: true,
        faults: [],
      },
    ]);
  });

  it('has every field of a header, with meanings, options by name', () => {
    const [ip, tcp] = packetView(packetOf('tcp4')).boxes;
    expect(fieldLines(ip!)).toEqual([
      '0+4 Version = 4',
      '4+4 IHL = 5 (20 bytes)',
      '8+6 DSCP = 0 (default)',
      '14+2 ECN = 0 (Not-ECT)',
      '16+16 Total Length = 44',
      '32+16 Identification = 0x0001',
      '48+3 Flags = 0x0',
      '51+13 Fragment Offset = 0',
      '64+8 Time to Live = 64',
      '72+8 Protocol = 6 (tcp)',
      '80+16 Header Checksum = 0x468b',
      '96+32 Source Address = 10.1.0.5',
      '128+32 Destination Address = 198.51.100.7',
    ]);
    expect(fieldLines(tcp!)).toEqual([
      '160+16 Source Port = 40000',
      '176+16 Destination Port = 80',
      '192+32 Sequence Number = 16909060',
      '224+32 Acknowledgment Number = 0',
      '256+4 Data Offset = 6 (24 bytes)',
      '260+4 Reserved = 0',
      '264+8 Flags = 0x02 (S)',
      '272+16 Window = 65535',
      '288+16 Checksum = 0xc34f',
      '304+16 Urgent Pointer = 0',
      '320+16 MSS Option = 0x0204',
      '336+16 Maximum Segment Size = 1460',
    ]);
    const odd = packetView(packetOf('tcp4OddMss')).boxes[1]!;
    expect(fieldLines(odd).slice(10)).toEqual([
      '320+8 No-Operation = 0x01',
      '328+16 MSS Option = 0x0204',
      '344+16 Maximum Segment Size = 1460',
      '360+24 End of Options = 0x000000',
    ]);
  });

  it('covers every bit of every header, once', () => {
    for (const name of Object.keys(samples) as (keyof typeof samples)[])
      for (const box of packetView(packetOf(name)).boxes) {
        if (box.fields.length === 0) continue;
        let bit = box.startByte * 8;
        for (const field of box.fields) {
          expect(`${name} ${field.id} at ${field.bitOffset}`).toBe(`${name} ${field.id} at ${bit}`);
          bit += field.bitLength;
        }
        expect(`${name} ${box.id} ${bit}`).toBe(`${name} ${box.id} ${box.headerEndByte * 8}`);
      }
  });

  it('shows extension headers by their own names, and IPv6 addresses', () => {
    const view = packetView(packetOf('fragment6'));
    expect(view.boxes.map((b) => `${b.title}: ${b.summary}`)).toEqual([
      'IPv6: 2001:db8::1 > 2001:db8::2',
      'Fragment: from byte 0, more follow',
      'UDP: 4000 > 53',
      'Payload: 16 bytes',
    ]);
    expect(fieldLines(view.boxes[1]!)).toContain('351+1 M = 0x1 (more fragments)');
  });

  it('marks what an ICMP error quotes, and what is cut off there has no fields', () => {
    const cut = decodePacket(bytesOf('unreachable4').slice(0, 52));
    const view = packetView(cut);
    expect(view.boxes.map((b) => b.title)).toEqual(['IPv4', 'ICMP', 'IPv4 (quoted)', 'UDP (quoted)']);
    expect(fieldLines(view.boxes[1]!)).toEqual([
      '160+8 Type = 3 (unreachable)',
      '168+8 Code = 4 (fragmentation needed)',
      '176+16 Checksum = 0xb54a',
      '192+16 Unused = 0x0000',
      '208+16 Next-Hop MTU = 1400',
    ]);
    expect(view.boxes[3]!.fields.map((f) => f.name)).toEqual(['Source Port', 'Destination Port']);
  });

  it('carries faults', () => {
    const view = packetView(decodePacket(withByte(bytesOf('udp4'), 8, 63)));
    expect(view.boxes[0]!.faults).toEqual(['The IPv4 header checksum is 0x468d, but it should be 0x478d.']);
  });
});

describe('packetView with the packet before', () => {
  it('says what NAT changed', () => {
    expect(changesOf(packetView(packetOf('udp4Translated'), packetOf('udp4')))).toEqual([
      '0-ipv4.Time to Live: 64 -> 63',
      '0-ipv4.Header Checksum: 0x468d -> 0x1589',
      '0-ipv4.Source Address: 10.1.0.5 -> 203.0.113.9',
      '1-udp.Source Port: 4000 -> 61000',
      '1-udp.Checksum: 0x3259 -> 0x21ac',
    ]);
  });

  it('says nothing about the same packet', () => {
    expect(changesOf(packetView(packetOf('tcp4'), packetOf('tcp4')))).toEqual([]);
  });

  it('knows the old header again inside a new one, and when the new one is gone', () => {
    const inner = packetOf('udp4');
    const outer = encapsulateInIp(inner, tunnel);
    expect(changesOf(packetView(outer, inner))).toEqual([]);
    expect(changesOf(packetView(inner, outer))).toEqual([]);
    const hop = encapsulateInIp(rewritePacket(inner, { ttl: 63 }), tunnel);
    expect(changesOf(packetView(hop, inner))).toEqual([
      '1-ipv4.Time to Live: 64 -> 63',
      '1-ipv4.Header Checksum: 0x468d -> 0x478d',
    ]);
  });

  it('does not take the header of a tunnel for a changed one', () => {
    const tunnelled = wrapInIp(bytesOf('esp4').subarray(20), { ...tunnel, protocol: 50 });
    expect(changesOf(packetView(tunnelled, packetOf('tcp4')))).toEqual([]);
    expect(changesOf(packetView(packetOf('tcp4'), tunnelled))).toEqual([]);
  });

  it('knows the transport again behind a header that was put in between', () => {
    const before = packetOf('tcp4');
    // AH in transport mode, and a new port: the TCP box is the third now, and only its own change is told.
    const translated = rewritePacket(before, { sourcePort: 61000 });
    const ah = hexBytes('060400000000100000000007000000000000000000000000');
    const after = replaceTransport(before, 51, Uint8Array.of(...ah, ...translated.bytes.subarray(20)));
    expect(changesOf(packetView(after, before))).toEqual([
      '0-ipv4.Total Length: 44 -> 68',
      '0-ipv4.Protocol: 6 -> 51',
      '0-ipv4.Header Checksum: 0x468b -> 0x4646',
      '2-tcp.Source Port: 40000 -> 61000',
      '2-tcp.Checksum: 0xc34f -> 0x7147',
    ]);
    expect(changesOf(packetView(before, after))).toEqual([
      '0-ipv4.Total Length: 68 -> 44',
      '0-ipv4.Protocol: 51 -> 6',
      '0-ipv4.Header Checksum: 0x4646 -> 0x468b',
      '1-tcp.Source Port: 61000 -> 40000',
      '1-tcp.Checksum: 0x7147 -> 0xc34f',
    ]);
  });

  it('knows both headers again when a tunnel runs through a tunnel', () => {
    const inner = packetOf('udp4');
    const once = encapsulateInIp(inner, tunnel);
    const twice = encapsulateInIp(rewritePacket(once, { ttl: 63 }), {
      source: address('203.0.113.1'),
      destination: address('203.0.113.2'),
    });
    expect(changesOf(packetView(twice, once)).map((line) => line.split(':')[0])).toEqual([
      '1-ipv4.Time to Live',
      '1-ipv4.Header Checksum',
    ]);
  });

  it('says that transport mode changed the protocol', () => {
    const before = packetOf('tcp4');
    const after = replaceTransport(before, 50, hexBytes('00002710000000017878787878787878'));
    expect(changesOf(packetView(after, before))).toEqual([
      '0-ipv4.Total Length: 44 -> 36',
      '0-ipv4.Protocol: 6 -> 50',
      '0-ipv4.Header Checksum: 0x468b -> 0x4667',
    ]);
  });

  it('says that both addresses changed when the packet is otherwise the same', () => {
    const change = { source: address('1.1.1.1'), destination: address('2.2.2.2') };
    const view = packetView(rewritePacket(packetOf('udp4'), change), packetOf('udp4'));
    expect(changesOf(view).map((line) => line.split(':')[0])).toEqual([
      '0-ipv4.Header Checksum',
      '0-ipv4.Source Address',
      '0-ipv4.Destination Address',
      '1-udp.Checksum',
    ]);
  });
});

describe('packetOneLine', () => {
  it.each([
    ['tcp4', '10.1.0.5:40000 > 198.51.100.7:80 tcp S'],
    ['udp6', '[2001:db8::1]:4000 > [2001:db8::2]:53 udp'],
    ['icmp4', '10.1.0.5 > 198.51.100.7 icmp echo'],
    ['esp4', '192.0.2.1 > 192.0.2.2 esp spi 0x2710'],
    ['espInUdp', '192.0.2.1:4500 > 192.0.2.2:4500 udp esp spi 0x2710'],
    ['ikeInUdp', '192.0.2.1:4500 > 192.0.2.2:4500 udp'],
    ['ah4', '10.1.0.5 > 198.51.100.7 ah spi 0x1000 [tcp 40000 > 80 S]'],
    ['ipInIp', '192.0.2.1 > 192.0.2.2 ipencap [10.1.0.5:40000 > 10.2.0.10:80 tcp S]'],
    ['gre4', '192.0.2.1 > 192.0.2.2 gre [10.1.0.5:40000 > 10.2.0.10:80 tcp S]'],
    [
      'unreachable4',
      '203.0.113.1 > 10.1.0.5 icmp unreachable fragmentation needed [10.1.0.5:4000 > 198.51.100.7:53 udp]',
    ],
    ['fragment6', '[2001:db8::1]:4000 > [2001:db8::2]:53 udp frag 0 mf'],
  ] as const)('says %s in one line', (name, line) => {
    expect(packetOneLine(packetOf(name))).toBe(line);
  });

  it('says so when there is nothing to read', () => {
    expect(packetOneLine(decodePacket(hexBytes('4500')))).toBe('2 unreadable bytes');
    const ports = (length: number) => packetOneLine(decodePacket(bytesOf('ah4').slice(0, length)));
    expect(ports(47)).toBe('10.1.0.5 > 198.51.100.7 ah spi 0x1000');
    expect(ports(48)).toBe('10.1.0.5 > 198.51.100.7 ah spi 0x1000 [tcp 40000 > 80]');
  });
});
