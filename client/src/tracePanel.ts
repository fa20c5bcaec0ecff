/**
 * The trace view's panel. It remembers what was asked, not what was answered: after an edit, a reload or when
 * it is shown again it asks anew, so what it shows is always the walk through the files as they are now.
 */
import * as vscode from 'vscode';
import type { TraceParams } from '../../protocol/src/requests';
import type { FromWebview, ToWebview } from '../../protocol/src/webviewMessages';
import type { LanguageServer } from './languageServer';
import { reveal } from './reveal';
import { tracePage } from './tracePage';

const viewType = 'gatewalk.trace';
/** Typing fires many changes; one answer a burst is enough. */
const settleMilliseconds = 60;

/** What the panel shows: the question and the platform's name when one was chosen. */
export interface ShownWalk {
  readonly request: TraceParams;
  readonly platformTitle?: string;
}

export class TracePanel {
  readonly #context: vscode.ExtensionContext;
  readonly #server: LanguageServer;
  readonly #shown = new vscode.EventEmitter<ShownWalk | undefined>();
  #panel: vscode.WebviewPanel | undefined;
  #request: TraceParams | undefined;
  /** Counts questions: an answer to any but the last one is thrown away. */
  #asked = 0;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(context: vscode.ExtensionContext, server: LanguageServer) {
    this.#context = context;
    this.#server = server;
    context.subscriptions.push(
      this.#shown,
      server.onChanged(() => this.#askSoon()),
      vscode.window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (panel, state: unknown) => this.#restore(panel, state),
      }),
    );
  }

  /** Fires with each walk shown, and with nothing when the panel is closed. */
  get onShown(): vscode.Event<ShownWalk | undefined> {
    return this.#shown.event;
  }

  /** What was asked last, also after the panel was closed. */
  get request(): TraceParams | undefined {
    return this.#request;
  }

  /** Shows a walk, in the open panel or in a new one beside the editor. */
  async show(request: TraceParams): Promise<void> {
    this.#request = request;
    if (this.#panel !== undefined) {
      this.#panel.reveal(undefined, true);
      await this.#ask();
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      viewType,
      'Trace',
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      this.#options(),
    );
    this.#adopt(panel);
  }

  #restore(panel: vscode.WebviewPanel, state: unknown): void {
    if (!isRequest(state)) {
      panel.dispose();
      return;
    }
    this.#request = state;
    panel.webview.options = this.#options();
    this.#adopt(panel);
  }

  /** Fills a panel; its page says `ready` when it can show a walk. */
  #adopt(panel: vscode.WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.#context.extensionUri, 'assets/walk-light.svg'),
      dark: vscode.Uri.joinPath(this.#context.extensionUri, 'assets/walk-dark.svg'),
    };
    panel.webview.onDidReceiveMessage((message: FromWebview) => this.#receive(message));
    panel.onDidDispose(() => {
      if (this.#panel !== panel) return;
      this.#panel = undefined;
      this.#asked++;
      this.#shown.fire(undefined);
    });
    panel.webview.html = tracePage(panel.webview, this.#distFolder());
  }

  async #receive(message: FromWebview): Promise<void> {
    switch (message.kind) {
      case 'ready':
        await this.#ask();
        return;
      case 'reveal':
        await reveal(message.place, { takeFocus: false });
        return;
      case 'walk':
        if (this.#request !== undefined) await this.show(withChoices(this.#request.uri, message));
        return;
    }
  }

  #askSoon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#ask(), settleMilliseconds);
  }

  async #ask(): Promise<void> {
    const panel = this.#panel;
    const request = this.#request;
    if (panel === undefined || request === undefined) return;
    const turn = ++this.#asked;
    const message = await this.#answer(request);
    if (turn !== this.#asked) return;
    await panel.webview.postMessage(message);
    panel.title = `Trace: ${request.packet}${request.reply ? ' (reply)' : ''}`;
    const platform =
      message.kind === 'trace' ? message.platforms.find(({ id }) => id === request.platform) : undefined;
    this.#shown.fire({ request, ...(platform === undefined ? {} : { platformTitle: platform.title }) });
  }

  async #answer(request: TraceParams): Promise<ToWebview> {
    try {
      const [result, choices] = await Promise.all([
        this.#server.trace(request),
        this.#server.packets({ uri: request.uri }),
      ]);
      if ('error' in result) return { kind: 'error', text: result.error, request };
      return { kind: 'trace', request, trace: result.trace, ...choices };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: 'error', text: `The language server gave no answer: ${reason}`, request };
    }
  }

  #options(): vscode.WebviewOptions {
    return { enableScripts: true, localResourceRoots: [this.#distFolder()] };
  }

  #distFolder(): vscode.Uri {
    return vscode.Uri.joinPath(this.#context.extensionUri, 'dist');
  }
}

function withChoices(uri: string, choices: Omit<TraceParams, 'uri'>): TraceParams {
  const { packet, reply, platform } = choices;
  return { uri, packet, reply, ...(platform === undefined ? {} : { platform }) };
}

/** The page's saved state comes from an earlier session, possibly of another version. */
function isRequest(state: unknown): state is TraceParams {
  if (typeof state !== 'object' || state === null) return false;
  const { uri, packet, reply, platform } = state as Record<string, unknown>;
  return (
    typeof uri === 'string' &&
    typeof packet === 'string' &&
    typeof reply === 'boolean' &&
    (platform === undefined || typeof platform === 'string')
  );
}
