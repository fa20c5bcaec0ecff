/** Protecting and unprotecting packets: headers, modes, failures, and other people's implementations as judges. */
import { createCipheriv, createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { setkeyDialect } from '../../server/src/dialects/setkey';
import { buildPacket } from '../../server/src/packet/build';
import { formatHex, read32 } from '../../server/src/packet/bytes';
import { decodePacket, summarizePacket } from '../../server/src/packet/decode';
import {
  authenticator,
  EMPTY_REPLAY_STATE,
  espCipher,
  espInUdp,
  protect,
  protectionOverhead,
  type ReplayState,
  unprotect,
} from '../../server/src/packet/ipsec';
import { deflate, inflate } from '../../server/src/packet/ipsec/deflate';
import type { Packet } from '../../server/src/packet/packet';
import { rewritePacket } from '../../server/src/packet/rewrite';
import { formatAddress, parseAddress } from '../../server/src/policy/address';
import type { SecurityAssociation } from '../../server/src/policy/ipsec';

const KEYS = {
  16: '0x000102030405060708090a0b0c0d0e0f',
  20: '0x000102030405060708090a0b0c0d0e0f10111213',
  24: '0x000102030405060708090a0b0c0d0e0f1011121314151617',
  32: '0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
  36: '0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223',
};

function association(statement: string): SecurityAssociation {
  const sa = setkeyDialect.lower(setkeyDialect.parse(statement), { file: 'test' }).policy.ipsec
    ?.associations[0];
  if (sa === undefined) throw new Error(`No SA in: ${statement}`);
  return sa;
}

const udp4 = (extra: { readonly tos?: number; readonly dontFragment?: boolean } = {}) =>
  buildPacket({
    source: parseAddress('10.0.1.2')!,
    destination: parseAddress('10.0.2.2')!,
    protocol: 17,
    sourcePort: 1000,
    destinationPort: 2000,
    payload: Uint8Array.from([104, 101, 108, 108, 111]),
    ...extra,
  });

const udp6 = buildPacket({
  source: parseAddress('2001:db8:1::2')!,
  destination: parseAddress('2001:db8:2::2')!,
  protocol: 17,
  sourcePort: 1000,
  destinationPort: 2000,
  payload: Uint8Array.from([104, 101, 108, 108, 111]),
});

function sealed(
  packet: Packet,
  sa: SecurityAssociation,
  how: Partial<Parameters<typeof protect>[2]> = {},
): Packet {
  const result = protect(packet, sa, { mode: 'tunnel', sequence: 1, iv: 'deterministic', ...how });
  if (result.failure !== undefined) throw new Error(result.failure.message);
  return result.packet;
}

function opened(packet: Packet, sa: SecurityAssociation, replay: ReplayState = EMPTY_REPLAY_STATE) {
  const result = unprotect(packet, sa, replay);
  if (result.failure !== undefined) throw new Error(result.failure.message);
  return result;
}

const SUITES = [
  'esp 1000 -E null',
  `esp 1000 -E null -A hmac-md5 ${KEYS[16]}`,
  `esp 1000 -E 3des-cbc ${KEYS[24]} -A hmac-sha1 ${KEYS[20]}`,
  `esp 1000 -E aes-cbc ${KEYS[16]} -A hmac-sha256 ${KEYS[32]}`,
  `esp 1000 -E aes-cbc ${KEYS[32]} -A aes-xcbc-mac ${KEYS[16]}`,
  `esp 1000 -E aes-ctr ${KEYS[20]} -A hmac-ripemd160 ${KEYS[20]}`,
  `esp 1000 -E aes-gcm-16 ${KEYS[36]}`,
  `esp 1000 -E aes-gmac ${KEYS[20]}`,
  `esp 1000 -E chacha20-poly1305 ${KEYS[36]}`,
  `ah 1000 -A hmac-md5 ${KEYS[16]}`,
  `ah 1000 -A hmac-sha256 ${KEYS[32]}`,
  `ah 1000 -A keyed-md5 ${KEYS[16]}`,
];

describe('every algorithm, both modes, both families', () => {
  for (const suite of SUITES) {
    it(suite.replace(/ 0x[0-9a-f]+/g, ''), () => {
      for (const [packet, ends] of [
        [udp4(), '20.0.0.1 20.0.0.2'],
        [udp6, '2001:db8::1 2001:db8::2'],
        [udp4(), '2001:db8::1 2001:db8::2'],
      ] as const) {
        const sa = association(`add ${ends} ${suite};`);
        const tunnel = sealed(packet, sa);
        expect(formatAddress(summarizePacket(tunnel)!.source)).toBe(ends.split(' ')[0]);
        const back = opened(tunnel, sa);
        expect(back.mode).toBe('tunnel');
        expect(formatHex(back.packet.bytes)).toBe(formatHex(packet.bytes));
        const transport = sealed(packet, sa, { mode: 'transport', sequence: 7 });
        expect(formatAddress(summarizePacket(transport)!.source)).toBe(
          formatAddress(summarizePacket(packet)!.source),
        );
        const backAgain = opened(transport, sa);
        expect([backAgain.mode, backAgain.sequence]).toEqual(['transport', 7]);
        expect(formatHex(backAgain.packet.bytes)).toBe(formatHex(packet.bytes));
        // No header on the way has a fault that Wireshark would mark.
        for (const layer of [...tunnel.layers, ...transport.layers]) expect(layer.faults).toEqual([]);
      }
    });
  }
});

describe('ESP', () => {
  const sa = association(`add 20.0.0.1 20.0.0.2 esp 0x2710 -E aes-cbc ${KEYS[16]} -A hmac-sha1 ${KEYS[20]};`);

  it('pads with 1, 2, 3, ... so that IV, block and ICV have their lengths', () => {
    const clear = association('add 20.0.0.1 20.0.0.2 esp 0x2710 -E null;');
    const packet = sealed(udp4(), clear, { mode: 'transport', sequence: 9 });
    // 13 bytes of UDP, one of padding, its length, next header 17.
    expect(formatHex(packet.bytes.slice(20))).toBe(
      `0000271000000009${formatHex(udp4().bytes.slice(20))}010111`,
    );
    expect(sealed(udp4(), sa).bytes.length).toBe(20 + 8 + 16 + 48 + 12);
  });

  it('zero-pad gives zeros', () => {
    const zeros = association('add 20.0.0.1 20.0.0.2 esp 0x2710 -f zero-pad -E null;');
    expect(formatHex(sealed(udp4(), zeros, { mode: 'transport' }).bytes.slice(-3))).toBe('000111');
  });

  it('gives the same bytes for the same SPI and sequence number, and others for the next', () => {
    expect(formatHex(sealed(udp4(), sa).bytes)).toBe(formatHex(sealed(udp4(), sa).bytes));
    expect(formatHex(sealed(udp4(), sa, { sequence: 2 }).bytes)).not.toBe(
      formatHex(sealed(udp4(), sa).bytes),
    );
  });

  it('refuses a changed packet, a wrong key and a foreign SPI, each by its name', () => {
    const packet = sealed(udp4(), sa);
    const changed = packet.bytes.slice();
    changed[40]! ^= 0x80;
    expect(unprotect(decodePacket(changed), sa, EMPTY_REPLAY_STATE).failure?.code).toBe(
      'authentication-failed',
    );
    const otherKey = association(
      `add 20.0.0.1 20.0.0.2 esp 0x2710 -E aes-cbc ${KEYS[16]} -A hmac-sha1 0x${'ff'.repeat(20)};`,
    );
    expect(unprotect(packet, otherKey, EMPTY_REPLAY_STATE).failure?.code).toBe('authentication-failed');
    const otherSpi = { ...sa, spi: 0x2711 };
    expect(unprotect(packet, otherSpi, EMPTY_REPLAY_STATE).failure?.code).toBe('unknown-spi');
  });

  it('survives NAT of its outer address', () => {
    const moved = rewritePacket(sealed(udp4(), sa), { source: parseAddress('198.51.100.9')! });
    expect(formatHex(opened(moved, sa).packet.bytes)).toBe(formatHex(udp4().bytes));
  });

  it('stands in UDP with checksum 0 when the SA asks for it', () => {
    const natT = association(
      `add 20.0.0.1 [4500] 20.0.0.2 [14500] esp-udp 0x2710 -E aes-cbc ${KEYS[16]} -A hmac-sha1 ${KEYS[20]};`,
    );
    const packet = sealed(udp4(), natT);
    expect(formatHex(packet.bytes.slice(20, 24))).toBe('119438a4');
    expect(formatHex(packet.bytes.slice(26, 32))).toBe('000000002710');
    expect(espInUdp(packet.bytes, summarizePacket(packet)!)).toMatchObject({ spi: 0x2710, sequence: 1 });
    expect(formatHex(opened(packet, natT).packet.bytes)).toBe(formatHex(udp4().bytes));
  });

  it('does not compute what it cannot, and says which algorithm it is', () => {
    const camellia = association(`add 20.0.0.1 20.0.0.2 esp 0x2710 -E camellia-cbc ${KEYS[16]};`);
    expect(protect(udp4(), camellia, { mode: 'tunnel', sequence: 1, iv: 'deterministic' }).failure).toEqual({
      code: 'unmodelled',
      message: 'The bytes of the algorithm `camellia-cbc` are not computed.',
    });
  });

  it('tells how many bytes it adds, for MTU questions', () => {
    for (const suite of SUITES) {
      const one = association(`add 20.0.0.1 20.0.0.2 ${suite};`);
      for (const mode of ['tunnel', 'transport'] as const) {
        const packet = udp4();
        const added = sealed(packet, one, { mode }).bytes.length - packet.bytes.length;
        expect([suite, mode, protectionOverhead(packet.bytes.length, one, mode, 4)]).toEqual([
          suite,
          mode,
          added,
        ]);
      }
    }
  });
});

describe('the outer header of a tunnel', () => {
  const sa = association(`add 20.0.0.1 20.0.0.2 esp 1000 -E null;`);
  const outer = (packet: Packet, options: NonNullable<Parameters<typeof protect>[2]['outer']>) =>
    summarizePacket(sealed(packet, sa, { outer: options }))!;

  it('has TTL 64 and DF clear unless told otherwise', () => {
    expect(outer(udp4({ dontFragment: true }), {})).toMatchObject({ ttl: 64, dontFragment: false });
    expect(outer(udp4({ dontFragment: true }), { dontFragment: 'copy' }).dontFragment).toBe(true);
    expect(outer(udp4(), { dontFragment: 'copy' }).dontFragment).toBe(false);
    expect(outer(udp4(), { dontFragment: 'set', ttl: 255, id: 77 })).toMatchObject({
      dontFragment: true,
      ttl: 255,
      id: 77,
    });
  });

  it('copies the DSCP, and ECN only when allowed', () => {
    // 0xb9 is expedited forwarding with ECT(1); 0xbb with a congestion mark.
    expect(outer(udp4({ tos: 0xb9 }), {}).tos).toBe(0xb8);
    expect(outer(udp4({ tos: 0xb9 }), { ecn: 'allowed' }).tos).toBe(0xb9);
    expect(outer(udp4({ tos: 0xbb }), { ecn: 'allowed' }).tos).toBe(0xba);
  });

  it('carries a congestion mark to an inner packet that takes part in ECN, when allowed', () => {
    const mark = (tos: number, ecn: 'allowed' | 'forbidden') => {
      const marked = rewritePacket(sealed(udp4({ tos }), sa), { tos: 3 });
      const result = unprotect(marked, sa, EMPTY_REPLAY_STATE, { ecn });
      if (result.failure !== undefined) throw new Error(result.failure.message);
      expect(result.packet.layers[0]?.faults).toEqual([]);
      return summarizePacket(result.packet)!.tos;
    };
    expect([mark(2, 'allowed'), mark(0, 'allowed'), mark(2, 'forbidden')]).toEqual([3, 0, 2]);
  });
});

describe('AH', () => {
  const sa = association(`add 10.0.1.2 10.0.2.2 ah 1000 -A hmac-sha1 ${KEYS[20]};`);
  const transport = () => sealed(udp4(), sa, { mode: 'transport' });
  const code = (packet: Packet) => unprotect(packet, sa, EMPTY_REPLAY_STATE).failure?.code;

  it('does not cover TTL and TOS, which routers change', () => {
    expect(code(rewritePacket(transport(), { ttl: 3, tos: 0x20 }))).toBeUndefined();
  });

  it('covers the addresses, so NAT breaks it', () => {
    const moved = rewritePacket(transport(), { source: parseAddress('198.51.100.9')! });
    expect(code(moved)).toBe('authentication-failed');
  });

  it('has a header that is a multiple of 8 bytes over IPv6', () => {
    const six = association(`add 2001:db8:1::2 2001:db8:2::2 ah 1000 -A hmac-sha256 ${KEYS[32]};`);
    // 12 bytes and an ICV of 16 make 28; over IPv6 they become 32, which is 6 in the length field.
    expect(sealed(udp6, six, { mode: 'transport' }).bytes[41]).toBe(6);
    expect(sealed(udp4(), six, { mode: 'transport' }).bytes[21]).toBe(5);
  });

  it('keeps the options of an IPv4 header: router alert covered, record route not', () => {
    const withOption = (option: readonly number[]) => {
      const plain = udp4().bytes;
      const bytes = new Uint8Array(plain.length + 4);
      bytes.set(plain.subarray(0, 20));
      bytes.set(option, 20);
      bytes.set(plain.subarray(20), 24);
      bytes[0] = 0x46;
      return rewritePacket(sealed(decodePacket(bytes), sa, { mode: 'transport' }), { ttl: 9 });
    };
    const alert = withOption([148, 4, 0, 0]);
    expect(code(alert)).toBeUndefined();
    const changedAlert = alert.bytes.slice();
    changedAlert[23] = 1;
    expect(code(decodePacket(changedAlert))).toBe('authentication-failed');
    const record = withOption([7, 3, 4, 0]).bytes.slice();
    record[22] = 8;
    expect(code(decodePacket(record))).toBeUndefined();
  });
});

describe('replay', () => {
  const statement = (window: string) => association(`add 20.0.0.1 20.0.0.2 esp 1000 ${window} -E null;`);
  const run = (sa: SecurityAssociation, sequences: readonly number[]) => {
    let replay = EMPTY_REPLAY_STATE;
    return sequences.map((sequence) => {
      const result = unprotect(sealed(udp4(), sa, { sequence }), sa, replay);
      if (result.failure !== undefined) return result.failure.code;
      replay = result.replay;
      return 'accepted';
    });
  };

  it('is not looked at without `-r`', () => {
    expect(run(statement(''), [1, 1, 0])).toEqual(['accepted', 'accepted', 'accepted']);
  });

  it('accepts each number of a window of 32 once, in any order', () => {
    expect(run(statement('-r 4'), [1, 3, 2, 3, 40, 9, 8, 9, 0])).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'replayed',
      'accepted',
      'accepted',
      'replayed',
      'replayed',
      'replayed',
    ]);
  });

  it('is not moved by a packet whose ICV is wrong', () => {
    const sa = association(`add 20.0.0.1 20.0.0.2 esp 1000 -r 4 -E null -A hmac-sha1 ${KEYS[20]};`);
    const forged = sealed(udp4(), sa, { sequence: 9999 }).bytes.slice();
    forged[30]! ^= 1;
    expect(unprotect(decodePacket(forged), sa, EMPTY_REPLAY_STATE).failure?.code).toBe(
      'authentication-failed',
    );
    expect(opened(sealed(udp4(), sa), sa).replay.highest).toBe(1);
  });
});

