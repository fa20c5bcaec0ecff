/**
 * Fields laid out as in the diagrams of RFCs: rows of 32 bits, counted from the start of the header. A field
 * that crosses the end of a row continues in the next; one that fills whole rows is one tall cell.
 */
import type { FieldView } from '../../protocol/src/packetView';

export const bitsPerRow = 32;

export interface BitCell {
  readonly field: FieldView;
  /** 0-based, from the start of the header. */
  readonly row: number;
  readonly rowCount: number;
  /** 0..31. */
  readonly column: number;
  readonly bitCount: number;
  /** The second and later pieces of a field: they show no name of their own. */
  readonly continued: boolean;
}

/** `startBit` is the first bit of the header, counted as the fields' offsets are, from the packet's first. */
export function layOutFields(fields: readonly FieldView[], startBit: number): readonly BitCell[] {
  return fields.flatMap((field) => layOutField(field, startBit));
}

function layOutField(field: FieldView, startBit: number): BitCell[] {
  const cells: BitCell[] = [];
  let bit = field.bitOffset - startBit;
  const end = bit + field.bitLength;
  while (bit < end) {
    const row = Math.floor(bit / bitsPerRow);
    const column = bit - row * bitsPerRow;
    const wholeRows = column === 0 ? Math.floor((end - bit) / bitsPerRow) : 0;
    const bitCount = wholeRows > 0 ? bitsPerRow : Math.min(bitsPerRow - column, end - bit);
    const rowCount = Math.max(1, wholeRows);
    cells.push({ field, row, rowCount, column, bitCount, continued: cells.length > 0 });
    bit += bitCount * rowCount;
  }
  return cells;
}
