/** Projects from texts, as the editor builds them, for the tests of what goes out of a walk. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Project, Snapshot, WalkResult } from '../../server/src/analysis/snapshot';
import { Workspace } from '../../server/src/analysis/workspace';
import { toTraceView } from '../../server/src/features/traceView';

const examples = resolve(import.meta.dirname, '../../examples');

export interface Walked {
  readonly walk: WalkResult;
  readonly project: Project;
  readonly snapshot: Snapshot;
}

/** The files of an example, by their path in it. */
export function exampleFiles(name: string): Map<string, string> {
  const root = join(examples, name);
  const files = new Map<string, string>();
  const read = (folder: string) => {
    for (const entry of readdirSync(folder)) {
      const path = join(folder, entry);
      if (statSync(path).isDirectory()) read(path);
      else files.set(relative(root, path), readFileSync(path, 'utf8'));
    }
  };
  read(root);
  return files;
}

export function walkFiles(
  files: ReadonlyMap<string, string>,
  packetName: string,
  options: { readonly reply?: boolean; readonly platform?: string } = {},
): Walked {
  const workspace = new Workspace();
  for (const [path, text] of files) workspace.setFile(`file:///gateway/${path}`, text);
  const snapshot = workspace.snapshot();
  const project = snapshot.projectOf('file:///gateway/gatewalk.yaml');
  const packet = project?.packets.find((p) => p.name === packetName);
  if (project === undefined || packet === undefined) throw new Error(`There is no packet ${packetName}.`);
  const { reply = false, platform } = options;
  const walk = project.walk({ packet, reply, ...(platform !== undefined && { platform }) });
  return { walk, project, snapshot };
}

export function viewOf({ walk, project, snapshot }: Walked) {
  return toTraceView(walk, project, snapshot);
}
