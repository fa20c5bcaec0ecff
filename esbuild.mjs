/**
 * Bundles everything that runs: `node esbuild.mjs [--dev] [--watch] [--only NAME,...]`. The default is what goes
 * into the .vsix, minified and without source maps; `--dev` keeps names and writes source maps.
 */
import { chmodSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';

const node = { platform: 'node', format: 'cjs', target: 'node20' };
const browser = { platform: 'browser', format: 'iife', target: 'es2022' };

/** The protocol library of assistants is a third of the program: nobody else is to wait until it is parsed. */
const mcpApart = {
  name: 'mcp-apart',
  setup(build) {
    build.onResolve({ filter: /\/mcp\/server$/ }, () => ({ path: './mcp.js', external: true }));
  },
};

/** One entry a bundle; the file is `dist/NAME.js`. */
const bundles = {
  client: { ...node, entryPoints: ['client/src/extension.ts'], external: ['vscode'] },
  // The command line and the language server.
  cli: {
    ...node,
    entryPoints: ['server/src/cli.ts'],
    banner: { js: '#!/usr/bin/env node' },
    plugins: [mcpApart],
  },
  mcp: { ...node, entryPoints: ['server/src/mcp/server.ts'] },
  webview: { ...browser, entryPoints: ['webview/src/main.ts'] },
  'web/client': {
    ...browser,
    format: 'cjs',
    entryPoints: ['client/src/extension.web.ts'],
    external: ['vscode'],
    define: { global: 'globalThis' },
  },
  'web/server': { ...browser, entryPoints: ['server/src/browserMain.ts'] },
};

const { values } = parseArgs({
  options: {
    dev: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const wanted = values.only?.split(',') ?? Object.keys(bundles);
const contexts = await Promise.all(
  wanted.map((name) => {
    if (bundles[name] === undefined) {
      throw new Error(`--only ${name}: one of ${Object.keys(bundles).join(', ')} was expected`);
    }
    return esbuild.context({
      ...bundles[name],
      outfile: `dist/${name}.js`,
      absWorkingDir: import.meta.dirname,
      bundle: true,
      minify: !values.dev,
      sourcemap: values.dev,
      legalComments: 'none',
      logLevel: 'warning',
      // Of packages with two builds the ES module one: the other cannot be stripped of what is not used.
      mainFields: bundles[name].platform === 'node' ? ['module', 'main'] : ['browser', 'module', 'main'],
    });
  }),
);

try {
  if (values.watch) await Promise.all(contexts.map((context) => context.watch()));
  else await Promise.all(contexts.map((context) => context.rebuild()));
  if (wanted.includes('cli') && !values.watch) chmodSync(`${import.meta.dirname}/dist/cli.js`, 0o755);
} catch {
  process.exitCode = 1; // esbuild has printed why.
} finally {
  if (!values.watch) await Promise.all(contexts.map((context) => context.dispose()));
}
