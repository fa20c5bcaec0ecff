/**
 * The end-to-end tests: what the product promises, in a real VS Code. `npm run e2e` bundles and runs this file.
 *
 *     --only TEXT            only tests with TEXT in their name; may be repeated
 *     --build node|web       only one build of the extension; default: both, one after the other
 *     --update-screenshots   writes the pictures of the README (`docs/images`)
 *     --verbose              shows errors of the browser's console
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isFor, type Result, runTests } from './runner';
import { type Build, Session } from './session';
import { accessibilityTests } from './tests/accessibility';
import { aroundTests } from './tests/around';
import { diagnosticsTests } from './tests/diagnostics';
import { editingTests } from './tests/editing';
import { galleryTests } from './tests/gallery';
import { hoverTests } from './tests/hover';
import { testExplorerTests } from './tests/testExplorer';
import { traceTests } from './tests/trace';
import { tracePagesTests } from './tests/tracePages';

const tests = [
  ...hoverTests,
  ...diagnosticsTests,
  ...editingTests,
  ...traceTests,
  ...tracePagesTests,
  ...testExplorerTests,
  ...aroundTests,
  ...accessibilityTests,
  // Last, because it adds folders to the one that is open.
  ...galleryTests,
];
const builds: readonly Build[] = ['node', 'web'];

/** Known without a browser, so that skipped tests can be named. */
export const testNames = builds.flatMap((build) =>
  tests.filter((test) => isFor(build, test)).map(({ name }) => `${build}: ${name}`),
);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      report: { type: 'string' },
      only: { type: 'string', multiple: true },
      build: { type: 'string' },
      'update-screenshots': { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const { only } = values;
  const wanted =
    only === undefined ? tests : tests.filter(({ name }) => only.some((text) => name.includes(text)));
  if (wanted.length === 0) throw new Error(`--only ${only?.join(' ')}: no test has this in its name`);
  const wantedBuilds = builds.filter((build) => values.build === undefined || values.build === build);
  if (wantedBuilds.length === 0) throw new Error(`--build ${values.build}: one of ${builds.join(', ')}`);
  const results: Result[] = [];
  for (const build of wantedBuilds) {
    for (const restricted of [false, true]) {
      const mine = wanted.filter((test) => isFor(build, test) && (test.restricted ?? false) === restricted);
      if (mine.length === 0) continue;
      const session = await Session.start({
        build,
        restricted,
        chromium: process.env.GATEWALK_CHROMIUM ?? '',
        updateScreenshots: values['update-screenshots'],
        verbose: values.verbose,
      });
      const interrupted = () => void session.stop().finally(() => process.exit(1));
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
      try {
        results.push(...(await runTests(session, mine)));
      } finally {
        await session.stop();
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted);
      }
    }
  }
  if (values.report !== undefined) {
    fs.mkdirSync(path.dirname(values.report), { recursive: true });
    fs.writeFileSync(values.report, JSON.stringify(results));
  }
  process.exitCode = results.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
}
