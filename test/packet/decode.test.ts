import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHex } from '../../server/src/packet/bytes';
import {
  decodePacket,
  innerPacket,
  quotedStart,
  summarizeBytes,
  summarizePacket,
  summarizeQuoted,
} from '../../server/src/packet/decode';
import { packetOneLine } from '../../server/src/packet/oneLine';
import { packetView } from '../../server/src/packet/view';
import { address, bytesOf, faultsOf, hexBytes, layerNames, packetOf, samples, withByte } from './samples';

describe('decodePacket', () => {
  it.each([
    ['udp4', ['ipv4 0-20-31', 'udp 20-28-31', 'payload 28-28-31']],
    ['tcp4', ['ipv4 0-20-44', 'tcp 20-44-44']],
    ['icmp4', ['ipv4 0-20-32', 'icmp 20-28-32', 'payload 28-28-32']],
    ['ipInIp', ['ipv4 0-20-60', 'ipv4 20-40-60', 'tcp 40-60-60']],
    ['esp4', ['ipv4 0-20-44', 'esp 20-28-44', 'encrypted 28-28-44']],
    ['espInUdp', ['ipv4 0-20-52', 'udp 20-28-52', 'esp 28-36-52', 'encrypted 36-36-52']],
    ['ikeInUdp', ['ipv4 0-20-40', 'udp 20-28-40', 'payload 28-28-40']],
    ['ah4', ['ipv4 0-20-64', 'ah 20-44-64', 'tcp 44-64-64']],
    ['ah6', ['ipv6 0-40-92', 'ah 40-72-92', 'tcp 72-92-92']],
    ['gre4', ['ipv4 0-20-68', 'gre 20-28-68', 'ipv4 28-48-68', 'tcp 48-68-68']],
    ['unreachable4', ['ipv4 0-20-56', 'icmp 20-28-56', 'ipv4 28-48-56', 'udp 48-56-56']],
    ['fragment6', ['ipv6 0-40-72', 'ipv6-extension 40-48-72', 'udp 48-56-72', 'payload 56-56-72']],
    ['hopByHop6', ['ipv6 0-40-59', 'ipv6-extension 40-48-59', 'udp 48-56-59', 'payload 56-56-59']],
  ] as const)('finds the layers of %s, sound', (name, layers) => {
    expect(layerNames(packetOf(name))).toEqual(layers);
    expect(faultsOf(packetOf(name))).toEqual([]);
  });

  it('stops at a header that cannot be read, with the reason', () => {
    const packet = decodePacket(bytesOf('tcp4').subarray(0, 30));
    expect(packet.layers.at(-1)).toEqual({
      protocol: 'tcp',
      start: 20,
      headerEnd: 30,
      end: 30,
      faults: ['The TCP header needs 20 bytes, but only 10 are there.'],
    });
  });

  it('says what is wrong with bytes that are no IP packet', () => {
    expect(faultsOf(decodePacket(new Uint8Array(0)))).toEqual([
      'There are no bytes where an IP header was expected.',
    ]);
    expect(faultsOf(decodePacket(hexBytes('7000')))).toEqual([
      'An IP header begins with version 4 or 6, but here the version is 7.',
    ]);
  });

  it('checks the checksum behind IPv4, IPv6 and AH, but not of a fragment', () => {
    const wrong = (name: keyof typeof samples) =>
      faultsOf(decodePacket(withByte(bytesOf(name), bytesOf(name).length - 1, 0x22)));
    expect(wrong('udp4')).toEqual(['The UDP checksum is 0x3259, but it should be 0x3159.']);
    expect(wrong('udp6')).toEqual(['The UDP checksum is 0x0b25, but it should be 0x0a25.']);
    expect(wrong('fragment6')).toEqual([]);
  });

  it('leaves what stands behind Total Length out of every layer', () => {
    const padded = new Uint8Array(46);
    padded.set(bytesOf('udp4'));
    expect(layerNames(decodePacket(padded))).toEqual(layerNames(packetOf('udp4')));
    expect(faultsOf(decodePacket(padded))).toEqual([]);
  });

  it('never throws, on any truncation of any sample', () => {
    for (const name of Object.keys(samples) as (keyof typeof samples)[]) {
      const bytes = bytesOf(name);
      for (let length = 0; length < bytes.length; length++) {
        const packet = decodePacket(bytes.slice(0, length));
        expectSane(packet.bytes);
      }
    }
  });

  it('never throws, on any bytes', () => {
    const firstBytes = fc.constantFrom(0x45, 0x46, 0x4f, 0x60, 0x00, 0xff);
    const protocols = fc.constantFrom(0, 1, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 60, 108, 132);
    fc.assert(
      fc.property(firstBytes, protocols, fc.uint8Array({ maxLength: 160 }), (first, protocol, random) => {
        const bytes = random.slice();
        if (bytes.length > 0) bytes[0] = first;
        if (bytes.length > 9) bytes[first >>> 4 === 6 ? 6 : 9] = protocol;
        expectSane(bytes);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('takes a thousand headers inside each other', () => {
    const header = hexBytes('4500ffff0001000040040000c0000201c0000202');
    const bytes = new Uint8Array(20 * 1000);
    for (let at = 0; at < bytes.length; at += 20) bytes.set(header, at);
    const packet = decodePacket(bytes);
    expect(packet.layers).toHaveLength(1001);
    expect(packet.layers[1000]).toMatchObject({ protocol: 'ipv4', start: 20000, headerEnd: 20000 });
  });
});

/** Layers stay inside the bytes and inside each other, and every reader of layers takes them. */
function expectSane(bytes: Uint8Array): void {
  const packet = decodePacket(bytes);
  let start = 0;
  for (const layer of packet.layers) {
    expect(layer.start).toBeGreaterThanOrEqual(start);
    expect(layer.headerEnd).toBeGreaterThanOrEqual(layer.start);
    expect(layer.end).toBeGreaterThanOrEqual(layer.headerEnd);
    expect(layer.end).toBeLessThanOrEqual(bytes.length);
    start = layer.start;
  }
  summarizePacket(packet);
  innerPacket(packet);
  expect(packetView(packet).summary).toBe(packetOneLine(packet));
}

describe('summarizeBytes', () => {
  it('reads what filters ask for', () => {
    expect(summarizeBytes(bytesOf('tcp4'))).toEqual({
      family: 4,
      source: address('10.1.0.5'),
      destination: address('198.51.100.7'),
      protocol: 6,
      ttl: 64,
      tos: 0,
      id: 1,
      totalLength: 44,
      dontFragment: false,
      moreFragments: false,
      fragmentOffset: 0,
      transportStart: 20,
      sourcePort: 40000,
      destinationPort: 80,
      tcpFlags: 2,
    });
  });

  it('looks behind IPv6 extension headers', () => {
    expect(summarizeBytes(bytesOf('hopByHop6'))).toMatchObject({
      protocol: 17,
      totalLength: 59,
      transportStart: 48,
      sourcePort: 4000,
      destinationPort: 53,
    });
    expect(summarizeBytes(bytesOf('fragment6'))).toMatchObject({
      protocol: 17,
      id: 7,
      moreFragments: true,
      fragmentOffset: 0,
      sourcePort: 4000,
    });
  });

  it('has SPI and sequence of ESP and AH', () => {
    expect(summarizeBytes(bytesOf('esp4'))).toMatchObject({ protocol: 50, spi: 0x2710, sequence: 1 });
    expect(summarizeBytes(bytesOf('ah4'))).toMatchObject({ protocol: 51, spi: 0x1000, sequence: 7 });
  });

  it('has no ports on a later fragment', () => {
    const later = withByte(bytesOf('udp4'), 7, 1);
    const summary = summarizeBytes(later);
    expect(summary).toMatchObject({ fragmentOffset: 8, protocol: 17 });
    expect(summary).not.toHaveProperty('sourcePort');
  });

  it('has only what is there on a short first fragment', () => {
    const short = bytesOf('tcp4').slice(0, 28);
    expect(summarizeBytes(short)).toMatchObject({ sourcePort: 40000, destinationPort: 80 });
    expect(summarizeBytes(short)).not.toHaveProperty('tcpFlags');
    expect(summarizeBytes(bytesOf('tcp4').slice(0, 23))).not.toHaveProperty('sourcePort');
  });

  it('has each field as soon as its last byte is there', () => {
    const cut = (name: keyof typeof samples, length: number) =>
      summarizeBytes(bytesOf(name).slice(0, length));
    expect(cut('icmp4', 22)).toMatchObject({ icmpType: 8, icmpCode: 0 });
    expect(cut('icmp4', 25)).not.toHaveProperty('icmpId');
    expect(cut('icmp4', 26)).toMatchObject({ icmpId: 1 });
    expect(cut('icmp4', 21)).not.toHaveProperty('icmpType');
    expect(cut('tcp4', 24)).toMatchObject({ sourcePort: 40000, destinationPort: 80 });
    expect(cut('tcp4', 33)).not.toHaveProperty('tcpFlags');
    expect(cut('tcp4', 34)).toMatchObject({ tcpFlags: 2 });
    expect(cut('esp4', 27)).not.toHaveProperty('spi');
    expect(cut('esp4', 28)).toMatchObject({ spi: 0x2710, sequence: 1 });
    expect(cut('ah4', 31)).not.toHaveProperty('spi');
    expect(cut('ah4', 32)).toMatchObject({ spi: 0x1000, sequence: 7 });
    expect(cut('hopByHop6', 47)).toMatchObject({ protocol: 0, transportStart: 40 });
    expect(cut('hopByHop6', 48)).toMatchObject({ protocol: 17, transportStart: 48 });
  });

  it('has no ICMP identifier where there is none', () => {
    expect(summarizeBytes(bytesOf('icmp4'))).toMatchObject({ icmpType: 8, icmpCode: 0, icmpId: 1 });
    expect(summarizeBytes(bytesOf('unreachable4'))).toMatchObject({ icmpType: 3, icmpCode: 4 });
    expect(summarizeBytes(bytesOf('unreachable4'))).not.toHaveProperty('icmpId');
  });

  it('is undefined without a readable IP header', () => {
    expect(summarizeBytes(new Uint8Array(0))).toBeUndefined();
    expect(summarizeBytes(bytesOf('udp4').slice(0, 19))).toBeUndefined();
    expect(summarizeBytes(bytesOf('udp6').slice(0, 39))).toBeUndefined();
  });
});

describe('packets in packets', () => {
  it('takes the packet out of an IP-in-IP packet, and out of nothing else', () => {
    expect(formatHex(innerPacket(packetOf('ipInIp'))!.bytes)).toBe(samples.ipInIp.slice(40));
    expect(innerPacket(packetOf('esp4'))).toBeUndefined();
    expect(innerPacket(packetOf('gre4'))).toBeUndefined();
    expect(innerPacket(packetOf('unreachable4'))).toBeUndefined();
  });

  it('finds the packet that an ICMP error quotes', () => {
    expect(quotedStart(packetOf('unreachable4'))).toBe(28);
    expect(summarizeQuoted(packetOf('unreachable4'))).toMatchObject({
      source: address('10.1.0.5'),
      destination: address('198.51.100.7'),
      sourcePort: 4000,
      destinationPort: 53,
      transportStart: 48,
    });
    expect(quotedStart(packetOf('icmp4'))).toBeUndefined();
    expect(quotedStart(packetOf('ipInIp'))).toBeUndefined();
  });
});
