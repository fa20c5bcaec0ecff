import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ipfilterFrontends } from './ipfilterFrontends';
import { notedFlags, parseRandomCases, runRandomCase } from './ipfilterRandom';
import { firstDifference, runSuite } from './ipfilterSuite';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', short: 'v' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help) {
  console.log('usage: npm run conformance:ipfilter -- [FOLDER with MANIFEST.tsv | FILE.jsonl]... [-v]');
  process.exit(0);
}
const shared = process.env['GATEWALK_SHARED'] ?? '../shared';
const places =
  positionals.length > 0
    ? positionals
    : ['ipfilter', 'ipfilter-random/filter.jsonl', 'ipfilter-random/nat.jsonl'].map((place) =>
        resolve(shared, 'corpus', place),
      );
let failed = 0;
for (const place of places) {
  const results = statSync(place).isDirectory() ? suiteResults(place) : randomResults(place);
  const groups = new Map<string, { passed: number; all: number }>();
  for (const result of results) {
    const group = groups.get(result.group) ?? { passed: 0, all: 0 };
    group.all++;
    if (result.difference === undefined) group.passed++;
    else {
      failed++;
      console.log(`  ${result.name}: ${result.difference}`);
    }
    groups.set(result.group, group);
  }
  for (const [name, { passed, all }] of groups) console.log(`${name.padEnd(16)} ${passed} of ${all}`);
  const passed = results.filter((result) => result.difference === undefined).length;
  console.log(`${place}: ${passed} passed, ${results.length - passed} failed`);
}
process.exitCode = failed > 0 ? 1 : 0;

interface Result {
  readonly name: string;
  readonly group: string;
  readonly difference: string | undefined;
}

function suiteResults(folder: string): Result[] {
  return runSuite(folder, ipfilterFrontends).map(({ name, kind, outcome, detail }) => ({
    name,
    group: kind,
    difference: outcome === 'passed' ? undefined : detail,
  }));
}

function randomResults(file: string): Result[] {
  return parseRandomCases(readFileSync(file, 'utf8')).map((record) => {
    const { got, expected } = runRandomCase(record);
    const words = (flags: readonly (readonly number[])[]) =>
      flags.map(([conditions = 0, word = 0]) => `${conditions.toString(16)} ${word.toString(16)}`);
    const { flags } = record.expect;
    return {
      name: record.id,
      group: `random ${record.mode}`,
      difference:
        differenceOf(expected, got) ??
        (flags === undefined ? undefined : differenceOf(words(flags), words(notedFlags(record)))),
    };
  });
}

function differenceOf(expected: readonly string[], got: readonly string[]): string | undefined {
  const [a, b] = [expected.join('\n'), got.join('\n')];
  return a === b ? undefined : firstDifference(a, b);
}
