/**
 * One trace view. It remembers what was asked, not what was answered: after an edit, a reload or when it is shown
 * again it asks anew, so what it shows is always the walk through the files as they are now.
 */
import * as vscode from 'vscode';
import type { ExportParams, TraceParams } from '../../protocol/src/requests';
import type { FromWebview, ToWebview, WalkChoice } from '../../protocol/src/webviewMessages';
import { saveExport } from './exportTrace';
import type { LanguageServer } from './languageServer';
import { reveal } from './reveal';
import { makeExpectation, savePacket } from './samples';
import { tracePage } from './tracePage';

export const traceViewType = 'gatewalk.trace';
/** Typing fires many changes; one answer a burst is enough. */
const settleMilliseconds = 60;

/** What a view shows: the question and the platform's name when one was chosen. */
export interface ShownWalk {
  readonly request: TraceParams;
  readonly platformTitle?: string;
}

/** Whom a view tells what happened. */
export interface TracePanelHost {
  readonly walkBeside: (request: TraceParams) => void;
  readonly shown: (walk: ShownWalk) => void;
  readonly cameToFront: () => void;
  readonly closed: () => void;
}

export class TracePanel {
  readonly #panel: vscode.WebviewPanel;
  readonly #server: LanguageServer;
  readonly #host: TracePanelHost;
  #request: TraceParams;
  #shown: ShownWalk;
  #closed = false;
  #answered = false;
  #rule: { readonly uri: string; readonly line: number } | undefined;
  /** Counts questions: an answer to any but the last one is thrown away. */
  #asked = 0;
  #settling: ReturnType<typeof setTimeout> | undefined;

