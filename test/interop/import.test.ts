/** Packets from captures, dumps and lines. The bytes of captures are put together here, field by field. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importPackets } from '../../server/src/interop/importPackets';
import { utf8Decode, utf8Encode } from '../../server/src/interop/utf8';
import { writePcapng } from '../../server/src/interop/writePcapng';
import { buildPacket } from '../../server/src/packet/build';
import { formatHex, joinBytes, parseHex } from '../../server/src/packet/bytes';
import { parsePacketLine } from '../../server/src/packet/parseLine';

const syn = 'tcp 10.1.0.5:40000 > 198.51.100.7:80 S';
const ping6 = 'icmpv6 2001:db8::1 > 2001:db8::2 echo';

function bytesOf(line: string): Uint8Array {
  return buildPacket(parsePacketLine(line).spec!).bytes;
}

function hex(text: string): Uint8Array {
  return parseHex(text)!;
}

function number32(value: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, little);
  return bytes;
}

function number16(value: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, value, little);
  return bytes;
}

interface PcapShape {
  readonly magic?: number;
  readonly little?: boolean;
  readonly linkType?: number;
}

function pcap(frames: readonly Uint8Array[], shape: PcapShape = {}): Uint8Array {
  const { magic = 0xa1b2c3d4, little = true, linkType = 101 } = shape;
  const n32 = (value: number) => number32(value, little);
  const header = [
    n32(magic),
    number16(2, little),
    number16(4, little),
    n32(0),
    n32(0),
    n32(65535),
    n32(linkType),
  ];
  const records = frames.flatMap((frame) => [n32(0), n32(0), n32(frame.length), n32(frame.length), frame]);
  return joinBytes(...header, ...records);
}

/** A block of pcapng, with both its lengths. */
function block(type: number, body: Uint8Array, little: boolean): Uint8Array {
  const padded = joinBytes(body, new Uint8Array((4 - (body.length % 4)) % 4));
  const length = number32(12 + padded.length, little);
  return joinBytes(number32(type, little), length, padded, length);
}

function section(little: boolean): Uint8Array {
  const n16 = (value: number) => number16(value, little);
  const magic = number32(0x1a2b3c4d, little);
  return block(0x0a0d0d0a, joinBytes(magic, n16(1), n16(0), hex('ffffffffffffffff')), little);
}

function interfaceBlock(linkType: number, little: boolean, name = '', snapLength = 0): Uint8Array {
  const n16 = (value: number) => number16(value, little);
  const text = utf8Encode(name);
  const padding = new Uint8Array((4 - (text.length % 4)) % 4);
  const options = name === '' ? [] : [n16(2), n16(text.length), text, padding, n16(0), n16(0)];
  return block(1, joinBytes(n16(linkType), n16(0), number32(snapLength, little), ...options), little);
}

function enhanced(
  index: number,
  frame: Uint8Array,
  little: boolean,
  originalLength = frame.length,
): Uint8Array {
  const n32 = (value: number) => number32(value, little);
  return block(
    6,
    joinBytes(n32(index), n32(0), n32(0), n32(frame.length), n32(originalLength), frame),
    little,
  );
}

function simple(frame: Uint8Array, little: boolean, originalLength = frame.length): Uint8Array {
  return block(3, joinBytes(number32(originalLength, little), frame), little);
}

const ethernet = (type: string) => hex(`001122334455 66778899aabb ${type}`);

