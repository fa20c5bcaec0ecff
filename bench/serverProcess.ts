/**
 * The built server in a process of its own, driven over JSON-RPC as an editor drives it. A probe that is loaded in
 * front of it answers how much memory and processor time it has used; nothing else of it is touched.
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
  /** Done when the server has had nothing to do for a while. */
  settled(): Promise<void>;
  /** As it is, garbage included: what the system's process list shows. */
  memory(): Promise<Memory>;
  /** What is in use once garbage is collected. */
  memoryInUse(): Promise<Memory>;
  /** The most it ever had; undefined where the system does not tell. */
  peakResidentMegabytes(): number | undefined;
  stop(): void;
}

const probe = `
process.on('message', (wanted) => {
  if (wanted === 'collect') { globalThis.gc(); globalThis.gc(); }
  const { heapUsed, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send({ heapUsed, rss, busyMilliseconds: (user + system) / 1000 });
});
process.channel?.unref();
`;

interface Probed {
  readonly heapUsed: number;
  readonly rss: number;
  readonly busyMilliseconds: number;
}

/** `program`: the built command line. */
export async function startServerProcess(program: string): Promise<ServerProcess> {
  const started = performance.now();
  const preloaded = `data:text/javascript,${encodeURIComponent(probe)}`;
  const child = spawn(process.execPath, ['--expose-gc', '--import', preloaded, program, 'lsp', '--stdio'], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
  });
  const client = createProtocolConnection(
    new StreamMessageReader(child.stdout!),
    new StreamMessageWriter(child.stdin!),
  );
  let waiting: ((diagnostics: readonly Diagnostic[]) => void)[] = [];
  client.onNotification('textDocument/publishDiagnostics', (p: { diagnostics: readonly Diagnostic[] }) => {
    const told = waiting;
    waiting = [];
    for (const resolve of told) resolve(p.diagnostics);
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
    nextDiagnostics: () => new Promise((resolve) => waiting.push(resolve)),
    async settled() {
      let quietSeconds = 0;
      let before = 0;
      while (quietSeconds < 2) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        const { busyMilliseconds } = await ask(child, 'as it is');
        quietSeconds = busyMilliseconds - before < 200 ? quietSeconds + 1 : 0;
        before = busyMilliseconds;
      }
    },
    memory: async () => memoryOf(await ask(child, 'as it is')),
    memoryInUse: async () => memoryOf(await ask(child, 'collect')),
    peakResidentMegabytes: () => peakOf(child.pid!),
    stop: () => {
      client.dispose();
      child.kill();
    },
  };
}

function ask(child: ChildProcess, wanted: 'as it is' | 'collect'): Promise<Probed> {
  return new Promise((resolve) => {
    child.once('message', (m) => resolve(m as Probed));
    child.send(wanted);
  });
}

function memoryOf({ heapUsed, rss }: Probed): Memory {
  return { heapMegabytes: megabytes(heapUsed), residentMegabytes: megabytes(rss) };
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
