/** Every wire format from real bytes: parse, emit the same bytes, impossible lengths, wrong checksums. */
import { describe, expect, it } from 'vitest';
import { emitAh, parseAh } from '../../server/src/packet/ah';
import { formatHex } from '../../server/src/packet/bytes';
import { pseudoHeaderSum } from '../../server/src/packet/checksum';
import { emitEsp, parseEsp } from '../../server/src/packet/esp';
import { emitGre, parseGre } from '../../server/src/packet/gre';
import type { HeaderReading } from '../../server/src/packet/header';
import { emitIcmp, icmpFormat, parseIcmp } from '../../server/src/packet/icmp';
import { icmpv6Format, parseIcmpv6 } from '../../server/src/packet/icmpv6';
import { emitIpcomp, parseIpcomp } from '../../server/src/packet/ipcomp';
import { emitIpv4, ipv4Format, parseIpv4 } from '../../server/src/packet/ipv4';
import { emitIpv6, parseIpv6 } from '../../server/src/packet/ipv6';
import { emitIpv6Fragment, parseIpv6Extension } from '../../server/src/packet/ipv6Extension';
import {
  emitTcp,
  formatTcpFlags,
  parseTcp,
  parseTcpFlags,
  readTcpMss,
  tcpMssOption,
} from '../../server/src/packet/tcp';
import { emitUdp, parseUdp } from '../../server/src/packet/udp';
import { address, bytesOf, hexBytes, withByte } from './samples';

function read<Header>(reading: HeaderReading<Header>) {
  if (reading.kind !== 'header') throw new Error(reading.faults.join(' '));
  return reading;
}

const a4 = address('10.1.0.5');
const b4 = address('198.51.100.7');
const a6 = address('2001:db8::1');
const b6 = address('2001:db8::2');
const pseudo4 = (protocol: number) => (length: number) => pseudoHeaderSum(a4, b4, protocol, length);
const pseudo6 = (protocol: number) => (length: number) => pseudoHeaderSum(a6, b6, protocol, length);

describe('IPv4', () => {
  it('parses', () => {
    const reading = read(parseIpv4(bytesOf('udp4'), 0, 31));
    expect(reading).toEqual({
      kind: 'header',
      header: {
        tos: 0,
        id: 1,
        dontFragment: false,
        moreFragments: false,
        fragmentOffset: 0,
        ttl: 64,
        protocol: 17,
        source: a4,
        destination: b4,
      },
      headerEnd: 20,
      end: 31,
      faults: [],
    });
  });

  it('parses the flags of a known header', () => {
    const { header } = read(parseIpv4(bytesOf('ipv4Known'), 0, 20, true));
    expect(header).toMatchObject({ dontFragment: true, moreFragments: false, protocol: 17, ttl: 64 });
  });

  it.each(['udp4', 'ipv4Options', 'esp4'] as const)('emits the bytes it parsed: %s', (name) => {
    const bytes = bytesOf(name);
    const { header, headerEnd } = read(parseIpv4(bytes, 0, bytes.length));
    expect(formatHex(emitIpv4(header, bytes.subarray(headerEnd)))).toBe(formatHex(bytes));
  });

  it('says which checksum it expected', () => {
    const bytes = withByte(bytesOf('udp4'), 8, 63);
    expect(read(parseIpv4(bytes, 0, 31)).faults).toEqual([
      'The IPv4 header checksum is 0x468d, but it should be 0x478d.',
    ]);
  });

  it('refuses what cannot be a header, in words', () => {
    expect(parseIpv4(bytesOf('udp4'), 0, 19).faults).toEqual([
      'The IPv4 header needs 20 bytes, but only 19 are there.',
    ]);
    expect(parseIpv4(withByte(bytesOf('udp4'), 0, 0x44), 0, 31)).toEqual({
      kind: 'unreadable',
      faults: ['IHL gives a header of 16 bytes, but an IPv4 header has at least 20.'],
    });
    expect(parseIpv4(withByte(bytesOf('udp4'), 0, 0x4f), 0, 31).faults).toEqual([
      'The IPv4 header needs 60 bytes, but only 31 are there.',
    ]);
    expect(parseIpv4(withByte(bytesOf('udp4'), 0, 0x55), 0, 31).faults).toEqual([
      'The version of an IPv4 header is 4, but here it is 5.',
    ]);
  });

  it('says when Total Length lies', () => {
    expect(read(parseIpv4(bytesOf('udp4'), 0, 30)).faults).toEqual([
      'Total Length is 31 bytes, but only 30 are there.',
    ]);
    const tooSmall = read(parseIpv4(withByte(bytesOf('udp4'), 3, 19), 0, 31));
    expect(tooSmall.faults[0]).toBe("Total Length is 19 bytes, less than the header's own 20.");
    expect(tooSmall.end).toBe(20);
  });

  it('describes flags, fragment offset, protocol, DSCP and ECN', () => {
    const describeField = (name: string, value: number) =>
      ipv4Format.fields.find((field) => field.name === name)?.describe?.(value);
    expect(describeField('Flags', 2)).toBe('DF');
    expect(describeField('Flags', 3)).toBe('DF MF');
    expect(describeField('Fragment Offset', 185)).toBe('1480 bytes');
    expect(describeField('Protocol', 50)).toBe('esp');
    expect(describeField('DSCP', 46)).toBe('EF');
    expect(describeField('DSCP', 10)).toBe('AF11');
    expect(describeField('ECN', 3)).toBe('CE');
  });
});

