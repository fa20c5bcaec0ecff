/**
 * The status bar: the packet that is selected (in front in a trace view, or chosen for the hints in the editor),
 * and the platform it is walked on. Clicking chooses others.
 */
import * as vscode from 'vscode';
import type { TraceParams } from '../../protocol/src/requests';
import type { LanguageServer } from './languageServer';
import { type ShownWalk, walkName } from './tracePanel';
import type { TracePanels } from './tracePanels';
import { chooseWalk, startingUri } from './walkCommands';

export function registerStatus(
  context: vscode.ExtensionContext,
  server: LanguageServer,
  panels: TracePanels,
): void {
  const packet = vscode.window.createStatusBarItem('gatewalk.packet', vscode.StatusBarAlignment.Left, 11);
  packet.name = vscode.l10n.t('Gatewalk packet');
  packet.command = 'gatewalk.selectPacket';
  const platform = vscode.window.createStatusBarItem('gatewalk.platform', vscode.StatusBarAlignment.Left, 10);
  platform.name = vscode.l10n.t('Gatewalk platform');
  platform.command = 'gatewalk.selectPlatform';

  const show = (walk: ShownWalk | undefined) => {
    void vscode.commands.executeCommand('setContext', 'gatewalk.packetSelected', walk !== undefined);
    // Only hints depend on it: a server that has not started, or does not know it, loses nothing.
    server.selectPacket(walk?.request ?? null).catch(() => undefined);
    if (walk === undefined) {
      packet.hide();
      platform.hide();
      return;
    }
    packet.text = `$(arrow-right) ${walkName(walk.request)}`;
    packet.tooltip = vscode.l10n.t('The packet that Gatewalk shows. Click to choose another one.');
    platform.text = `$(server) ${walk.platformTitle ?? vscode.l10n.t('as in the files')}`;
    platform.tooltip = vscode.l10n.t(
      "The platform whose order of stages the packet meets. Click to walk on another one's.",
    );
    packet.show();
    platform.show();
  };
  context.subscriptions.push(
    packet,
    platform,
    panels.onShown((walk) => {
      void vscode.commands.executeCommand('setContext', 'gatewalk.traceOpen', walk !== undefined);
      show(walk);
    }),
    vscode.commands.registerCommand('gatewalk.selectPacket', async () => {
      const request: TraceParams | undefined = await chooseWalk(
        server,
        startingUri(undefined, panels),
        false,
      );
      if (request === undefined) return;
      if (panels.current === undefined) show({ request });
      else await panels.show(request);
    }),
    vscode.commands.registerCommand('gatewalk.deselectPacket', () => show(undefined)),
  );
}
