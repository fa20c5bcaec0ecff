import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FrontendIo } from '../../server/src/frontends/frontend';
import { runIpftest } from '../../server/src/frontends/ipftest';
import { ipfilterFrontends } from '../conformance/ipfilterFrontends';
import { notedFlags, parseRandomCases, runRandomCase } from '../conformance/ipfilterRandom';
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

    it('gives the same when every rule is walked instead of asking the index', () => {
      const linear = {
        ...ipfilterFrontends,
        ipftest: (args: readonly string[], io: FrontendIo) => runIpftest(args, io, { linear: true }),
      };
      const outcomes = (frontends: typeof ipfilterFrontends) =>
        runSuite(resolve(sharedFolder, 'corpus/ipfilter'), frontends).map((r) => [r.name, r.outcome]);
      expect(outcomes(linear)).toEqual(outcomes(ipfilterFrontends));
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

    it.each(['filter', 'nat'])('%s, and what it noted about every packet', (kind) => {
      for (const record of parseRandomCases(readShared(`corpus/ipfilter-random/${kind}.jsonl`))) {
        expect(notedFlags(record), record.id).toEqual(record.expect.flags);
      }
    });

    it.each(['filter', 'nat'])('%s, every rule walked instead of asking the index', (kind) => {
      for (const record of parseRandomCases(readShared(`corpus/ipfilter-random/${kind}.jsonl`))) {
        const { got, expected } = runRandomCase(record, [], { linear: true });
        expect(got, record.id).toEqual(expected);
      }
    });
  },
);
