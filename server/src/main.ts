/** The language server on Node: started by the extension over IPC, or by any editor as `gatewalk lsp --stdio`. */
import { setImmediate, setTimeout } from 'node:timers';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { Workspace } from './analysis/workspace';
import { nodeFileSystem } from './lsp/nodeFileSystem';
import { keepHeapSmall } from './lsp/nodeHeap';
import { startServer } from './lsp/server';

const tidy = keepHeapSmall();

startServer(createConnection(ProposedFeatures.all), {
  workspace: new Workspace(),
  files: nodeFileSystem,
  host: {
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    now: () => performance.now(),
    after: (milliseconds, run) => void setTimeout(run, milliseconds),
    tidy,
  },
});
