/**
 * `npm test`: everything, from a fresh clone. Format, lint and types; unit, protocol and conformance tests; the
 * build and the .vsix; end-to-end tests in a real VS Code. All parts run even when one fails; the closing line
 * counts them together.
 */
import { runChecks } from './lib/checks.mjs';
import { runE2eTests } from './lib/e2eTests.mjs';
import { packageExtension } from './lib/extension.mjs';
import { Failure, runMain } from './lib/failure.mjs';
import { installPackages, requireNode } from './lib/npm.mjs';
import { onInterrupt } from './lib/processes.mjs';
import { summarize } from './lib/summary.mjs';
import { runUnitTests } from './lib/unitTests.mjs';

runMain(async () => {
  onInterrupt(() => undefined);
  requireNode();
  await installPackages();
  return summarize({
    checks: await runChecks(),
    unit: await runUnitTests(),
    package: await attempt('build and package', packageExtension),
    'end to end': await attempt('end to end', runE2eTests, (results) => results),
  });
});

/** A part that cannot even start is one failed test, and the others still run. */
async function attempt(name, work, resultsOf = () => [{ name, outcome: 'passed', message: '' }]) {
  try {
    return resultsOf(await work());
  } catch (error) {
    if (!(error instanceof Failure)) process.stdout.write(`${error.stack}\n`);
    return [{ name, outcome: 'failed', message: error.message }];
  }
}