  /** The page says `ready` when it can show a walk. */
  constructor(
    panel: vscode.WebviewPanel,
    request: TraceParams,
    extensionUri: vscode.Uri,
    server: LanguageServer,
    host: TracePanelHost,
  ) {
    this.#panel = panel;
    this.#request = pureRequest(request);
    this.#shown = { request: this.#request };
    this.#server = server;
    this.#host = host;
    const file = (path: string) => vscode.Uri.joinPath(extensionUri, path);
    panel.iconPath = { light: file('assets/walk-light.svg'), dark: file('assets/walk-dark.svg') };
    panel.webview.options = { enableScripts: true, localResourceRoots: [file('dist')] };
    panel.webview.onDidReceiveMessage((message: FromWebview) => this.#receive(message));
    panel.onDidChangeViewState(() => {
      if (panel.active) host.cameToFront();
    });
    panel.onDidDispose(() => {
      this.#closed = true;
      this.#asked++;
      clearTimeout(this.#settling);
      host.closed();
    });
    panel.webview.html = tracePage(panel.webview, file('dist'));
  }

  get request(): TraceParams {
    return this.#request;
  }

  get shown(): ShownWalk {
    return this.#shown;
  }

  get viewColumn(): vscode.ViewColumn | undefined {
    return this.#panel.viewColumn;
  }

  /** Shows another walk and comes to the front, without taking the focus. */
  async show(request: TraceParams): Promise<void> {
    this.#request = pureRequest(request);
    this.#panel.reveal(undefined, true);
    await this.#ask();
  }

  askSoon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#ask(), settleMilliseconds);
  }

  /** Selects the stage that the rule at a line decided, at once or as soon as there is a walk. */
  async showRule(uri: string, line: number): Promise<void> {
    this.#rule = { uri, line };
    this.#panel.reveal(undefined, true);
    if (this.#answered) await this.#postRule();
  }

  async #postRule(): Promise<void> {
    const rule = this.#rule;
    this.#rule = undefined;
    if (rule !== undefined) await this.#post({ kind: 'showRule', ...rule });
  }

  async step(by: 1 | -1): Promise<void> {
    await this.#post({ kind: 'step', by });
  }

  async #receive(message: FromWebview): Promise<void> {
    const request = this.#request;
    switch (message.kind) {
      case 'ready':
        await this.#ask();
        return;
      case 'reveal':
        await reveal(message.place, { takeFocus: false });
        return;
      case 'walk': {
        const chosen = chosenWalk(request.uri, message);
        if (message.beside) this.#host.walkBeside(chosen);
        else await this.show(chosen);
        return;
      }
      case 'tables': {
        const result = await orError(this.#server.tables(request));
        await this.#post({ kind: 'tables', request, result });
        return;
      }
      case 'compare': {
        const { uri, packet, reply } = request;
        const { kind: _, ...platforms } = message;
        const result = await orError(this.#server.compare({ uri, packet, reply, ...platforms }));
        await this.#post({ kind: 'comparison', request, result });
        return;
      }
      case 'checkPacket': {
        const { text } = message;
        const result = await this.#server.checkPacket({ uri: request.uri, text });
        await this.#post({ kind: 'packetChecked', text, result });
        return;
      }
      case 'savePacket':
        await savePacket(this.#server, { uri: request.uri, name: message.name, text: message.text });
        return;
      case 'export':
        await saveExport(this.#server, exportOf(request, message));
        return;
      case 'makeExpectation':
        await makeExpectation(this.#server, request);
        return;
    }
  }

  async #ask(): Promise<void> {
    const request = this.#request;
    const turn = ++this.#asked;
    const message = await this.#answer(request);
    if (turn !== this.#asked) return;
    await this.#post(message);
    this.#answered = true;
    await this.#postRule();
    this.#panel.title = vscode.l10n.t('Trace: {0}', walkName(request));
    const platform =
      message.kind === 'trace' ? message.platforms.find(({ id }) => id === request.platform) : undefined;
    this.#shown = { request, ...(platform === undefined ? {} : { platformTitle: platform.title }) };
    this.#host.shown(this.#shown);
  }

  /** The packet's own walk, and the reply's beside it when it was asked for. */
  async #answer(request: TraceParams): Promise<ToWebview> {
    const [there, back, choices] = await Promise.all([
      orError(this.#server.trace({ ...request, reply: false })),
      request.reply ? orError(this.#server.trace(request)) : undefined,
      this.#server.packets({ uri: request.uri }).catch(() => ({ packets: [], platforms: [] })),
    ]);
    if ('error' in there) return { kind: 'error', text: there.error, request };
    const reply = back === undefined ? {} : { reply: back };
    return { kind: 'trace', request, trace: there.trace, ...reply, ...choices };
  }

  async #post(message: ToWebview): Promise<void> {
    if (!this.#closed) await this.#panel.webview.postMessage(message);
  }
}

export function walkName({ packet, reply }: Pick<TraceParams, 'packet' | 'reply'>): string {
  return reply ? vscode.l10n.t('{0} (reply)', packet) : packet;
}

/** A page's saved state comes from an earlier session, possibly of another version. */
export function isWalkRequest(state: unknown): state is TraceParams {
  if (typeof state !== 'object' || state === null) return false;
  const { uri, packet, reply, platform } = state as Record<string, unknown>;
  return (
    typeof uri === 'string' &&
    typeof packet === 'string' &&
    typeof reply === 'boolean' &&
    (platform === undefined || typeof platform === 'string')
  );
}

function chosenWalk(uri: string, { packet, reply, platform }: WalkChoice): TraceParams {
  return { uri, packet, reply, ...(platform === undefined ? {} : { platform }) };
}

function exportOf(
  request: TraceParams,
  { format, reply, step }: FromWebview & { kind: 'export' },
): ExportParams {
  return { ...request, reply, format, ...(step === undefined ? {} : { step }) };
}

/** Without what a page saves beyond the question. */
function pureRequest({ uri, packet, reply, platform }: TraceParams): TraceParams {
  return { uri, packet, reply, ...(platform === undefined ? {} : { platform }) };
}

/** A server that gave no answer is told like any other reason why there is none. */
async function orError<T>(answer: Promise<T>): Promise<T | { readonly error: string }> {
  try {
    return await answer;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { error: vscode.l10n.t('The language server gave no answer: {0}', reason) };
  }
}
