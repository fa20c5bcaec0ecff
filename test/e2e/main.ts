/**
 * The end-to-end tests: what the product promises, in a real VS Code. `npm run e2e` bundles and runs this file.
 *
 *     --only TEXT            only tests with TEXT in their name
 *     --update-screenshots   writes the pictures of the README (`docs/images`)
 *     --verbose              shows errors of the browser's console
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runTests } from './runner';
import { Session } from './session';
import { diagnosticsTests } from './tests/diagnostics';
import { hoverTests } from './tests/hover';
import { traceTests } from './tests/trace';

const tests = [...hoverTests, ...diagnosticsTests, ...traceTests];

/** Known without a browser, so that skipped tests can be named. */
export const testNames = tests.map(({ name }) => name);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      report: { type: 'string' },
      only: { type: 'string' },
      'update-screenshots': { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const { only } = values;
  const wanted = only === undefined ? tests : tests.filter(({ name }) => name.includes(only));
  if (wanted.length === 0) throw new Error(`--only ${only}: no test has this in its name`);
  const session = await Session.start({
    chromium: process.env.GATEWALK_CHROMIUM ?? '',
    updateScreenshots: values['update-screenshots'],
    verbose: values.verbose,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void session.stop().finally(() => process.exit(1)));
  }
  try {
    const results = await runTests(session, wanted);
    if (values.report !== undefined) {
      fs.mkdirSync(path.dirname(values.report), { recursive: true });
      fs.writeFileSync(values.report, JSON.stringify(results));
    }
    process.exitCode = results.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
  } finally {
    await session.stop();
  }
}
