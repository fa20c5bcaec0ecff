/**
 * Tasks that run the command line in the terminal: `gatewalk check` and `gatewalk test` on a folder, with a problem
 * matcher. VS Code's own Node runs them, so nothing needs to be installed.
 */
import * as vscode from 'vscode';

const taskType = 'gatewalk';

interface GatewalkTask extends vscode.TaskDefinition {
  readonly command: 'check' | 'test';
  /** Files or folders, from the workspace folder. */
  readonly paths?: readonly string[];
}

export function registerTasks(context: vscode.ExtensionContext): void {
  const program = context.asAbsolutePath('dist/cli.js');
  context.subscriptions.push(
    vscode.tasks.registerTaskProvider(taskType, {
      provideTasks: () =>
        (vscode.workspace.workspaceFolders ?? [])
          // A process can only read what is on this machine's disk.
          .filter(({ uri }) => uri.scheme === 'file')
          .flatMap((folder) => [
            makeTask({ type: taskType, command: 'check' }, folder, program),
            makeTask({ type: taskType, command: 'test' }, folder, program),
          ]),
      resolveTask: ({ definition, scope }) => {
        if (!isGatewalkTask(definition)) return undefined;
        const folder = typeof scope === 'object' ? scope : vscode.workspace.workspaceFolders?.[0];
        return folder === undefined ? undefined : makeTask(definition, folder, program);
      },
    }),
  );
}

function makeTask(definition: GatewalkTask, folder: vscode.WorkspaceFolder, program: string): vscode.Task {
  const paths = definition.paths ?? ['.'];
  const execution = new vscode.ProcessExecution(process.execPath, [program, definition.command, ...paths], {
    cwd: folder.uri.fsPath,
    // On the desktop this program is VS Code itself, which is Node only when told so.
    env: { ELECTRON_RUN_AS_NODE: '1', NO_COLOR: '1' },
  });
  const task = new vscode.Task(definition, folder, definition.command, taskType, execution, '$gatewalk');
  task.group = vscode.TaskGroup.Test;
  task.detail =
    definition.command === 'check'
      ? vscode.l10n.t('Shows what is wrong with the policy files')
      : vscode.l10n.t('Checks the expectations of gatewalk.yaml');
  return task;
}

function isGatewalkTask(definition: vscode.TaskDefinition): definition is GatewalkTask {
  const { command, paths } = definition;
  return (
    (command === 'check' || command === 'test') &&
    (paths === undefined || (Array.isArray(paths) && paths.every((path) => typeof path === 'string')))
  );
}
