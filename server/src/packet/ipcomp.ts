/** The IPComp header (RFC 3173 section 3). Behind it stand compressed bytes, which are shown as payload. */
import { joinBytes } from './bytes';
import { type FieldSpec, readField, writeField } from './field';
import { type HeaderReading, tooShort } from './header';
import type { WireFormat } from './packet';
import { protocolName } from './protocolNumbers';

export const ipcompField = {
  nextHeader: {
    name: 'Next Header',
    bitOffset: 0,
    bitLength: 8,
    format: 'decimal',
    describe: protocolName,
  },
  flags: { name: 'Flags', bitOffset: 8, bitLength: 8, format: 'hex' },
  cpi: {
    name: 'CPI',
    bitOffset: 16,
    bitLength: 16,
    format: 'hex',
    describe: (value: number) => ['', 'OUI', 'DEFLATE', 'LZS', 'LZJH'][value] || undefined,
  },
} as const satisfies Record<string, FieldSpec>;

export const ipcompFormat: WireFormat = {
  protocol: 'ipcomp',
  title: 'IPComp',
  reference: 'RFC 3173',
  fields: Object.values(ipcompField),
};

export const ipcompHeaderBytes = 4;

export interface IpcompHeader {
  readonly nextHeader: number;
  /** Compression parameter index: what the SPI is to ESP. */
  readonly cpi: number;
}

export function parseIpcomp(bytes: Uint8Array, start: number, limit: number): HeaderReading<IpcompHeader> {
  if (limit - start < ipcompHeaderBytes) return tooShort('IPComp', ipcompHeaderBytes, limit - start);
  return {
    kind: 'header',
    header: {
      nextHeader: readField(bytes, start, ipcompField.nextHeader),
      cpi: readField(bytes, start, ipcompField.cpi),
    },
    headerEnd: start + ipcompHeaderBytes,
    end: limit,
    faults: [],
  };
}

export function emitIpcomp(header: IpcompHeader, compressed: Uint8Array): Uint8Array {
  const bytes = joinBytes(new Uint8Array(ipcompHeaderBytes), compressed);
  writeField(bytes, 0, ipcompField.nextHeader, header.nextHeader);
  writeField(bytes, 0, ipcompField.cpi, header.cpi);
  return bytes;
}
