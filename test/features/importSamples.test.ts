import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importSamples } from '../../server/src/features/importSamples';
import { decodeBase64, toBase64 } from '../../server/src/text/base64';

describe('base64', () => {
  it('reads what it writes, and what others write', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeBase64(toBase64(bytes))).toEqual(bytes);
        expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
      }),
      { seed: 64 },
    );
  });

  it('is undefined for other text', () => {
    expect(decodeBase64('a')).toBeUndefined();
    expect(decodeBase64('ab*d')).toBeUndefined();
  });
});

describe('importing samples', () => {
  it('lists tcpdump lines as packets', () => {
    const line = 'IP 10.1.0.5.40000 > 198.51.100.7.80: Flags [S], seq 1, win 65535, length 0';
    const { records, problems } = importSamples({ encoding: 'utf8', data: line });
    expect(records.map((r) => r.notation)).toEqual(['tcp 10.1.0.5:40000 > 198.51.100.7:80 S seq 1']);
    expect(problems).toEqual([]);
  });

  it('says what it could not read', () => {
    expect(importSamples({ encoding: 'base64', data: '%%%' })).toEqual({
      records: [],
      problems: ['The content is not base64.'],
    });
  });
});
