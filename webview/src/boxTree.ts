/** The boxes of a packet as a tree: each header's box holds the boxes of what it carries. */
import type { FieldView, PacketBox } from '../../protocol/src/packetView';

export interface BoxNode {
  readonly box: PacketBox;
  readonly children: readonly BoxNode[];
  /** Fields before what the box carries. */
  readonly header: readonly FieldView[];
  /** Fields after it, such as ESP's padding and integrity check value. */
  readonly trailer: readonly FieldView[];
}

/** Boxes come outermost first; a box belongs to the nearest one before it that has room for it. */
export function boxTree(boxes: readonly PacketBox[]): readonly BoxNode[] {
  const [nodes, rest] = take(boxes, Number.POSITIVE_INFINITY);
  return rest.length === 0 ? nodes : [...nodes, ...boxTree(rest)];
}

/** The boxes that end no later than `endByte`, as trees, and the others. */
function take(boxes: readonly PacketBox[], endByte: number): [BoxNode[], readonly PacketBox[]] {
  const nodes: BoxNode[] = [];
  let rest = boxes;
  for (;;) {
    const [box, ...after] = rest;
    if (box === undefined || box.endByte > endByte || box.startByte >= endByte) return [nodes, rest];
    const [children, remaining] = take(after, box.endByte);
    nodes.push({ box, children, ...splitFields(box) });
    rest = remaining;
  }
}

function splitFields(box: PacketBox): Pick<BoxNode, 'header' | 'trailer'> {
  const headerEndBit = box.headerEndByte * 8;
  return {
    header: box.fields.filter(({ bitOffset }) => bitOffset < headerEndBit),
    trailer: box.fields.filter(({ bitOffset }) => bitOffset >= headerEndBit),
  };
}

/** The innermost field that a byte belongs to, and its box. */
export function fieldAt(
  boxes: readonly PacketBox[],
  byte: number,
): { readonly box: PacketBox; readonly field?: FieldView } | undefined {
  const around = boxes.filter(({ startByte, endByte }) => startByte <= byte && byte < endByte);
  for (const box of [...around].reverse()) {
    const field = box.fields.find((candidate) => covers(candidate, byte));
    if (field !== undefined) return { box, field };
  }
  const innermost = around.at(-1);
  return innermost === undefined ? undefined : { box: innermost };
}

export function covers(field: FieldView, byte: number): boolean {
  return field.bitOffset < (byte + 1) * 8 && byte * 8 < field.bitOffset + field.bitLength;
}
