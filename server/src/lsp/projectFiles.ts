/**
 * Brings the files that belong with an opened one into the workspace: the nearest `gatewalk.yaml` above it and
 * every file that one names, else the policy files in its own folder. Nothing is read before a file of its
 * folder is opened, and nothing twice.
 */
import { isPolicyFileName } from '../analysis/dialectOf';
import { parseNetworkFile } from '../analysis/network/networkFile';
import { NETWORK_FILE_NAME, resolvePath } from '../analysis/workspace';
import type { FileRead, FileSystem } from './fileSystem';
import { canonicalUri, childUri, folderOf, nameOf } from './uri';

/** Where what was read goes. */
export interface FileSink {
  setFile(uri: string, text: string | undefined): void;
  setUnreadable(uri: string, why: string): void;
  /** An open document belongs to the editor: what is on disk does not count. */
  openText(uri: string): string | undefined;
}

export class ProjectFiles {
  /** By folder: the network file that its files belong to, if any. */
  private readonly networkFileOf = new Map<string, Promise<string | undefined>>();
  /** By network file: the files that it names, read. */
  private readonly named = new Map<string, Promise<ReadonlySet<string>>>();
  /** By folder: its policy files, read. */
  private readonly siblings = new Map<string, Promise<void>>();

  constructor(
    private readonly files: FileSystem,
    private readonly sink: FileSink,
  ) {}

  /** Done when all files that belong with `uri` are in the workspace. */
  async load(uri: string): Promise<void> {
    const folder = folderOf(uri);
    const networkFile = await remember(this.networkFileOf, folder, () => this.findNetworkFile(folder));
    if (networkFile !== undefined) {
      const named = await remember(this.named, networkFile, () => this.readNamed(networkFile));
      if (uri === networkFile || named.has(uri)) return;
    }
    // A file that no network file names makes a gateway with the policy files beside it.
    await remember(this.siblings, folder, () => this.readSiblings(folder));
  }

  /** A file was created, changed or deleted outside the editor, or closed in it. True when that matters here. */
  async refresh(uri: string): Promise<boolean> {
    if (this.sink.openText(uri) !== undefined) return false;
    const folder = folderOf(uri);
    if (nameOf(uri) === NETWORK_FILE_NAME) {
      // Files below may belong to it from now on, or no longer: look again when they are asked for.
      for (const below of [...this.networkFileOf.keys()]) {
        if (below === folder || below.startsWith(`${folder}/`)) this.networkFileOf.delete(below);
      }
      this.named.delete(uri);
    } else if (!(await this.isWanted(uri, folder))) return false;
    this.take(uri, await this.files.read(uri));
    return true;
  }

  /** The open network file's text changed: files that it names now and did not before are read. */
  async networkFileEdited(uri: string): Promise<boolean> {
    const before = (await this.named.get(uri)) ?? new Set<string>();
    const now = this.readNamed(uri, before);
    this.named.set(uri, now);
    return [...(await now)].some((named) => !before.has(named));
  }

  private async isWanted(uri: string, folder: string): Promise<boolean> {
    if (isPolicyFileName(nameOf(uri)) && this.siblings.has(folder)) return true;
    for (const named of this.named.values()) if ((await named).has(uri)) return true;
    return false;
  }

  private async findNetworkFile(folder: string): Promise<string | undefined> {
    let at = folder;
    for (let level = 0; level <= mostLevels && hasPath(at); level++) {
      const uri = childUri(at, NETWORK_FILE_NAME);
      const open = this.sink.openText(uri) !== undefined;
      if (open || (await this.files.read(uri)).kind !== 'missing') return uri;
      at = folderOf(at);
    }
    return undefined;
  }

  private async readNamed(networkFile: string, known?: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const open = this.sink.openText(networkFile);
    const read: FileRead =
      open === undefined ? await this.files.read(networkFile) : { kind: 'text', text: open };
    if (open === undefined) this.take(networkFile, read);
    if (read.kind !== 'text') return new Set();
    const folder = folderOf(networkFile);
    const paths = parseNetworkFile(read.text, networkFile).gateways.flatMap((g) => g.policyFiles);
    const uris = new Set(paths.map((path) => canonicalUri(resolvePath(folder, path.name))));
    const fresh = [...uris].filter((uri) => known?.has(uri) !== true);
    await Promise.all(fresh.map((uri) => this.readInto(uri)));
    return uris;
  }

  private async readSiblings(folder: string): Promise<void> {
    const entries = (await this.files.list(folder)) ?? [];
    const policies = entries.filter((e) => e.kind === 'file' && isPolicyFileName(e.name));
    await Promise.all(policies.slice(0, mostFiles).map((e) => this.readInto(childUri(folder, e.name))));
  }

  private async readInto(uri: string): Promise<void> {
    if (this.sink.openText(uri) !== undefined) return;
    this.take(uri, await this.files.read(uri));
  }

  private take(uri: string, read: FileRead): void {
    // It may have been opened while it was read.
    if (this.sink.openText(uri) !== undefined) return;
    switch (read.kind) {
      case 'text':
        this.sink.setFile(uri, read.text);
        return;
      case 'missing':
        this.sink.setFile(uri, undefined);
        return;
      case 'unreadable':
        this.sink.setUnreadable(uri, read.why);
    }
  }
}

function remember<T>(memo: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = memo.get(key);
  if (known !== undefined) return known;
  const made = make();
  memo.set(key, made);
  return made;
}

/** `file://` and `file://server` have none: there is nothing to climb to. */
function hasPath(uri: string): boolean {
  return uri.includes('/') && !/^[^/]*\/\/[^/]*$/.test(uri);
}

/** Folders between a network file and its policy files. */
const mostLevels = 5;
/** A folder with more is not a gateway's. */
const mostFiles = 1000;
