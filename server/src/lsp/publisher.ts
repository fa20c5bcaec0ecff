/**
 * Diagnostics of the open files, and the word to open traces that they should ask again. After a pause in typing the
 * first edit is answered at once; while the user types on, a newer edit puts the older work off.
 *
 * What takes walking (`findingsOf`) is worked out at once as long as that is quick. When it is not, the findings of
 * before stay on screen, moved along with the edit, until typing rests: they neither flicker nor delay. The work is
 * done in pieces between which requests are answered and a newer edit is noticed.
 *
 * A client that pulls diagnostics is not sent any: it gets what is known when it asks, and is told to ask again when
 * there is more.
 */
import type { Connection } from 'vscode-languageserver';
import { type ChangedParams, changedNotification } from '../../../protocol/src/requests';
import type { Snapshot } from '../analysis/snapshot';
import { diagnostics, findingSteps } from '../features/diagnostics';
import type { Problem } from '../syntax/problem';
import { diffAsOneEdit } from '../text/edit';
import { shiftRange } from '../text/range';
import type { Work } from '../text/work';
import { type ClientAbilities, progressOf } from './client';
import { type GuardHost, guardedNotification } from './guard';
import { toDiagnostic } from './positions';
import type { Session } from './session';
import { inSlices } from './slices';

export interface PublisherHost extends GuardHost {
  /** Gives unused memory back, where the host knows how; takes a moment. */
  readonly tidy?: () => void;
  readonly after: (milliseconds: number, run: () => void) => void;
}

interface Known {
  readonly text: string;
  readonly findings: readonly Problem[];
}

export class Publisher {
  /** Counts changes; a run that is no longer the newest stops. */
  private generation = 0;
  private changedAt = Number.NEGATIVE_INFINITY;
  private pending = new Set<string>();
  private findingsMilliseconds = 0;
  private readonly known = new Map<string, Known>();
  /** As sent: what is the same is not sent again. */
  private readonly sent = new Map<string, string>();

  constructor(
    private readonly connection: Connection,
    private readonly session: Session,
    private readonly host: PublisherHost,
    private readonly abilities: () => ClientAbilities,
  ) {
    session.onChanged((uris) => this.changed(uris));
  }

  /** The findings of a file as far as they are known, at the places they have in the text of now. */
  knownFindings(snapshot: Snapshot, uri: string): readonly Problem[] {
    const file = snapshot.files.get(uri);
    return file === undefined ? [] : movedFindings(this.known.get(uri), file.text);
  }

  /** What a client that asks is told. Who can't be told to ask again is told everything at once. */
  *problemsNow(snapshot: Snapshot, uri: string): Work<readonly Problem[]> {
    const { settings } = this.session;
    const wait = settings.deepAnalysis && !this.abilities().refreshesDiagnostics;
    if (wait) for (const step of findingSteps(snapshot, uri)) yield* step();
    const findings = wait ? snapshot.findingsOf(uri) : this.knownFindings(snapshot, uri);
    return diagnostics(snapshot.problemsOf(uri), findings, settings.severity);
  }

  /** Settings changed: everything is looked at anew. */
  again(): void {
    this.known.clear();
    this.sent.clear();
    this.changed([]);
    if (this.abilities().pulls) this.refresh();
  }

  private changed(uris: readonly string[]): void {
    for (const uri of uris) this.pending.add(uri);
    const mine = ++this.generation;
    const now = this.host.now();
    const wait = now - this.changedAt > pauseMilliseconds ? 0 : pauseMilliseconds;
    this.changedAt = now;
    this.schedule(wait, mine, this.findingsMilliseconds <= quickMilliseconds);
  }

  private schedule(wait: number, mine: number, withFindings: boolean): void {
    this.host.after(wait, () => {
      void guardedNotification('diagnostics', this.host, () => this.publish(mine, withFindings));
    });
  }

