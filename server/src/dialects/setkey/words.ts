/**
 * The words of setkey(8) and what each algorithm demands of its key. Lists, not logic: parser, checks,
 * completion, hover and the colour grammar all read them.
 */

import type { IpsecProtocol } from '../../policy/ipsec';
import { PROTOCOL_NUMBERS } from '../../policy/protocols';

export const COMMAND_WORDS: ReadonlySet<string> = new Set([
  'add',
  'get',
  'delete',
  'deleteall',
  'flush',
  'dump',
  'spdadd',
  'spdupdate',
  'spddelete',
  'spdflush',
  'spddump',
  'exit',
  'quit',
  'bye',
]);

/** Words for the protocol of an SA, and which database they name. */
export const SA_PROTOCOLS: ReadonlyMap<string, IpsecProtocol | 'tcp'> = new Map([
  ['esp', 'esp'],
  ['esp-old', 'esp'],
  ['esp-udp', 'esp'],
  ['ah', 'ah'],
  ['ah-old', 'ah'],
  ['ipcomp', 'ipcomp'],
  ['tcp', 'tcp'],
]);

export interface KeyedAlgorithmWord {
  /** The name the policy model uses. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** Allowed key lengths in bits, as inclusive ranges; `none`: no key is written. */
  readonly keyBits: readonly (readonly [first: number, last: number])[] | 'none';
  /** What the hover says, after the key length. */
  readonly note: string;
}

export const ENCRYPTION_ALGORITHMS: readonly KeyedAlgorithmWord[] = [
  {
    name: 'des-cbc',
    aliases: [],
    keyBits: [[64, 64]],
    note: 'DES in CBC mode (RFC 2405). Broken for decades.',
  },
  { name: '3des-cbc', aliases: [], keyBits: [[192, 192]], note: 'Triple DES in CBC mode (RFC 2451).' },
  { name: 'null', aliases: [], keyBits: 'none', note: 'No encryption, only what `-A` adds (RFC 2410).' },
  {
    name: 'simple',
    aliases: [],
    keyBits: 'none',
    note: 'Old word for `null`; setkey warns that it is obsolete.',
  },
  { name: 'blowfish-cbc', aliases: [], keyBits: [[40, 448]], note: 'Blowfish in CBC mode (RFC 2451).' },
  { name: 'cast128-cbc', aliases: [], keyBits: [[40, 128]], note: 'CAST-128 in CBC mode (RFC 2451).' },
  {
    name: 'des-deriv',
    aliases: [],
    keyBits: [[64, 64]],
    note: 'DES-CBC with an IV derived from the sequence number.',
  },
  {
    name: 'des-32iv',
    aliases: [],
    keyBits: [[64, 64]],
    note: 'DES-CBC with a 32-bit IV; for `esp-old` only.',
  },
  { name: 'twofish-cbc', aliases: [], keyBits: [[0, 256]], note: 'Twofish in CBC mode.' },
  {
    name: 'aes-cbc',
    aliases: ['rijndael-cbc'],
    keyBits: [
      [128, 128],
      [192, 192],
      [256, 256],
    ],
    note: 'AES in CBC mode (RFC 3602); `rijndael-cbc` is the same.',
  },
  {
    name: 'aes-ctr',
    aliases: [],
    keyBits: [
      [160, 160],
      [224, 224],
      [288, 288],
    ],
    note: 'AES in counter mode (RFC 3686); the last 32 bits of the key are the nonce.',
  },
  {
    name: 'camellia-cbc',
    aliases: [],
    keyBits: [
      [128, 128],
      [192, 192],
      [256, 256],
    ],
    note: 'Camellia in CBC mode (RFC 4312).',
  },
  {
    name: 'aes-gcm-16',
    aliases: [],
    keyBits: [
      [160, 160],
      [224, 224],
      [288, 288],
    ],
    note: 'AES-GCM with a 16-byte ICV (RFC 4106), encrypts and authenticates; the last 32 bits of the key are the salt.',
  },
  {
    name: 'aes-gmac',
    aliases: [],
    keyBits: [
      [160, 160],
      [224, 224],
      [288, 288],
    ],
    note: 'AES-GMAC (RFC 4543): authenticates, does not encrypt; the last 32 bits of the key are the salt.',
  },
  {
    name: 'chacha20-poly1305',
    aliases: [],
    keyBits: [[288, 288]],
    note: 'ChaCha20-Poly1305 (RFC 7634), FreeBSD only; the last 32 bits of the key are the salt.',
  },
];

