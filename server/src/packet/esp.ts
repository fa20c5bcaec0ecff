/** The part of ESP that is readable on the way: SPI and sequence number (RFC 4303 section 2). */
import { joinBytes } from './bytes';
import { type FieldSpec, readField, writeField } from './field';
import { type HeaderReading, tooShort } from './header';
import type { WireFormat } from './packet';

export const espField = {
  spi: { name: 'SPI', bitOffset: 0, bitLength: 32, format: 'hex' },
  sequence: { name: 'Sequence Number', bitOffset: 32, bitLength: 32, format: 'decimal' },
} as const satisfies Record<string, FieldSpec>;

export const espFormat: WireFormat = {
  protocol: 'esp',
  title: 'ESP',
  reference: 'RFC 4303',
  fields: Object.values(espField),
};

export const espHeaderBytes = 8;

export interface EspHeader {
  readonly spi: number;
  readonly sequence: number;
}

export function parseEsp(bytes: Uint8Array, start: number, limit: number): HeaderReading<EspHeader> {
  if (limit - start < espHeaderBytes) return tooShort('ESP', espHeaderBytes, limit - start);
  return {
    kind: 'header',
    header: {
      spi: readField(bytes, start, espField.spi),
      sequence: readField(bytes, start, espField.sequence),
    },
    headerEnd: start + espHeaderBytes,
    end: limit,
    faults: [],
  };
}

/** `body`: everything behind the header, that is IV, ciphertext and ICV. */
export function emitEsp(header: EspHeader, body: Uint8Array): Uint8Array {
  const bytes = joinBytes(new Uint8Array(espHeaderBytes), body);
  writeField(bytes, 0, espField.spi, header.spi);
  writeField(bytes, 0, espField.sequence, header.sequence);
  return bytes;
}
