import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compareScenario, parseScenarios } from './bsdWalks';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
const [file, ...names] = positionals;
if (values.help || file === undefined) {
  console.log('usage: npm run conformance:bsd -- FILE.jsonl [--engine ipf|fpf|ipfw|pf] [SCENARIO...]');
  process.exit(values.help ? 0 : 2);
}
const counts = { agrees: 0, differs: 0, 'not-covered': 0 };
for (const scenario of parseScenarios(readFileSync(resolve(file), 'utf8'))) {
  if (values.engine !== undefined && scenario.engine !== values.engine) continue;
  if (names.length > 0 && !names.includes(scenario.name)) continue;
  const agreement = compareScenario(scenario);
  counts[agreement.kind]++;
  const detail =
    agreement.kind === 'agrees'
      ? `${agreement.stages} stages`
      : agreement.kind === 'differs'
        ? agreement.difference
        : agreement.why;
  console.log(`${agreement.kind.padEnd(11)} ${scenario.engine} ${scenario.name}: ${detail}`);
}
console.log(`${counts.agrees} agree, ${counts.differs} differ, ${counts['not-covered']} not covered`);
process.exitCode = counts.differs > 0 ? 1 : 0;