describe('IPv6 and its extension headers', () => {
  it('parses and emits', () => {
    const bytes = bytesOf('udp6');
    const { header, headerEnd, end, faults } = read(parseIpv6(bytes, 0, bytes.length));
    expect({ header, headerEnd, end, faults }).toEqual({
      header: { trafficClass: 0, flowLabel: 0, nextHeader: 17, hopLimit: 64, source: a6, destination: b6 },
      headerEnd: 40,
      end: 51,
      faults: [],
    });
    expect(formatHex(emitIpv6(header, bytes.subarray(headerEnd)))).toBe(formatHex(bytes));
  });

  it('keeps traffic class and flow label apart', () => {
    const bytes = emitIpv6(
      { trafficClass: 0xb8, flowLabel: 0xabcde, nextHeader: 59, hopLimit: 1, source: a6, destination: b6 },
      new Uint8Array(0),
    );
    expect(formatHex(bytes.subarray(0, 8))).toBe('6b8abcde00003b01');
    expect(read(parseIpv6(bytes, 0, 40)).header).toMatchObject({ trafficClass: 0xb8, flowLabel: 0xabcde });
  });

  it('says what is missing', () => {
    expect(parseIpv6(bytesOf('udp6'), 0, 39).faults).toEqual([
      'The IPv6 header needs 40 bytes, but only 39 are there.',
    ]);
    expect(parseIpv6(bytesOf('udp6'), 0, 50).faults).toEqual([
      'Payload Length is 11 bytes, but only 10 are there behind the header.',
    ]);
    expect(parseIpv6Extension(hexBytes('11010502'), 0, 4, 0).faults).toEqual([
      'The Hop-by-Hop Options header needs 8 bytes, but only 4 are there.',
    ]);
    expect(parseIpv6Extension(hexBytes('1101050200000000'), 0, 8, 60).faults).toEqual([
      'The Destination Options header needs 16 bytes, but only 8 are there.',
    ]);
  });

  it('parses and emits a fragment header', () => {
    const bytes = hexBytes('110000b900000007');
    const { header } = read(parseIpv6Extension(bytes, 0, 8, 44));
    expect(header).toEqual({
      number: 44,
      nextHeader: 17,
      fragment: { offset: 184, moreFragments: true, id: 7 },
    });
    expect(formatHex(emitIpv6Fragment(17, { offset: 184, moreFragments: true, id: 7 }))).toBe(
      formatHex(bytes),
    );
  });
});

describe('TCP', () => {
  const start = 20;

  it('parses', () => {
    const reading = read(parseTcp(bytesOf('tcp4'), start, 44, pseudo4(6)(24)));
    expect(reading.header).toEqual({
      sourcePort: 40000,
      destinationPort: 80,
      sequence: 0x01020304,
      acknowledgement: 0,
      flags: 2,
      window: 65535,
      urgentPointer: 0,
      options: hexBytes('020405b4'),
    });
    expect(reading.headerEnd).toBe(44);
    expect(reading.faults).toEqual([]);
  });

  it.each([
    ['tcp4', 20, pseudo4(6)],
    ['tcp4OddMss', 20, pseudo4(6)],
    ['tcp6', 40, pseudo6(6)],
  ] as const)('emits the bytes it parsed: %s', (name, at, pseudo) => {
    const bytes = bytesOf(name);
    const { header, headerEnd } = read(parseTcp(bytes, at, bytes.length));
    expect(formatHex(emitTcp(header, bytes.subarray(headerEnd), pseudo))).toBe(formatHex(bytes.subarray(at)));
  });

  it('says which checksum it expected', () => {
    const bytes = withByte(bytesOf('tcp4'), 23, 81);
    expect(parseTcp(bytes, start, 44, pseudo4(6)(24)).faults).toEqual([
      'The TCP checksum is 0xc34f, but it should be 0xc34e.',
    ]);
  });

  it('refuses what cannot be a header, in words', () => {
    expect(parseTcp(bytesOf('tcp4'), start, 32).faults).toEqual([
      'The TCP header needs 20 bytes, but only 12 are there.',
    ]);
    expect(parseTcp(withByte(bytesOf('tcp4'), 32, 0x40), start, 44).faults).toEqual([
      'Data Offset gives a header of 16 bytes, but a TCP header has at least 20.',
    ]);
    expect(parseTcp(withByte(bytesOf('tcp4'), 32, 0xf0), start, 44).faults).toEqual([
      'The TCP header needs 60 bytes, but only 24 are there.',
    ]);
  });

  it('finds the maximum segment size at even and odd places, and stops at nonsense', () => {
    expect(readTcpMss(bytesOf('tcp4'), 20, 44)).toBe(1460);
    expect(readTcpMss(bytesOf('tcp4OddMss'), 20, 48)).toBe(1460);
    expect(readTcpMss(withByte(bytesOf('tcp4OddMss'), 40, 0), 20, 48)).toBeUndefined();
    expect(readTcpMss(withByte(bytesOf('tcp4'), 41, 9), 20, 44)).toBeUndefined();
    expect(formatHex(tcpMssOption(1460))).toBe('020405b4');
  });

  it('writes flags as letters and reads them in any order', () => {
    expect(formatTcpFlags(0x12)).toBe('SA');
    expect(formatTcpFlags(0xff)).toBe('FSRPAUEC');
    expect(parseTcpFlags('AS')).toBe(0x12);
    expect(parseTcpFlags('SS')).toBeUndefined();
    expect(parseTcpFlags('X')).toBeUndefined();
  });
});

