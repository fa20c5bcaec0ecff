/** Bundles `bench/run.ts` as the server itself is bundled, and runs it in a process of its own. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import * as esbuild from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const outfile = resolve(root, 'out/bench.mjs');
await esbuild.build({
  entryPoints: [resolve(root, 'bench/run.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  mainFields: ['module', 'main'],
  sourcemap: true,
  // Some packages still say `require` to Node's own modules.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
