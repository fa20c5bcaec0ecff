import { describe, expect, it } from 'vitest';
import type { FieldView } from '../../protocol/src/packetView';
import { layOutFields } from '../../webview/src/bitRows';

function field(name: string, bitOffset: number, bitLength: number): FieldView {
  return { id: name, name, bitOffset, bitLength, value: '' };
}

function cells(fields: readonly FieldView[], startBit = 0) {
  return layOutFields(fields, startBit).map(
    ({ field: { name }, row, rowCount, column, bitCount, continued }) => ({
      name,
      at: [row, column],
      size: [rowCount, bitCount],
      continued,
    }),
  );
}

describe('rows of 32 bits', () => {
  it('counts from the start of the header, not of the packet', () => {
    expect(cells([field('Source Port', 160, 16), field('Destination Port', 176, 16)], 160)).toEqual([
      { name: 'Source Port', at: [0, 0], size: [1, 16], continued: false },
      { name: 'Destination Port', at: [0, 16], size: [1, 16], continued: false },
    ]);
  });

  it('makes one tall cell of a field that fills whole rows', () => {
    expect(cells([field('Source Address', 64, 128)])).toEqual([
      { name: 'Source Address', at: [2, 0], size: [4, 32], continued: false },
    ]);
  });

  it('continues a field in the next row, its whole rows as one cell and its rest as another', () => {
    expect(cells([field('Options', 16, 96)])).toEqual([
      { name: 'Options', at: [0, 16], size: [1, 16], continued: false },
      { name: 'Options', at: [1, 0], size: [2, 32], continued: true },
      { name: 'Options', at: [3, 0], size: [1, 16], continued: true },
    ]);
  });

  it('leaves out a field without bits', () => {
    expect(cells([field('Options', 160, 0)])).toEqual([]);
  });
});
