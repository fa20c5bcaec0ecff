/**
 * Runs the end-to-end tests: a real VS Code with the packaged extension, driven in Chromium. They are
 * TypeScript, so they are bundled first; their names are known even where they cannot run.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findChromium, howToGetChromium } from './browser.mjs';
import { installCodeServer } from './codeServer.mjs';
import { packageExtension } from './extension.mjs';
import { fromRoot, out, root } from './paths.mjs';
import { run } from './processes.mjs';

/** Arguments go to the tests: `--update-screenshots`, `--only TEXT`, `--verbose`. */
export async function runE2eTests(args = []) {
  const program = await bundleTests();
  const chromium = findChromium();
  if (chromium === undefined) {
    const { testNames } = await import(pathToFileURL(program).href);
    return testNames.map((name) => ({
      name: `e2e: ${name}`,
      outcome: 'skipped',
      message: `no Chromium or Chrome found; ${howToGetChromium}`,
    }));
  }
  await installCodeServer();
  await packageExtension();
  const report = path.join(out, 'e2e.json');
  fs.rmSync(report, { force: true });
  const env = { ...process.env, GATEWALK_CHROMIUM: chromium };
  const { code } = await run(process.execPath, [program, '--report', report, ...args], {
    cwd: root,
    env,
    show: true,
  });
  const results = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')) : [];
  if (code !== 0 && !results.some(({ outcome }) => outcome === 'failed')) {
    results.push({ name: 'e2e run', outcome: 'failed', message: `exit code ${code}; its output is above` });
  }
  return results;
}

async function bundleTests() {
  const { build } = await import('esbuild');
  const outfile = path.join(out, 'e2e/main.mjs');
  await build({
    entryPoints: [fromRoot('test/e2e/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    // The scripts are shared with `npm start` and stay where they are, because they find the checkout by their place.
    external: ['../../scripts/lib/*'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}
