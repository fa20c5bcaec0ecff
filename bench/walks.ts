/** How long a walk takes: over the two gateways of the mail, and over gateways with thousands of rules. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { entryOf } from '../server/src/analysis/entry';
import type { Project } from '../server/src/analysis/snapshot';
import { Workspace } from '../server/src/analysis/workspace';
import { buildPacket } from '../server/src/packet/build';
import { createNetworkState } from '../server/src/simulator/gatewayState';
import { walk } from '../server/src/simulator/walk';
import { generateIpfConf } from './generate';
import { measure } from './measure';
import { report } from './report';

const example = 'examples/vpn-and-nat';

function exampleFiles(): Map<string, string> {
  const files = new Map<string, string>();
  const visit = (folder: string) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) visit(path);
      else files.set(`/w/${relative(example, path)}`, readFileSync(path, 'utf8'));
    }
  };
  visit(example);
  return files;
}

function projectOf(files: ReadonlyMap<string, string>): Project {
  const workspace = new Workspace();
  for (const [uri, text] of files) workspace.setFile(uri, text);
  return workspace.snapshot().projectOf('/w/gatewalk.yaml')!;
}

/** The walk itself, with fresh state: what a hover costs when nothing is remembered. */
function walkFresh(project: Project, name: string): void {
  const packet = project.packets.find((p) => p.name === name)!;
  const entered = entryOf(project.network, packet);
  if (!('entry' in entered)) throw new Error(entered.error);
  const state = createNetworkState(project.network);
  const { verdict } = walk(project.network, buildPacket(packet.spec), entered.entry, state);
  if (verdict.kind !== 'delivered') throw new Error('The packet does not arrive, so its time means nothing.');
}

const small = exampleFiles();
const large = new Map(small);
const policies = Array.from({ length: 1000 }, (_, i) => {
  const net = `172.${16 + (i >> 8)}.${i & 255}`;
  return `spdadd 10.1.0.0/24 ${net}.0/24 any -P out ipsec esp/tunnel/192.0.2.1-203.0.113.1/require;\n`;
}).join('');
for (const side of ['A', 'B']) {
  const ipsec = `/w/${side}/ipsec.conf`;
  const ipf = `/w/${side}/ipf.conf`;
  // In front of the entries that count, so that every one of them is passed by.
  large.set(ipsec, small.get(ipsec)!.replace('spdadd', `${policies}\nspdadd`));
  large.set(ipf, `${generateIpfConf(10_000)}\n${small.get(ipf)!}`);
}
const smallProject = projectOf(small);
const largeProject = projectOf(large);

report('walks', [
  await measure(
    'a walk over 2 gateways',
    { runs: 200, warmUp: 20, targetMilliseconds: 5 },
    () => smallProject,
    (project) => walkFresh(project, 'x-to-y'),
  ),
  await measure(
    'with 1,000 SPD entries and 10,000 ipf rules each',
    { runs: 100, warmUp: 10, targetMilliseconds: 10 },
    () => largeProject,
    (project) => walkFresh(project, 'x-to-y'),
  ),
]);