describe('captures', () => {
  it.each([
    ['little-endian', {}],
    ['big-endian', { little: false }],
    ['with nanoseconds', { magic: 0xa1b23c4d }],
  ] as const)('reads pcap, %s', (_, shape) => {
    expect(importPackets(pcap([bytesOf(syn), bytesOf(ping6)], shape))).toEqual({
      records: [
        {
          title: '1: 10.1.0.5:40000 > 198.51.100.7:80 tcp S',
          bytes: bytesOf(syn),
          notation: syn,
          losses: [],
        },
        {
          title: '2: 2001:db8::1 > 2001:db8::2 icmpv6 echo',
          bytes: bytesOf(ping6),
          notation: ping6,
          losses: [],
        },
      ],
      problems: [],
    });
  });

  it.each([
    ['null, little-endian family', 0, '02000000', syn],
    ['null, big-endian family', 0, '00000002', syn],
    ['null, IPv6 of FreeBSD', 0, '1c000000', ping6],
    ['Ethernet', 1, '001122334455 66778899aabb 0800', syn],
    ['Ethernet with a VLAN tag', 1, '001122334455 66778899aabb 8100 0007 86dd', ping6],
    ['Ethernet with two VLAN tags', 1, '001122334455 66778899aabb 88a8 0007 8100 0008 0800', syn],
    ['Ethernet with PPPoE', 1, '001122334455 66778899aabb 8864 1100 0001 002a 0021', syn],
    ['raw IP as some BSDs number it', 12, '', syn],
    ['raw IP', 101, '', ping6],
    ['OpenBSD loop', 108, '00000018', ping6],
    ['Linux cooked', 113, '0000 0001 0006 001122334455 0000 0800', syn],
    ['Linux cooked, version 2', 276, '86dd 0000 00000002 0001 04 06 0011223344550000', ping6],
    ['IPv4', 228, '', syn],
    ['IPv6', 229, '', ping6],
  ] as const)('takes off the link header: %s', (_, linkType, header, line) => {
    const frame = joinBytes(hex(header), bytesOf(line));
    const { records, problems } = importPackets(pcap([frame], { linkType }));
    expect(problems).toEqual([]);
    expect(records.map((r) => r.notation)).toEqual([line]);
    expect(records[0]!.bytes).toEqual(bytesOf(line));
  });

  it('leaves out the filling behind a short packet', () => {
    const frame = joinBytes(ethernet('0800'), bytesOf(syn), new Uint8Array(6).fill(0xaa));
    expect(importPackets(pcap([frame], { linkType: 1 })).records[0]!.bytes).toEqual(bytesOf(syn));
  });

  it('tells what is no IP packet', () => {
    const arp = joinBytes(ethernet('0806'), new Uint8Array(28));
    const framed = joinBytes(ethernet('0800'), bytesOf(syn));
    const { records, problems } = importPackets(pcap([arp, framed, arp, ethernet('88cc')], { linkType: 1 }));
    expect(records.map((r) => r.title)).toEqual(['2: 10.1.0.5:40000 > 198.51.100.7:80 tcp S']);
    expect(problems).toEqual([
      { message: '2 records are no IP packets (ARP) and left out.' },
      { message: '1 record is no IP packet (EtherType 0x88cc) and left out.' },
    ]);
    expect(importPackets(pcap([bytesOf(syn)], { linkType: 105 })).problems).toEqual([
      { message: '1 record is no IP packet (link type 105) and left out.' },
    ]);
  });

  it('gives what there is of a file that ends early', () => {
    const whole = pcap([bytesOf(syn), bytesOf(ping6)]);
    const cutInPacket = importPackets(whole.subarray(0, whole.length - 1));
    expect(cutInPacket.records.map((r) => r.notation)).toEqual([syn]);
    expect(cutInPacket.problems).toEqual([{ message: 'The file ends within record 2, which is left out.' }]);
    const cutInRecordHeader = importPackets(whole.subarray(0, 24 + 16 + bytesOf(syn).length + 3));
    expect(cutInRecordHeader.records).toHaveLength(1);
    expect(cutInRecordHeader.problems).toEqual([
      { message: 'The file ends within record 2, which is left out.' },
    ]);
    expect(importPackets(whole.subarray(0, 10))).toEqual({
      records: [],
      problems: [{ message: 'The pcap file ends within its header, after 10 bytes of 24.' }],
    });
    // A length that no memory has.
    const absurd = whole.slice();
    absurd.set(hex('ffffffff'), 24 + 8);
    expect(importPackets(absurd).problems).toEqual([
      { message: 'The file ends within record 1, which is left out.' },
    ]);
  });

  it.each([true, false])(
    'reads pcapng with several interfaces and sections (little-endian: %s)',
    (little) => {
      const file = joinBytes(
        section(little),
        interfaceBlock(1, little, 'fxp0'),
        interfaceBlock(101, little, 'gré'),
        enhanced(1, bytesOf(ping6), little),
        // A block of a kind that holds no packets.
        block(0x0bad, hex('01020304'), little),
        enhanced(0, joinBytes(ethernet('0800'), bytesOf(syn)), little),
        section(!little),
        interfaceBlock(228, !little),
        simple(bytesOf(syn), !little),
      );
      const { records, problems } = importPackets(file);
      expect(problems).toEqual([]);
      expect(records.map((r) => [r.title, r.notation])).toEqual([
        ['1: 2001:db8::1 > 2001:db8::2 icmpv6 echo (gré)', ping6],
        ['2: 10.1.0.5:40000 > 198.51.100.7:80 tcp S (fxp0)', syn],
        ['3: 10.1.0.5:40000 > 198.51.100.7:80 tcp S', syn],
      ]);
    },
  );

  it('tells what a capture cut off', () => {
    const long = bytesOf('udp 10.1.0.5:53 > 10.2.0.5:53 len 100');
    const file = joinBytes(
      section(true),
      interfaceBlock(101, true, '', 60),
      simple(long.slice(0, 60), true, 128),
    );
    const line = 'udp 10.1.0.5:53 > 10.2.0.5:53 len 100';
    expect(importPackets(file).records[0]).toEqual({
      title: '1: 10.1.0.5:53 > 10.2.0.5:53 udp',
      bytes: bytesOf(line),
      notation: line,
      losses: [
        'the last 68 bytes, which the capture cut off',
        'the 100 bytes of payload, of which only the number is kept',
      ],
    });
  });

  it('gives what there is of a pcapng file that ends early or contradicts itself', () => {
    const start = joinBytes(section(true), interfaceBlock(101, true), enhanced(0, bytesOf(syn), true));
    const cut = importPackets(joinBytes(start, enhanced(0, bytesOf(ping6), true).subarray(0, 50)));
    expect(cut.records.map((r) => r.notation)).toEqual([syn]);
    expect(cut.problems).toEqual([{ message: 'The file ends within record 2, which is left out.' }]);
    const noInterface = importPackets(joinBytes(start, enhanced(7, bytesOf(ping6), true)));
    expect(noInterface.records).toHaveLength(1);
    expect(noInterface.problems).toEqual([{ message: 'Record 2 is damaged; what follows is left out.' }]);
    const zeroLength = importPackets(joinBytes(start, new Uint8Array(16)));
    expect(zeroLength.problems).toEqual([
      {
        message: `The block at byte ${start.length} has the impossible length 0; what follows is left out.`,
      },
    ]);
    const noMagic = importPackets(joinBytes(start, hex('0a0d0d0a 1c000000 00000000 00000000')));
    expect(noMagic.problems).toEqual([
      {
        message: `The section at byte ${start.length} has no byte-order mark; what follows is left out.`,
      },
    ]);
  });

  it('reads what the exporter writes', () => {
    const file = writePcapng(
      [{ name: 'X' }, { name: 'Z', description: 'internet' }],
      [
        { interface: 1, microseconds: 5e9, bytes: bytesOf(syn), comment: 'über' },
        { interface: 0, microseconds: 0, bytes: bytesOf(ping6) },
      ],
      'test',
    );
    expect(importPackets(file).records.map((r) => r.title)).toEqual([
      '1: 10.1.0.5:40000 > 198.51.100.7:80 tcp S (Z)',
      '2: 2001:db8::1 > 2001:db8::2 icmpv6 echo (X)',
    ]);
  });

  it('throws for no bytes', () => {
    const starts = [
      new Uint8Array(0),
      pcap([]),
      section(true),
      joinBytes(section(false), interfaceBlock(1, false)),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), (start, tail) => {
        importPackets(joinBytes(start, tail));
      }),
      { numRuns: 3000 },
    );
    // Whole files with one byte changed reach further in.
    const whole = joinBytes(
      section(true),
      interfaceBlock(1, true, 'fxp0'),
      enhanced(0, joinBytes(ethernet('0800'), bytesOf(syn)), true),
    );
    for (let at = 0; at < whole.length; at++)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = whole.slice();
        changed[at] = value;
        expect(importPackets(changed).records.length).toBeLessThanOrEqual(1);
      }
  });
});

