/** What is added to the files from a walk: packets as samples, walks as expectations. */
import * as vscode from 'vscode';
import {
  type EditResult,
  makeExpectationCommand,
  type SavePacketParams,
  type TraceParams,
} from '../../protocol/src/requests';
import type { LanguageServer } from './languageServer';
import { isWalkRequest } from './tracePanel';
import type { TracePanels } from './tracePanels';

export function registerSampleCommands(
  context: vscode.ExtensionContext,
  server: LanguageServer,
  panels: TracePanels,
): void {
  context.subscriptions.push(
    vscode.commands.registerCommand(makeExpectationCommand, async (argument: unknown) => {
      const request = isWalkRequest(argument) ? argument : panels.request;
      if (request !== undefined) await makeExpectation(server, request);
    }),
    vscode.commands.registerCommand('gatewalk.findPacket', async () => {
      const editor = vscode.window.activeTextEditor;
      if (editor === undefined) return;
      const uri = editor.document.uri.toString();
      const found = await server.findPacket({ uri, line: editor.selection.active.line });
      if ('error' in found) {
        await vscode.window.showInformationMessage(found.error);
        return;
      }
      const walk = vscode.l10n.t('Walk');
      const save = vscode.l10n.t('Save as a Sample');
      const choice = await vscode.window.showInformationMessage(
        `${found.notation}: ${found.verdict}`,
        walk,
        save,
      );
      if (choice === walk) await panels.show({ uri, packet: found.notation, reply: false });
      if (choice === save) await savePacket(server, { uri, name: '', text: found.notation });
    }),
  );
}

/** Asks for a name when there is none. */
export async function savePacket(server: LanguageServer, params: SavePacketParams): Promise<void> {
  const name =
    params.name !== ''
      ? params.name
      : await vscode.window.showInputBox({
          title: vscode.l10n.t('Name of the sample packet'),
          prompt: params.text,
          validateInput: (text) =>
            /^[\w.-]+$/.test(text) ? undefined : vscode.l10n.t('Letters, digits, “.”, “_” and “-” only.'),
        });
  if (name === undefined) return;
  await applyEdit(
    server,
    await server.savePacket({ ...params, name }),
    vscode.l10n.t('The packet {0} is a sample now.', name),
  );
}

export async function makeExpectation(server: LanguageServer, request: TraceParams): Promise<void> {
  await applyEdit(
    server,
    await server.makeExpectation(request),
    vscode.l10n.t('What the walk says now is expected from now on.'),
  );
}

async function applyEdit(server: LanguageServer, result: EditResult, done: string): Promise<void> {
  if ('error' in result) {
    await vscode.window.showErrorMessage(result.error);
    return;
  }
  const applied = await vscode.workspace.applyEdit(await server.toWorkspaceEdit(result.edit));
  if (!applied) {
    await vscode.window.showErrorMessage(vscode.l10n.t('The file could not be changed.'));
    return;
  }
  const show = vscode.l10n.t('Show');
  const [file] = Object.keys(result.edit.changes);
  const choice = await vscode.window.showInformationMessage(done, show);
  if (choice === show && file !== undefined) await vscode.window.showTextDocument(vscode.Uri.parse(file));
}