  private async publish(mine: number, withFindings: boolean): Promise<void> {
    if (mine !== this.generation) return;
    const open = this.session.openFiles;
    for (const uri of [...this.known.keys()])
      if (!open.some((o) => o.uri === uri)) {
        this.known.delete(uri);
        this.sent.delete(uri);
      }
    // The file being typed in comes first; its neighbours can wait a moment.
    const ordered = [...open].sort(
      (a, b) => Number(this.pending.has(b.uri)) - Number(this.pending.has(a.uri)),
    );
    let isNew = false;
    for (const { uri, clientUri } of ordered) {
      const snapshot = this.session.snapshot();
      const isStale = () => mine !== this.generation;
      if ((await inSlices(snapshot.prepare(), this.host, isStale)) === undefined) return;
      if (withFindings) {
        const before = JSON.stringify(this.knownFindings(snapshot, uri));
        // Who has waited long enough is shown what is known already.
        const onLong = () => {
          if (!this.abilities().pulls) this.push(snapshot, uri, clientUri);
        };
        if (!(await this.workOut(snapshot, uri, isStale, onLong))) return;
        isNew ||= before !== JSON.stringify(this.knownFindings(snapshot, uri));
      }
      if (!this.abilities().pulls) this.push(snapshot, uri, clientUri);
      await this.host.breathe();
      if (mine !== this.generation) return;
    }
    if (this.pending.size > 0) {
      const params: ChangedParams = { uris: [...this.pending] };
      this.pending = new Set();
      send(this.connection.sendNotification(changedNotification, params));
    }
    if (isNew) this.refresh();
    if (!withFindings) this.schedule(restMilliseconds, mine, true);
  }

  private push(snapshot: Snapshot, uri: string, clientUri: string): void {
    const file = snapshot.files.get(uri);
    if (file === undefined) return;
    const found = diagnostics(
      snapshot.problemsOf(uri),
      this.knownFindings(snapshot, uri),
      this.session.settings.severity,
    );
    const items = found.map((p) => toDiagnostic(snapshot, file, p, this.session.docsUri));
    const sent = JSON.stringify(items);
    if (this.sent.get(uri) === sent) return;
    this.sent.set(uri, sent);
    send(this.connection.sendDiagnostics({ uri: clientUri, diagnostics: items }));
  }

  /** False: a newer change made it pointless. */
  private async workOut(
    snapshot: Snapshot,
    uri: string,
    isStale: () => boolean,
    onLong: () => void,
  ): Promise<boolean> {
    const file = snapshot.files.get(uri);
    if (file === undefined) return true;
    if (!this.session.settings.deepAnalysis) {
      this.known.set(uri, { text: file.text, findings: [] });
      return true;
    }
    let worked = 0;
    const progress = progressOf(this.connection, this.abilities(), 'Gatewalk: analysing rules and walks');
    const steps = findingSteps(snapshot, uri);
    for (const [i, step] of steps.entries()) {
      const done = await inSlices(step(), this.host, isStale, (milliseconds) => {
        if (worked <= quickMilliseconds && worked + milliseconds > quickMilliseconds) onLong();
        worked += milliseconds;
        if (worked > longMilliseconds) progress.report(i, steps.length);
      });
      await this.host.breathe();
      if (done !== undefined && !isStale()) continue;
      // It is long, as far as it came: the next time it waits until typing rests.
      this.findingsMilliseconds = Math.max(worked, this.findingsMilliseconds);
      progress.done();
      return false;
    }
    progress.done();
    // Much was made and thrown away, and nobody waits.
    if (worked > longMilliseconds) this.host.tidy?.();
    // Only the first file of a project pays; so the cost is let go of slowly.
    this.findingsMilliseconds = Math.max(worked, this.findingsMilliseconds * 0.8);
    this.known.set(uri, { text: file.text, findings: snapshot.findingsOf(uri) });
    return true;
  }

  /** What is drawn from findings and walks is asked for anew by those who can be told. */
  private refresh(): void {
    const { pulls, refreshesDiagnostics, refreshesTokens, refreshesHints, refreshesLenses } =
      this.abilities();
    const { languages } = this.connection;
    if (pulls && refreshesDiagnostics) ask(languages.diagnostics.refresh());
    if (refreshesTokens) ask(languages.semanticTokens.refresh());
    if (refreshesHints) ask(languages.inlayHint.refresh());
    if (refreshesLenses) ask(this.connection.sendRequest('workspace/codeLens/refresh'));
  }

  /** Hints and lenses depend on the selected packet. */
  refreshHints(): void {
    if (this.abilities().refreshesHints) ask(this.connection.languages.inlayHint.refresh());
  }
}

/** When the connection has closed meanwhile, there is nobody left to tell. */
function send(sending: Promise<void>): void {
  sending.catch(() => undefined);
}

function ask(asking: Promise<unknown>): void {
  asking.catch(() => undefined);
}

/** The findings known last, at the places they have in the text of now; those in what was edited are let go. */
function movedFindings(last: Known | undefined, text: string): readonly Problem[] {
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
/** Work that takes longer shows its progress. */
const longMilliseconds = 400;
