/**
 * What the server holds between messages: the workspace, fed from open documents and from the files beside
 * them, and who wants to know when it changes. Handlers get a snapshot from here and never touch the rest.
 */
import type { SelectPacketParams } from '../../../protocol/src/requests';
import type { Snapshot } from '../analysis/snapshot';
import { NETWORK_FILE_NAME, type Workspace } from '../analysis/workspace';
import { defaultSettings, type Settings } from '../features/settings';
import type { FileSystem } from './fileSystem';
import { ProjectFiles } from './projectFiles';
import { canonicalUri, nameOf } from './uri';

interface OpenFile {
  readonly clientUri: string;
  readonly text: string;
}

export class Session {
  private readonly projectFiles: ProjectFiles;
  /** By canonical URI. */
  private readonly open = new Map<string, OpenFile>();
  private readonly listeners: ((uris: readonly string[]) => void)[] = [];
  settings: Settings = defaultSettings;
  /** The packet that hints of hits are about. */
  selected: SelectPacketParams = null;
  docsUri: string | undefined;

  constructor(
    private readonly workspace: Workspace,
    files: FileSystem,
  ) {
    this.projectFiles = new ProjectFiles(files, {
      setFile: (uri, text) => this.workspace.setFile(uri, text),
      setUnreadable: (uri, why) => this.workspace.setUnreadable(uri, why),
      openText: (uri) => this.open.get(uri)?.text,
    });
  }

  /** Called with canonical URIs behind every change of the workspace's content. */
  onChanged(listener: (uris: readonly string[]) => void): void {
    this.listeners.push(listener);
  }

  /** Canonical URIs, each with the client's spelling. */
  get openFiles(): readonly { readonly uri: string; readonly clientUri: string }[] {
    return [...this.open].map(([uri, { clientUri }]) => ({ uri, clientUri }));
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

  async documentOpened(clientUri: string, text: string, languageId: string): Promise<void> {
    const uri = canonicalUri(clientUri);
    this.open.set(uri, { clientUri, text });
    this.workspace.setFile(uri, text, languageId);
    await this.projectFiles.load(uri);
    this.changed([uri]);
  }

  async documentChanged(clientUri: string, text: string): Promise<void> {
    const uri = canonicalUri(clientUri);
    this.open.set(uri, { clientUri, text });
    this.workspace.setFile(uri, text);
    this.changed([uri]);
    if (nameOf(uri) === NETWORK_FILE_NAME && (await this.projectFiles.networkFileEdited(uri))) {
      this.changed([uri]);
    }
  }

  /** What is on disk counts again. Answers the canonical spelling. */
  async documentClosed(clientUri: string): Promise<string> {
    const uri = canonicalUri(clientUri);
    this.open.delete(uri);
    // Where nothing else needs it, a closed file is forgotten.
    if (!(await this.projectFiles.refresh(uri))) this.workspace.setFile(uri, undefined);
    this.changed([uri]);
    return uri;
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
