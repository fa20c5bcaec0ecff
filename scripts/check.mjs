/** `npm run check`: format, lint, types, generated files. */
import { runChecks } from './lib/checks.mjs';
import { runMain } from './lib/failure.mjs';
import { onInterrupt } from './lib/processes.mjs';

runMain(async () => {
  onInterrupt(() => undefined);
  const results = await runChecks();
  return results.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
});
