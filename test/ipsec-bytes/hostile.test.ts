/** Bytes that nobody sealed: every answer is a failure with its name, never an exception. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setkeyDialect } from '../../server/src/dialects/setkey';
import { buildPacket } from '../../server/src/packet/build';
import { decodePacket } from '../../server/src/packet/decode';
import { EMPTY_REPLAY_STATE, protect, unprotect } from '../../server/src/packet/ipsec';
import { parseAddress } from '../../server/src/policy/address';
import type { SecurityAssociation } from '../../server/src/policy/ipsec';

const key = (byteCount: number) => `0x${'ab'.repeat(byteCount)}`;

const SUITES = [
  'esp 1000 -E null',
  `esp 1000 -E 3des-cbc ${key(24)} -A hmac-sha1 ${key(20)}`,
  `esp 1000 -E 3des-cbc ${key(24)}`,
  `esp 1000 -E aes-cbc ${key(16)}`,
  `esp 1000 -E aes-ctr ${key(20)}`,
  `esp 1000 -E aes-gcm-16 ${key(20)}`,
  `esp 1000 -E aes-gmac ${key(20)}`,
  `esp 1000 -E chacha20-poly1305 ${key(36)}`,
  `esp-udp 1000 -E aes-cbc ${key(16)} -A aes-xcbc-mac ${key(16)}`,
  `ah 1000 -A hmac-sha256 ${key(32)}`,
  'ipcomp 1000 -C deflate -R',
];

const associations = SUITES.map((suite): SecurityAssociation => {
  const parse = setkeyDialect.parse(`add 20.0.0.1 20.0.0.2 ${suite};`);
  return setkeyDialect.lower(parse, { file: 'hostile' }).policy.ipsec!.associations[0]!;
});

const packet = buildPacket({
  source: parseAddress('10.0.1.2')!,
  destination: parseAddress('10.0.2.2')!,
  protocol: 17,
  sourcePort: 1000,
  destinationPort: 2000,
  payloadLength: 90,
});

describe('unprotect', () => {
  for (const [index, sa] of associations.entries()) {
    const sealed = () => {
      const result = protect(packet, sa, { mode: 'tunnel', sequence: 1, iv: 'deterministic' });
      if (result.failure !== undefined) throw new Error(result.failure.message);
      return result.packet.bytes;
    };

    it(`answers to every beginning of a packet of: ${SUITES[index]!.replace(/ 0x\w+/g, '')}`, () => {
      const whole = sealed();
      for (let length = 0; length < whole.length; length++) {
        const cut = whole.slice(0, length);
        // A length field that agrees with the cut, so that more than the length is looked at.
        if (length >= 4) {
          cut[2] = length >>> 8;
          cut[3] = length & 255;
        }
        const result = unprotect(decodePacket(cut), sa, EMPTY_REPLAY_STATE);
        if (sa.authentication !== undefined || sa.encryption?.name.includes('gcm')) {
          expect(result.failure?.code).toMatch(/^(malformed|unknown-spi|authentication-failed)$/);
        }
      }
    });

    it(`answers to any bytes behind the header of: ${SUITES[index]!.replace(/ 0x\w+/g, '')}`, () => {
      const head = sealed().slice(0, 36);
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
          const bytes = new Uint8Array(head.length + tail.length);
          bytes.set(head);
          bytes.set(tail, head.length);
          bytes[3] = bytes.length;
          unprotect(decodePacket(bytes), sa, EMPTY_REPLAY_STATE);
        }),
        { seed: 20010601, numRuns: 200 },
      );
    });
  }
});

describe('protect', () => {
  it('answers to any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(4, 6), (bytes, version) => {
        if (bytes.length > 0) bytes[0] = (version << 4) | (bytes[0]! & 15);
        for (const sa of associations)
          for (const mode of ['tunnel', 'transport'] as const)
            protect(decodePacket(bytes), sa, { mode, sequence: 1, iv: 'deterministic' });
      }),
      { seed: 20010601, numRuns: 300 },
    );
  });

  it('refuses a fragment in transport mode, an IV of the wrong length, and what grows too large', () => {
    const fragment = buildPacket({
      source: parseAddress('20.0.0.1')!,
      destination: parseAddress('20.0.0.2')!,
      protocol: 17,
      moreFragments: true,
      sourcePort: 1,
      destinationPort: 2,
      payloadLength: 16,
    });
    const [clear] = associations;
    const cbc = associations[3]!;
    expect(
      protect(fragment, clear!, { mode: 'transport', sequence: 1, iv: 'deterministic' }).failure,
    ).toEqual({
      code: 'malformed',
      message: 'A fragment cannot be protected in transport mode; it must be put together first.',
    });
    expect(
      protect(fragment, clear!, { mode: 'tunnel', sequence: 1, iv: 'deterministic' }).failure,
    ).toBeUndefined();
    expect(protect(packet, cbc, { mode: 'tunnel', sequence: 1, iv: new Uint8Array(8) }).failure).toEqual({
      code: 'malformed',
      message: 'The IV of aes-cbc has 16 bytes, not 8.',
    });
    const large = buildPacket({
      source: parseAddress('20.0.0.1')!,
      destination: parseAddress('20.0.0.2')!,
      protocol: 17,
      sourcePort: 1,
      destinationPort: 2,
      payloadLength: 65500,
    });
    expect(protect(large, clear!, { mode: 'tunnel', sequence: 1, iv: 'deterministic' }).failure?.code).toBe(
      'too-big',
    );
  });
});
