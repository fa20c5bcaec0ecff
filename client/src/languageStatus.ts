/**
 * The language status item: as what a file is read and why. `ipsec.conf` alone is a file of three programs, so what
 * the server took it for must be seen, and must be easy to change.
 */
import * as vscode from 'vscode';
import type { DialectResult } from '../../protocol/src/requests';
import type { LanguageServer } from './languageServer';

export function registerLanguageStatus(context: vscode.ExtensionContext, server: LanguageServer): void {
  const item = vscode.languages.createLanguageStatusItem(
    'gatewalk.dialect',
    server.languages.map((language) => ({ language })),
  );
  item.name = vscode.l10n.t('Policy language');
  item.text = 'Gatewalk';
  item.command = {
    title: vscode.l10n.t('Read as…'),
    command: 'gatewalk.chooseLanguage',
  };
  let asked = 0;
  const update = async () => {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined || !server.languages.includes(document.languageId)) return;
    const turn = ++asked;
    const dialect = await server.dialect({ uri: document.uri.toString() }).catch(() => undefined);
    if (turn !== asked || dialect === undefined) return;
    item.text = dialect.title ?? vscode.l10n.t('no language that Gatewalk knows');
    // One line that is not wrapped: what comes before is said where another language is chosen.
    item.detail = dialect.why.split('; ').at(-1) ?? '';
    item.severity =
      dialect.id === undefined
        ? vscode.LanguageStatusSeverity.Warning
        : vscode.LanguageStatusSeverity.Information;
  };
  context.subscriptions.push(
    item,
    vscode.window.onDidChangeActiveTextEditor(() => void update()),
    vscode.workspace.onDidOpenTextDocument(() => void update()),
    server.onChanged(({ uris }) => {
      const active = vscode.window.activeTextEditor?.document.uri.toString();
      if (active !== undefined && uris.includes(active)) void update();
    }),
    vscode.commands.registerCommand('gatewalk.chooseLanguage', async () => {
      const document = vscode.window.activeTextEditor?.document;
      if (document === undefined) return;
      await chooseLanguage(document, await server.dialect({ uri: document.uri.toString() }));
      await update();
    }),
  );
  void update();
}

async function chooseLanguage(document: vscode.TextDocument, dialect: DialectResult): Promise<void> {
  const items = dialect.choices.map(({ id, title }) => ({
    label: title,
    description: id === dialect.id ? vscode.l10n.t('{0}, as now', id) : id,
    id,
  }));
  const choice = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Read {0} as', document.uri.path.split('/').at(-1) ?? ''),
    placeHolder: dialect.why,
  });
  if (choice !== undefined && choice.id !== document.languageId)
    await vscode.languages.setTextDocumentLanguage(document, choice.id);
}
