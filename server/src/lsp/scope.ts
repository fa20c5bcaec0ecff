import type { CancellationToken } from 'vscode-languageserver';
import type { SelectPacketParams } from '../../../protocol/src/requests';
import type { Snapshot } from '../analysis/snapshot';
import type { SourceFile } from '../analysis/sourceFile';
import type { Settings } from '../features/settings';
import type { Problem } from '../syntax/problem';
import type { Work } from '../text/work';
import type { TokenCache } from './tokenCache';

/** What any handler may look at: one moment of the workspace, and what the user has chosen. */
export interface SessionScope {
  readonly snapshot: Snapshot;
  readonly settings: Settings;
  /** The packet that hints of hits are about. */
  readonly selected: SelectPacketParams;
  readonly token: CancellationToken;
  /** Milliseconds since some fixed moment. */
  readonly now: () => number;
  /** Where the documentation lies, as the client can open it. */
  readonly docsUri: string | undefined;
  readonly tokens: TokenCache;
  /** Findings that are known for the text of now; working them out is not waited for. */
  readonly knownFindings: (uri: string) => readonly Problem[];
}

/** Of a request about one file. */
export interface RequestScope extends SessionScope {
  readonly uri: string;
  readonly file: SourceFile;
}

export interface RequestEntry {
  readonly method: string;
  /** The URI a request is about, in the client's spelling. Throws on parameters of another shape. */
  uriOf(params: unknown): string;
  /** Answered for a file that is not there, and after a bug. */
  readonly empty: unknown;
  /** The answer, or the work that comes to it, when it may be long. */
  answer(scope: RequestScope, params: unknown): unknown | Work<unknown>;
}

/** A request about all files, or about something that was sent before. */
export interface SessionEntry {
  readonly method: string;
  readonly empty: unknown;
  answer(scope: SessionScope, params: unknown): unknown | Promise<unknown> | Work<unknown>;
}
