/** What editors do to a server at its worst: storms of edits, cancelled requests, files that move, odd bytes. */
import { afterEach, describe, expect, it } from 'vitest';
import { CancellationTokenSource, LSPErrorCodes } from 'vscode-languageserver';
import { ownRequestTable } from '../../server/src/lsp/ownRequests';
import { requestTable } from '../../server/src/lsp/requests';
import { type Running, startInProcess } from './harness';
import { files, texts, uris } from './project';

let running: Running;
afterEach(() => {
  expect(running.errors).toEqual([]);
  running.stop();
});

const anything = (uri: string) => ({
  textDocument: { uri },
  uri,
  position: { line: 0, character: 2 },
  positions: [{ line: 0, character: 2 }],
  range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } },
  context: { diagnostics: [], includeDeclaration: true },
  options: { tabSize: 2, insertSpaces: true },
  packet: 'web',
  reply: false,
  newName: 'x1',
  ch: '\n',
  previousResultId: '1',
  text: 'tcp 1.2.3.4:5 > 6.7.8.9:10',
  name: '',
  line: 0,
  format: 'text',
});
const methods = [...requestTable, ...ownRequestTable].map((e) => e.method);

describe('a storm of edits', () => {
  it.each(Object.entries(uris))('in %s ends with the problems of the last text', async (name, uri) => {
    running = await startInProcess(files);
    const text = texts[name as keyof typeof uris];
    running.open(uri, text, name === 'ipsec' ? 'setkey' : name);
    // Typed away and typed again, with a question after every key.
    const asked: Promise<unknown>[] = [];
    for (let i = 0; i < 80; i++) {
      running.edit(uri, i + 2, { text: text.slice(0, i % 2 === 0 ? (i * 7) % text.length : text.length) });
      asked.push(
        running.client
          .sendRequest(methods[i % methods.length]!, anything(uri))
          .catch((error: { code: number }) => {
            expect(error.code).toBe(LSPErrorCodes.RequestFailed);
          }),
      );
    }
    running.edit(uri, 100, { text: `${text}~~~ !!\n` });
    await Promise.all(asked);
    const lastLine = text.split('\n').length - 1;
    const found = await running.diagnostics(uri, (d) => d.some((one) => one.range.end.line >= lastLine));
    expect(found.filter((d) => d.range.start.line > lastLine + 1)).toEqual([]);
  });
});

describe('a cancelled request', () => {
  it.each(methods)('%s is answered as cancelled', async (method) => {
    running = await startInProcess(files);
    running.open(uris.ipf, texts.ipf, 'ipf');
    const source = new CancellationTokenSource();
    const asked = running.client.sendRequest(method, anything(uris.ipf), source.token);
    source.cancel();
    await expect(asked).rejects.toMatchObject({ code: LSPErrorCodes.RequestCancelled });
  });
});

describe('files that change under the editor', () => {
  it('forgets a deleted neighbour, and finds it again', async () => {
    const disk = new Map(files);
    running = await startInProcess(disk);
    running.open(uris.network, texts.network, 'yaml');
    await running.diagnostics(uris.network, (d) => d.length === 0);
    const changed = () =>
      running.client.sendNotification('workspace/didChangeWatchedFiles', {
        changes: [{ uri: uris.ippool, type: 3 }],
      });
    disk.delete(uris.ippool);
    await changed();
    const [missing] = await running.diagnostics(uris.network, (d) => d.length > 0);
    expect(missing?.message).toContain('A/ippool.conf');
    disk.set(uris.ippool, texts.ippool);
    await changed();
    expect(await running.diagnostics(uris.network, (d) => d.length === 0)).toEqual([]);
  });

  it('keeps two folders apart', async () => {
    const other = 'file:///other/ipf.conf';
    running = await startInProcess(new Map([...files, [other, texts.ipf]]));
    running.open(uris.ipf, texts.ipf, 'ipf');
    running.open(other, texts.ipf, 'ipf');
    const uses = await running.client.sendRequest<{ uri: string }[]>('textDocument/references', {
      textDocument: { uri: other },
      position: { line: 0, character: 27 },
      context: { includeDeclaration: true },
    });
    expect(new Set(uses.map((u) => u.uri))).toEqual(new Set([other]));
  });

  it.each([
    ['no bytes', '', []],
    ['tabs', '\tpass\tin\tall\n', []],
    ['bytes that are no UTF-8', 'pass in all # caf\ufffd\n', []],
    ['CR LF', '# a\r\npass in all\r\n', []],
    ['no line end', 'pass in all', ['ipf/no-final-line-end']],
  ])('answers everything in a file with %s', async (_, text, codes) => {
    running = await startInProcess();
    const uri = 'file:///odd/ipf.conf';
    running.open(uri, text, 'ipf');
    for (const method of methods)
      await running.client.sendRequest(method, anything(uri)).catch((error: { code: number }) => {
        expect(error.code).toBe(LSPErrorCodes.RequestFailed);
      });
    const found = await running.diagnostics(uri);
    expect(found.map((d) => d.code)).toEqual(codes);
  });
});
