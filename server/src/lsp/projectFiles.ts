/**
 * Brings the files of a gateway folder into the workspace: the `gatewalk.yaml` above an opened file with all
 * policy files below it, or, where there is none, the policy files beside it. Nothing is read before a file
 * of its folder is opened, and nothing twice.
 */
import { isPolicyFileName } from '../analysis/dialectOf';
import type { FileSystem } from './fileSystem';
import { childUri, folderOf, nameOf } from './uri';

/** Receives what was read; `undefined` means the file is gone. */
export type SetFile = (uri: string, text: string | undefined) => void;

export class ProjectFiles {
  private readonly roots = new Map<string, Promise<void>>();
  /** Names below a folder with a network file, so that a name written into that file later finds its file. */
  private readonly known = new Map<string, Set<string>>();
  private readonly rootOf = new Map<string, Promise<Root>>();

  constructor(
    private readonly files: FileSystem,
    private readonly setFile: SetFile,
    /** An open document belongs to the editor: what is on disk does not count. */
    private readonly isOpen: (uri: string) => boolean,
  ) {}

  /** Done when all files that belong with `uri` are in the workspace. */
  async load(uri: string): Promise<void> {
    const folder = folderOf(uri);
    let root = this.rootOf.get(folder);
    if (root === undefined) {
      root = this.findRoot(folder);
      this.rootOf.set(folder, root);
    }
    const found = await root;
    let loading = this.roots.get(found.folder);
    if (loading === undefined) {
      loading = found.hasNetworkFile ? this.loadTree(found.folder) : this.loadFolder(found.folder);
      this.roots.set(found.folder, loading);
    }
    await loading;
  }

  /** A file was created, changed or deleted outside the editor, or closed in it. True when that matters here. */
  async refresh(uri: string): Promise<boolean> {
    const name = nameOf(uri);
    const folder = folderOf(uri);
    if (name === networkFileName) {
      // Folders below may now belong to it, or no longer: look again when they are asked for.
      for (const known of [...this.rootOf.keys()]) {
        if (known === folder || known.startsWith(`${folder}/`)) this.rootOf.delete(known);
      }
      this.roots.delete(folder);
    }
    if (this.isOpen(uri)) return false;
    const root = [...this.roots.keys()].find((r) => folder === r || folder.startsWith(`${r}/`));
    if (root === undefined && name !== networkFileName) return false;
    if (root !== undefined) this.known.get(root)?.add(uri);
    if (!(await this.isWanted(root ?? folder, uri))) return false;
    this.setFile(uri, await this.files.read(uri));
    return true;
  }

  /** The network file's text changed: files that it names now and did not before are read. */
  async namesChanged(networkFile: string, text: string): Promise<boolean> {
    const known = this.known.get(folderOf(networkFile)) ?? new Set<string>();
    const named = [...known].filter((uri) => !isPolicyFileName(nameOf(uri)) && text.includes(nameOf(uri)));
    const read = await Promise.all(named.map((uri) => this.readInto(uri)));
    return read.some((r) => r);
  }

  private async findRoot(folder: string): Promise<Root> {
    let at = folder;
    for (let level = 0; level <= mostLevels && hasPath(at); level++) {
      const networkFile = childUri(at, networkFileName);
      if (this.isOpen(networkFile) || (await this.files.read(networkFile)) !== undefined) {
        return { folder: at, hasNetworkFile: true };
      }
      at = folderOf(at);
    }
    return { folder, hasNetworkFile: false };
  }

  private async loadFolder(folder: string): Promise<void> {
    const entries = (await this.files.list(folder)) ?? [];
    const policies = entries.filter((e) => e.kind === 'file' && isPolicyFileName(e.name));
    await Promise.all(policies.slice(0, mostFiles).map((e) => this.readInto(childUri(folder, e.name))));
  }

  private async loadTree(root: string): Promise<void> {
    const networkFile = childUri(root, networkFileName);
    const text = (await this.files.read(networkFile)) ?? '';
    await this.readInto(networkFile);
    const found = new Set<string>();
    await this.collect(root, 0, found);
    this.known.set(root, found);
    const wanted = [...found].filter((uri) => isPolicyFileName(nameOf(uri)) || text.includes(nameOf(uri)));
    await Promise.all(wanted.map((uri) => this.readInto(uri)));
  }

  private async collect(folder: string, depth: number, into: Set<string>): Promise<void> {
    const entries = (await this.files.list(folder)) ?? [];
    for (const entry of entries) {
      if (into.size >= mostFiles) return;
      if (entry.kind === 'file') into.add(childUri(folder, entry.name));
      else if (depth < mostLevels && !entry.name.startsWith('.') && entry.name !== 'node_modules') {
        await this.collect(childUri(folder, entry.name), depth + 1, into);
      }
    }
  }

  private async isWanted(root: string, uri: string): Promise<boolean> {
    const name = nameOf(uri);
    if (name === networkFileName || isPolicyFileName(name)) return true;
    const text = await this.files.read(childUri(root, networkFileName));
    return text?.includes(name) === true;
  }

  private async readInto(uri: string): Promise<boolean> {
    if (this.isOpen(uri)) return false;
    const text = await this.files.read(uri);
    // It may have been opened while it was read.
    if (text === undefined || this.isOpen(uri)) return false;
    this.setFile(uri, text);
    return true;
  }
}

/** `file://` and `file://server` have none: there is nothing to climb to. */
function hasPath(uri: string): boolean {
  return !/^[^/]*\/\/[^/]*$/.test(uri) && uri.includes('/');
}

interface Root {
  readonly folder: string;
  readonly hasNetworkFile: boolean;
}

/** The network file of a gateway folder. */
export const networkFileName = 'gatewalk.yaml';
/** Folders between a network file and its policy files. */
const mostLevels = 5;
/** A folder with more is not a gateway's. */
const mostFiles = 5000;
