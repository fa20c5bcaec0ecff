/** `npm run e2e [-- --only TEXT] [--update-screenshots]`: only the end-to-end tests. */
import { runE2eTests } from './lib/e2eTests.mjs';
import { runMain } from './lib/failure.mjs';
import { installPackages, requireNode } from './lib/npm.mjs';
import { onInterrupt } from './lib/processes.mjs';
import { summarize } from './lib/summary.mjs';

runMain(async () => {
  onInterrupt(() => undefined);
  requireNode();
  await installPackages();
  return summarize({ 'end to end': await runE2eTests(process.argv.slice(2)) });
});
