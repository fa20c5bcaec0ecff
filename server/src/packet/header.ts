/**
 * What reading one header gives. A wire format's `parse` checks the bytes once; behind a reading of kind
 * `header` every field of the fixed header is there, and nobody checks again.
 */
export type HeaderReading<Header> =
  | {
      readonly kind: 'header';
      readonly header: Header;
      /** Offset behind the header. */
      readonly headerEnd: number;
      /** Offset behind the payload as the header says, clamped to the bytes there are. */
      readonly end: number;
      readonly faults: readonly string[];
    }
  /** Too few bytes, or a length that makes no header: nothing behind it can be read. */
  | { readonly kind: 'unreadable'; readonly faults: readonly string[] };

export function tooShort(title: string, needed: number, present: number): HeaderReading<never> {
  const are = present === 1 ? 'is' : 'are';
  return {
    kind: 'unreadable',
    faults: [`The ${title} header needs ${needed} bytes, but only ${Math.max(0, present)} ${are} there.`],
  };
}

export function checksumFault(title: string, found: number, expected: number): string {
  return `The ${title} checksum is ${hex16(found)}, but it should be ${hex16(expected)}.`;
}

function hex16(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