describe('IPComp', () => {
  const sa = association('add 20.0.0.1 20.0.0.2 ipcomp 30001 -C deflate;');
  const long = buildPacket({
    source: parseAddress('10.0.1.2')!,
    destination: parseAddress('10.0.2.2')!,
    protocol: 17,
    sourcePort: 1000,
    destinationPort: 2000,
    payload: new Uint8Array(600).map((_, i) => 97 + (i % 7)),
  });

  it('writes the well-known CPI of DEFLATE, or the SPI with `-R`', () => {
    const packet = sealed(long, sa);
    expect(summarizePacket(packet)).toMatchObject({ protocol: 108, spi: 2 });
    const raw = association('add 20.0.0.1 20.0.0.2 ipcomp 30001 -C deflate -R;');
    expect(summarizePacket(sealed(long, raw))).toMatchObject({ protocol: 108, spi: 30001 });
    expect(packet.bytes.length).toBeLessThan(100);
    expect(formatHex(opened(packet, sa).packet.bytes)).toBe(formatHex(long.bytes));
  });

  it('leaves a packet alone that it cannot make smaller', () => {
    const packet = sealed(udp4(), sa, { mode: 'transport' });
    expect(formatHex(packet.bytes)).toBe(formatHex(udp4().bytes));
  });

  it('makes streams that zlib reads, and reads those that zlib makes, at every level', () => {
    const text = Uint8Array.from(
      Buffer.from(`${'gateway '.repeat(90)}${'X'.repeat(300)}the quick brown fox`, 'latin1'),
    );
    const noise = Uint8Array.from({ length: 3000 }, (_, i) => createHash('sha1').update(`${i}`).digest()[0]!);
    for (const data of [new Uint8Array(0), Uint8Array.of(255), text, noise]) {
      expect(new Uint8Array(inflateRawSync(deflate(data)))).toEqual(data);
      for (const level of [0, 1, 6, 9]) {
        expect(inflate(new Uint8Array(deflateRawSync(data, { level })), 65535)).toEqual(data);
      }
    }
  });

  it('answers emptily to what is no stream, and to one that would give too much', () => {
    expect(inflate(Uint8Array.of(0xff, 0xff), 100)).toBeUndefined();
    expect(inflate(deflate(new Uint8Array(1000)), 999)).toBeUndefined();
    for (let length = 0; length < 40; length++) {
      const cut = deflate(new Uint8Array(300).map((_, i) => i)).slice(0, length);
      expect(inflate(cut, 65535)).toBeUndefined();
    }
  });
});

