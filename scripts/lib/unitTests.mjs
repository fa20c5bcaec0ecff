/** Runs vitest and reads its results. */
import fs from 'node:fs';
import path from 'node:path';
import { fromRoot, out, root } from './paths.mjs';
import { run } from './processes.mjs';

export async function runUnitTests() {
  const report = path.join(out, 'unit.json');
  fs.rmSync(report, { force: true });
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const args = [fromRoot('node_modules/vitest/vitest.mjs'), 'run', ...reporters];
  // Colours are for a terminal; in a log they are noise.
  const { FORCE_COLOR: _, ...plain } = { ...process.env, NO_COLOR: '1' };
  const env = process.stdout.isTTY ? process.env : plain;
  const { code } = await run(process.execPath, args, { cwd: root, env, show: true });
  const results = fs.existsSync(report) ? readReport(JSON.parse(fs.readFileSync(report, 'utf8'))) : [];
  if (code !== 0 && !results.some(({ outcome }) => outcome === 'failed')) {
    results.push({ name: 'vitest', outcome: 'failed', message: `exit code ${code}; its output is above` });
  }
  return results;
}

function readReport(report) {
  const results = [];
  for (const file of report.testResults) {
    const name = path.relative(root, file.name);
    for (const test of file.assertionResults) {
      results.push({
        name: `${name}: ${test.fullName}`,
        outcome: { passed: 'passed', failed: 'failed' }[test.status] ?? 'skipped',
        message: test.failureMessages?.[0]?.split('\n')[0] ?? '',
      });
    }
    // A file that could not be loaded has no tests to fail.
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) {
      results.push({ name, outcome: 'failed', message: file.message.split('\n')[0] });
    }
  }
  return results;
}
