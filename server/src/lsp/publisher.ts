/**
 * Pushes diagnostics of the open files and tells open traces to ask again. After a pause in typing the first
 * edit is answered at once; while the user types on, a newer edit puts the older work off.
 */
import type { Connection } from 'vscode-languageserver';
import { type ChangedParams, changedNotification } from '../../../protocol/src/requests';
import { diagnostics } from '../features/diagnostics';
import type { Problem } from '../syntax/problem';
import { type GuardHost, guardedNotification } from './guard';
import { toDiagnostic } from './positions';
import type { Session } from './session';

export interface PublisherHost extends GuardHost {
  /** Milliseconds since some fixed moment. */
  readonly now: () => number;
  readonly after: (milliseconds: number, run: () => void) => void;
}

export function publishOnChange(connection: Connection, session: Session, host: PublisherHost): void {
  /** Counts changes; a run that is no longer the newest stops. */
  let generation = 0;
  let quietSince = Number.NEGATIVE_INFINITY;
  let pending = new Set<string>();
  /** What each open file showed last: equal problems at equal places are not sent again. */
  const shown = new Map<string, { readonly problems: readonly Problem[]; readonly text: string }>();

  session.onChanged((uris) => {
    for (const uri of uris) pending.add(uri);
    const mine = ++generation;
    const wait = host.now() - quietSince > pauseMilliseconds ? 0 : pauseMilliseconds;
    quietSince = host.now();
    host.after(wait, () => {
      void guardedNotification('diagnostics', host, () => publish(mine));
    });
  });

  async function publish(mine: number): Promise<void> {
    if (mine !== generation) return;
    const changed = [...pending];
    pending = new Set();
    const open = session.openFiles;
    // The file being typed in comes first; findings in its neighbours can wait a moment.
    const ordered = [...open].sort(
      (a, b) => Number(changed.includes(b.uri)) - Number(changed.includes(a.uri)),
    );
    for (const { uri, clientUri } of ordered) {
      if (mine !== generation) return putBack(changed);
      const snapshot = session.snapshot();
      const file = snapshot.files.get(uri);
      if (file === undefined) continue;
      const problems = diagnostics(snapshot, uri);
      const last = shown.get(uri);
      if (last?.problems === problems && last.text === file.text) continue;
      shown.set(uri, { problems, text: file.text });
      void connection.sendDiagnostics({
        uri: clientUri,
        diagnostics: problems.map((p) => toDiagnostic(snapshot, file, p)),
      });
      await host.breathe();
    }
    const stillOpen = new Set(open.map((o) => o.uri));
    for (const uri of [...shown.keys()]) if (!stillOpen.has(uri)) shown.delete(uri);
    const params: ChangedParams = { uris: changed };
    void connection.sendNotification(changedNotification, params);
  }

  function putBack(uris: readonly string[]): void {
    for (const uri of uris) pending.add(uri);
  }
}

const pauseMilliseconds = 30;