describe('against node:crypto', () => {
  it('AES-GMAC (RFC 4543): the ICV over header, IV and payload', () => {
    const sa = association(`add 20.0.0.1 20.0.0.2 esp 1000 -E aes-gmac ${KEYS[20]};`);
    const { bytes } = sealed(udp4(), sa, { mode: 'transport' });
    const key = sa.encryption!.key;
    const iv = bytes.slice(28, 36);
    const judge = createCipheriv('aes-128-gcm', key.slice(0, 16), Buffer.concat([key.slice(16), iv]));
    judge.setAAD(bytes.slice(20, bytes.length - 16));
    judge.final();
    expect(formatHex(bytes.slice(-16))).toBe(judge.getAuthTag().toString('hex'));
    expect(read32(bytes, 20)).toBe(1000);
  });

  it('triple DES', () => {
    const key = Buffer.from('abcdefghijklmnopqrstuvwx');
    const iv = Buffer.from('12345678');
    const judge = createCipheriv('des-ede3-cbc', key, iv).setAutoPadding(false);
    const data = Buffer.from('sixteen bytes ..');
    const cipher = espCipher('3des-cbc');
    if (cipher?.kind !== 'cipher') throw new Error('3des-cbc must be there.');
    expect(formatHex(cipher.encrypt(key, iv, data))).toBe(judge.update(data).toString('hex'));
  });

  it('keyed MD5 and SHA-1 (RFC 1828, 1852): key, its padding, data, key', () => {
    const key = Buffer.from('0123456789abcdef');
    const data = Buffer.from('datagram');
    const fill = Buffer.alloc(48);
    fill[0] = 0x80;
    const little = Buffer.from(fill);
    little.writeUInt32LE(128, 40);
    const big = Buffer.from(fill);
    big.writeUInt32BE(128, 44);
    const judge = (name: string, padding: Buffer) =>
      createHash(name)
        .update(Buffer.concat([key, padding, data, key]))
        .digest('hex')
        .slice(0, 24);
    expect(formatHex(authenticator('keyed-md5')!.compute(key, data))).toBe(judge('md5', little));
    expect(formatHex(authenticator('keyed-sha1')!.compute(key, data))).toBe(judge('sha1', big));
  });
});
