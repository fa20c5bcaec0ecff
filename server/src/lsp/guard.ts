/**
 * Around every request: it waits for its files, stops when it was cancelled, and a bug in it is reported loudly
 * and answered emptily, so that one bad request never takes the editor down.
 */
import { type CancellationToken, LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import type { RequestEntry } from './requests';
import type { Session } from './session';

export interface GuardHost {
  /** Lets messages that have arrived meanwhile be read: only then can a request learn that it was cancelled. */
  readonly breathe: () => Promise<void>;
  readonly reportBug: (text: string) => void;
}

export function guarded(
  entry: RequestEntry,
  session: Session,
  host: GuardHost,
): (params: unknown, token: CancellationToken) => Promise<unknown> {
  return async (params, token) => {
    try {
      const uri = await session.load(entry.uriOf(params));
      await host.breathe();
      if (token.isCancellationRequested) return cancelled();
      const snapshot = session.snapshot();
      const file = snapshot.files.get(uri);
      return file === undefined ? entry.empty : entry.answer({ snapshot, uri, file }, params);
    } catch (error) {
      host.reportBug(`${entry.method}: ${describe(error)}`);
      return entry.empty;
    }
  };
}

/** The same for what comes without an answer. */
export async function guardedNotification(
  name: string,
  host: GuardHost,
  work: () => void | Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    host.reportBug(`${name}: ${describe(error)}`);
  }
}

function cancelled(): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled.');
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
