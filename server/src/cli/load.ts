/** From a path on the command line to the workspace the editor would have for it. */
import type { Project, Snapshot } from '../analysis/snapshot';
import { NETWORK_FILE_NAME, Workspace } from '../analysis/workspace';
import { dialects } from '../dialects';
import { ProjectFiles } from '../lsp/projectFiles';
import { childUri, folderOf, nameOf } from '../lsp/uri';
import { type CommandIo, UsageError } from './io';

export interface LoadedProject {
  readonly snapshot: Snapshot;
  readonly project: Project;
}

/** The gateway folder that `path` names: a folder, its network file, or one of its policy files. */
export async function loadProject(io: CommandIo, path: string): Promise<LoadedProject> {
  const loader = new Loader(io);
  const uri = io.uriOf(path);
  const entries = await io.files.list(uri);
  if (entries === undefined) {
    await loader.loadFile(uri, path);
    const snapshot = loader.snapshot();
    return { snapshot, project: projectOrError(snapshot, uri, path) };
  }
  await loader.loadFolder(uri);
  const snapshot = loader.snapshot();
  const inside = [...snapshot.files.keys()].filter((f) => f.startsWith(`${uri}/`));
  const first = inside.find((f) => f === childUri(uri, NETWORK_FILE_NAME)) ?? inside[0];
  if (first === undefined) {
    throw new UsageError(
      `There is no ${NETWORK_FILE_NAME} and no policy file in ${path}. Name the folder that holds them.`,
    );
  }
  return { snapshot, project: projectOrError(snapshot, first, path) };
}

export interface LoadedFiles {
  readonly snapshot: Snapshot;
  /** Files to report on: those named, and those below the named folders. */
  readonly uris: readonly string[];
}

export async function loadPaths(io: CommandIo, paths: readonly string[]): Promise<LoadedFiles> {
  const loader = new Loader(io);
  const wanted: ((uri: string) => boolean)[] = [];
  for (const path of paths) {
    const uri = io.uriOf(path);
    if ((await io.files.list(uri)) === undefined) {
      await loader.loadFile(uri, path);
      wanted.push((file) => file === uri);
      continue;
    }
    await loader.loadBelow(uri);
    const prefix = `${uri}/`;
    if (![...loader.snapshot().files.keys()].some((f) => f.startsWith(prefix))) {
      throw new UsageError(`There is no ${NETWORK_FILE_NAME} and no policy file below ${path}.`);
    }
    wanted.push((file) => file.startsWith(prefix));
  }
  const snapshot = loader.snapshot();
  const uris = [...snapshot.files.keys()].filter((f) => wanted.some((wants) => wants(f))).sort();
  return { snapshot, uris };
}

class Loader {
  private readonly workspace = new Workspace();
  private readonly projectFiles: ProjectFiles;

  constructor(private readonly io: CommandIo) {
    this.projectFiles = new ProjectFiles(io.files, {
      setFile: (uri, text) => this.workspace.setFile(uri, text),
      setUnreadable: (uri, why) => this.workspace.setUnreadable(uri, why),
      openText: () => undefined,
    });
  }

  snapshot(): Snapshot {
    return this.workspace.snapshot();
  }

  /** What an editor would read for a policy file in this folder. */
  async loadFolder(folder: string): Promise<void> {
    await this.projectFiles.load(childUri(folder, NETWORK_FILE_NAME));
    await this.projectFiles.load(childUri(folder, 'any policy file'));
  }

  /** A file named outright counts whatever its name is, when some dialect knows its content. */
  async loadFile(uri: string, path: string): Promise<void> {
    const read = await this.io.files.read(uri);
    if (read.kind === 'missing')
      throw new UsageError(`${path} can't be read: there is no such file or folder.`);
    if (read.kind === 'unreadable') throw new UsageError(`${path} can't be read: ${read.why}`);
    await this.projectFiles.load(uri);
    if (!this.snapshot().files.has(uri)) this.workspace.setFile(uri, read.text);
    const file = this.snapshot().files.get(uri);
    if (nameOf(uri) !== NETWORK_FILE_NAME && file?.dialect === undefined) {
      throw new UsageError(
        `${path} is not a policy file that Gatewalk knows. It reads: ${dialects.map((d) => d.title).join(', ')}.`,
      );
    }
  }

  async loadBelow(folder: string, depth = 0): Promise<void> {
    await this.loadFolder(folder);
    if (depth >= mostLevels) return;
    for (const entry of (await this.io.files.list(folder)) ?? []) {
      if (entry.kind === 'file' || entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      await this.loadBelow(childUri(folder, entry.name), depth + 1);
    }
  }
}

function projectOrError(snapshot: Snapshot, uri: string, path: string): Project {
  const project = snapshot.projectOf(uri) ?? snapshot.projectOf(childUri(folderOf(uri), NETWORK_FILE_NAME));
  if (project === undefined) throw new UsageError(`${path} does not belong to any gateway.`);
  return project;
}

/** Folders below folders: deeper trees are not gateways. */
const mostLevels = 16;
