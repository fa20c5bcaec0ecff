import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { read16, write16 } from '../../server/src/packet/bytes';
import {
  checksumOf,
  foldSum,
  pseudoHeaderSum,
  pseudoHeaderSumAt,
  replaceBytes,
  sumRange,
  updateChecksum,
} from '../../server/src/packet/checksum';
import { readBits, readField, writeField } from '../../server/src/packet/field';
import { address, bytesOf, hexBytes } from './samples';

describe('checksum', () => {
  it('sums the example of RFC 1071 section 3', () => {
    const bytes = hexBytes('0001f203f4f5f6f7');
    expect(foldSum(sumRange(bytes, 0, 8))).toBe(0xddf2);
    expect(checksumOf(sumRange(bytes, 0, 8))).toBe(0x220d);
  });

  it('counts an odd last byte as the high half of a word', () => {
    expect(sumRange(hexBytes('0001f2'), 0, 3)).toBe(0x0001 + 0xf200);
  });

  it('updates the example of RFC 1624 section 4 to 0, where the older equation gives ffff', () => {
    const bytes = hexBytes('5555');
    const gain = replaceBytes(bytes, 0, hexBytes('3285'), 0);
    expect(updateChecksum(0xdd2f, gain)).toBe(0x0000);
  });

  it('gives the checksum of a known IPv4 header', () => {
    const bytes = bytesOf('ipv4Known');
    write16(bytes, 10, 0);
    expect(checksumOf(sumRange(bytes, 0, 20))).toBe(0xb861);
  });

  it('sums the same pseudo-header from addresses and from an IP header', () => {
    const v4 = bytesOf('udp4');
    expect(foldSum(pseudoHeaderSumAt(v4, 12, 4, 17, 11))).toBe(
      foldSum(pseudoHeaderSum(address('10.1.0.5'), address('198.51.100.7'), 17, 11)),
    );
    const v6 = bytesOf('udp6');
    expect(foldSum(pseudoHeaderSumAt(v6, 8, 6, 17, 11))).toBe(
      foldSum(pseudoHeaderSum(address('2001:db8::1'), address('2001:db8::2'), 17, 11)),
    );
  });

  it('updated from any change equals computed anew', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 64 }),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        (original, position, replacement) => {
          // Word 0 is the checksum; a 1 keeps the sum from being 0, as an IP version or a port does.
          const bytes = original.slice();
          bytes[2] = 1;
          write16(bytes, 0, 0);
          write16(bytes, 0, checksumOf(sumRange(bytes, 0, bytes.length)));
          const part = replacement.subarray(0, bytes.length - 3);
          const at = 3 + (position % (bytes.length - 2 - part.length));
          const gain = replaceBytes(bytes, at, part, 0);
          const updated = updateChecksum(read16(bytes, 0), gain);
          write16(bytes, 0, 0);
          expect(updated).toBe(checksumOf(sumRange(bytes, 0, bytes.length)));
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('fields', () => {
  it('reads across byte borders', () => {
    expect(readBits(hexBytes('4a5f'), 0, 4, 8)).toBe(0xa5);
    expect(readBits(hexBytes('ffffffffffff'), 0, 0, 48)).toBe(2 ** 48 - 1);
    expect(readBits(hexBytes('ab'), 0, 4, 8)).toBe(0xb0);
  });

  it('writes a field and leaves the bits around it', () => {
    const bytes = hexBytes('ffffffff');
    const field = { name: 'x', bitOffset: 3, bitLength: 13, format: 'decimal' } as const;
    writeField(bytes, 0, field, 0b1_0101_0101_0101);
    expect([...bytes]).toEqual([0b11110101, 0b01010101, 0xff, 0xff]);
    expect(readField(bytes, 0, field)).toBe(0b1_0101_0101_0101);
  });

  it('reads back what it wrote, wherever the field stands', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 32 }),
        fc.nat(0xffffffff),
        (bitOffset, bitLength, number) => {
          const field = { name: 'x', bitOffset, bitLength, format: 'decimal' } as const;
          const value = number % 2 ** bitLength;
          const bytes = new Uint8Array(12).fill(0xa5);
          writeField(bytes, 1, field, value);
          expect(readField(bytes, 1, field)).toBe(value);
          expect(bytes[0]).toBe(0xa5);
        },
      ),
      { seed: 2 },
    );
  });
});
