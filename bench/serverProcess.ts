/**
 * The built server in a process of its own, driven over JSON-RPC as an editor drives it. A probe that is loaded in
 * front of it answers how much memory it has; nothing else of it is touched.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  createProtocolConnection,
  type Diagnostic,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';

export interface Memory {
  readonly heapMegabytes: number;
  readonly residentMegabytes: number;
}

export interface ServerProcess {
  readonly client: ProtocolConnection;
  /** From the start of the process to the answer to `initialize`. */
  readonly startMilliseconds: number;
  open(uri: string, languageId: string, text: string): void;
  /** Puts `text` in place of a part of one line. */
  edit(uri: string, line: number, from: number, to: number, text: string): void;
  /** The diagnostics published next. */
  nextDiagnostics(): Promise<readonly Diagnostic[]>;
  /** Done when the server has worked out its findings and says nothing for a while. */
  settled(): Promise<void>;
  cpu(): Promise<number>;
  /** Without collecting garbage first: what the system's process list shows. */
  memory(): Promise<Memory>;
  /** What is in use once garbage is collected. */
  memoryInUse(): Promise<Memory>;
  /** The most it ever had; undefined where the system does not tell. */
  peakResidentMegabytes(): number | undefined;
  stop(): void;
}

const probe = `${process.env.V8F ? 'import v8 from "node:v8"; v8.setFlagsFromString("' + process.env.V8F + '");' : ''}
process.on('message', (wanted) => {
  if (wanted === 'collect') { globalThis.gc(); globalThis.gc(); }
  const { heapUsed, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send({ heapUsed, rss, milliseconds: (user + system) / 1000 });
});
process.channel?.unref();
`;

export async function startServerProcess(program: string): Promise<ServerProcess> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      '--import',
      `data:text/javascript,${encodeURIComponent(probe)}`,
      program,
      'lsp',
      '--stdio',
    ],
    { stdio: ['pipe', 'pipe', 'inherit', 'ipc'] },
  );
  const client = createProtocolConnection(
    new StreamMessageReader(child.stdout!),
    new StreamMessageWriter(child.stdin!),
  );
  let heard = 0;
  let wake: ((diagnostics: readonly Diagnostic[]) => void)[] = [];
  client.onNotification('textDocument/publishDiagnostics', (p: { diagnostics: readonly Diagnostic[] }) => {
    heard = performance.now();
    for (const resolve of wake) resolve(p.diagnostics);
    wake = [];
  });
  client.onNotification('gatewalk/changed', () => {
    heard = performance.now();
  });
  client.onRequest('workspace/configuration', () => [null]);
  client.listen();
  await client.sendRequest('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
  const startMilliseconds = performance.now() - started;
  await client.sendNotification('initialized', {});
  let version = 1;
  return {
    client,
    startMilliseconds,
    open: (uri, languageId, text) =>
      void client.sendNotification('textDocument/didOpen', {
        textDocument: { uri, languageId, version: version++, text },
      }),
    edit: (uri, line, from, to, text) =>
      void client.sendNotification('textDocument/didChange', {
        textDocument: { uri, version: version++ },
        contentChanges: [{ range: { start: { line, character: from }, end: { line, character: to } }, text }],
      }),
    nextDiagnostics: () => new Promise((resolve) => wake.push(resolve)),
    async settled() {
      // Findings wait until typing rests, and are worked out in pieces between which requests are answered.
      do {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await client.sendRequest('textDocument/hover', {
          textDocument: { uri: 'file:///nowhere' },
          position: { line: 0, character: 0 },
        });
      } while (performance.now() - heard < 2000);
    },
    cpu: async () => ((await ask(child, 'as it is')) as {milliseconds: number}).milliseconds,
    memory: () => memoryOf(child, 'as it is'),
    memoryInUse: () => memoryOf(child, 'collect'),
    peakResidentMegabytes: () => peakOf(child.pid!),
    stop: () => {
      client.dispose();
      child.kill();
    },
  };
}

function ask(child: ChildProcess, wanted: string): Promise<unknown> { return new Promise((r) => { child.once('message', r); child.send(wanted); }); }
function memoryOf(child: ChildProcess, wanted: string): Promise<Memory> {
  return new Promise((resolve) => {
    child.once('message', (m) => {
      const { heapUsed, rss } = m as { heapUsed: number; rss: number };
      resolve({ heapMegabytes: megabytes(heapUsed), residentMegabytes: megabytes(rss) });
    });
    child.send(wanted);
  });
}

function peakOf(pid: number): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
  } catch {
    return undefined;
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
