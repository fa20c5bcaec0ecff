// Holds the IPFilter engine and front ends against the real programs' recorded output:
// npm run conformance:ipfilter -- [FOLDER with MANIFEST.tsv | FILE.jsonl]... [-v]
import { runBundled } from './lib/bundle.mjs';

await runBundled('test/conformance/ipfilterMain.ts', process.argv.slice(2));