/** Notation and losses of the only record. */
function read(text: string): { readonly notation: string; readonly losses: readonly string[] } {
  const { records, problems } = importPackets(text);
  expect(problems).toEqual([]);
  expect(records).toHaveLength(1);
  return { notation: records[0]!.notation, losses: records[0]!.losses };
}

describe('tcpdump lines', () => {
  const isEncrypted = ['the encrypted bytes'];
  const isMessage = ['what the message says besides its type and code'];
  it.each([
    [
      'IP 10.1.0.5.40000 > 198.51.100.7.80: Flags [S], seq 1, win 65535, options [mss 1460], length 0',
      'tcp 10.1.0.5:40000 > 198.51.100.7:80 S seq 1 mss 1460',
      [],
    ],
    [
      '12:00:01.500000 IP6 2001:db8::1.40000 > 2001:db8::2.80: Flags [P.], seq 1:101, ack 7, win 512, length 100',
      'tcp [2001:db8::1]:40000 > [2001:db8::2]:80 PA seq 1 ack 7 len 100',
      [],
    ],
    [
      '2026-01-02 12:00:01.500000 eth0  Out IP 10.1.0.5.22 > 10.1.0.9.50000: Flags [F.], seq 5, ack 6, win 1, length 0',
      'tcp 10.1.0.5:22 > 10.1.0.9:50000 FA seq 5 ack 6',
      [],
    ],
    // As tcpdump printed in 2001.
    [
      '12:00:01.500000 10.1.0.5.1024 > 198.51.100.7.http: S 17:17(0) win 65535 <mss 1460> (DF)',
      'tcp 10.1.0.5:1024 > 198.51.100.7:80 S seq 17 mss 1460 df',
      [],
    ],
    [
      '992348102.123456 10.1.0.5.1024 > 198.51.100.7.80: . ack 1 win 17520',
      'tcp 10.1.0.5:1024 > 198.51.100.7:80 A ack 1',
      [],
    ],
    [
      '10.1.0.5.1024 > 198.51.100.7.80: P 1:11(10) ack 1 win 17520 (DF)',
      'tcp 10.1.0.5:1024 > 198.51.100.7:80 PA seq 1 ack 1 len 10 df',
      [],
    ],
    ['10.1.0.5.1024 > 198.51.100.7.514: udp 20', 'udp 10.1.0.5:1024 > 198.51.100.7:514 len 20', []],
    ['IP 10.1.0.5.53 > 10.2.0.5.5353: UDP, length 20', 'udp 10.1.0.5:53 > 10.2.0.5:5353 len 20', []],
    [
      'IP 10.1.0.5.1234 > 8.8.8.8.53: 4711+ A? example.com. (29)',
      'udp 10.1.0.5:1234 > 8.8.8.8:53 len 29',
      ['the line names no protocol, and it is taken to be UDP'],
    ],
    [
      'IP 10.1.0.5 > 198.51.100.7: ICMP echo request, id 5, seq 2, length 64',
      'icmp 10.1.0.5 > 198.51.100.7 echo icmp-id 5 icmp-seq 2 len 56',
      [],
    ],
    [
      'IP 192.0.2.1 > 10.1.0.10: ICMP 198.51.100.7 unreachable - need to frag (mtu 1400), length 36',
      'icmp 192.0.2.1 > 10.1.0.10 unreachable/4',
      isMessage,
    ],
    [
      'IP 192.0.2.1 > 10.1.0.10: ICMP 198.51.100.7 udp port 53 unreachable, length 36',
      'icmp 192.0.2.1 > 10.1.0.10 unreachable/3',
      isMessage,
    ],
    [
      'IP 192.0.2.1 > 10.1.0.10: ICMP time exceeded in-transit, length 36',
      'icmp 192.0.2.1 > 10.1.0.10 time-exceeded',
      isMessage,
    ],
    [
      'IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo reply, id 1, seq 9, length 16',
      'icmpv6 2001:db8::1 > 2001:db8::2 echo-reply icmp-seq 9',
      [],
    ],
    [
      'IP6 2001:db8::1 > 2001:db8::2: ICMP6, packet too big, mtu 1280, length 1240',
      'icmpv6 2001:db8::1 > 2001:db8::2 packet-too-big',
      isMessage,
    ],
    [
      'IP 192.0.2.1 > 203.0.113.1: ESP(spi=0x00002710,seq=0x7), length 104',
      'esp 192.0.2.1 > 203.0.113.1 spi 0x2710 seq 7 len 96',
      isEncrypted,
    ],
    [
      'IP 192.0.2.1 > 203.0.113.1: AH(spi=0x000003e8,seq=0x7): ESP(spi=0x000003e9,seq=0x1), length 84',
      'ah 192.0.2.1 > 203.0.113.1 spi 0x3e8 seq 7',
      ['what the AH covers'],
    ],
    [
      'IP 192.0.2.1 > 203.0.113.1: IPComp(cpi=0x0002)',
      'ipcomp 192.0.2.1 > 203.0.113.1 cpi 0x2',
      ['the compressed bytes'],
    ],
    [
      'IP 192.0.2.1 > 203.0.113.1: IP 10.1.0.5.4000 > 10.2.0.5.80: Flags [S], seq 1, win 1, length 0 (ipip-proto-4)',
      'ipencap 192.0.2.1 > 203.0.113.1 { tcp 10.1.0.5:4000 > 10.2.0.5:80 S seq 1 }',
      [],
    ],
    ['IP 192.0.2.1 > 203.0.113.1: ip-proto-253 20', '253 192.0.2.1 > 203.0.113.1 len 20', []],
    ['IP 10.1.0.5 > 224.0.0.5: OSPFv2, Hello, length 44', 'ospf 10.1.0.5 > 224.0.0.5 len 44', []],
    [
      'IP 192.0.2.1 > 203.0.113.1: GREv0, length 44: IP 10.1.0.5.4000 > 10.2.0.5.80: Flags [S], seq 0, win 65535, length 0',
      'gre 192.0.2.1 > 203.0.113.1 { tcp 10.1.0.5:4000 > 10.2.0.5:80 S }',
      [],
    ],
    [
      'IP 192.0.2.1 > 203.0.113.1: AH(spi=0x000003e8,seq=0x5,icv=0x00): IP 10.1.0.5 > 198.51.100.7: ICMP echo request, id 1, seq 1, length 16',
      'ah 192.0.2.1 > 203.0.113.1 spi 0x3e8 seq 5 { icmp 10.1.0.5 > 198.51.100.7 echo }',
      [],
    ],
    [
      'IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable,  unreachable prohibited 2001:db8::1, length 56',
      'icmpv6 2001:db8::1 > 2001:db8::2 unreachable/1',
      isMessage,
    ],
    [
      'IP 10.1.0.5 > 10.2.0.5: ip-proto-17',
      'udp 10.1.0.5:0 > 10.2.0.5:0',
      ['the place of this fragment in its packet, which the line does not name'],
    ],
  ] as const)('%s', (line, notation, losses) => {
    expect(read(line)).toEqual({ notation, losses });
  });

  it('reads the two lines of -v as one', () => {
    const lines = [
      '12:00:01.5 IP (tos 0x10, ttl 63, id 7, offset 0, flags [DF], proto UDP (17), length 48)',
      '    10.1.0.5.53 > 10.1.0.9.5353: [udp sum ok] UDP, length 20',
    ];
    expect(read(lines.join('\n'))).toEqual({
      notation: 'udp 10.1.0.5:53 > 10.1.0.9:5353 ttl 63 tos 16 id 7 len 20 df',
      losses: [],
    });
  });

  it('puts what -v prints further in to the line before it', () => {
    const lines = [
      '12:00:00.0 IP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto ICMP (1), length 56)',
      '    192.0.2.1 > 10.1.0.5: ICMP 198.51.100.7 udp port 53 unreachable, length 36',
      '\tIP (tos 0x0, ttl 63, id 9, offset 0, flags [none], proto UDP (17), length 28)',
      '    10.1.0.5.4000 > 198.51.100.7.53: domain [length 0 < 12] (invalid)',
      '12:00:00.0 IP6 (hlim 64, next-header ICMPv6 (58) payload length: 16) fe80::1 > ff02::1: [icmp6 sum ok] ICMP6, router advertisement, length 16',
      '\thop limit 97, Flags [other stateful], pref medium, router lifetime 25444s',
      '12:00:00.0 IP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto AH (51), length 60)',
      '    192.0.2.1 > 203.0.113.1: AH(length=4(24-bytes),spi=0x000003e8,seq=0x5,icv=0x000000000000000000000000): IP (tos 0x0, ttl 9, id 1, offset 0, flags [none], proto ICMP (1), length 36)',
      '    10.1.0.5 > 198.51.100.7: ICMP echo request, id 1, seq 1, length 16',
    ];
    expect(importPackets(lines.join('\n'))).toMatchObject({
      records: [
        {
          notation:
            'icmp 192.0.2.1 > 10.1.0.5 unreachable/3 { udp 10.1.0.5:4000 > 198.51.100.7:53 ttl 63 id 9 }',
        },
        { notation: 'icmpv6 fe80::1 > ff02::1 router-advertisement' },
        {
          notation: 'ah 192.0.2.1 > 203.0.113.1 spi 0x3e8 seq 5 { icmp 10.1.0.5 > 198.51.100.7 echo ttl 9 }',
        },
      ],
      problems: [],
    });
  });

  it('gives ESP in UDP its SPI', () => {
    const { records } = importPackets(
      'IP 192.0.2.1.4500 > 203.0.113.1.4500: UDP-encap: ESP(spi=0x00002710,seq=0x1), length 104',
    );
    expect(records[0]!.title).toBe('line 1: 192.0.2.1:4500 > 203.0.113.1:4500 udp esp spi 0x2710');
    expect(records[0]!.losses).toEqual(isEncrypted);
  });

  it('prefers the bytes that -x prints below a line', () => {
    const digits = formatHex(bytesOf(syn)).match(/.{1,4}/g)!;
    const rows = [0, 8, 16].map(
      (at) => `\t0x${(at * 2).toString(16).padStart(4, '0')}:  ${digits.slice(at, at + 8).join(' ')}`,
    );
    const text = [
      'IP 9.9.9.9.1 > 8.8.8.8.2: UDP, length 1',
      ...rows,
      'IP 1.1.1.1.1 > 2.2.2.2.2: UDP, length 0',
    ];
    expect(importPackets(text.join('\n')).records.map((r) => [r.title, r.notation])).toEqual([
      ['line 2: 10.1.0.5:40000 > 198.51.100.7:80 tcp S', syn],
      ['line 5: 1.1.1.1:1 > 2.2.2.2:2 udp', 'udp 1.1.1.1:1 > 2.2.2.2:2'],
    ]);
  });

  it('prefers the bytes that -v -x print, too, and takes none of them for a line', () => {
    const quoting = 'icmp 192.0.2.1 > 10.1.0.5 unreachable/3 { udp 10.1.0.5:4000 > 198.51.100.7:53 }';
    const digits = formatHex(bytesOf(quoting)).match(/.{1,4}/g)!;
    const lines = [
      '12:00:00.0 IP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto ICMP (1), length 56)',
      '    192.0.2.1 > 10.1.0.5: ICMP 198.51.100.7 udp port 53 unreachable, length 36',
      '\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto UDP (17), length 28)',
      '    10.1.0.5.4000 > 198.51.100.7.53: domain [length 0 < 12] (invalid)',
      ...[0, 8, 16, 24].map(
        (at) => `\t0x${(at * 2).toString(16).padStart(4, '0')}:  ${digits.slice(at, at + 8).join(' ')}`,
      ),
    ];
    const { records, problems } = importPackets(lines.join('\n'));
    expect(problems).toEqual([]);
    expect(records.map((r) => [r.title, r.notation, r.losses])).toEqual([
      [
        'line 5: 192.0.2.1 > 10.1.0.5 icmp unreachable port [10.1.0.5:4000 > 198.51.100.7:53 udp]',
        quoting,
        [],
      ],
    ]);
  });

  it('says what to do about names', () => {
    expect(importPackets('IP gw.example.org.ssh > 10.1.0.9.50000: Flags [S], length 0').problems).toEqual([
      {
        message:
          'Line 1: “gw.example.org.ssh” is no numeric address. Let tcpdump print numbers (tcpdump -n) and copy the line again.',
      },
    ]);
  });
});

