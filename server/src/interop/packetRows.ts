/**
 * A header as 32-bit rows, the way RFCs draw it: which part of which field stands in which bits of which row. The text
 * diagram and the mermaid diagram both read it. Rows begin at the header's first bit, as in the RFCs.
 */
import type { FieldView, PacketBox } from '../../../protocol/src/packetView';

export const rowBits = 32;

export interface RowCell {
  /** First and last bit in the row, 0 to 31. */
  readonly from: number;
  readonly to: number;
  /** Absent: bits that no field names. */
  readonly field?: FieldView;
  /** The cell of its field that the text stands in: the widest, the first of those. */
  readonly labelled: boolean;
}

export function rowsOfBox(box: PacketBox): readonly (readonly RowCell[])[] {
  const headerStart = box.startByte * 8;
  const end = (box.headerEndByte - box.startByte) * 8;
  const rows: RowCell[][] = Array.from({ length: Math.ceil(end / rowBits) }, () => []);
  const place = (start: number, length: number, field: FieldView | undefined) => {
    const parts: { row: number; from: number; to: number }[] = [];
    for (let bit = start; bit < start + length; ) {
      const row = Math.floor(bit / rowBits);
      const stop = Math.min((row + 1) * rowBits, start + length);
      parts.push({ row, from: bit % rowBits, to: (stop - 1) % rowBits });
      bit = stop;
    }
    const widest = Math.max(...parts.map((part) => part.to - part.from));
    const labelled = parts.findIndex((part) => part.to - part.from === widest);
    parts.forEach(({ row, from, to }, index) => {
      rows[row]?.push({ from, to, labelled: index === labelled, ...(field !== undefined && { field }) });
    });
  };
  let next = 0;
  for (const field of [...box.fields].sort((a, b) => a.bitOffset - b.bitOffset)) {
    const start = field.bitOffset - headerStart;
    if (start < next || start + field.bitLength > end) continue;
    if (start > next) place(next, start - next, undefined);
    place(start, field.bitLength, field);
    next = start + field.bitLength;
  }
  if (next < end) place(next, end - next, undefined);
  return rows;
}

/** Boxes in the order of the packet, what is inside an encrypted one behind it. */
export function boxesOf(view: { readonly boxes: readonly PacketBox[] }): readonly PacketBox[] {
  return view.boxes.flatMap((box) => [box, ...(box.inside === undefined ? [] : boxesOf(box.inside))]);
}
