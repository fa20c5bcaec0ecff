/**
 * Around every request: it waits for its files, stops when it was cancelled, and a bug in it is reported loudly
 * and answered emptily, so that one bad request never takes the editor down.
 */
import { type CancellationToken, LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import { isWork, type Work } from '../text/work';
import type { RequestEntry, SessionEntry, SessionScope } from './scope';
import type { Session } from './session';
import { inSlices, type SliceHost } from './slices';

export interface GuardHost extends SliceHost {
  readonly reportBug: (text: string) => void;
}

export type ScopeOf = (token: CancellationToken) => SessionScope;
type Handler = (params: unknown, token: CancellationToken) => Promise<unknown>;

export function guarded(entry: RequestEntry, session: Session, host: GuardHost, scopeOf: ScopeOf): Handler {
  return guardedHandler(entry, host, async (params, token) => {
    const uri = await session.load(entry.uriOf(params));
    await host.breathe();
    if (token.isCancellationRequested) return cancelled();
    const scope = scopeOf(token);
    const file = scope.snapshot.files.get(uri);
    if (file === undefined) return entry.empty;
    return inTime(
      host,
      token,
      () => session.snapshot().files.get(uri) === file,
      function* () {
        yield* scope.snapshot.prepare();
        const answer = entry.answer({ ...scope, uri, file }, params);
        return isWork(answer) ? yield* answer : answer;
      },
    );
  });
}

/** The same for a request that is about no file. */
export function guardedOfSession(entry: SessionEntry, host: GuardHost, scopeOf: ScopeOf): Handler {
  return guardedHandler(entry, host, async (params, token) => {
    await host.breathe();
    if (token.isCancellationRequested) return cancelled();
    return inTime(
      host,
      token,
      () => true,
      function* () {
        const scope = scopeOf(token);
        yield* scope.snapshot.prepare();
        const answer = entry.answer(scope, params);
        return isWork(answer) ? yield* answer : answer;
      },
    );
  });
}

/** In slices, until it is done, cancelled, or about a text that is no more. */
async function inTime(
  host: GuardHost,
  token: CancellationToken,
  isCurrent: () => boolean,
  work: () => Work<unknown>,
): Promise<unknown> {
  const done = await inSlices(work(), host, () => token.isCancellationRequested || !isCurrent());
  if (done !== undefined) return done.result;
  return token.isCancellationRequested ? cancelled() : outdated();
}

/** An edit came meanwhile; whoever still wants an answer asks again. */
function outdated(): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.ContentModified, 'The file was edited meanwhile.');
}

function guardedHandler(
  entry: { readonly method: string; readonly empty: unknown },
  host: GuardHost,
  work: Handler,
): Handler {
  return async (params, token) => {
    try {
      return await work(params, token);
    } catch (error) {
      // Said to the user, in whole sentences: no bug.
      if (error instanceof ResponseError) return error;
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

/** What is asked for can't be done, and why. */
export function refused(why: string): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.RequestFailed, why);
}

function cancelled(): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled.');
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
