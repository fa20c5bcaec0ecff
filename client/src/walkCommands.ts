/** The commands that choose what to walk: from a CodeLens, the editor's title bar, or the palette. */
import * as vscode from 'vscode';
import {
  type PickWalkArguments,
  pickWalkCommand,
  type TraceParams,
  walkCommand,
} from '../../protocol/src/requests';
import type { LanguageServer } from './languageServer';
import { isWalkRequest, walkName } from './tracePanel';
import type { TracePanels } from './tracePanels';

export function registerWalkCommands(
  context: vscode.ExtensionContext,
  server: LanguageServer,
  panels: TracePanels,
): void {
  const walk = async (argument: unknown, { reply = false, beside = false } = {}) => {
    const request = isWalkRequest(argument)
      ? argument
      : await chooseWalk(server, startingUri(argument, panels), reply);
    if (request !== undefined) await panels.show(request, { beside });
  };
  context.subscriptions.push(
    vscode.commands.registerCommand(walkCommand, (argument: unknown) => walk(argument)),
    vscode.commands.registerCommand('gatewalk.walkBeside', (argument: unknown) =>
      walk(argument, { beside: true }),
    ),
    vscode.commands.registerCommand('gatewalk.walkReply', (argument: unknown) =>
      walk(argument, { reply: true }),
    ),
    vscode.commands.registerCommand('gatewalk.showTrace', () =>
      panels.request === undefined ? walk(undefined) : panels.show(panels.request),
    ),
    vscode.commands.registerCommand('gatewalk.selectPlatform', async () => {
      const { request } = panels;
      if (request === undefined) return;
      const choice = await choosePlatform(server, request);
      if (choice !== undefined) await panels.show(choice);
    }),
    vscode.commands.registerCommand(pickWalkCommand, async (argument: PickWalkArguments) => {
      const request = await pickWalk(argument);
      if (request === undefined) return;
      await panels.show(request);
      if (argument.line !== undefined) await panels.current?.showRule(argument.uri, argument.line);
    }),
    vscode.commands.registerCommand('gatewalk.showRuleInTrace', async () => {
      const editor = vscode.window.activeTextEditor;
      if (editor === undefined) return;
      await panels.current?.showRule(editor.document.uri.toString(), editor.selection.active.line);
    }),
    vscode.commands.registerCommand('gatewalk.nextStage', () => panels.current?.step(1)),
    vscode.commands.registerCommand('gatewalk.previousStage', () => panels.current?.step(-1)),
  );
}

/** The only one of several walks needs no question. */
async function pickWalk({ uri, walks }: PickWalkArguments): Promise<TraceParams | undefined> {
  const items = walks.map((walk) => ({ label: walkName(walk), request: { uri, ...walk } }));
  if (items.length <= 1) return items[0]?.request;
  const title = vscode.l10n.t('Packets that hit this rule');
  return (await vscode.window.showQuickPick(items, { title }))?.request;
}

/** The title bar hands over the file's URI; the palette nothing, so the file in front counts. */
export function startingUri(argument: unknown, panels: TracePanels): string | undefined {
  if (argument instanceof vscode.Uri) return argument.toString();
  return vscode.window.activeTextEditor?.document.uri.toString() ?? panels.request?.uri;
}

interface PacketItem extends vscode.QuickPickItem {
  readonly packet: string;
}

/** A sample packet from the list, or one typed in the one-line notation. */
export async function chooseWalk(
  server: LanguageServer,
  uri: string | undefined,
  reply: boolean,
): Promise<TraceParams | undefined> {
  if (uri === undefined) {
    await vscode.window.showInformationMessage(
      vscode.l10n.t('Open a policy file or gatewalk.yaml first, then walk a packet.'),
    );
    return undefined;
  }
  const { packets } = await server.packets({ uri });
  const samples = packets.map(
    ({ name, notation }): PacketItem => ({ label: name, description: notation, packet: name }),
  );
  const packet = await pickPacket(samples);
  return packet === undefined ? undefined : { uri, packet, reply };
}

function pickPacket(samples: readonly PacketItem[]): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<PacketItem>();
  pick.title = vscode.l10n.t('Walk a packet');
  pick.placeholder = vscode.l10n.t(
    'A sample packet, or type one: {0}',
    'out on fxp0 tcp 10.1.0.10:40000 > 198.51.100.7:80 S',
  );
  pick.matchOnDescription = true;
  pick.items = samples;
  return new Promise((resolve) => {
    pick.onDidChangeValue((text) => {
      const typed: PacketItem = {
        label: text,
        description: vscode.l10n.t('walk this packet'),
        packet: text,
        alwaysShow: true,
      };
      pick.items = text.trim() === '' ? samples : [...samples, typed];
    });
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]?.packet);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

async function choosePlatform(
  server: LanguageServer,
  request: TraceParams,
): Promise<TraceParams | undefined> {
  const { platforms } = await server.packets({ uri: request.uri });
  const { platform: current, ...rest } = request;
  const own = {
    label: vscode.l10n.t('As in the files'),
    description: vscode.l10n.t('each gateway on its own platform'),
    request: rest,
  };
  const others = platforms.map(({ id, title }) => ({
    label: title,
    description: id === current ? vscode.l10n.t('{0}, shown now', id) : id,
    request: { ...rest, platform: id },
  }));
  const choice = await vscode.window.showQuickPick([own, ...others], {
    title: vscode.l10n.t('Walk on another platform'),
  });
  return choice?.request;
}
