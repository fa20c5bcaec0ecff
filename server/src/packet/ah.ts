/** The Authentication Header (RFC 4302 section 2). What it protects stays readable behind it. */
import { joinBytes } from './bytes';
import { type FieldSpec, readField, writeField } from './field';
import { type HeaderReading, tooShort } from './header';
import type { WireFormat } from './packet';
import { protocolName } from './protocolNumbers';

export const ahField = {
  nextHeader: {
    name: 'Next Header',
    bitOffset: 0,
    bitLength: 8,
    format: 'decimal',
    describe: protocolName,
  },
  payloadLength: {
    name: 'Payload Len',
    bitOffset: 8,
    bitLength: 8,
    format: 'decimal',
    describe: (words: number) => `${(words + 2) * 4} bytes`,
  },
  reserved: { name: 'Reserved', bitOffset: 16, bitLength: 16, format: 'hex' },
  spi: { name: 'SPI', bitOffset: 32, bitLength: 32, format: 'hex' },
  sequence: { name: 'Sequence Number', bitOffset: 64, bitLength: 32, format: 'decimal' },
  icv: { name: 'ICV', bitOffset: 96, bitLength: 0, rest: true, format: 'bytes' },
} as const satisfies Record<string, FieldSpec>;

export const ahFormat: WireFormat = {
  protocol: 'ah',
  title: 'AH',
  reference: 'RFC 4302',
  fields: Object.values(ahField),
};

/** Without the ICV. */
export const ahFixedBytes = 12;

export interface AhHeader {
  readonly nextHeader: number;
  readonly spi: number;
  readonly sequence: number;
  /** With its padding: a multiple of 4 bytes over IPv4, header and ICV a multiple of 8 over IPv6. */
  readonly icv: Uint8Array;
}

export function parseAh(bytes: Uint8Array, start: number, limit: number): HeaderReading<AhHeader> {
  if (limit - start < ahFixedBytes) return tooShort('AH', ahFixedBytes, limit - start);
  const length = (readField(bytes, start, ahField.payloadLength) + 2) * 4;
  if (length < ahFixedBytes)
    return {
      kind: 'unreadable',
      faults: [`Payload Len gives a header of ${length} bytes, but an AH header has at least 12.`],
    };
  if (start + length > limit) return tooShort('AH', length, limit - start);
  return {
    kind: 'header',
    header: {
      nextHeader: readField(bytes, start, ahField.nextHeader),
      spi: readField(bytes, start, ahField.spi),
      sequence: readField(bytes, start, ahField.sequence),
      icv: bytes.slice(start + ahFixedBytes, start + length),
    },
    headerEnd: start + length,
    end: limit,
    faults: [],
  };
}

export function emitAh(header: AhHeader, payload: Uint8Array): Uint8Array {
  const bytes = joinBytes(new Uint8Array(ahFixedBytes), header.icv, payload);
  writeField(bytes, 0, ahField.nextHeader, header.nextHeader);
  // RFC 4302 section 2.2: the length in 32-bit words, minus 2.
  writeField(bytes, 0, ahField.payloadLength, (ahFixedBytes + header.icv.length) / 4 - 2);
  writeField(bytes, 0, ahField.spi, header.spi);
  writeField(bytes, 0, ahField.sequence, header.sequence);
  return bytes;
}
