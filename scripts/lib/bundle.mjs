/** Bundles a TypeScript entry point as the server itself is bundled, and runs it in a process of its own. */
import { spawnSync } from 'node:child_process';
import { basename, resolve } from 'node:path';
import * as esbuild from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/** Sets the exit code to that of the bundled program. */
export async function runBundled(entryPoint, args = []) {
  const outfile = resolve(root, 'out', basename(entryPoint).replace(/\.ts$/, '.mjs'));
  await esbuild.build({
    entryPoints: [resolve(root, entryPoint)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    sourcemap: true,
    // Some packages still say `require` to Node's own modules.
    banner: {
      js: "import { createRequire as requireMaker } from 'node:module'; const require = requireMaker(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...args], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
