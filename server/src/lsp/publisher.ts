/**
 * Pushes diagnostics of the open files and tells open traces to ask again. After a pause in typing the first
 * edit is answered at once; while the user types on, a newer edit puts the older work off.
 *
 * What takes walking (`findingsOf`) is worked out at once as long as that is quick. When it is not, the findings
 * of before stay on screen, moved along with the edit, until typing rests: they neither flicker nor delay.
 */
import type { Connection } from 'vscode-languageserver';
import { type ChangedParams, changedNotification } from '../../../protocol/src/requests';
import type { Snapshot } from '../analysis/snapshot';
import { diagnostics } from '../features/diagnostics';
import type { Problem } from '../syntax/problem';
import { diffAsOneEdit } from '../text/edit';
import { shiftRange } from '../text/range';
import { type GuardHost, guardedNotification } from './guard';
import { toDiagnostic } from './positions';
import type { Session } from './session';

export interface PublisherHost extends GuardHost {
  /** Milliseconds since some fixed moment. */
  readonly now: () => number;
  readonly after: (milliseconds: number, run: () => void) => void;
}

interface Shown {
  readonly text: string;
  readonly findings: readonly Problem[];
  /** As sent: what is the same is not sent again. */
  readonly sent: string;
}

export function publishOnChange(connection: Connection, session: Session, host: PublisherHost): void {
  /** Counts changes; a run that is no longer the newest stops. */
  let generation = 0;
  let changedAt = Number.NEGATIVE_INFINITY;
  let pending = new Set<string>();
  let findingsMilliseconds = 0;
  const shown = new Map<string, Shown>();

  session.onChanged((uris) => {
    for (const uri of uris) pending.add(uri);
    const mine = ++generation;
    const now = host.now();
    const wait = now - changedAt > pauseMilliseconds ? 0 : pauseMilliseconds;
    changedAt = now;
    schedule(wait, mine, findingsMilliseconds <= quickMilliseconds);
  });

  function schedule(wait: number, mine: number, withFindings: boolean): void {
    host.after(wait, () => {
      void guardedNotification('diagnostics', host, () => publish(mine, withFindings));
    });
  }

  async function publish(mine: number, withFindings: boolean): Promise<void> {
    if (mine !== generation) return;
    const open = session.openFiles;
    for (const uri of [...shown.keys()]) if (!open.some((o) => o.uri === uri)) shown.delete(uri);
    // The file being typed in comes first; its neighbours can wait a moment.
    const ordered = [...open].sort((a, b) => Number(pending.has(b.uri)) - Number(pending.has(a.uri)));
    for (const { uri, clientUri } of ordered) {
      publishFile(session.snapshot(), uri, clientUri, withFindings);
      await host.breathe();
      if (mine !== generation) return;
    }
    if (pending.size > 0) {
      const params: ChangedParams = { uris: [...pending] };
      pending = new Set();
      send(connection.sendNotification(changedNotification, params));
    }
    if (!withFindings) schedule(restMilliseconds, mine, true);
  }

  function publishFile(snapshot: Snapshot, uri: string, clientUri: string, withFindings: boolean): void {
    const file = snapshot.files.get(uri);
    if (file === undefined) return;
    const last = shown.get(uri);
    const problems = snapshot.problemsOf(uri);
    const findings = withFindings ? timedFindings(snapshot, uri) : movedFindings(last, file.text);
    const items = diagnostics(problems, findings).map((p) => toDiagnostic(snapshot, file, p));
    const sent = JSON.stringify(items);
    shown.set(uri, { text: file.text, findings, sent });
    if (last?.sent === sent) return;
    send(connection.sendDiagnostics({ uri: clientUri, diagnostics: items }));
  }

  function timedFindings(snapshot: Snapshot, uri: string): readonly Problem[] {
    const start = host.now();
    const findings = snapshot.findingsOf(uri);
    const took = host.now() - start;
    // Only the first file of a project pays; so the cost is let go of slowly.
    findingsMilliseconds = Math.max(took, findingsMilliseconds * 0.8);
    return findings;
  }
}

/** When the connection has closed meanwhile, there is nobody left to tell. */
function send(sending: Promise<void>): void {
  sending.catch(() => undefined);
}

/** The findings shown last, at the places they have in the text of now; those in what was edited are let go. */
function movedFindings(last: Shown | undefined, text: string): readonly Problem[] {
  if (last === undefined || last.findings.length === 0) return [];
  const edit = diffAsOneEdit(last.text, text);
  if (edit === undefined) return last.findings;
  const by = edit.text.length - (edit.end - edit.start);
  return last.findings.flatMap((finding) => {
    if (finding.range.end <= edit.start) return [finding];
    return finding.range.start >= edit.end ? [{ ...finding, range: shiftRange(finding.range, by) }] : [];
  });
}

/** Typing faster than this is a burst. */
const pauseMilliseconds = 30;
/** Findings that take longer wait until typing rests. */
const quickMilliseconds = 20;
const restMilliseconds = 250;
