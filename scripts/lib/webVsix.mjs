/**
 * The .vsix as VS Code without Node takes it: its manifest without `main`. With both entries code-server would run
 * the one for Node, so this is how the web build is tested in it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { out, vsix } from './paths.mjs';

export function makeWebVsix() {
  const files = unzipSync(fs.readFileSync(vsix));
  const { main: _, ...manifest } = JSON.parse(strFromU8(files['extension/package.json']));
  files['extension/package.json'] = strToU8(JSON.stringify(manifest));
  const target = path.join(out, 'gatewalk-web.vsix');
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(target, zipSync(files));
  return target;
}