describe('hex', () => {
  const digits = formatHex(bytesOf(syn));
  const rows = (perRow: number) => digits.match(new RegExp(`.{1,${perRow * 2}}`, 'g'))!;
  const pairs = (row: string) => row.match(/../g)!;
  const offset = (i: number, width: number) => (16 * i).toString(16).padStart(width, '0');

  it.each([
    ['bare digits', digits],
    ['digits in groups', digits.match(/.{1,8}/g)!.join(' ')],
    [
      'C array',
      pairs(digits)
        .map((p) => `0x${p}`)
        .join(', '),
    ],
    ['lines of digits', rows(16).join('\n')],
    [
      'tcpdump -x',
      rows(16)
        .map((r, i) => `\t0x${offset(i, 4)}:  ${r.match(/.{1,4}/g)!.join(' ')}`)
        .join('\n'),
    ],
    [
      'tcpdump -X and xxd',
      rows(16)
        .map(
          (r, i) =>
            `${offset(i, 8)}: ${r
              .match(/.{1,4}/g)!
              .join(' ')
              .padEnd(39)}  E..(ab cd.ef`,
        )
        .join('\n'),
    ],
    [
      'hexdump -C',
      rows(16)
        .map(
          (r, i) =>
            `${offset(i, 8)}  ${pairs(r).slice(0, 8).join(' ')}  ${pairs(r).slice(8).join(' ')}  |E..(ab|`,
        )
        .join('\n'),
    ],
    [
      'Wireshark',
      rows(16)
        .map((r, i) => `${offset(i, 4)}   ${pairs(r).join(' ').padEnd(47)}   E..(ab cd`)
        .join('\n'),
    ],
    [
      'od -A x -t x1',
      rows(16)
        .map((r, i) => `${offset(i, 6)} ${pairs(r).join(' ')}`)
        .join('\n'),
    ],
    [
      'the length that od ends with',
      `${rows(16)
        .map((r, i) => `${offset(i, 6)} ${pairs(r).join(' ')}`)
        .join('\n')}\n000028\n`,
    ],
    ['an Ethernet frame', `001122334455 66778899aabb 0800 ${digits}`],
  ])('reads %s', (_, text) => {
    expect(importPackets(text)).toEqual({
      records: [
        {
          title: 'line 1: 10.1.0.5:40000 > 198.51.100.7:80 tcp S',
          bytes: bytesOf(syn),
          notation: syn,
          losses: [],
        },
      ],
      problems: [],
    });
  });

  it('knows several packets apart: by blank lines, by offsets and by their own lengths', () => {
    const other = formatHex(bytesOf(ping6));
    const text = [
      ...rows(16),
      ...other.match(/.{1,32}/g)!,
      '',
      `0000 ${pairs(digits).slice(0, 16).join(' ')}`,
      `0010 ${pairs(digits).slice(16, 32).join(' ')}`,
      `0020 ${pairs(digits).slice(32).join(' ')}`,
      `0000 ${pairs(other).slice(0, 16).join(' ')}`,
    ].join('\n');
    expect(importPackets(text).records.map((r) => r.notation)).toEqual([syn, ping6, syn]);
    expect(importPackets(text).problems).toEqual([
      {
        message:
          'Line 12 begins 16 bytes that hold no IP packet: they begin with neither an IP header nor an Ethernet header before one.',
      },
    ]);
  });

  it('takes the interface from the brackets of ipftest', () => {
    const text = `[out,fxp1=192.0.2.1]\n${rows(16).join('\n')}\n\n[in,fxp0]+mcast ${digits}\n`;
    expect(importPackets(text).records.map((r) => r.notation)).toEqual([
      `out on fxp1 ${syn}`,
      `in on fxp0 ${syn}`,
    ]);
  });

  it('tells a missing line', () => {
    const { problems } = importPackets(`0000 ${pairs(digits).slice(0, 16).join(' ')}\n0020 50 02 ff ff\n`);
    expect(problems[0]).toEqual({
      message:
        'Line 2 stands at offset 0x20, but 0x10 was expected: a line is missing, and the line is left out.',
    });
  });
});

