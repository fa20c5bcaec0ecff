/** The extension's bundles and its .vsix, made when something that goes into them changed. */
import fs from 'node:fs';
import { Failure } from './failure.mjs';
import { lastLines } from './npm.mjs';
import { fromRoot, root, vsix } from './paths.mjs';
import { run } from './processes.mjs';
import { step } from './progress.mjs';
import { unlessUpToDate } from './upToDate.mjs';

const largestVsixBytes = 1.5e6;

const sources = [
  'client/src',
  'server/src',
  'webview/src',
  'protocol/src',
  'esbuild.mjs',
  'package-lock.json',
];
const shipped = [
  'package.json',
  'package.nls.json',
  'l10n',
  'snippets',
  '.vscodeignore',
  'syntaxes',
  'assets',
  'docs',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
];
const bundles = ['client.js', 'cli.js', 'webview.js', 'webview.css', 'web/client.js', 'web/server.js'];

/** Builds and packages; does nothing when the .vsix is up to date. */
export async function packageExtension() {
  const inputs = [...sources, ...shipped].map((name) => fromRoot(name));
  const outputs = [vsix, ...bundles.map((name) => fromRoot('dist', name))];
  await unlessUpToDate({ name: 'vsix', inputs, outputs }, async () => {
    await step('Building', build);
    await step('Packaging gatewalk.vsix', pack);
  });
  return vsix;
}

export async function build() {
  fs.rmSync(fromRoot('dist'), { recursive: true, force: true });
  await tool(['esbuild.mjs'], 'The build failed');
}

async function pack() {
  fs.rmSync(vsix, { force: true });
  // Everything is bundled, so no package is shipped; the README's pictures are in the .vsix, so no link is rewritten.
  const options = ['--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository'];
  await tool(['node_modules/@vscode/vsce/vsce', 'package', ...options, '--out', vsix], 'Packaging failed');
  const { size } = fs.statSync(vsix);
  if (size > largestVsixBytes) {
    throw new Failure(
      `gatewalk.vsix has ${size} bytes, more than ${largestVsixBytes}: see what .vscodeignore lets in.`,
    );
  }
}

async function tool(args, complaint) {
  const { code, output } = await run(process.execPath, args, { cwd: root });
  if (code !== 0) throw new Failure(`${complaint}:\n${lastLines(output, 60)}`);
}
