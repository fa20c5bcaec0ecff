/**
 * Byte offsets named once. Every wire format exports its field table; parsers, emitters, the packet diagram
 * and the difference view all read positions from it, so a number never stands twice.
 */
export interface FieldSpec {
  /** As the RFC names it: `Total Length`, `Next Header`. */
  readonly name: string;
  /** From the first bit of the header. */
  readonly bitOffset: number;
  /** Fixed widths only; 0 for a field that takes the rest of the header, which has `rest: true`. */
  readonly bitLength: number;
  /** Runs from `bitOffset` to the end of the header, and is absent when nothing is left (options, an ICV). */
  readonly rest?: true;
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
  // Whole 16-bit fields are most of what the simulator asks for, so they are spared the loop.
  if (field.bitLength === 16 && (field.bitOffset & 7) === 0) {
    const at = start + (field.bitOffset >>> 3);
    return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  }
  return readBits(bytes, start, field.bitOffset, field.bitLength);
}

/** Writes the low bits of `value`, most significant first; the bits around the field keep their value. */
export function writeField(bytes: Uint8Array, start: number, field: FieldSpec, value: number): void {
  let rest = value;
  for (let bit = field.bitOffset + field.bitLength; bit > field.bitOffset; ) {
    const byteIndex = start + ((bit - 1) >>> 3);
    const behind = (8 - (bit & 7)) & 7;
    const take = Math.min(8 - behind, bit - field.bitOffset);
    const mask = ((1 << take) - 1) << behind;
    const part = rest % 2 ** take;
    bytes[byteIndex] = (bytes[byteIndex]! & ~mask) | (part << behind);
    rest = (rest - part) / 2 ** take;
    bit -= take;
  }
}

/** Offset of a field's first byte from the start of its header. */
export function byteOffset(field: FieldSpec): number {
  return field.bitOffset >>> 3;
}
