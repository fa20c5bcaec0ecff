/**
 * DEFLATE (RFC 1951) for IPComp, both ways, without a library: what IPComp needs is one raw stream of at most
 * 64 kilobytes at a time. Compression uses the fixed Huffman codes and takes the latest earlier match of three
 * bytes, so its output is plain, correct and the same every time; a kernel's zlib makes other, often smaller
 * bytes, and both sides read each other.
 */

/** A raw DEFLATE stream of one block with fixed codes. */
export function deflate(data: Uint8Array): Uint8Array {
  const out = new BitWriter();
  out.bits(0b011, 3); // The last block; fixed Huffman codes.
  const latest = new Map<number, number>();
  let at = 0;
  while (at < data.length) {
    const match = findMatch(data, at, latest);
    const length = match?.length ?? 1;
    if (match === undefined) writeSymbol(out, data[at]!);
    else writeMatch(out, match.length, match.distance);
    for (let i = at; i < at + length; i++) if (i + 3 <= data.length) latest.set(trigram(data, i), i);
    at += length;
  }
  writeSymbol(out, END_OF_BLOCK);
  return out.finish();
}

/** The data of a raw DEFLATE stream; undefined when it is not one, or gives more than `mostBytes`. */
export function inflate(stream: Uint8Array, mostBytes: number): Uint8Array | undefined {
  const input = new BitReader(stream);
  const out: number[] = [];
  for (let isLast = false; !isLast; ) {
    isLast = input.bits(1) === 1;
    const kind = input.bits(2);
    const isSound =
      kind === 0
        ? copyStored(input, out, mostBytes)
        : kind === 1
          ? readBlock(input, out, FIXED_LITERALS, FIXED_DISTANCES, mostBytes)
          : kind === 2
            ? readDynamicBlock(input, out, mostBytes)
            : false;
    if (!isSound || input.isExhausted) return undefined;
  }
  return Uint8Array.from(out);
}

const END_OF_BLOCK = 256;
const WINDOW_BYTES = 32768;
const LONGEST_MATCH = 258;

/** RFC 1951 section 3.2.5: the first length, or distance, of each code, and how many bits follow it. */
const LENGTH_BASES = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BITS = Array.from({ length: 30 }, (_, code) => (code < 4 ? 0 : (code >> 1) - 1));
const DISTANCE_BASES = DISTANCE_BITS.map(
  (_, code) => 1 + DISTANCE_BITS.slice(0, code).reduce((sum, bits) => sum + 2 ** bits, 0),
);

/** RFC 1951 section 3.2.7: the order in which the lengths of the code length codes are written. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Symbols by (length, code); the codes of one length are consecutive, so counts per length are enough. */
interface HuffmanCode {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

const FIXED_LITERALS = huffmanCode(
  Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
);
const FIXED_DISTANCES = huffmanCode(Array<number>(30).fill(5));

function huffmanCode(lengths: readonly number[]): HuffmanCode {
  const counts = Array<number>(16).fill(0);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  const symbols = lengths
    .map((length, symbol) => ({ length, symbol }))
    .filter((s) => s.length > 0)
    .sort((a, b) => a.length - b.length || a.symbol - b.symbol)
    .map((s) => s.symbol);
  return { counts, symbols };
}

/** -1 when the bits are no code. */
function readSymbol(input: BitReader, code: HuffmanCode): number {
  let value = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length < 16; length++) {
    value |= input.bits(1);
    const count = code.counts[length]!;
    if (value - first < count) return code.symbols[index + value - first]!;
    index += count;
    first = (first + count) << 1;
    value <<= 1;
  }
  return -1;
}

function readBlock(
  input: BitReader,
  out: number[],
  literals: HuffmanCode,
  distances: HuffmanCode,
  mostBytes: number,
): boolean {
  while (!input.isExhausted) {
    const symbol = readSymbol(input, literals);
    if (symbol === END_OF_BLOCK) return true;
    if (symbol < 0 || symbol - 257 >= LENGTH_BASES.length) return false;
    if (symbol < END_OF_BLOCK) out.push(symbol);
    else {
      const length = LENGTH_BASES[symbol - 257]! + input.bits(LENGTH_BITS[symbol - 257]!);
      const code = readSymbol(input, distances);
      if (code < 0 || code >= DISTANCE_BASES.length) return false;
      const distance = DISTANCE_BASES[code]! + input.bits(DISTANCE_BITS[code]!);
      if (distance > out.length) return false;
      for (let i = 0; i < length; i++) out.push(out[out.length - distance]!);
    }
    if (out.length > mostBytes) return false;
  }
  return false;
}

