/**
 * IPv6 extension headers (RFC 8200 section 4): hop-by-hop options, routing, fragment, destination options. They
 * share their first two bytes, except that the fragment header has no length: it is always 8 bytes. AH is
 * also an extension header to IPv6, but reads as itself (`ah.ts`).
 */
import { type FieldSpec, readField, writeField } from './field';
import { type HeaderReading, tooShort } from './header';
import type { WireFormat } from './packet';
import { protocolName, protocolNumber } from './protocolNumbers';

const nextHeader: FieldSpec = {
  name: 'Next Header',
  bitOffset: 0,
  bitLength: 8,
  format: 'decimal',
  describe: protocolName,
};

const headerLength: FieldSpec = {
  name: 'Hdr Ext Len',
  bitOffset: 8,
  bitLength: 8,
  format: 'decimal',
  describe: (units) => `${(units + 1) * 8} bytes`,
};

export const ipv6ExtensionField = { nextHeader, headerLength } as const;

export const ipv6FragmentField = {
  nextHeader,
  reserved: { name: 'Reserved', bitOffset: 8, bitLength: 8, format: 'decimal' },
  fragmentOffset: {
    name: 'Fragment Offset',
    bitOffset: 16,
    bitLength: 13,
    format: 'decimal',
    describe: (units: number) => (units === 0 ? undefined : `${units * 8} bytes`),
  },
  reservedBits: { name: 'Res', bitOffset: 29, bitLength: 2, format: 'decimal' },
  moreFragments: {
    name: 'M',
    bitOffset: 31,
    bitLength: 1,
    format: 'flags',
    describe: (bit: number) => (bit === 1 ? 'more fragments' : 'last fragment'),
  },
  identification: { name: 'Identification', bitOffset: 32, bitLength: 32, format: 'hex' },
} as const satisfies Record<string, FieldSpec>;

const optionsField: FieldSpec = {
  name: 'Options',
  bitOffset: 16,
  bitLength: 0,
  rest: true,
  format: 'bytes',
};

export const ipv6RoutingField = {
  nextHeader,
  headerLength,
  routingType: { name: 'Routing Type', bitOffset: 16, bitLength: 8, format: 'decimal' },
  segmentsLeft: { name: 'Segments Left', bitOffset: 24, bitLength: 8, format: 'decimal' },
  data: { name: 'Type-specific Data', bitOffset: 32, bitLength: 0, rest: true, format: 'bytes' },
} as const satisfies Record<string, FieldSpec>;

const reference = 'RFC 8200';

const formats: ReadonlyMap<number, WireFormat> = new Map([
  [
    protocolNumber.hopByHop,
    {
      protocol: 'ipv6-extension',
      title: 'Hop-by-Hop Options',
      reference,
      fields: [nextHeader, headerLength, optionsField],
    },
  ],
  [
    protocolNumber.routing,
    { protocol: 'ipv6-extension', title: 'Routing', reference, fields: Object.values(ipv6RoutingField) },
  ],
  [
    protocolNumber.fragment,
    { protocol: 'ipv6-extension', title: 'Fragment', reference, fields: Object.values(ipv6FragmentField) },
  ],
  [
    protocolNumber.destinationOptions,
    {
      protocol: 'ipv6-extension',
      title: 'Destination Options',
      reference,
      fields: [nextHeader, headerLength, optionsField],
    },
  ],
]);

export const ipv6FragmentHeaderBytes = 8;

/** The format of the extension header with this number; undefined when the number is not of one. */
export function ipv6ExtensionFormat(number: number): WireFormat | undefined {
  return formats.get(number);
}

export function isIpv6Extension(number: number): boolean {
  return formats.has(number);
}

/** Bytes of the extension header at `start`; at least its first two bytes must be there. */
export function ipv6ExtensionLength(bytes: Uint8Array, start: number, number: number): number {
  return number === protocolNumber.fragment
    ? ipv6FragmentHeaderBytes
    : (readField(bytes, start, headerLength) + 1) * 8;
}

export interface Ipv6ExtensionHeader {
  /** Which header this is, from the header before it. */
  readonly number: number;
  readonly nextHeader: number;
  readonly fragment?: Ipv6Fragment;
}

export interface Ipv6Fragment {
  /** Bytes, a multiple of 8. */
  readonly offset: number;
  readonly moreFragments: boolean;
  readonly id: number;
}

export function parseIpv6Extension(
  bytes: Uint8Array,
  start: number,
  limit: number,
  number: number,
): HeaderReading<Ipv6ExtensionHeader> {
  const title = formats.get(number)?.title ?? 'extension';
  const present = limit - start;
  if (present < 8) return tooShort(title, 8, present);
  const length = ipv6ExtensionLength(bytes, start, number);
  if (length > present) return tooShort(title, length, present);
  return {
    kind: 'header',
    header: {
      number,
      nextHeader: readField(bytes, start, nextHeader),
      ...(number === protocolNumber.fragment && {
        fragment: {
          offset: readField(bytes, start, ipv6FragmentField.fragmentOffset) * 8,
          moreFragments: readField(bytes, start, ipv6FragmentField.moreFragments) === 1,
          id: readField(bytes, start, ipv6FragmentField.identification),
        },
      }),
    },
    headerEnd: start + length,
    end: limit,
    faults: [],
  };
}

export function emitIpv6Fragment(next: number, fragment: Ipv6Fragment): Uint8Array {
  const bytes = new Uint8Array(ipv6FragmentHeaderBytes);
  writeField(bytes, 0, nextHeader, next);
  writeField(bytes, 0, ipv6FragmentField.fragmentOffset, fragment.offset / 8);
  writeField(bytes, 0, ipv6FragmentField.moreFragments, fragment.moreFragments ? 1 : 0);
  writeField(bytes, 0, ipv6FragmentField.identification, fragment.id);
  return bytes;
}
