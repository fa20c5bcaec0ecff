// Medians of what people wait for: npm run bench [-- editor|walks|engine]
import { runBundled } from './lib/bundle.mjs';

const benches = { editor: 'bench/run.ts', walks: 'bench/walks.ts', engine: 'bench/engine.ts' };
const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (benches[name] === undefined) {
    console.error(`There is no benchmark ${name}; there are ${Object.keys(benches).join(', ')}.`);
    process.exit(2);
  }
}
for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
  console.log(`\n${name}\n`);
  await runBundled(benches[name]);
}
