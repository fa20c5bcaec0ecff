/**
 * Byte offsets named once. Every wire format exports its field table; parsers, emitters, the packet diagram
 * and the difference view all read positions from it, so a number never stands twice.
 */
export interface FieldSpec {
  /** As the RFC names it: `Total Length`, `Next Header`. */
  readonly name: string;
  /** From the first bit of the header. */
  readonly bitOffset: number;
  /** Fixed widths only; a field that takes the rest of the header has `rest: true`. */
  readonly bitLength: number;
  readonly format: FieldFormat;
  /** Turns the number into words, e.g. a protocol's name. */
  readonly describe?: (value: number) => string | undefined;
}

export type FieldFormat = 'decimal' | 'hex' | 'flags' | 'address4' | 'address6' | 'bytes';

/** Reads up to 48 bits, most significant first; bits behind the end of the bytes read as 0. */
export function readBits(bytes: Uint8Array, start: number, bitOffset: number, bitLength: number): number {
  let value = 0;
  for (let bit = bitOffset; bit < bitOffset + bitLength; ) {
    const byte = bytes[start + (bit >>> 3)] ?? 0;
    const inByte = bit & 7;
    const take = Math.min(8 - inByte, bitOffset + bitLength - bit);
    value = value * 2 ** take + ((byte >>> (8 - inByte - take)) & ((1 << take) - 1));
    bit += take;
  }
  return value;
}

export function readField(bytes: Uint8Array, start: number, field: FieldSpec): number {
  return readBits(bytes, start, field.bitOffset, field.bitLength);
}
