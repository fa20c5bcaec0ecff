/** Walks as files: pictures, tables, diagrams, and captures that Wireshark opens. */
import * as vscode from 'vscode';
import type { ExportFormat, ExportParams } from '../../protocol/src/requests';
import type { LanguageServer } from './languageServer';
import type { TracePanels } from './tracePanels';

export function registerExport(
  context: vscode.ExtensionContext,
  server: LanguageServer,
  panels: TracePanels,
): void {
  context.subscriptions.push(
    vscode.commands.registerCommand('gatewalk.exportTrace', async () => {
      const { request } = panels;
      if (request === undefined) return;
      const format = await chooseFormat();
      if (format !== undefined) await saveExport(server, { ...request, format });
    }),
  );
}

/** Asks where, writes the file and offers to open it. */
export async function saveExport(server: LanguageServer, params: ExportParams): Promise<void> {
  const result = await server.export(params);
  if ('error' in result) {
    await vscode.window.showErrorMessage(result.error);
    return;
  }
  const folder = vscode.Uri.joinPath(vscode.Uri.parse(params.uri), '..');
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(folder, result.fileName),
    title: vscode.l10n.t('Export the walk'),
  });
  if (target === undefined) return;
  const bytes =
    result.encoding === 'base64' ? fromBase64(result.content) : new TextEncoder().encode(result.content);
  await vscode.workspace.fs.writeFile(target, bytes);
  const open = vscode.l10n.t('Open');
  const name = target.path.split('/').at(-1) ?? '';
  const choice = await vscode.window.showInformationMessage(vscode.l10n.t('Written: {0}', name), open);
  if (choice === open) await vscode.commands.executeCommand('vscode.open', target);
}

interface FormatItem extends vscode.QuickPickItem {
  readonly format: ExportFormat;
}

async function chooseFormat(): Promise<ExportFormat | undefined> {
  const items: readonly FormatItem[] = [
    { label: 'SVG', description: vscode.l10n.t('a picture of the walk'), format: 'svg' },
    { label: 'Markdown', description: vscode.l10n.t('the stages as a table'), format: 'markdown' },
    { label: vscode.l10n.t('Text'), description: vscode.l10n.t('with header diagrams'), format: 'text' },
    { label: 'Mermaid', description: vscode.l10n.t('the headers as a diagram'), format: 'mermaid' },
    { label: 'pcap', description: vscode.l10n.t('the packets at every hop, for Wireshark'), format: 'pcap' },
  ];
  const choice = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Export the walk as') });
  return choice?.format;
}

/** Works in Node and in a web worker alike. */
function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
