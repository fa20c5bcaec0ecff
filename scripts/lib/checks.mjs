/** The checks that need no running program: format and lint, types of every part, generated files. */
import { Failure } from './failure.mjs';
import { root } from './paths.mjs';
import { run } from './processes.mjs';
import { step } from './progress.mjs';

const checks = [
  {
    name: 'format and lint',
    args: ['node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '--diagnostic-level=error', '.'],
  },
  ...[
    'tsconfig.json',
    'server/tsconfig.core.json',
    'webview/tsconfig.json',
    'client/tsconfig.web.json',
    'test/e2e/tsconfig.json',
  ].map((config) => ({
    name: `types of ${config}`,
    args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', config],
  })),
  { name: 'generated files', args: ['scripts/generate.mjs', '--check'] },
];

/** Runs them all; results are `{ name, outcome, message }` as every part of `npm test` gives them. */
export async function runChecks() {
  const results = [];
  for (const { name, args } of checks) results.push(await runCheck(name, args));
  return results;
}

async function runCheck(name, args) {
  try {
    await step(`Checking ${name}`, async () => {
      const { code, output } = await run(process.execPath, args, { cwd: root });
      if (code !== 0) throw new Failure(output);
    });
    return { name, outcome: 'passed', message: '' };
  } catch (error) {
    process.stdout.write(`${error.message}\n`);
    return { name, outcome: 'failed', message: 'what is wrong stands above' };
  }
}
