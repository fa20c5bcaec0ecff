/** From bytes back to the notation: exact for what the notation can say, and told for what it cannot. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPacket } from '../../server/src/packet/build';
import { decodePacket } from '../../server/src/packet/decode';
import { formatPacketLine } from '../../server/src/packet/formatLine';
import type { PacketSpec } from '../../server/src/packet/notation';
import { parsePacketLine } from '../../server/src/packet/parseLine';
import { specOfPacket } from '../../server/src/packet/specOfPacket';
import { address4, address6 } from '../../server/src/policy/address';

function lineOf(line: string): { readonly line: string; readonly losses: readonly string[] } {
  const found = specOfPacket(buildPacket(parsePacketLine(line).spec!))!;
  return { line: formatPacketLine(found.spec), losses: found.losses };
}

describe('specOfPacket', () => {
  it.each([
    'tcp 10.1.0.5:40000 > 198.51.100.7:80 S',
    'tcp [2001:db8::1]:40000 > [2001:db8::2]:80 SA seq 7 ack 9 mss 1460 ttl 3 len 5',
    'udp 10.1.0.5:500 > 10.2.0.5:500 tos 16 id 77 df payload 0x0102',
    'icmp 10.1.0.5 > 10.2.0.5 echo icmp-id 9 icmp-seq 2 len 56',
    'icmp 10.1.0.5 > 10.2.0.5 unreachable/1 { udp 10.2.0.5:53 > 10.9.0.1:53 ttl 7 }',
    'icmpv6 2001:db8::1 > 2001:db8::2 echo',
    'esp 192.0.2.1 > 203.0.113.1 spi 0x2710 seq 5 len 100',
    'ipencap 192.0.2.1 > 203.0.113.1 { ipencap 10.0.0.1 > 10.0.0.2 { udp 1.2.3.4:1 > 5.6.7.8:2 } }',
    'gre 192.0.2.1 > 203.0.113.1 { icmp 10.0.0.1 > 10.0.0.2 echo }',
    'udp 10.1.0.5 > 10.2.0.5 frag 1480 mf',
    'udp 2001:db8::1 > 2001:db8::2 id 9 frag 8 len 3',
    '47 10.1.0.5 > 10.2.0.5 payload 0x20010000',
    '99 10.1.0.5 > 10.2.0.5',
  ])('gives back: %s', (line) => {
    const known = line.replace(/^47 /, 'gre ');
    expect(lineOf(line)).toEqual({ line: known, losses: [] });
  });

  it('builds the same bytes again, whatever the notation said', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const port = fc.integer({ min: 0, max: 65535 });
    const addresses = fc.oneof(
      fc.tuple(fc.integer().map(address4), fc.integer().map(address4)),
      fc.tuple(
        fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(address6),
        fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(address6),
      ),
    );
    const specs = fc.record(
      {
        addresses,
        protocol: fc.constantFrom(1, 4, 6, 17, 41, 47, 50, 58, 108, 200),
        sourcePort: port,
        destinationPort: port,
        tcpFlags: byte,
        tcpSequence: fc.integer({ min: 0, max: 0xffffffff }),
        tcpMss: port,
        icmpType: fc.constantFrom(0, 8, 13, 128, 129),
        icmpCode: byte,
        icmpId: port,
        spi: fc.integer({ min: 0, max: 65535 }),
        sequence: fc.integer({ min: 0, max: 0xffffffff }),
        ttl: byte,
        tos: byte,
        id: port,
        dontFragment: fc.boolean(),
        payload: fc.uint8Array({ maxLength: 40 }),
      },
      { requiredKeys: ['addresses', 'protocol'] },
    );
    fc.assert(
      fc.property(specs, ({ addresses: [source, destination], ...rest }) => {
        const packet = buildPacket({ ...rest, source, destination } as PacketSpec);
        const found = specOfPacket(packet);
        expect(found?.losses).toEqual([]);
        expect(buildPacket(found!.spec).bytes).toEqual(packet.bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('names what the notation has no words for', () => {
    const packet = buildPacket(parsePacketLine('tcp 10.1.0.5:40000 > 198.51.100.7:80 S').spec!);
    const bytes = packet.bytes.slice();
    // The window, and with it the checksum: 0xffff becomes 0x0400.
    bytes.set([0x04, 0x00], 34);
    expect(specOfPacket(decodePacket(bytes))?.losses).toEqual(['TCP Window 1024']);
    // A wrong checksum by itself.
    const wrong = packet.bytes.slice();
    wrong.set([0x12, 0x34], 36);
    expect(specOfPacket(decodePacket(wrong))?.losses).toEqual(['TCP Checksum 0x1234']);
  });

  it('keeps the length of a long payload, and says so', () => {
    const line = `udp 10.1.0.5:53 > 10.2.0.5:53 payload 0x${'00ff'.repeat(20)}`;
    const found = specOfPacket(buildPacket(parsePacketLine(line).spec!), { longestPayloadBytes: 32 });
    expect(found).toEqual({
      spec: expect.objectContaining({ payloadLength: 40 }),
      losses: ['the 40 bytes of payload, of which only the number is kept'],
    });
    expect(found?.spec.payload).toBeUndefined();
  });

  it('reads any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x45, 0x60, 0x46), (tail, first) => {
        const bytes = Uint8Array.of(first, ...tail);
        const found = specOfPacket(decodePacket(bytes));
        if (found !== undefined && found.losses.length === 0) {
          const built = buildPacket(found.spec).bytes;
          expect(built).toEqual(bytes.subarray(0, built.length));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
