// Medians of what people wait for: npm run bench [-- editor|server|walks|engine]
import { execFileSync } from 'node:child_process';
import { runBundled } from './lib/bundle.mjs';

const benches = {
  editor: 'bench/run.ts',
  server: 'bench/server.ts',
  walks: 'bench/walks.ts',
  engine: 'bench/engine.ts',
};
const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (benches[name] === undefined) {
    console.error(`There is no benchmark ${name}; there are ${Object.keys(benches).join(', ')}.`);
    process.exit(2);
  }
}
for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
  console.log(`\n${name}\n`);
  // It runs what is shipped.
  if (name === 'server')
    execFileSync(process.execPath, ['esbuild.mjs', '--only', 'cli'], { stdio: 'inherit' });
  await runBundled(benches[name]);
}
