import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePacket } from '../../server/src/packet/decode';
import { createIpfilterEngine } from '../../server/src/simulator/ipfilter/engine';
import { filterOf, natOf } from './gateway';

const filter = filterOf(
  'block in quick all with short',
  'pass in proto tcp from any to any port > 1023 flags S/SA keep state keep frags',
  'pass out proto udp all keep state',
  'block return-icmp in proto icmp all icmp-type echo',
  'pass in all with ipopts head 1',
  'block in from any to any with opt lsrr group 1',
);
const nat = natOf(
  'map em0 0/0 -> 203.0.113.9/32 portmap tcp/udp 1024:2000 mssclamp 1400',
  'map em0 0/0 -> 203.0.113.9/32',
  'rdr em0 203.0.113.0/24 port 80 -> 10.0.0.5 port 8080 tcp',
  'map em0 2001:db8::/32 -> 2001:db8:f::1/128',
);

/** Headers that look like IPv4 or IPv6 over a protocol of interest, and anything behind and inside. */
const bytes = fc
  .record({
    six: fc.boolean(),
    protocol: fc.constantFrom(1, 6, 17, 47, 50, 51, 58, 44, 0, 43, 60, 132),
    words: fc.constantFrom(5, 5, 5, 6, 10, 15, 3),
    fragment: fc.constantFrom(0, 0, 0, 0x2000, 1, 0x2003, 0x1fff),
    rest: fc.uint8Array({ maxLength: 90 }),
    cut: fc.nat(120),
  })
  .map(({ six, protocol, words, fragment, rest, cut }) => {
    const header = new Uint8Array(six ? 40 : 20);
    const packet = new Uint8Array([...header, ...rest]);
    const view = new DataView(packet.buffer);
    if (six) {
      packet[0] = 0x60;
      view.setUint16(4, rest.length);
      packet[6] = protocol;
      packet[7] = 64;
    } else {
      packet[0] = 0x40 | words;
      view.setUint16(2, packet.length);
      view.setUint16(6, fragment);
      packet[8] = 64;
      packet[9] = protocol;
      view.setUint32(12, 0x0a000001);
      view.setUint32(16, 0xcb007105);
    }
    return packet.subarray(0, Math.max(0, packet.length - (cut > 100 ? cut - 100 : 0)));
  });

describe('any bytes', () => {
  it('get a verdict, the packet keeps its length, and the index agrees with walking every rule', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(bytes, fc.uint8Array({ maxLength: 60 })), fc.boolean()), {
          minLength: 1,
          maxLength: 8,
        }),
        (packets) => {
          const indexed = createIpfilterEngine({ filter, nat });
          const linear = createIpfilterEngine({ filter, nat, linear: true });
          for (const [content, isOut] of packets) {
            const context = { interface: 'em0', direction: isOut ? ('out' as const) : ('in' as const) };
            const a = indexed.check(decodePacket(content), context);
            const b = linear.check(decodePacket(content), context);
            expect(a.packet.bytes.length).toBe(content.length);
            expect([a.verdict, a.dropCode, [...a.packet.bytes]]).toEqual([
              b.verdict,
              b.dropCode,
              [...b.packet.bytes],
            ]);
            expect(a.said.length).toBeGreaterThan(0);
          }
        },
      ),
      { seed: 2024, numRuns: 500 },
    );
  });
});
