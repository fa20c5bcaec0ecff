/** The extension's entry on the desktop and in code-server: the language server runs in a process of its own. */
import type { ExtensionContext } from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { activateGatewalk } from './activate';
import { registerTasks } from './tasks';

export function activate(context: ExtensionContext): void {
  const module = context.asAbsolutePath('dist/cli.js');
  activateGatewalk(
    context,
    (options) =>
      new LanguageClient(
        'gatewalk',
        'Gatewalk',
        { module, args: ['lsp'], transport: TransportKind.ipc },
        options,
      ),
  );
  registerTasks(context);
}
