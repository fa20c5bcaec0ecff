/** The checks that need no running program: format and lint, types of every part, generated files. */
import fs from 'node:fs';
import { fromRoot, root } from './paths.mjs';
import { run } from './processes.mjs';
import { step } from './progress.mjs';

const checks = [
  {
    name: 'format and lint',
    args: ['node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '--diagnostic-level=error', '.'],
  },
  ...['tsconfig.json', 'server/tsconfig.core.json', 'webview/tsconfig.json', 'test/e2e/tsconfig.json'].map(
    (config) => ({
      name: `types of ${config}`,
      args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', config],
    }),
  ),
  { name: 'generated files', args: ['scripts/generate.mjs', '--check'] },
];

/** Runs them all; results are `{ name, outcome, message }` as every part of `npm test` gives them. */
export async function runChecks() {
  const results = [];
  for (const { name, args } of checks) {
    if (!fs.existsSync(fromRoot(args[0]))) throw new Error(`${args[0]} is missing`);
    const { code, output } = await step(`Checking ${name}`, () => run(process.execPath, args, { cwd: root }));
    if (code !== 0) process.stdout.write(output);
    results.push({
      name,
      outcome: code === 0 ? 'passed' : 'failed',
      message: code === 0 ? '' : `exit code ${code}`,
    });
  }
  return results;
}
