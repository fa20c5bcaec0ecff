/** The extension's entry on the desktop and in code-server: starts the language server and the features. */
import type { ExtensionContext } from 'vscode';
import { startLanguageServer } from './languageServer';
import { registerReveal } from './reveal';
import { registerStatus } from './status';
import { TracePanel } from './tracePanel';
import { registerWalkCommands } from './walkCommands';

export async function activate(context: ExtensionContext): Promise<void> {
  registerReveal(context);
  const server = await startLanguageServer(context);
  const tracePanel = new TracePanel(context, server);
  registerWalkCommands(context, server, tracePanel);
  registerStatus(context, tracePanel);
}
