/**
 * What the server holds between messages: the workspace, fed from open documents and from the files beside
 * them, and who wants to know when it changes. Handlers get a snapshot from here and never touch the rest.
 */
import type { Snapshot } from '../analysis/snapshot';
import type { FileSystem } from './fileSystem';
import { networkFileName, ProjectFiles } from './projectFiles';
import { canonicalUri, nameOf } from './uri';

/** The part of `analysis/workspace.ts` that the server uses. */
export interface SessionWorkspace {
  setFile(uri: string, text: string | undefined): void;
  snapshot(): Snapshot;
}

export class Session {
  private readonly projectFiles: ProjectFiles;
  /** Canonical URI to the client's spelling. */
  private readonly open = new Map<string, string>();
  private readonly listeners: ((uris: readonly string[]) => void)[] = [];

  constructor(
    private readonly workspace: SessionWorkspace,
    private readonly files: FileSystem,
  ) {
    this.projectFiles = new ProjectFiles(
      files,
      (uri, text) => this.workspace.setFile(uri, text),
      (uri) => this.open.has(uri),
    );
  }

  /** Called with canonical URIs behind every change of the workspace's content. */
  onChanged(listener: (uris: readonly string[]) => void): void {
    this.listeners.push(listener);
  }

  get openFiles(): readonly { readonly uri: string; readonly clientUri: string }[] {
    return [...this.open].map(([uri, clientUri]) => ({ uri, clientUri }));
  }

  snapshot(): Snapshot {
    return this.workspace.snapshot();
  }

  /** Done when every file that belongs with `clientUri` is in the workspace; its canonical spelling. */
  async load(clientUri: string): Promise<string> {
    const uri = canonicalUri(clientUri);
    await this.projectFiles.load(uri);
    return uri;
  }

  async documentOpened(clientUri: string, text: string): Promise<void> {
    const uri = canonicalUri(clientUri);
    this.open.set(uri, clientUri);
    this.workspace.setFile(uri, text);
    await this.projectFiles.load(uri);
    this.changed([uri]);
  }

  async documentChanged(clientUri: string, text: string): Promise<void> {
    const uri = canonicalUri(clientUri);
    this.workspace.setFile(uri, text);
    this.changed([uri]);
    if (nameOf(uri) === networkFileName && (await this.projectFiles.namesChanged(uri, text))) {
      this.changed([uri]);
    }
  }

  /** What is on disk counts again. */
  async documentClosed(clientUri: string): Promise<void> {
    const uri = canonicalUri(clientUri);
    this.open.delete(uri);
    this.workspace.setFile(uri, await this.files.read(uri));
    this.changed([uri]);
  }

  async filesChanged(clientUris: readonly string[]): Promise<void> {
    const touched: string[] = [];
    for (const uri of new Set(clientUris.map(canonicalUri))) {
      if (await this.projectFiles.refresh(uri)) touched.push(uri);
    }
    if (touched.length === 0) return;
    // A network file that came or went makes other files part of what is open.
    for (const { uri } of this.openFiles) await this.projectFiles.load(uri);
    this.changed(touched);
  }

  private changed(uris: readonly string[]): void {
    for (const listener of this.listeners) listener(uris);
  }
}
