/**
 * "Import Sample Packets": a capture file, or text that was copied (tcpdump lines, hex), becomes a list to
 * choose from; what is chosen becomes sample packets of the open folder.
 */
import * as vscode from 'vscode';
import type { ImportedPacketView, ImportPacketsParams } from '../../protocol/src/requests';
import type { LanguageServer } from './languageServer';
import { savePacket } from './samples';

export function registerImportCommand(context: vscode.ExtensionContext, server: LanguageServer): void {
  context.subscriptions.push(
    vscode.commands.registerCommand('gatewalk.importPackets', async () => {
      const uri = vscode.window.activeTextEditor?.document.uri.toString();
      if (uri === undefined) {
        await vscode.window.showInformationMessage(
          vscode.l10n.t('Open the policy file or gatewalk.yaml that the packets are for, then import them.'),
        );
        return;
      }
      const content = await askForContent();
      if (content === undefined) return;
      const { records, problems } = await server.importPackets({ uri, content });
      if (problems.length > 0) server.log(problems.join('\n'));
      if (records.length === 0) {
        await vscode.window.showErrorMessage(problems[0] ?? vscode.l10n.t('There is no packet in it.'));
        return;
      }
      for (const packet of await choose(records, problems.length))
        await savePacket(server, { uri, name: '', text: packet.notation });
    }),
  );
}

type Content = ImportPacketsParams['content'];

async function askForContent(): Promise<Content | undefined> {
  const file = vscode.l10n.t('From a file…');
  const clipboard = vscode.l10n.t('From the clipboard');
  const choice = await vscode.window.showQuickPick(
    [
      { label: file, detail: vscode.l10n.t('pcap, pcapng, tcpdump lines, a hex dump, ipftest packets') },
      { label: clipboard, detail: vscode.l10n.t('tcpdump lines, or a packet in hex') },
    ],
    { title: vscode.l10n.t('Import sample packets') },
  );
  if (choice === undefined) return undefined;
  if (choice.label === clipboard) return { encoding: 'utf8', data: await vscode.env.clipboard.readText() };
  const [chosen] =
    (await vscode.window.showOpenDialog({ title: vscode.l10n.t('Import sample packets') })) ?? [];
  if (chosen === undefined) return undefined;
  return { encoding: 'base64', data: toBase64(await vscode.workspace.fs.readFile(chosen)) };
}

async function choose(
  records: readonly ImportedPacketView[],
  problemCount: number,
): Promise<readonly ImportedPacketView[]> {
  const items = records.map((record) => ({
    label: record.title,
    description: record.losses.length > 0 ? vscode.l10n.t('not kept: {0}', record.losses.join('; ')) : '',
    detail: record.notation,
    record,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title:
      problemCount > 0
        ? vscode.l10n.t('Which packets become samples? ({0} left out, see the log)', problemCount)
        : vscode.l10n.t('Which packets become samples?'),
    canPickMany: true,
    matchOnDetail: true,
  });
  return (chosen ?? []).map((item) => item.record);
}

/** The web build has no Buffer, and `btoa` takes one character a byte. */
function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
