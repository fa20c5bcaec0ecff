/** The index of policies finds what looking at one after the other finds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, SelectorIndex } from '../../server/src/analysis/findings/hiddenPolicies';
import { address4, address6, type Prefix } from '../../server/src/policy/address';
import type { SecurityPolicy, TrafficSelector } from '../../server/src/policy/ipsec';

/** Few networks, so that many lie in each other; some with bits set behind the mask. */
const prefix: fc.Arbitrary<Prefix> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 15 }), fc.constantFrom(0, 8, 16, 29, 30, 31, 32))
    .map(([host, length]) => ({ address: address4(0x0a000000 + host), length })),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 7n }), fc.constantFrom(0, 64, 126, 128))
    .map(([host, length]) => ({ address: address6((0x20010db8n << 96n) + host), length })),
);
const selector: fc.Arbitrary<TrafficSelector> = fc.record(
  {
    source: prefix,
    destination: prefix,
    protocol: fc.constantFrom(6, 17),
    destinationPort: fc.constantFrom(80, 53),
  },
  { requiredKeys: ['source', 'destination'] },
);

describe('an index of selectors', () => {
  it('finds the first policy that covers another', () => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(selector, { maxLength: 40 }), (selectors) => {
        const index = new SelectorIndex();
        const before: SecurityPolicy[] = [];
        for (const one of selectors) {
          const policy = { selector: one } as SecurityPolicy;
          const wanted = before.find((b) => covers(b.selector, one));
          if (wanted !== undefined) found++;
          expect(index.firstThatCovers(policy)).toBe(wanted);
          before.push(policy);
          index.add(policy);
        }
      }),
      { seed: 20010623, numRuns: 500 },
    );
    expect(found).toBeGreaterThan(50);
  });
});
