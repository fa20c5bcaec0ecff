/**
 * What both entries share. Nothing here waits: the server starts beside the window, and every request of the
 * features waits for it, so that opening a file never waits for Gatewalk.
 */
import type { ExtensionContext } from 'vscode';
import { registerAssistantTools } from './assistantTools';
import { registerExport } from './exportTrace';
import { registerImportCommand } from './importPackets';
import { type MakeClient, startLanguageServer } from './languageServer';
import { registerLanguageStatus } from './languageStatus';
import { registerReveal } from './reveal';
import { registerSampleCommands } from './samples';
import { registerStatus } from './status';
import { registerTestExplorer } from './testExplorer';
import { TracePanels } from './tracePanels';
import { registerWalkCommands } from './walkCommands';

export function activateGatewalk(context: ExtensionContext, makeClient: MakeClient): void {
  const begin = performance.now();
  registerReveal(context);
  const server = startLanguageServer(context, makeClient);
  const panels = new TracePanels(context, server);
  registerWalkCommands(context, server, panels);
  registerSampleCommands(context, server, panels);
  registerImportCommand(context, server);
  registerExport(context, server, panels);
  registerStatus(context, server, panels);
  registerLanguageStatus(context, server);
  registerTestExplorer(context, server);
  registerAssistantTools(context, server);
  server.log(`Gatewalk was active after ${(performance.now() - begin).toFixed(1)} ms.`);
}
