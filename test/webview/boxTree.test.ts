import { describe, expect, it } from 'vitest';
import type { FieldView, PacketBox } from '../../protocol/src/packetView';
import { type BoxNode, boxTree, fieldAt } from '../../webview/src/boxTree';
import { espView } from './fixture';

function box(
  title: string,
  startByte: number,
  headerEndByte: number,
  endByte: number,
  fields: readonly FieldView[] = [],
) {
  const result: PacketBox = {
    id: title,
    title,
    summary: '',
    startByte,
    headerEndByte,
    endByte,
    fields,
    encrypted: false,
    faults: [],
  };
  return result;
}

function field(name: string, bitOffset: number, bitLength: number): FieldView {
  return { id: name, name, bitOffset, bitLength, value: '' };
}

/** `IPv4(TCP(payload))` */
function shape(nodes: readonly BoxNode[]): string {
  return nodes
    .map(({ box: { title }, children }) => title + (children.length > 0 ? `(${shape(children)})` : ''))
    .join(' ');
}

describe('boxes in boxes', () => {
  it('puts each box into the one around it', () => {
    expect(shape(boxTree([box('IPv4', 0, 20, 60), box('TCP', 20, 40, 60), box('payload', 40, 40, 60)]))).toBe(
      'IPv4(TCP(payload))',
    );
  });

  it('puts boxes that follow each other side by side', () => {
    expect(shape(boxTree([box('IPv4', 0, 20, 60), box('a', 20, 24, 40), box('b', 40, 44, 60)]))).toBe(
      'IPv4(a b)',
    );
  });

  it('keeps bytes behind the IP packet outside of it', () => {
    expect(shape(boxTree([box('IPv4', 0, 20, 40), box('TCP', 20, 40, 40), box('padding', 40, 40, 46)]))).toBe(
      'IPv4(TCP) padding',
    );
  });

  it('loses no box when one reaches beyond the box before it', () => {
    expect(shape(boxTree([box('IPv4', 0, 20, 40), box('TCP', 20, 40, 50)]))).toBe('IPv4 TCP');
  });

  it('tells fields behind the content from those before it', () => {
    const spi = field('SPI', 0, 32);
    const icv = field('ICV', 160, 96);
    const [esp] = boxTree([box('ESP', 0, 8, 32, [spi, icv])]);
    expect(esp?.header).toEqual([spi]);
    expect(esp?.trailer).toEqual([icv]);
  });

  it('nests the ESP packet of the fixture', () => {
    expect(shape(boxTree(espView.boxes))).toBe('IPv4(ESP(Encrypted))');
  });
});

describe('the field of a byte', () => {
  it('is the innermost one', () => {
    const found = fieldAt(espView.boxes, 20);
    expect([found?.box.title, found?.field?.name]).toEqual(['ESP', 'SPI']);
  });

  it('is the first of the bit fields that share it', () => {
    const boxes = [box('IPv4', 0, 20, 20, [field('Version', 0, 4), field('IHL', 4, 4)])];
    expect(fieldAt(boxes, 0)?.field?.name).toBe('Version');
  });

  it('is only a box where the box has no fields', () => {
    expect(fieldAt(espView.boxes, 40)).toEqual({ box: espView.boxes[2] });
  });

  it('is nothing behind the packet', () => {
    expect(fieldAt(espView.boxes, 100)).toBeUndefined();
  });
});
