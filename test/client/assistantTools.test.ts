/** The tools for language models, with a real server behind them and a stub of VS Code around them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExtensionContext } from 'vscode';
import { registerAssistantTools } from '../../client/src/assistantTools';
import type { LanguageServer } from '../../client/src/languageServer';
import { findPacketRequest, traceRequest } from '../../protocol/src/requests';
import { type Running, startInProcess } from '../lsp/harness';
import { files, texts, uris } from '../lsp/project';
import { DiagnosticSeverity, stub, Uri } from './vscodeStub';

const packageJSON = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
  contributes: { languageModelTools: { name: string }[] };
};

let running: Running;
beforeEach(async () => {
  stub.tools.clear();
  stub.files = new Set(files.keys());
  stub.opened = [];
  stub.diagnostics = [];
  running = await startInProcess(files);
  running.open(uris.network, texts.network, 'yaml');
  const server = {
    trace: (params: object) => running.client.sendRequest(traceRequest, params),
    findPacket: (params: object) => running.client.sendRequest(findPacketRequest, params),
  } as unknown as LanguageServer;
  const context = { subscriptions: [], extension: { packageJSON } } as unknown as ExtensionContext;
  registerAssistantTools(context, server);
});
afterEach(() => running.stop());

async function answer(tool: string, input: unknown): Promise<string> {
  const result = await stub.tools.get(tool)!.invoke({ input });
  return result.content.map(({ value }) => value).join('');
}

it('registers every tool that the package describes', () => {
  expect([...stub.tools.keys()].sort()).toEqual(
    packageJSON.contributes.languageModelTools.map(({ name }) => name).sort(),
  );
});

describe('walk', () => {
  it('tells every stage with its rule and the verdict', async () => {
    const lines = (await answer('gatewalk_walk', { packet: 'web' })).split('\n');
    expect(lines[0]).toBe('Packet: tcp 10.1.0.10:40000 > 198.51.100.7:80 S');
    expect(lines.find((line) => line.includes('NAT (out)'))).toMatch(
      /A fxp1: .*changed\. .*\[A\/ipnat\.conf:1: map fxp1 .*\] Packet: 192\.0\.2\.1:\d+ > 198\.51\.100\.7:80/,
    );
    expect(lines.at(-1)).toMatch(/^Verdict: delivered at Z \(delivered\)\./);
  });

  it('takes a packet in one line, the reply, another platform and a file', async () => {
    const line = 'in on fxp1 tcp 198.51.100.9:40000 > 192.0.2.1:22 S';
    expect(await answer('gatewalk_walk', { packet: line, file: 'A/ipf.conf' })).toContain(
      'Verdict: delivered at A',
    );
    expect(await answer('gatewalk_walk', { packet: 'web', reply: true })).toMatch(
      /^Reply to: tcp 10\.1\.0\.10/,
    );
    expect(await answer('gatewalk_walk', { packet: 'web', platform: 'openbsd' })).toContain(
      'This is uncertain: The order is OpenBSD’s',
    );
  });

  it.each([
    [{}, /^A packet is needed/],
    [{ packet: 7 }, /^A packet is needed/],
    [{ packet: 'wob' }, /Did you mean “web”/],
    [{ packet: 'web', file: 'B/ipf.conf' }, /^There is no such file/],
    [{ packet: 'web', platform: 'plan9' }, /plan9/],
  ])('says what is wrong with %j', async (input, expected) => {
    expect(await answer('gatewalk_walk', input)).toMatch(expected);
  });
});

describe('check', () => {
  const problem = {
    source: 'gatewalk',
    range: { start: { line: 3 } },
    severity: DiagnosticSeverity.Warning,
    message: 'This rule is never reached.',
    code: { value: 'ipf/never-reached' },
  };

  it('opens every policy file, so that nothing counts as fine that nobody looked at', async () => {
    expect(await answer('gatewalk_check', {})).toBe(
      'Gatewalk found nothing in gatewalk.yaml, A/ipf.conf, A/ipnat.conf, A/ippool.conf, A/ipsec.conf.',
    );
    expect(stub.opened.sort()).toEqual([...files.keys()].sort());
  });

  it('tells ours, with place, severity and code, and only of the file that was asked for', async () => {
    stub.diagnostics = [
      [Uri.parse(uris.ipf), [problem, { ...problem, source: 'spelling' }]],
      [Uri.parse(uris.ipnat), [{ ...problem, code: 'ipnat/port' }]],
    ];
    expect(await answer('gatewalk_check', { file: 'A/ipf.conf' })).toBe(
      'A/ipf.conf:4: warning ipf/never-reached: This rule is never reached.',
    );
    expect((await answer('gatewalk_check', {})).split('\n')).toHaveLength(2);
  });

  it('says when there is nothing to look at', async () => {
    expect(await answer('gatewalk_check', { file: 'C/ipf.conf' })).toMatch(/^There is no such file/);
    stub.files = new Set();
    expect(await answer('gatewalk_check', {})).toBe(
      'There is no policy file and no gatewalk.yaml in the workspace.',
    );
  });
});

describe('find a packet', () => {
  it('gives the packet that a rule decides, and what becomes of it', async () => {
    const [notation, verdict] = (await answer('gatewalk_find_packet', { file: 'A/ipf.conf', line: 2 })).split(
      '\n',
    );
    expect(notation).toMatch(/^in on fxp1 tcp 198\.51\.100\.\d+:\d+ > .*:22 S/);
    expect(verdict).toMatch(/^A itself takes 198\.51\.100/);
  });

  it('says why there is none', async () => {
    expect(await answer('gatewalk_find_packet', { file: 'A/ipf.conf' })).toMatch(
      /^The line of a rule is needed/,
    );
    expect(await answer('gatewalk_find_packet', { file: 'A/ipf.conf', line: 999 })).toMatch(/rule/);
  });
});