function readDynamicBlock(input: BitReader, out: number[], mostBytes: number): boolean {
  const literalCount = input.bits(5) + 257;
  const distanceCount = input.bits(5) + 1;
  const codeLengths = Array<number>(19).fill(0);
  const codeCount = input.bits(4) + 4;
  for (let i = 0; i < codeCount; i++) codeLengths[CODE_LENGTH_ORDER[i]!] = input.bits(3);
  const lengths = readCodeLengths(input, huffmanCode(codeLengths), literalCount + distanceCount);
  if (lengths === undefined) return false;
  const literals = huffmanCode(lengths.slice(0, literalCount));
  return readBlock(input, out, literals, huffmanCode(lengths.slice(literalCount)), mostBytes);
}

function readCodeLengths(input: BitReader, code: HuffmanCode, count: number): number[] | undefined {
  const lengths: number[] = [];
  while (lengths.length < count) {
    const symbol = readSymbol(input, code);
    if (symbol < 0 || input.isExhausted) return undefined;
    if (symbol < 16) lengths.push(symbol);
    else {
      const previous = lengths[lengths.length - 1];
      if (symbol === 16 && previous === undefined) return undefined;
      const repeat =
        symbol === 16 ? 3 + input.bits(2) : symbol === 17 ? 3 + input.bits(3) : 11 + input.bits(7);
      for (let i = 0; i < repeat; i++) lengths.push(symbol === 16 ? previous! : 0);
    }
  }
  return lengths.length === count ? lengths : undefined;
}

function copyStored(input: BitReader, out: number[], mostBytes: number): boolean {
  input.alignToByte();
  const length = input.bits(16);
  const complement = input.bits(16);
  if ((length ^ 0xffff) !== complement || out.length + length > mostBytes) return false;
  for (let i = 0; i < length; i++) out.push(input.bits(8));
  return true;
}

function findMatch(
  data: Uint8Array,
  at: number,
  latest: ReadonlyMap<number, number>,
): { length: number; distance: number } | undefined {
  if (at + 3 > data.length) return undefined;
  const earlier = latest.get(trigram(data, at));
  if (earlier === undefined || at - earlier > WINDOW_BYTES) return undefined;
  let length = 3;
  while (length < LONGEST_MATCH && at + length < data.length && data[earlier + length] === data[at + length])
    length++;
  return { length, distance: at - earlier };
}

function trigram(data: Uint8Array, at: number): number {
  return (data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!;
}

function writeMatch(out: BitWriter, length: number, distance: number): void {
  const lengthCode = lastAtMost(LENGTH_BASES, length);
  writeSymbol(out, 257 + lengthCode);
  out.bits(length - LENGTH_BASES[lengthCode]!, LENGTH_BITS[lengthCode]!);
  const distanceCode = lastAtMost(DISTANCE_BASES, distance);
  out.code(distanceCode, 5);
  out.bits(distance - DISTANCE_BASES[distanceCode]!, DISTANCE_BITS[distanceCode]!);
}

/** RFC 1951 section 3.2.6, the table of the fixed codes. */
function writeSymbol(out: BitWriter, symbol: number): void {
  if (symbol < 144) out.code(0x30 + symbol, 8);
  else if (symbol < 256) out.code(0x190 + symbol - 144, 9);
  else if (symbol < 280) out.code(symbol - 256, 7);
  else out.code(0xc0 + symbol - 280, 8);
}

function lastAtMost(sorted: readonly number[], value: number): number {
  let index = 0;
  while (index + 1 < sorted.length && sorted[index + 1]! <= value) index++;
  return index;
}

/** Bits fill bytes from the lowest up; Huffman codes are written from their highest bit (RFC 1951 section 3.1.1). */
class BitWriter {
  private readonly bytes: number[] = [];
  private used = 0;

  bits(value: number, count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.used % 8 === 0) this.bytes.push(0);
      if ((value >> i) & 1) this.bytes[this.bytes.length - 1]! |= 1 << (this.used % 8);
      this.used++;
    }
  }

  code(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.bits((value >> i) & 1, 1);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

class BitReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Bits were asked for behind the end; they read as 0. */
  get isExhausted(): boolean {
    return this.at > this.bytes.length * 8;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.at++)
      value |= (((this.bytes[this.at >> 3] ?? 0) >> (this.at & 7)) & 1) << i;
    return value;
  }

  alignToByte(): void {
    this.at = (this.at + 7) & ~7;
  }
}
