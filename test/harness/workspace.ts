import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Project, Snapshot } from '../../server/src/analysis/snapshot';
import { NETWORK_FILE_NAME, Workspace } from '../../server/src/analysis/workspace';

export const examplesFolder = resolve(import.meta.dirname, '../../examples');

/** A workspace of texts by path, e.g. `{ 'A/ipf.conf': 'block in all\n' }`, under the folder `/w`. */
export function workspaceOf(files: Readonly<Record<string, string>>): Workspace {
  const workspace = new Workspace();
  for (const [path, text] of Object.entries(files)) workspace.setFile(`/w/${path}`, text);
  return workspace;
}

/** All files of a folder, as texts by path relative to it. */
export function filesBelow(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  const visit = (at: string) => {
    for (const name of readdirSync(at).sort()) {
      const path = join(at, name);
      if (statSync(path).isDirectory()) visit(path);
      else files[relative(folder, path)] = readFileSync(path, 'utf8');
    }
  };
  visit(folder);
  return files;
}

/** The project of a set of files: that of its network file, or of its first policy file. */
export function projectOf(files: Readonly<Record<string, string>>): { snapshot: Snapshot; project: Project } {
  const snapshot = workspaceOf(files).snapshot();
  const first = files[NETWORK_FILE_NAME] === undefined ? Object.keys(files)[0]! : NETWORK_FILE_NAME;
  const project = snapshot.projectOf(`/w/${first}`);
  if (project === undefined) throw new Error(`no project holds ${first}`);
  return { snapshot, project };
}
