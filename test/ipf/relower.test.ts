/** Lowering after an edit gives exactly what lowering the whole file gives, origins and problems included. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipfGrammar } from '../../server/src/dialects/ipf/grammar';
import { lowerIpf } from '../../server/src/dialects/ipf/lower';
import { relowerIpf } from '../../server/src/dialects/ipf/relower';
import type { IpfTree } from '../../server/src/dialects/ipf/tree';
import { type Parse, parseStatements } from '../../server/src/syntax/statement';

/** Lines that touch each other: twins, heads and their groups, variables, places in the list, errors. */
const lines = [
  'pass in all',
  'block in quick on fxp0 proto tcp from 10.0.0.0/8 to any port = 80',
  'pass out quick on fxp1 proto udp from any to any keep state',
  'block in on fxp0 proto tcp all head 100',
  'block out on fxp0 all head 100',
  'pass in from 10.1.0.0/16 to any group 100',
  'pass in proto tcp from any to any port = 22 flags S keep state group 100',
  'pass out from any to 10.0.0.1 group 100',
  'pass in from 10.2.0.0/16 to any group 200',
  '@2 block in from 192.0.2.1 to any',
  '10 pass in from 192.0.2.2 to any',
  'net="10.9.0.0/16";',
  'pass in from $net to any',
  'blok in all',
  'pass in from some.host.example to any',
  'count in proto icmp all',
  '# a comment',
  '',
];
const numbered = fc
  .tuple(fc.constantFrom('pass in', 'block out', 'block in quick'), fc.integer({ min: 0, max: 40 }))
  .map(([head, n]) => `${head} from 172.16.0.${n} to any`);
const line = fc.oneof(
  { weight: 3, arbitrary: numbered },
  { weight: 1, arbitrary: fc.constantFrom(...lines) },
);
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.integer({ min: 0, max: 4 }),
  insert: fc.array(line, { maxLength: 3 }),
});

function byPlace(problems: ReturnType<typeof lowerIpf>['problems']) {
  return [...problems].sort(
    (a, b) =>
      a.range.start - b.range.start ||
      a.range.end - b.range.end ||
      (a.code < b.code ? -1 : Number(a.code > b.code)),
  );
}

function expectSame(text: string, parse: Parse<IpfTree>, file: string) {
  const again = relowerIpf(parse, { file });
  const whole = lowerIpf(parseIpf(text), { file });
  expect(again.policy).toEqual(whole.policy);
  expect(byPlace(again.problems)).toEqual(byPlace(whole.problems));
}

function parseIpf(text: string, previous?: Parse<IpfTree>): Parse<IpfTree> {
  return parseStatements(ipfGrammar, text, previous);
}

describe('lowering after an edit', () => {
  it('is the same as lowering the file, whatever the edits', () => {
    let file = 0;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.array(edit, { maxLength: 8 }), (start, edits) => {
        const name = `file:///${file++}`;
        let now = start;
        let parse = parseIpf(`${now.join('\n')}\n`);
        expectSame(`${now.join('\n')}\n`, parse, name);
        for (const { at, remove, insert } of edits) {
          const index = Math.floor(at * now.length);
          now = [...now.slice(0, index), ...insert, ...now.slice(index + remove)];
          const text = `${now.join('\n')}\n`;
          parse = parseIpf(text, parse);
          expectSame(text, parse, name);
        }
      }),
      { seed: 20010623, numRuns: 400 },
    );
  });

  it('reads no statement again, of a file too long for all trees to be kept', () => {
    let reads = 0;
    const counting: typeof ipfGrammar = {
      ...ipfGrammar,
      parseStatement(text) {
        reads++;
        return ipfGrammar.parseStatement(text);
      },
    };
    const text = Array.from(
      { length: 20_000 },
      (_, i) => `pass in from 10.${i >> 8}.${i & 255}.1 to any\n`,
    ).join('');
    const parse = parseStatements(counting, text);
    lowerIpf(parse, { file: 'file:///long' });
    expect(reads).toBe(20_000);
    const edited = parseStatements(counting, text.replace('10.7.7.1', '10.7.7.2'), parse);
    // As a whole, too: what statements lower to is remembered without their trees.
    const lowered = lowerIpf(edited, { file: 'file:///long' });
    expect(lowered.policy.filter?.chains.get('in')?.rules).toHaveLength(20_000);
    expect(reads).toBe(20_001);
  });

  it('keeps the rules before the edit, and moves those behind it', () => {
    const before =
      'pass in from 10.0.0.1 to any\npass in from 10.0.0.2 to any\npass in from 10.0.0.3 to any\n';
    const after = before.replace('10.0.0.2 to any', '10.0.0.22 to any\n');
    const first = parseIpf(before);
    const rulesOf = (lowered: ReturnType<typeof relowerIpf>) =>
      lowered.policy.filter!.chains.get('in')!.rules;
    const old = rulesOf(relowerIpf(first, { file: 'kept' }));
    const now = rulesOf(relowerIpf(parseIpf(after, first), { file: 'kept' }));
    expect(now[0]).toBe(old[0]);
    expect(now[2]!.body).toBe(old[2]!.body);
    expect(now.map((r) => [r.origin.start, r.origin.line])).toEqual([
      [0, 0],
      [29, 1],
      [60, 3],
    ]);
  });
});
