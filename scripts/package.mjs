/** `npm run package`: gatewalk.vsix, when something in it changed. */
import { packageExtension } from './lib/extension.mjs';
import { runMain } from './lib/failure.mjs';
import { onInterrupt } from './lib/processes.mjs';

runMain(async () => {
  onInterrupt(() => undefined);
  process.stdout.write(`${await packageExtension()}\n`);
});
