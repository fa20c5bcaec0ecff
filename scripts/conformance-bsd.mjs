// Holds walks against recorded walks of real BSD kernels: npm run conformance:bsd -- FILE... [--engine NAME] [NAME...]
import { runBundled } from './lib/bundle.mjs';

await runBundled('test/conformance/bsdMain.ts', process.argv.slice(2));
