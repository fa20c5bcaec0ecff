import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ipfilterFrontends } from './ipfilterFrontends';
import { differenceOfFlags, differenceOfRandomCase, parseRandomCases } from './ipfilterRandom';
import { runSuite } from './ipfilterSuite';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', short: 'v' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help) {
  console.log(
    'usage: npm run conformance:ipfilter -- [FOLDER with MANIFEST.tsv or *.jsonl | FILE.jsonl]... [-v]',
  );
  process.exit(0);
}
const shared = process.env['GATEWALK_SHARED'] ?? '../shared';
const places =
  positionals.length > 0
    ? positionals.map(placeOf)
    : ['ipfilter', 'ipfilter-random/filter.jsonl', 'ipfilter-random/nat.jsonl'].map((place) =>
        resolve(shared, 'corpus', place),
      );

interface Result {
  readonly name: string;
  readonly group: string;
  readonly difference: string | undefined;
}

let failed = 0;
for (const place of places.flatMap(suitesIn)) {
  const results = resultsOf(place);
  if (typeof results === 'string') {
    failed++;
    console.log(`${place}: ${results}`);
    continue;
  }
  const groups = new Map<string, { passed: number; all: number }>();
  for (const result of results) {
    const group = groups.get(result.group) ?? { passed: 0, all: 0 };
    group.all++;
    if (result.difference === undefined) {
      group.passed++;
      if (values.verbose) console.log(`  ${result.name}: passed`);
    } else {
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

/** npm runs scripts in the project's folder; a relative place is one of the user's. */
function placeOf(place: string): string {
  const own = resolve(process.env['INIT_CWD'] ?? '.', place);
  return existsSync(own) || !existsSync(place) ? own : resolve(place);
}

/** A folder without a manifest stands for the random cases in it. */
function suitesIn(place: string): string[] {
  if (!existsSync(place) || !statSync(place).isDirectory() || existsSync(resolve(place, 'MANIFEST.tsv')))
    return [place];
  const files = readdirSync(place).filter((name) => name.endsWith('.jsonl'));
  return files.length === 0 ? [place] : files.sort().map((name) => resolve(place, name));
}

/** A text says why there are none. */
function resultsOf(place: string): Result[] | string {
  if (!existsSync(place)) return 'no such file or folder';
  if (!statSync(place).isDirectory()) return randomResults(place);
  if (!existsSync(resolve(place, 'MANIFEST.tsv'))) return 'holds neither MANIFEST.tsv nor a .jsonl file';
  return runSuite(place, ipfilterFrontends).map(({ name, kind, outcome, detail }) => ({
    name,
    group: kind,
    difference: outcome === 'passed' ? undefined : detail,
  }));
}

function randomResults(file: string): Result[] | string {
  try {
    const records = parseRandomCases(readFileSync(file, 'utf8'));
    const noted = records.filter(({ expect }) => expect.flags !== undefined);
    return [
      ...records.map((record) => ({
        name: record.id,
        group: `random ${record.mode}`,
        difference: differenceOfRandomCase(record),
      })),
      // Beyond what becomes of the packets: what the engine noted about each.
      ...noted.map((record) => ({
        name: `${record.id} -v`,
        group: `${record.mode} -v`,
        difference: differenceOfFlags(record),
      })),
    ];
  } catch (error) {
    return (error as Error).message;
  }
}
