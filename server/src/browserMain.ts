/** The same language server in a web worker: it has no disk, so every file comes from the client. */
import { BrowserMessageReader, BrowserMessageWriter, createConnection } from 'vscode-languageserver/browser';
import { Workspace } from './analysis/workspace';
import { startServer } from './lsp/server';

// The worker itself; its type is one of the DOM, which nothing here is compiled with.
const scope = globalThis as unknown as ConstructorParameters<typeof BrowserMessageReader>[0];

startServer(createConnection(new BrowserMessageReader(scope), new BrowserMessageWriter(scope)), {
  workspace: new Workspace(),
  host: {
    // A message to oneself comes behind those that have arrived: `setTimeout` would wait 4 ms at least.
    breathe: () =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.addEventListener('message', () => {
          port1.close();
          resolve();
        });
        port1.start();
        port2.postMessage(undefined);
      }),
    now: () => performance.now(),
    after: (milliseconds, run) => void setTimeout(run, milliseconds),
  },
});
