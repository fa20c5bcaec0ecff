import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ipfilterFrontends } from '../conformance/ipfilterFrontends';
import { parseRandomCases, runRandomCase } from '../conformance/ipfilterRandom';
import { runSuite } from '../conformance/ipfilterSuite';
import { hasShared, readShared, sharedFolder } from '../harness/shared';

/** Tests that docs/ipfilter-conformance.md says do not pass, with the reason. */
const documented = [
  ...readFileSync(resolve(import.meta.dirname, '../../docs/ipfilter-conformance.md'), 'utf8').matchAll(
    /^\| `([\w.-]+)` +\|/gm,
  ),
].map((row) => row[1]!);

describe.skipIf(!hasShared('corpus/ipfilter'))(
  "IPFilter's own suite, when the corpus is beside the checkout",
  () => {
    it('passes but for the tests that docs/ipfilter-conformance.md names', () => {
      const results = runSuite(resolve(sharedFolder, 'corpus/ipfilter'), ipfilterFrontends);
      const failing = results.filter((r) => r.outcome !== 'passed').map((r) => r.name);
      expect(failing.sort()).toEqual([...documented].sort());
    });
  },
);

describe.skipIf(!hasShared('corpus/ipfilter-random'))(
  'random rules and packets, as the real ipftest decided',
  () => {
    it.each(['filter', 'nat'])('%s', (kind) => {
      const cases = parseRandomCases(readShared(`corpus/ipfilter-random/${kind}.jsonl`));
      expect(cases.length).toBeGreaterThan(0);
      for (const record of cases) {
        const { got, expected } = runRandomCase(record);
        expect(got, record.id).toEqual(expected);
      }
    });
  },
);