export const AUTHENTICATION_ALGORITHMS: readonly KeyedAlgorithmWord[] = [
  { name: 'hmac-md5', aliases: [], keyBits: [[128, 128]], note: 'HMAC-MD5, ICV 96 bits (RFC 2403).' },
  { name: 'hmac-sha1', aliases: [], keyBits: [[160, 160]], note: 'HMAC-SHA-1, ICV 96 bits (RFC 2404).' },
  { name: 'keyed-md5', aliases: [], keyBits: [[128, 128]], note: 'Keyed MD5, ICV 96 bits (RFC 1828).' },
  { name: 'keyed-sha1', aliases: [], keyBits: [[160, 160]], note: 'Keyed SHA-1, ICV 96 bits (RFC 1852).' },
  { name: 'null', aliases: [], keyBits: 'none', note: 'No authentication; no key is given.' },
  {
    name: 'hmac-sha256',
    aliases: ['hmac-sha2-256'],
    keyBits: [[256, 256]],
    note: 'HMAC-SHA-256, ICV 128 bits (RFC 4868).',
  },
  {
    name: 'hmac-sha384',
    aliases: ['hmac-sha2-384'],
    keyBits: [[384, 384]],
    note: 'HMAC-SHA-384, ICV 192 bits (RFC 4868).',
  },
  {
    name: 'hmac-sha512',
    aliases: ['hmac-sha2-512'],
    keyBits: [[512, 512]],
    note: 'HMAC-SHA-512, ICV 256 bits (RFC 4868).',
  },
  {
    name: 'hmac-ripemd160',
    aliases: [],
    keyBits: [[160, 160]],
    note: 'HMAC-RIPEMD-160, ICV 96 bits (RFC 2857).',
  },
  { name: 'aes-xcbc-mac', aliases: [], keyBits: [[128, 128]], note: 'AES-XCBC-MAC, ICV 96 bits (RFC 3566).' },
  { name: 'tcp-md5', aliases: [], keyBits: [[8, 640]], note: 'The TCP MD5 signature option (RFC 2385).' },
];

export const COMPRESSION_ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['deflate', 'DEFLATE compression (RFC 2394).'],
  ['oui', 'A compression algorithm named by its vendor.'],
  ['lzs', 'LZS compression (RFC 2395).'],
]);

/** Finds an algorithm by its name or another word for it. */
export function findAlgorithm(
  list: readonly KeyedAlgorithmWord[],
  word: string,
): KeyedAlgorithmWord | undefined {
  return list.find((a) => a.name === word || a.aliases.includes(word));
}

export function algorithmWords(list: readonly KeyedAlgorithmWord[]): string[] {
  return list.flatMap((a) => [a.name, ...a.aliases]);
}

/** `128, 192 or 256 bits`, `40 to 448 bits`, `no key`. */
export function describeKeyBits(algorithm: KeyedAlgorithmWord): string {
  if (algorithm.keyBits === 'none') return 'no key';
  const parts = algorithm.keyBits.map(([first, last]) =>
    first === last ? `${first}` : `${first} to ${last}`,
  );
  const list =
    parts.length === 1 ? parts[0]! : `${parts.slice(0, -1).join(', ')} or ${parts[parts.length - 1]}`;
  return `${list} bits`;
}

/** Options of `add` behind the SPI, and what follows each. */
export const EXTENSION_OPTIONS: ReadonlyMap<string, 'mode' | 'flag' | 'number' | 'context'> = new Map([
  ['-m', 'mode'],
  ['-f', 'flag'],
  ['-r', 'number'],
  ['-u', 'number'],
  ['-lh', 'number'],
  ['-ls', 'number'],
  ['-bh', 'number'],
  ['-bs', 'number'],
  ['-esp_frag', 'number'],
  ['-ctx', 'context'],
]);

export const SA_MODES = ['transport', 'tunnel', 'any'] as const;
export const EXTENSION_FLAGS = ['zero-pad', 'random-pad', 'seq-pad', 'nocyclic-seq'] as const;
export const DIRECTIONS = ['in', 'out', 'fwd'] as const;
export const POLICY_ACTIONS = ['discard', 'none', 'ipsec', 'entrust', 'bypass'] as const;
export const REQUEST_PROTOCOLS = ['esp', 'ah', 'ipcomp'] as const;
export const REQUEST_MODES = ['transport', 'tunnel'] as const;
export const LEVELS = ['default', 'use', 'require', 'unique'] as const;

/** The highest `-u` and `unique:N` that the kernel leaves alone (IPSEC_MANUAL_REQID_MAX of netipsec/ipsec.h). */
export const HIGHEST_MANUAL_ID = 0x3fff;

/** Upper-layer protocols by name, as protocols(5) lists them and setkey adds to them. */
export const UPPER_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ...PROTOCOL_NUMBERS,
  ['ip4', 4],
  ['mh', 135],
  ['ipv6-mh', 135],
]);