describe('other lines', () => {
  it.each([
    ['in on fxp0 tcp 10.1.1.1,1025 10.2.2.2,80 S', 'in on fxp0 tcp 10.1.1.1:1025 > 10.2.2.2:80 S', []],
    [
      'out on fxp1=192.0.2.1 icmp 10.1.1.1 10.2.2.2 unreach,3',
      'out on fxp1 icmp 10.1.1.1 > 10.2.2.2 unreachable/3',
      [],
    ],
    ['in udp 10.1.1.1,domain 10.2.2.2,123', 'in udp 10.1.1.1:53 > 10.2.2.2:123', []],
    ['in6 tcp fe80::1,1 fe80::2,2 SA seq=5 ack=6', 'in tcp [fe80::1]:1 > [fe80::2]:2 SA seq 5 ack 6', []],
    ['in 10.1.1.1 10.2.2.2 opt lsrr', 'in hopopt 10.1.1.1 > 10.2.2.2', ['“opt lsrr”']],
    [`web: in on fxp0 ${syn}`, `web: in on fxp0 ${syn}`, []],
  ] as const)('%s', (line, notation, losses) => {
    expect(read(`# a comment\n\n${line}\n`)).toEqual({ notation, losses });
  });

  it('says which line is none', () => {
    expect(
      importPackets(`${syn}\nhello\nin on fxp0 tcp here there\ntpc 10.1.0.5 > 10.2.0.5\n`),
    ).toMatchObject({
      records: [{ title: 'line 1: 10.1.0.5:40000 > 198.51.100.7:80 tcp S' }],
      problems: [
        {
          message:
            'Line 2 is no packet. Expected a tcpdump line, hexadecimal bytes, an ipftest packet, or a packet such as: tcp 10.1.0.5:40000 > 198.51.100.7:80 S',
        },
        {
          message:
            'Line 3: Expected two numeric addresses behind the protocol, with a port behind a comma, as in: in on fxp0 tcp 10.1.1.1,1025 10.2.2.2,80 S',
        },
        { message: expect.stringContaining('Line 4 is no packet. “tpc” is no protocol') },
      ],
    });
  });

  it('throws for no text', () => {
    const words = fc.constantFrom(
      'IP',
      'IP6',
      '>',
      ':',
      '10.1.0.5.80',
      '(',
      ')',
      'Flags [S]',
      '0x0000:',
      '4500',
      '\n',
      'in',
      'on',
      'ICMP',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 20 }).map((w) => w.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        importPackets(text);
      }),
      { numRuns: 3000 },
    );
  });

  it('is not stopped by a long line made to be slow', () => {
    const { problems } = importPackets(`${'IP ('.repeat(100_000)}\n${'('.repeat(4000)} > :\n`);
    expect(problems).toHaveLength(2);
  });
});

describe('UTF-8', () => {
  it('agrees with the runtime', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Encode(text)).toEqual(new TextEncoder().encode(text));
        expect(utf8Decode(utf8Encode(text))).toBe(
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8Encode(text)),
        );
      }),
    );
  });

  it('reads bytes that are none', () => {
    expect(utf8Decode(hex('61ff62c3'))).toBe('a\ufffdb\ufffd');
    expect(utf8Decode(hex('eda080'))).toBe('\ufffd\ufffd\ufffd');
  });
});
