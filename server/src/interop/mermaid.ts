/**
 * A packet as mermaid's `packet` diagram, which GitHub and many wikis draw. Its grammar wants ranges of bits that
 * follow each other without a gap from 0 on, and labels in double quotes.
 */
import type { PacketBox, PacketView } from '../../../protocol/src/packetView';

/** Bits of a payload that are drawn: more rows of the same bytes say nothing more. */
const mostPayloadBits = 64;

export function exportMermaid(view: PacketView, title = view.summary): string {
  const lines = ['---', `title: ${quoted(title)}`, '---', 'packet-beta'];
  let next = 0;
  const add = (bits: number, label: string) => {
    if (bits <= 0) return;
    const range = bits === 1 ? `${next}` : `${next}-${next + bits - 1}`;
    lines.push(`${range}: ${quoted(label)}`);
    next += bits;
  };
  for (const box of view.boxes) addBox(box, add);
  return `${lines.join('\n')}\n`;
}

function addBox(box: PacketBox, add: (bits: number, label: string) => void): void {
  const start = box.startByte * 8;
  const headerBits = (box.headerEndByte - box.startByte) * 8;
  let told = 0;
  for (const field of [...box.fields].sort((a, b) => a.bitOffset - b.bitOffset)) {
    const at = field.bitOffset - start;
    if (at < told) continue;
    add(at - told, `${box.title} bits`);
    const value = field.value.length > 40 ? `${field.value.slice(0, 40)}…` : field.value;
    // A title in each label would drown the rows; the addresses and ports tell the headers apart.
    add(field.bitLength, `${field.name} ${value}`);
    told = at + field.bitLength;
  }
  add(headerBits - told, `${box.title} bits`);
  if (box.fields.length > 0) return;
  const bytes = box.endByte - box.headerEndByte;
  const drawn = Math.min(bytes * 8, mostPayloadBits);
  const rest = drawn < bytes * 8 ? `, ${drawn / 8} drawn` : '';
  add(drawn, `${box.title}, ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}${rest}`);
}

/** Quotes and breaks would end the label. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "'").replace(/\s+/g, ' ')}"`;
}
