/** Lowering after an edit gives exactly what lowering the whole file gives, origins and problems included. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipnatGrammar } from '../../server/src/dialects/ipnat/grammar';
import { lowerIpnat } from '../../server/src/dialects/ipnat/lower';
import { relowerIpnat } from '../../server/src/dialects/ipnat/relower';
import type { IpnatTree } from '../../server/src/dialects/ipnat/tree';
import { type Parse, parseStatements } from '../../server/src/syntax/statement';

/** Lines that touch each other: twins, variables, errors. */
const lines = [
  'map fxp0 10.0.0.0/8 -> 192.0.2.1/32',
  'map fxp0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp/udp auto',
  'rdr fxp0 192.0.2.1/32 port 80 -> 10.1.0.80 port 8080 tcp',
  'net="10.9.0.0/16";',
  'map fxp0 $net -> 192.0.2.1/32',
  'mapp fxp0 10.0.0.0/8 -> 0/32',
  'map fxp0 from some.host.example to any -> 192.0.2.1/32',
  'bimap fxp0 10.1.0.1/32 -> 192.0.2.9/32',
  '# a comment',
  '',
];
const numbered = fc
  .integer({ min: 0, max: 40 })
  .map((n) => `rdr fxp0 192.0.2.7/32 port ${1000 + n} -> 10.1.0.7 port 80 tcp`);
const line = fc.oneof(
  { weight: 3, arbitrary: numbered },
  { weight: 1, arbitrary: fc.constantFrom(...lines) },
);
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.integer({ min: 0, max: 4 }),
  insert: fc.array(line, { maxLength: 3 }),
});

const parseIpnat = (text: string, previous?: Parse<IpnatTree>) =>
  parseStatements(ipnatGrammar, text, previous);

function expectSame(text: string, parse: Parse<IpnatTree>, file: string) {
  const again = relowerIpnat(parse, { file });
  const whole = lowerIpnat(parseIpnat(text), { file });
  expect(again.policy).toEqual(whole.policy);
  expect(again.problems).toEqual(whole.problems);
}

describe('lowering ipnat after an edit', () => {
  it('is the same as lowering the file, whatever the edits', () => {
    let file = 0;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.array(edit, { maxLength: 8 }), (start, edits) => {
        const name = `file:///${file++}`;
        let now = start;
        let parse = parseIpnat(`${now.join('\n')}\n`);
        expectSame(`${now.join('\n')}\n`, parse, name);
        for (const { at, remove, insert } of edits) {
          const index = Math.floor(at * now.length);
          now = [...now.slice(0, index), ...insert, ...now.slice(index + remove)];
          const text = `${now.join('\n')}\n`;
          parse = parseIpnat(text, parse);
          expectSame(text, parse, name);
        }
      }),
      { seed: 20010623, numRuns: 400 },
    );
  });

  it('keeps the rules before the edit, and moves those behind it', () => {
    const before = [1, 2, 3].map((n) => `map fxp0 10.0.0.${n}/32 -> 192.0.2.1/32\n`).join('');
    const first = parseIpnat(before);
    const rulesOf = (parse: Parse<IpnatTree>) =>
      relowerIpnat(parse, { file: 'file:///kept' }).policy.nat?.rules ?? [];
    const old = rulesOf(first);
    const next = rulesOf(parseIpnat(before.replace('10.0.0.2/32', '10.0.0.2/32 '), first));
    expect(next[0]).toBe(old[0]);
    expect(next[2]?.body).toBe(old[2]?.body);
    expect(next[2]?.origin).toEqual({ ...old[2]?.origin, start: 75, end: 111 });
  });
});
