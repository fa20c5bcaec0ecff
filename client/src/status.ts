/** The status bar item of an open trace: which packet, on which platform. Clicking it chooses another platform. */
import * as vscode from 'vscode';
import type { ShownWalk, TracePanel } from './tracePanel';

export function registerStatus(context: vscode.ExtensionContext, panel: TracePanel): void {
  const item = vscode.window.createStatusBarItem('gatewalk.trace', vscode.StatusBarAlignment.Left, 10);
  item.name = 'Gatewalk trace';
  item.command = 'gatewalk.selectPlatform';
  context.subscriptions.push(
    item,
    panel.onShown((walk) => {
      void vscode.commands.executeCommand('setContext', 'gatewalk.traceOpen', walk !== undefined);
      if (walk === undefined) {
        item.hide();
        return;
      }
      item.text = `$(arrow-right) ${describe(walk)}`;
      item.tooltip = 'The packet that Gatewalk shows. Click to walk it on another platform.';
      item.show();
    }),
  );
}

function describe({ request, platformTitle }: ShownWalk): string {
  const reply = request.reply ? ' (reply)' : '';
  return `${request.packet}${reply}${platformTitle === undefined ? '' : ` on ${platformTitle}`}`;
}
