/**
 * Blowfish in CBC mode (RFC 2451), which setkey files of its day use and no kept library computes. Its tables are the
 * digits of pi behind the point, so they are reckoned here, when the first packet needs them, and not written down.
 * Checked against Schneier's published vectors, and against Wireshark.
 */

const ROUNDS = 16;
const SUBKEYS = ROUNDS + 2;
const BOX = 256;
const BLOCK_BYTES = 8;

/** Subkeys, then the four boxes. */
type Tables = Uint32Array;

export function encryptBlowfishCbc(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const tables = scheduleOf(key);
  const data = new DataView(plaintext.slice().buffer);
  let [left, right] = wordsAt(new DataView(iv.slice().buffer), 0);
  for (let at = 0; at + BLOCK_BYTES <= data.byteLength; at += BLOCK_BYTES) {
    const [l, r] = wordsAt(data, at);
    [left, right] = encrypt(tables, left ^ l, right ^ r);
    setWords(data, at, left, right);
  }
  return new Uint8Array(data.buffer);
}

export function decryptBlowfishCbc(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const tables = scheduleOf(key);
  const data = new DataView(ciphertext.slice().buffer);
  let before = wordsAt(new DataView(iv.slice().buffer), 0);
  for (let at = 0; at + BLOCK_BYTES <= data.byteLength; at += BLOCK_BYTES) {
    const block = wordsAt(data, at);
    const [left, right] = decrypt(tables, ...block);
    setWords(data, at, left ^ before[0], right ^ before[1]);
    before = block;
  }
  return new Uint8Array(data.buffer);
}

function wordsAt(data: DataView, at: number): [left: number, right: number] {
  return [data.getUint32(at), data.getUint32(at + 4)];
}

function setWords(data: DataView, at: number, left: number, right: number): void {
  data.setUint32(at, left);
  data.setUint32(at + 4, right);
}

function encrypt(t: Tables, left: number, right: number): [number, number] {
  let l = left;
  let r = right;
  for (let i = 0; i < ROUNDS; i += 2) {
    l ^= t[i]!;
    r ^= mix(t, l) ^ t[i + 1]!;
    l ^= mix(t, r);
  }
  return [(r ^ t[ROUNDS + 1]!) >>> 0, (l ^ t[ROUNDS]!) >>> 0];
}

function decrypt(t: Tables, left: number, right: number): [number, number] {
  let l = left;
  let r = right;
  for (let i = ROUNDS + 1; i > 1; i -= 2) {
    l ^= t[i]!;
    r ^= mix(t, l) ^ t[i - 1]!;
    l ^= mix(t, r);
  }
  return [(r ^ t[0]!) >>> 0, (l ^ t[1]!) >>> 0];
}

function mix(t: Tables, word: number): number {
  const box = (n: number, byte: number) => t[SUBKEYS + n * BOX + byte]!;
  const sum = (box(0, word >>> 24) + box(1, (word >>> 16) & 255)) >>> 0;
  return ((sum ^ box(2, (word >>> 8) & 255)) + box(3, word & 255)) >>> 0;
}

/** The subkeys take the key, repeated; then every word is replaced by what the cipher makes of the words before. */
function scheduleOf(key: Uint8Array): Tables {
  const tables = digitsOfPi().slice();
  for (let i = 0, at = 0; i < SUBKEYS; i++) {
    let word = 0;
    for (let byte = 0; byte < 4; byte++, at++) word = (word << 8) | key[at % key.length]!;
    tables[i]! ^= word;
  }
  let left = 0;
  let right = 0;
  for (let i = 0; i < tables.length; i += 2) {
    [left, right] = encrypt(tables, left, right);
    tables[i] = left;
    tables[i + 1] = right;
  }
  return tables;
}

let pi: Tables | undefined;

/** By Machin's formula: pi is 16 times the arctangent of 1/5, less 4 times that of 1/239. */
function digitsOfPi(): Tables {
  if (pi !== undefined) return pi;
  const words = SUBKEYS + 4 * BOX;
  const guardBits = 64n;
  const bits = BigInt(words * 32) + guardBits;
  const fraction =
    (16n * arctangentOfInverse(5n, bits) - 4n * arctangentOfInverse(239n, bits)) & ((1n << bits) - 1n);
  const digits = (fraction >> guardBits).toString(16).padStart(words * 8, '0');
  pi = Uint32Array.from({ length: words }, (_, i) => Number.parseInt(digits.slice(i * 8, i * 8 + 8), 16));
  return pi;
}

/** As a fixed-point number with so many bits behind the point. */
function arctangentOfInverse(x: bigint, bits: bigint): bigint {
  let power = (1n << bits) / x;
  let sum = power;
  for (let n = 3n; power > 0n; n += 4n) {
    power /= x * x;
    sum -= power / n;
    power /= x * x;
    sum += power / (n + 2n);
  }
  return sum;
}