describe('UDP', () => {
  it('parses and emits', () => {
    const bytes = bytesOf('udp4');
    const reading = read(parseUdp(bytes, 20, 31, pseudo4(17)));
    expect(reading).toEqual({
      kind: 'header',
      header: { sourcePort: 4000, destinationPort: 53 },
      headerEnd: 28,
      end: 31,
      faults: [],
    });
    expect(formatHex(emitUdp(reading.header, bytes.subarray(28), pseudo4(17)))).toBe(
      formatHex(bytes.subarray(20)),
    );
    const v6 = bytesOf('udp6');
    expect(formatHex(emitUdp(reading.header, v6.subarray(48), pseudo6(17)))).toBe(formatHex(v6.subarray(40)));
  });

  it('reads checksum 0 as none over IPv4, and as a fault over IPv6', () => {
    const bytes = hexBytes('0fa00035000b0000686921');
    expect(parseUdp(bytes, 0, 11, pseudo4(17)).faults).toEqual([]);
    expect(parseUdp(bytes, 0, 11, pseudo6(17), false).faults).toEqual([
      'The UDP checksum is 0, but over IPv6 there must be one.',
    ]);
  });

  it('sends a computed checksum of 0 as ffff', () => {
    // The header's own words sum to 8 (its length), so this pseudo-header makes the whole sum ffff.
    const bytes = emitUdp({ sourcePort: 0, destinationPort: 0 }, new Uint8Array(0), () => 0xffff - 8);
    expect(formatHex(bytes)).toBe('000000000008ffff');
  });

  it('says when the length lies or the checksum is wrong', () => {
    expect(parseUdp(withByte(bytesOf('udp4'), 25, 7), 20, 31, pseudo4(17)).faults).toEqual([
      'Length is 7 bytes, but a UDP header alone has 8.',
    ]);
    expect(parseUdp(withByte(bytesOf('udp4'), 25, 12), 20, 31, pseudo4(17)).faults).toEqual([
      'Length is 12 bytes, but only 11 are there.',
    ]);
    expect(parseUdp(withByte(bytesOf('udp4'), 28, 0x69), 20, 31, pseudo4(17)).faults).toEqual([
      'The UDP checksum is 0x3259, but it should be 0x3159.',
    ]);
    expect(parseUdp(bytesOf('udp4'), 20, 27).faults).toEqual([
      'The UDP header needs 8 bytes, but only 7 are there.',
    ]);
  });
});

