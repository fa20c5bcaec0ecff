// Medians of what people wait for: npm run bench
import { runBundled } from './lib/bundle.mjs';

await runBundled('bench/run.ts', process.argv.slice(2));
