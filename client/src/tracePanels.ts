/** All open trace views. Walks go to the one that was in front last, unless a view of its own is asked for. */
import * as vscode from 'vscode';
import type { TraceParams } from '../../protocol/src/requests';
import type { LanguageServer } from './languageServer';
import { isWalkRequest, type ShownWalk, TracePanel, traceViewType } from './tracePanel';

export class TracePanels {
  readonly #context: vscode.ExtensionContext;
  readonly #server: LanguageServer;
  readonly #shown = new vscode.EventEmitter<ShownWalk | undefined>();
  /** The one that was in front last is last. */
  #open: readonly TracePanel[] = [];
  #lastRequest: TraceParams | undefined;

  constructor(context: vscode.ExtensionContext, server: LanguageServer) {
    this.#context = context;
    this.#server = server;
    context.subscriptions.push(
      this.#shown,
      server.onChanged(() => {
        for (const panel of this.#open) panel.askSoon();
      }),
      vscode.window.registerWebviewPanelSerializer(traceViewType, {
        deserializeWebviewPanel: async (panel, state: unknown) => {
          if (isWalkRequest(state)) this.#adopt(panel, state);
          else panel.dispose();
        },
      }),
    );
  }

  /** Fires with the walk that is in front, and with nothing when the last view is closed. */
  get onShown(): vscode.Event<ShownWalk | undefined> {
    return this.#shown.event;
  }

  /** What was asked last, also after all views were closed. */
  get request(): TraceParams | undefined {
    return this.current?.request ?? this.#lastRequest;
  }

  get current(): TracePanel | undefined {
    return this.#open.at(-1);
  }

  async show(request: TraceParams, { beside = false }: { beside?: boolean } = {}): Promise<void> {
    this.#lastRequest = request;
    const panel = this.current;
    if (panel === undefined || beside) {
      const viewColumn = panel?.viewColumn ?? vscode.ViewColumn.Beside;
      const options = { enableScripts: true };
      this.#adopt(
        vscode.window.createWebviewPanel(
          traceViewType,
          vscode.l10n.t('Trace'),
          { viewColumn, preserveFocus: true },
          options,
        ),
        request,
      );
    } else {
      await panel.show(request);
    }
  }

  #adopt(webview: vscode.WebviewPanel, request: TraceParams): void {
    const panel: TracePanel = new TracePanel(webview, request, this.#context.extensionUri, this.#server, {
      walkBeside: (other) => void this.show(other, { beside: true }),
      shown: (walk) => {
        this.#lastRequest = walk.request;
        if (this.current === panel) this.#shown.fire(walk);
      },
      cameToFront: () => this.#toFront(panel),
      closed: () => {
        this.#open = this.#open.filter((other) => other !== panel);
        this.#shown.fire(this.current?.shown);
      },
    });
    this.#open = [...this.#open, panel];
  }

  #toFront(panel: TracePanel): void {
    if (this.current === panel) return;
    this.#open = [...this.#open.filter((other) => other !== panel), panel];
    this.#shown.fire(panel.shown);
  }
}