describe('ICMP and ICMPv6', () => {
  it('parses and emits', () => {
    const v4 = bytesOf('icmp4');
    const reading = read(parseIcmp(v4, 20, 32, true));
    expect(reading.header).toEqual({ type: 8, code: 0, rest: 0x00010002 });
    expect(reading.faults).toEqual([]);
    expect(formatHex(emitIcmp(reading.header, v4.subarray(28)))).toBe(formatHex(v4.subarray(20)));
    const v6 = bytesOf('icmp6');
    const reading6 = read(parseIcmpv6(v6, 40, 52, pseudo6(58)(12)));
    expect(reading6.header).toEqual({ type: 128, code: 0, rest: 0x00010002 });
    expect(reading6.faults).toEqual([]);
    expect(formatHex(emitIcmp(reading6.header, v6.subarray(48), pseudo6(58)))).toBe(
      formatHex(v6.subarray(40)),
    );
  });

  it('says which checksum it expected, and what is missing', () => {
    expect(parseIcmp(withByte(bytesOf('icmp4'), 20, 0), 20, 32, true).faults).toEqual([
      'The ICMP checksum is 0x192c, but it should be 0x212c.',
    ]);
    expect(parseIcmp(bytesOf('icmp4'), 20, 27, true).faults).toEqual([
      'The ICMP header needs 8 bytes, but only 7 are there.',
    ]);
    expect(parseIcmpv6(withByte(bytesOf('icmp6'), 41, 1), 40, 52, pseudo6(58)(12)).faults).toEqual([
      'The ICMPv6 checksum is 0x4570, but it should be 0x456f.',
    ]);
  });

  it('names the second word of the header by type', () => {
    const names = (type: number, code: number) =>
      icmpFormat(type, code)
        .fields.slice(3)
        .map((f) => f.name);
    expect(names(8, 0)).toEqual(['Identifier', 'Sequence Number']);
    expect(names(3, 4)).toEqual(['Unused', 'Next-Hop MTU']);
    expect(names(3, 1)).toEqual(['Unused']);
    expect(names(5, 0)).toEqual(['Gateway Address']);
    expect(names(12, 0)).toEqual(['Pointer', 'Unused']);
    expect(
      icmpv6Format(2)
        .fields.slice(3)
        .map((f) => f.name),
    ).toEqual(['MTU']);
  });
});

describe('ESP, AH, IPComp and GRE', () => {
  it('parses and emits ESP', () => {
    const bytes = bytesOf('esp4');
    const { header, headerEnd } = read(parseEsp(bytes, 20, 44));
    expect({ header, headerEnd }).toEqual({ header: { spi: 0x2710, sequence: 1 }, headerEnd: 28 });
    expect(formatHex(emitEsp(header, bytes.subarray(28)))).toBe(formatHex(bytes.subarray(20)));
    expect(parseEsp(bytes, 20, 27).faults).toEqual(['The ESP header needs 8 bytes, but only 7 are there.']);
  });

  it.each([
    ['ah4', 20, 44, 12],
    ['ah6', 40, 72, 20],
  ] as const)('parses and emits AH: %s', (name, start, headerEnd, icvBytes) => {
    const bytes = bytesOf(name);
    const reading = read(parseAh(bytes, start, bytes.length));
    expect(reading.header).toEqual({
      nextHeader: 6,
      spi: 0x1000,
      sequence: 7,
      icv: new Uint8Array(icvBytes),
    });
    expect(reading.headerEnd).toBe(headerEnd);
    expect(formatHex(emitAh(reading.header, bytes.subarray(headerEnd)))).toBe(
      formatHex(bytes.subarray(start)),
    );
  });

  it('refuses an AH that cannot be', () => {
    expect(parseAh(withByte(bytesOf('ah4'), 21, 0), 20, 64).faults).toEqual([
      'Payload Len gives a header of 8 bytes, but an AH header has at least 12.',
    ]);
    expect(parseAh(withByte(bytesOf('ah4'), 21, 40), 20, 64).faults).toEqual([
      'The AH header needs 168 bytes, but only 44 are there.',
    ]);
    expect(parseAh(bytesOf('ah4'), 20, 31).faults).toEqual([
      'The AH header needs 12 bytes, but only 11 are there.',
    ]);
  });

  it('parses and emits IPComp', () => {
    const bytes = hexBytes('04000002aabb');
    const { header, headerEnd } = read(parseIpcomp(bytes, 0, 6));
    expect({ header, headerEnd }).toEqual({ header: { nextHeader: 4, cpi: 2 }, headerEnd: 4 });
    expect(formatHex(emitIpcomp(header, bytes.subarray(4)))).toBe('04000002aabb');
    expect(parseIpcomp(bytes, 0, 3).faults).toEqual([
      'The IPComp header needs 4 bytes, but only 3 are there.',
    ]);
  });

  it('parses GRE with and without its optional words', () => {
    expect(read(parseGre(hexBytes('00000800'), 0, 4)).headerEnd).toBe(4);
    expect(read(parseGre(hexBytes('200008000000002a'), 0, 8)).headerEnd).toBe(8);
    expect(read(parseGre(hexBytes('b00008000000000000000000000000ff'), 0, 16)).headerEnd).toBe(16);
    // PPTP: key, sequence and acknowledgement number.
    const pptp = read(parseGre(hexBytes('3081880b000000000000000000000000'), 0, 16));
    expect(pptp.header).toEqual({ version: 1, protocolType: 0x880b });
    expect(pptp.headerEnd).toBe(16);
    expect(parseGre(hexBytes('20000800'), 0, 4).faults).toEqual([
      'The GRE header needs 8 bytes, but only 4 are there.',
    ]);
    expect(formatHex(emitGre({ version: 0, protocolType: 0x86dd }, hexBytes('60')))).toBe('000086dd60');
  });
});
