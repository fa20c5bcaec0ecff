/**
 * The ciphers and authenticators of ESP and AH behind one small interface, by the names that setkey(8) gives
 * them. Everything is synchronous and pure JavaScript (@noble/ciphers, @noble/hashes, des.js): a walk is a pure
 * function of its inputs, WebCrypto would make every caller asynchronous and knows neither triple DES nor MD5,
 * and node:crypto is not there in a web worker. A packet has a few hundred bytes, so speed is no argument.
 *
 * What no kept library computes (cast128-cbc, twofish-cbc, camellia-cbc, des-deriv, des-32iv) is answered with
 * undefined; the caller says that this packet's bytes are not computed. Blowfish is short enough to stand here.
 */
import { cbc, ctr, ecb, gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hmac } from '@noble/hashes/hmac.js';
import { md5, ripemd160, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import des from 'des.js';
import { joinBytes } from '../bytes';
import { decryptBlowfishCbc, encryptBlowfishCbc } from './blowfish';

export type EspCipher =
  /** Encrypts only; integrity comes from an `Authenticator`, if from anywhere. */
  | {
      readonly kind: 'cipher';
      readonly ivBytes: number;
      /** The plaintext is padded to a multiple of this many bytes, and of 4 at least. */
      readonly blockBytes: number;
      encrypt(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array;
      decrypt(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array;
    }
  /** Encrypts and authenticates at once. `header` is SPI and sequence number. */
  | {
      readonly kind: 'aead';
      readonly ivBytes: number;
      readonly icvBytes: number;
      /** Ciphertext, then ICV. */
      seal(key: Uint8Array, iv: Uint8Array, header: Uint8Array, plaintext: Uint8Array): Uint8Array;
      /** The plaintext, or undefined when the ICV is not right. */
      open(key: Uint8Array, iv: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
    };

export interface Authenticator {
  /** Length on the wire, after the truncation that the algorithm's RFC asks for. */
  readonly icvBytes: number;
  compute(key: Uint8Array, data: Uint8Array): Uint8Array;
}

/** Undefined: not computed here. */
export function espCipher(name: string): EspCipher | undefined {
  return CIPHERS.get(name);
}

/** Undefined: not computed here. `null` is no authenticator: ask before. */
export function authenticator(name: string): Authenticator | undefined {
  return AUTHENTICATORS.get(name);
}

const CIPHERS: ReadonlyMap<string, EspCipher> = new Map<string, EspCipher>([
  // RFC 2410: nothing happens, and there is no IV.
  [
    'null',
    { kind: 'cipher', ivBytes: 0, blockBytes: 1, encrypt: (_k, _i, p) => p, decrypt: (_k, _i, c) => c },
  ],
  ['des-cbc', desCbc(des.DES)],
  ['3des-cbc', desCbc(des.EDE)],
  [
    'aes-cbc',
    {
      kind: 'cipher',
      ivBytes: 16,
      blockBytes: 16,
      encrypt: (key, iv, plaintext) => cbc(key, iv, { disablePadding: true }).encrypt(plaintext),
      decrypt: (key, iv, ciphertext) => cbc(key, iv, { disablePadding: true }).decrypt(ciphertext),
    },
  ],
  [
    'blowfish-cbc',
    {
      kind: 'cipher',
      ivBytes: 8,
      blockBytes: 8,
      encrypt: encryptBlowfishCbc,
      decrypt: decryptBlowfishCbc,
    },
  ],
  [
    'aes-ctr',
    {
      kind: 'cipher',
      ivBytes: 8,
      blockBytes: 1,
      encrypt: (key, iv, plaintext) => ctr(withoutSalt(key), counterBlock(key, iv)).encrypt(plaintext),
      decrypt: (key, iv, ciphertext) => ctr(withoutSalt(key), counterBlock(key, iv)).decrypt(ciphertext),
    },
  ],
  ['aes-gcm-16', aead((key, nonce, header) => gcm(key, nonce, header))],
  ['aes-gmac', gmac()],
  ['chacha20-poly1305', aead((key, nonce, header) => chacha20poly1305(key, nonce, header))],
]);

const AUTHENTICATORS: ReadonlyMap<string, Authenticator> = new Map<string, Authenticator>([
  // RFC 2403, 2404, 2857: 96 bits; RFC 4868: half of the hash.
  ['hmac-md5', truncated(12, (key, data) => hmac(md5, key, data))],
  ['hmac-sha1', truncated(12, (key, data) => hmac(sha1, key, data))],
  ['hmac-ripemd160', truncated(12, (key, data) => hmac(ripemd160, key, data))],
  ['hmac-sha256', truncated(16, (key, data) => hmac(sha256, key, data))],
  ['hmac-sha384', truncated(24, (key, data) => hmac(sha384, key, data))],
  ['hmac-sha512', truncated(32, (key, data) => hmac(sha512, key, data))],
  ['aes-xcbc-mac', truncated(12, aesXcbcMac)],
  // RFC 1828 and 1852, cut to 96 bits as the BSD kernels do for RFC 4302 packets.
  ['keyed-md5', truncated(12, (key, data) => md5(joinBytes(key, hashPadding(key, 'little'), data, key)))],
  ['keyed-sha1', truncated(12, (key, data) => sha1(joinBytes(key, hashPadding(key, 'big'), data, key)))],
]);

/** An IV for repeatable results: the same SPI and sequence number always give the same one. */
export function deterministicIv(spi: number, sequence: number, byteCount: number): Uint8Array {
  const seed = new Uint8Array(8);
  const view = new DataView(seed.buffer);
  view.setUint32(0, spi);
  view.setUint32(4, sequence);
  // Counter modes need an IV that never repeats under one key, which the sequence number is (RFC 4106 section 3.1).
  if (byteCount === 8) return joinBytes(new Uint8Array(4), seed.subarray(4));
  return sha256(seed).slice(0, byteCount);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function truncated(
  icvBytes: number,
  compute: (key: Uint8Array, data: Uint8Array) => Uint8Array,
): Authenticator {
  return { icvBytes, compute: (key, data) => compute(key, data).slice(0, icvBytes) };
}

function desCbc(block: typeof des.DES): EspCipher {
  const mode = des.CBC.instantiate(block);
  const run = (type: 'encrypt' | 'decrypt', key: Uint8Array, iv: Uint8Array, data: Uint8Array) => {
    if (data.length === 0) return new Uint8Array(0);
    const cipher = mode.create({ type, key, iv, padding: false });
    const head = cipher.update(data);
    return Uint8Array.from([...head, ...cipher.final()]);
  };
  return {
    kind: 'cipher',
    ivBytes: 8,
    blockBytes: 8,
    encrypt: (key, iv, plaintext) => run('encrypt', key, iv, plaintext),
    decrypt: (key, iv, ciphertext) => run('decrypt', key, iv, ciphertext),
  };
}

interface Sealer {
  encrypt(plaintext: Uint8Array): Uint8Array;
  decrypt(sealed: Uint8Array): Uint8Array;
}

/** RFC 4106 and RFC 7634: the nonce is the salt at the end of the key, then the IV of the packet. */
function aead(make: (key: Uint8Array, nonce: Uint8Array, header: Uint8Array) => Sealer): EspCipher {
  const sealer = (key: Uint8Array, iv: Uint8Array, header: Uint8Array) =>
    make(withoutSalt(key), joinBytes(saltOf(key), iv), header);
  return {
    kind: 'aead',
    ivBytes: 8,
    icvBytes: 16,
    seal: (key, iv, header, plaintext) => sealer(key, iv, header).encrypt(plaintext),
    open: (key, iv, header, sealed) => opened(() => sealer(key, iv, header).decrypt(sealed)),
  };
}

/** RFC 4543: header, IV and the plaintext itself are what is authenticated; nothing is encrypted. */
function gmac(): EspCipher {
  const sealer = (key: Uint8Array, iv: Uint8Array, header: Uint8Array, plaintext: Uint8Array) =>
    gcm(withoutSalt(key), joinBytes(saltOf(key), iv), joinBytes(header, iv, plaintext));
  return {
    kind: 'aead',
    ivBytes: 8,
    icvBytes: 16,
    seal: (key, iv, header, plaintext) =>
      joinBytes(plaintext, sealer(key, iv, header, plaintext).encrypt(new Uint8Array(0))),
    open: (key, iv, header, sealed) => {
      const plaintext = sealed.slice(0, sealed.length - 16);
      const icv = sealed.slice(sealed.length - 16);
      return opened(() => {
        sealer(key, iv, header, plaintext).decrypt(icv);
        return plaintext;
      });
    },
  };
}

/** The libraries throw when the tag is wrong; here that is an answer. */
function opened(open: () => Uint8Array): Uint8Array | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

/** Counter modes carry 4 bytes of nonce or salt behind the cipher's own key. */
function saltOf(key: Uint8Array): Uint8Array {
  return key.slice(key.length - 4);
}

function withoutSalt(key: Uint8Array): Uint8Array {
  return key.slice(0, key.length - 4);
}

/** RFC 3686 section 4: nonce, IV, then a block counter that begins with 1. */
function counterBlock(key: Uint8Array, iv: Uint8Array): Uint8Array {
  return joinBytes(saltOf(key), iv, Uint8Array.of(0, 0, 0, 1));
}

/** RFC 3566: CBC-MAC with keys for whole and for padded last blocks, all derived from one. */
function aesXcbcMac(key: Uint8Array, data: Uint8Array): Uint8Array {
  const derived = (byte: number) => encryptBlock(key, new Uint8Array(16).fill(byte));
  const chainKey = derived(1);
  let chain: Uint8Array = new Uint8Array(16);
  const blockCount = Math.max(1, Math.ceil(data.length / 16));
  for (let index = 0; index < blockCount; index++) {
    let block: Uint8Array = data.slice(16 * index, 16 * index + 16);
    if (index === blockCount - 1) {
      const isWhole = block.length === 16;
      const padded = isWhole
        ? block
        : joinBytes(block, Uint8Array.of(0x80), new Uint8Array(15 - block.length));
      block = xorBytes(padded, derived(isWhole ? 2 : 3));
    }
    chain = encryptBlock(chainKey, xorBytes(chain, block));
  }
  return chain;
}

function encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  return ecb(key, { disablePadding: true }).encrypt(block);
}

function xorBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]!);
}

/** What MD5 and SHA-1 put behind their input to fill the last block: 0x80, zeros, the length in bits. */
function hashPadding(input: Uint8Array, lengthOrder: 'little' | 'big'): Uint8Array {
  const padding = new Uint8Array(64 - ((input.length + 8) % 64) + 8);
  padding[0] = 0x80;
  const view = new DataView(padding.buffer);
  if (lengthOrder === 'little') view.setUint32(padding.length - 8, input.length * 8, true);
  else view.setUint32(padding.length - 4, input.length * 8);
  return padding;
}
