/** Several folders open at once, and files that go while the editor holds them. */
import { afterEach, describe, expect, it } from 'vitest';
import type { WorkspaceEdit } from 'vscode-languageserver';
import type { PacketsResult } from '../../protocol/src/requests';
import { type Running, startInProcess } from './harness';
import { files, folder, texts, uris } from './project';

let running: Running;
afterEach(() => {
  expect(running.errors).toEqual([]);
  running.stop();
});

describe('two roots with a network file each', () => {
  const other = 'file:///elsewhere';
  const moved = (uri: string) => uri.replace(folder, other);
  const both = new Map([
    ...files,
    ...[...files].map(([uri, text]) => [moved(uri), text.replaceAll('from-outside', 'stranger')] as const),
  ]);

  async function start(): Promise<void> {
    running = await startInProcess(both);
    for (const uri of [uris.network, moved(uris.network)]) running.open(uri, both.get(uri)!, 'yaml');
  }

  it('have packets of their own', async () => {
    await start();
    const packets = async (uri: string) =>
      (await running.client.sendRequest<PacketsResult>('gatewalk/packets', { uri })).packets.map(
        (p) => p.name,
      );
    expect(await packets(uris.ipf)).toEqual(['web', 'from-outside']);
    expect(await packets(moved(uris.ipf))).toEqual(['web', 'stranger']);
  });

  it('are renamed in one by one', async () => {
    await start();
    const lines = texts.network.split('\n');
    const line = lines.findIndex((text) => text.startsWith('  web:'));
    const edit = await running.client.sendRequest<WorkspaceEdit>('textDocument/rename', {
      textDocument: { uri: moved(uris.network) },
      position: { line, character: 3 },
      newName: 'www',
    });
    expect(Object.keys(edit.changes ?? {})).toEqual([moved(uris.network)]);
  });
});

it('a file that is deleted while it is open counts until it is closed', async () => {
  const disk = new Map(files);
  running = await startInProcess(disk);
  running.open(uris.network, texts.network, 'yaml');
  running.open(uris.ippool, texts.ippool, 'ippool');
  await running.diagnostics(uris.network, (d) => d.length === 0);
  disk.delete(uris.ippool);
  const changed = { changes: [{ uri: uris.ippool, type: 3 }] };
  await running.client.sendNotification('workspace/didChangeWatchedFiles', changed);
  const uses = await running.client.sendRequest<{ uri: string }[]>('textDocument/references', {
    textDocument: { uri: uris.ippool },
    position: { line: 0, character: texts.ippool.indexOf('friends') + 1 },
    context: { includeDeclaration: true },
  });
  expect(uses.map(({ uri }) => uri).sort()).toEqual([uris.ipf, uris.ippool].sort());
  running.close(uris.ippool);
  const [missing] = await running.diagnostics(uris.network, (d) => d.length > 0);
  expect(missing?.message).toContain('A/ippool.conf');
});

it('a file that is renamed while it is open is the new one, and the old name is missed', async () => {
  const disk = new Map(files);
  running = await startInProcess(disk);
  running.open(uris.network, texts.network, 'yaml');
  running.open(uris.ippool, texts.ippool, 'ippool');
  await running.diagnostics(uris.network, (d) => d.length === 0);
  const fresh = `${folder}/A/pools.conf`;
  disk.delete(uris.ippool);
  disk.set(fresh, texts.ippool);
  running.close(uris.ippool);
  running.open(fresh, texts.ippool, 'ippool');
  const changes = [
    { uri: uris.ippool, type: 3 },
    { uri: fresh, type: 1 },
  ];
  await running.client.sendNotification('workspace/didChangeWatchedFiles', { changes });
  const [missing] = await running.diagnostics(uris.network, (d) => d.length > 0);
  expect(missing?.message).toContain('A/ippool.conf');
  running.edit(uris.network, 2, { text: texts.network.replace('A/ippool.conf', 'A/pools.conf') });
  expect(await running.diagnostics(uris.network, (d) => d.length === 0)).toEqual([]);
});
