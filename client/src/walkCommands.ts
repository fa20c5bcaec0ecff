/** The commands that choose what to walk: from a CodeLens, the editor's title bar, or the palette. */
import * as vscode from 'vscode';
import type { TraceParams } from '../../protocol/src/requests';
import type { LanguageServer } from './languageServer';
import type { TracePanel } from './tracePanel';

export function registerWalkCommands(
  context: vscode.ExtensionContext,
  server: LanguageServer,
  panel: TracePanel,
): void {
  const walk = async (argument: unknown, reply: boolean) => {
    const request = isWalk(argument)
      ? argument
      : await chooseWalk(server, startingUri(argument, panel), reply);
    if (request !== undefined) await panel.show(request);
  };
  context.subscriptions.push(
    vscode.commands.registerCommand('gatewalk.walk', (argument: unknown) => walk(argument, false)),
    vscode.commands.registerCommand('gatewalk.walkReply', (argument: unknown) => walk(argument, true)),
    vscode.commands.registerCommand('gatewalk.showTrace', () =>
      panel.request === undefined ? walk(undefined, false) : panel.show(panel.request),
    ),
    vscode.commands.registerCommand('gatewalk.selectPlatform', async () => {
      const { request } = panel;
      if (request === undefined) return;
      const choice = await choosePlatform(server, request);
      if (choice !== undefined) await panel.show(choice);
    }),
  );
}

/** The argument that a CodeLens of the server carries. */
function isWalk(argument: unknown): argument is TraceParams {
  return typeof argument === 'object' && argument !== null && 'packet' in argument && 'uri' in argument;
}

/** The title bar hands over the file's URI; the palette nothing, so the file in front counts. */
function startingUri(argument: unknown, panel: TracePanel): string | undefined {
  if (argument instanceof vscode.Uri) return argument.toString();
  return vscode.window.activeTextEditor?.document.uri.toString() ?? panel.request?.uri;
}

interface PacketItem extends vscode.QuickPickItem {
  readonly packet: string;
}

/** A sample packet from the list, or one typed in the one-line notation. */
async function chooseWalk(
  server: LanguageServer,
  uri: string | undefined,
  reply: boolean,
): Promise<TraceParams | undefined> {
  if (uri === undefined) {
    await vscode.window.showInformationMessage(
      'Open a policy file or gatewalk.yaml first, then walk a packet.',
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
  pick.title = 'Walk a packet';
  pick.placeholder = 'A sample packet, or type one: out on fxp0 tcp 10.1.0.10:40000 > 198.51.100.7:80 S';
  pick.matchOnDescription = true;
  pick.items = samples;
  return new Promise((resolve) => {
    pick.onDidChangeValue((text) => {
      const typed: PacketItem = {
        label: text,
        description: 'walk this packet',
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
  const own = { label: 'As in the files', description: 'each gateway on its own platform', request: rest };
  const others = platforms.map(({ id, title }) => ({
    label: title,
    description: id === current ? `${id}, shown now` : id,
    request: { ...rest, platform: id },
  }));
  const choice = await vscode.window.showQuickPick([own, ...others], { title: 'Walk on another platform' });
  return choice?.request;
}
