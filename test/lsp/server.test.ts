/** The server over real JSON-RPC: what it promises, edits, neighbours on disk, and input no editor would send. */
import { afterEach, describe, expect, it } from 'vitest';
import { LSPErrorCodes } from 'vscode-languageserver';
import type { PacketsResult, TraceResult } from '../../protocol/src/requests';
import { capabilities } from '../../server/src/lsp/capabilities';
import { ownRequestTable } from '../../server/src/lsp/ownRequests';
import { requestTable, sessionRequestTable } from '../../server/src/lsp/requests';
import { type Running, startInProcess } from './harness';

const folder = 'file:///etc/gate';
const ipf = `${folder}/ipf.conf`;
const rules =
  '# packet: web: in on lan0 tcp 10.1.0.10:40000 > 198.51.100.7:80 S\npass in quick on lan0 all\nblock out all\n';

let running: Running;
afterEach(() => running.stop());

describe('what the server offers', () => {
  it('has a handler for every capability and a capability for every handler', async () => {
    running = await startInProcess();
    const offered = Object.keys(running.initialized.capabilities)
      .filter((c) => c.endsWith('Provider'))
      .map((c) => c.replace(/Provider$/, '').toLowerCase());
    const expected = new Map([
      ['hover', 'textDocument/hover'],
      ['completion', 'textDocument/completion'],
      ['definition', 'textDocument/definition'],
      ['references', 'textDocument/references'],
      ['documenthighlight', 'textDocument/documentHighlight'],
      ['documentsymbol', 'textDocument/documentSymbol'],
      ['foldingrange', 'textDocument/foldingRange'],
      ['codeaction', 'textDocument/codeAction'],
      ['codelens', 'textDocument/codeLens'],
      ['documentformatting', 'textDocument/formatting'],
      ['documentrangeformatting', 'textDocument/rangeFormatting'],
      ['inlayhint', 'textDocument/inlayHint'],
      ['semantictokens', 'textDocument/semanticTokens/full'],
      ['signaturehelp', 'textDocument/signatureHelp'],
      ['selectionrange', 'textDocument/selectionRange'],
      ['documentlink', 'textDocument/documentLink'],
      ['callhierarchy', 'textDocument/prepareCallHierarchy'],
      ['workspacesymbol', 'workspace/symbol'],
      ['rename', 'textDocument/rename'],
      ['documentontypeformatting', 'textDocument/onTypeFormatting'],
    ]);
    expect(offered.sort()).toEqual([...expected.keys()].sort());
    const methods = [...requestTable, ...sessionRequestTable].map((e) => e.method);
    expect(methods.sort()).toEqual(
      [
        ...expected.values(),
        'textDocument/semanticTokens/range',
        'textDocument/semanticTokens/full/delta',
        'textDocument/prepareRename',
        'callHierarchy/incomingCalls',
        'callHierarchy/outgoingCalls',
        'codeAction/resolve',
        'completionItem/resolve',
      ].sort(),
    );
    expect(ownRequestTable.map((e) => e.method).sort()).toEqual([
      'gatewalk/checkPacket',
      'gatewalk/compare',
      'gatewalk/dialect',
      'gatewalk/expectations',
      'gatewalk/export',
      'gatewalk/findPacket',
      'gatewalk/importPackets',
      'gatewalk/makeExpectation',
      'gatewalk/packets',
      'gatewalk/runExpectations',
      'gatewalk/savePacket',
      'gatewalk/tables',
      'gatewalk/trace',
    ]);
    expect(running.initialized.capabilities).toEqual(capabilities);
  });

  it('asks to be told of changes on disk', async () => {
    running = await startInProcess();
    running.open(ipf, rules);
    await running.diagnostics(ipf);
    expect(running.registrations).toEqual(['workspace/didChangeWatchedFiles']);
  });
});

describe('open, edit, close', () => {
  it('puts the problem at the word, takes it away with the edit, and clears on closing', async () => {
    running = await startInProcess();
    running.open(ipf, 'pass in all\nblok out all\n');
    const [problem] = await running.diagnostics(ipf, (d) => d.length > 0);
    expect(problem).toMatchObject({
      range: { start: { line: 1, character: 0 }, end: { line: 1, character: 4 } },
      severity: 1,
      source: 'gatewalk',
    });
    running.edit(ipf, 2, {
      range: { start: { line: 1, character: 3 }, end: { line: 1, character: 3 } },
      text: 'c',
    });
    expect(await running.diagnostics(ipf, (d) => d.length === 0)).toEqual([]);
    running.edit(ipf, 3, { text: 'blok in all\n' });
    await running.diagnostics(ipf, (d) => d.length === 1);
    running.close(ipf);
    expect(await running.diagnostics(ipf, (d) => d.length === 0)).toEqual([]);
    expect(running.errors).toEqual([]);
  });

  it('counts lines and columns as the editor does, in files with CR LF and with characters of two units', async () => {
    running = await startInProcess();
    running.open(ipf, '# 𝄞\r\nblok in all # 𝄞\r\n\r\nblok out all');
    const found = await running.diagnostics(ipf, (d) => d.length > 0);
    expect(found.map((d) => d.range)).toEqual([
      { start: { line: 1, character: 0 }, end: { line: 1, character: 4 } },
      { start: { line: 3, character: 0 }, end: { line: 3, character: 4 } },
    ]);
  });

  it('tells open traces which file changed', async () => {
    running = await startInProcess();
    running.open(ipf, rules);
    await running.diagnostics(ipf);
    running.edit(ipf, 2, { text: `${rules}\n` });
    await expect.poll(() => running.changed.at(-1)).toEqual({ uris: [ipf] });
  });

  it('offers the fix of a problem as an edit at its place', async () => {
    running = await startInProcess();
    running.open(ipf, 'pass in all\nblok out all\n');
    await running.diagnostics(ipf, (d) => d.length > 0);
    const range = { start: { line: 1, character: 0 }, end: { line: 1, character: 4 } };
    const actions = await running.client.sendRequest('textDocument/codeAction', {
      textDocument: { uri: ipf },
      range,
      context: { diagnostics: [] },
    });
    expect(actions).toMatchObject([
      { kind: 'quickfix', edit: { changes: { [ipf]: [{ range, newText: 'block' }] } } },
    ]);
  });
});

describe('walks', () => {
  it('shows the walk on hovering a rule, with the rule marked', async () => {
    running = await startInProcess();
    running.open(ipf, rules);
    const text = await running.hover(ipf, 1, 2);
    expect(text).toMatch(
      /\| \*\*▶ \d+\*\* \| \*\*.*Packet filter.*lan0\*\* \| \*\*\[ipf\.conf:2\]\(command:gatewalk\.reveal/,
    );
    expect(text).toContain('No gatewalk.yaml describes this network');
  });

  it('puts Walk and Walk reply on a sample packet', async () => {
    running = await startInProcess();
    running.open(ipf, rules);
    const lenses = await running.client.sendRequest('textDocument/codeLens', { textDocument: { uri: ipf } });
    expect(lenses).toMatchObject([
      {
        range: { start: { line: 0, character: 10 } },
        command: {
          title: 'Walk web',
          command: 'gatewalk.walk',
          arguments: [{ uri: ipf, packet: 'web', reply: false }],
        },
      },
      { command: { title: 'Walk reply', arguments: [{ uri: ipf, packet: 'web', reply: true }] } },
      {
        range: { start: { line: 1, character: 0 } },
        command: {
          title: '1 packet hits this',
          command: 'gatewalk.pickWalk',
          arguments: [{ uri: ipf, walks: [{ packet: 'web', reply: false }] }],
        },
      },
      { range: { start: { line: 2, character: 0 } }, command: { title: '1 packet hits this' } },
    ]);
  });

  it('answers gatewalk/packets and gatewalk/trace', async () => {
    running = await startInProcess();
    running.open(ipf, rules);
    const list = await running.client.sendRequest<PacketsResult>('gatewalk/packets', { uri: ipf });
    expect(list.packets.map((p) => p.name)).toEqual(['web']);
    expect(list.platforms.map((p) => p.id)).toContain('netbsd-2000');
    const walked = await running.client.sendRequest<TraceResult>('gatewalk/trace', {
      uri: ipf,
      packet: 'web',
      reply: false,
      platform: 'netbsd-2000',
    });
    expect(walked).toMatchObject({ trace: { version: 1, packet: 'web', platform: 'netbsd-2000' } });
    const refused = await running.client.sendRequest<TraceResult>('gatewalk/trace', {
      uri: ipf,
      packet: 'wep',
      reply: false,
    });
    expect(refused).toEqual({ error: 'There is no sample packet “wep”. Did you mean “web”?' });
  });
});

describe('files beside the open one', () => {
  const network = `${folder}/gatewalk.yaml`;
  const inner = `${folder}/A/ipf.conf`;
  const yaml = [
    'gateways:',
    '  A:',
    '    platform: netbsd',
    '    interfaces:',
    '      lan0: { address: 10.1.0.1/24, network: X }',
    '    policy: [A/ipf.conf, A/other.txt]',
    'networks:',
    '  X: 10.1.0.0/24',
    'packets:',
    '  web: tcp 10.1.0.10:40000 > 10.1.0.1:80 S',
    '',
  ].join('\n');

  it('belong to the network file above', async () => {
    running = await startInProcess(
      new Map([
        [network, yaml],
        [inner, 'pass in all\n'],
        [`${folder}/A/other.txt`, 'block in quick on lan0 proto udp all\n'],
      ]),
    );
    running.open(inner, 'pass in all\n');
    const list = await running.client.sendRequest<PacketsResult>('gatewalk/packets', { uri: inner });
    expect(list.packets).toEqual([{ name: 'web', notation: 'tcp 10.1.0.10:40000 > 10.1.0.1:80 S' }]);
  });

  it('are the same file however its URI is escaped', async () => {
    const spelt = 'file:///etc/gate%20one/A%2Bb/ipf.conf';
    const other = 'file:///etc/gate one/A+b/ipf.conf';
    running = await startInProcess(
      new Map([
        ['file:///etc/gate%20one/gatewalk.yaml', yaml.replace('A/ipf.conf', 'A+b/ipf.conf')],
        [spelt, 'pass in all\n'],
      ]),
    );
    running.open(other, 'pass in all\n');
    const list = await running.client.sendRequest<PacketsResult>('gatewalk/packets', { uri: spelt });
    expect(list.packets).toHaveLength(1);
    expect(await running.diagnostics(other)).toEqual([]);
  });

  it('get a diagnostic at their name when they are missing, which goes when they appear', async () => {
    const files = new Map<string, string | undefined>([[network, yaml]]);
    running = await startInProcess(files);
    running.open(network, yaml, 'yaml');
    const atName = (name: string) => ({
      start: { line: 5, character: yaml.split('\n')[5]!.indexOf(name) },
      end: { line: 5, character: yaml.split('\n')[5]!.indexOf(name) + name.length },
    });
    const both = await running.diagnostics(network, (d) => d.length > 0);
    expect(both.map((d) => d.range)).toEqual([atName('A/ipf.conf'), atName('A/other.txt')]);
    files.set(inner, 'pass in all\n');
    void running.client.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: inner, type: 1 }],
    });
    const one = await running.diagnostics(network, (d) => d.length === 1);
    expect(one.map((d) => d.range)).toEqual([atName('A/other.txt')]);
    files.set(`${folder}/A/other.txt`, undefined);
    void running.client.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: `${folder}/A/other.txt`, type: 2 }],
    });
    const unreadable = await running.diagnostics(network, (d) =>
      d.some((p) => String(p.message).includes('not allowed')),
    );
    expect(unreadable.map((d) => d.range)).toEqual([atName('A/other.txt')]);
  });

  it('are read when the network file, being typed in, names them', async () => {
    running = await startInProcess(
      new Map([
        [network, yaml],
        [inner, 'pass in all\n'],
        [`${folder}/A/other.txt`, 'block in quick on lan0 proto udp all\n'],
        [`${folder}/A/third.txt`, 'block in quick on lan0 proto icmp all\n'],
      ]),
    );
    running.open(network, yaml, 'yaml');
    expect(await running.diagnostics(network)).toEqual([]);
    running.edit(network, 2, { text: yaml.replace('other.txt', 'fourth.txt') });
    await running.diagnostics(network, (d) => d.length === 1);
    running.edit(network, 3, { text: yaml.replace('other.txt', 'third.txt') });
    expect(await running.diagnostics(network, (d) => d.length === 0)).toEqual([]);
  });

  it('count as on disk again when they are closed', async () => {
    running = await startInProcess(
      new Map([
        [network, yaml.replace(', A/other.txt', '')],
        [inner, 'block in all\n'],
      ]),
    );
    running.open(network, yaml.replace(', A/other.txt', ''), 'yaml');
    running.open(inner, 'pass in all\n');
    const verdict = async () => {
      const walked = await running.client.sendRequest<TraceResult>('gatewalk/trace', {
        uri: network,
        packet: 'web',
        reply: false,
      });
      return 'trace' in walked ? walked.trace.verdict.kind : walked.error;
    };
    expect(await verdict()).toBe('delivered');
    running.close(inner);
    await expect.poll(verdict).toBe('dropped');
  });
});

describe('bad input', () => {
  it('keeps answering after requests of the wrong shape', async () => {
    running = await startInProcess();
    running.open(ipf, rules);
    for (const params of [undefined, null, {}, [], 7, { textDocument: null }, { textDocument: { uri: 3 } }]) {
      for (const { method } of requestTable) {
        // The connection refuses what is not an object; what gets through is answered emptily.
        await running.client.sendRequest(method, params).catch(() => undefined);
      }
    }
    const position = { line: -5, character: Number.MAX_SAFE_INTEGER };
    await running.client.sendRequest('textDocument/hover', { textDocument: { uri: ipf }, position });
    await running.client.sendRequest('textDocument/hover', { textDocument: { uri: ipf }, position: 'x' });
    expect(running.errors[0]).toMatch(/^A bug in Gatewalk, please report it: textDocument\//);
    expect(await running.hover(ipf, 1, 2)).toContain('ipf.conf:2');
  });

  it('keeps answering after notifications of the wrong shape', async () => {
    running = await startInProcess();
    running.open(ipf, rules);
    const uri = 'file:///rubbish/ipf.conf';
    for (const params of [{}, { textDocument: {} }, { textDocument: { uri }, contentChanges: 'no' }]) {
      for (const method of ['didOpen', 'didChange', 'didClose', 'didSave']) {
        void running.client.sendNotification(`textDocument/${method}`, params);
      }
    }
    running.edit('file:///never/opened/ipf.conf', 9, { text: 'x' });
    expect(await running.hover(ipf, 1, 2)).toContain('ipf.conf:2');
  });

  it('keeps answering after bytes that are no message', async () => {
    running = await startInProcess();
    running.open(ipf, rules);
    running.sendRaw('Content-Length: 9\r\n\r\nnot json!');
    running.sendRaw('Content-Length: 2\r\n\r\n[]');
    running.sendRaw('Content-Length: 4\r\n\r\nnull');
    expect(await running.hover(ipf, 1, 2)).toContain('ipf.conf:2');
  });

  it('survives random bytes in every kind of file', async () => {
    running = await startInProcess();
    const random = generator(7);
    for (const name of [
      'ipf.conf',
      'ipnat.conf',
      'ipsec.conf',
      'setkey.conf',
      'gatewalk.yaml',
      'unknown.bin',
    ]) {
      const uri = `file:///rubbish/${name}`;
      running.open(uri, '');
      for (let version = 2; version < 12; version++) {
        running.edit(uri, version, { text: randomText(random, 400) });
        for (const { method } of [...requestTable, ...ownRequestTable]) {
          const position = { line: random() % 20, character: random() % 80 };
          const asked = running.client.sendRequest(method, {
            textDocument: { uri },
            uri,
            position,
            range: { start: { line: 0, character: 0 }, end: position },
            context: { diagnostics: [], includeDeclaration: true },
            options: { tabSize: 2, insertSpaces: true },
            packet: randomText(random, 20),
            reply: false,
            positions: [position],
            newName: 'x1',
            ch: '\n',
            previousResultId: '1',
            text: randomText(random, 30),
            name: '',
            line: position.line,
            format: 'svg',
          });
          // A refusal in words is an answer; anything else is not.
          await asked.catch((error: { code?: number }) =>
            expect(error.code).toBe(LSPErrorCodes.RequestFailed),
          );
        }
      }
      await running.diagnostics(uri);
      running.close(uri);
    }
    expect(running.errors).toEqual([]);
  }, 60_000);

  it('answers a cancelled request with the code for it, and the next as ever', async () => {
    running = await startInProcess();
    running.open(ipf, rules);
    await running.diagnostics(ipf);
    const { CancellationTokenSource } = await import('vscode-languageserver-protocol/node');
    const source = new CancellationTokenSource();
    const asked = running.client.sendRequest(
      'textDocument/hover',
      { textDocument: { uri: ipf }, position: { line: 1, character: 2 } },
      source.token,
    );
    source.cancel();
    await expect(asked).rejects.toMatchObject({ code: -32800 });
    expect(await running.hover(ipf, 1, 2)).toContain('ipf.conf:2');
  });
});

/** Small, fixed and good enough: a linear congruential generator (Numerical Recipes' constants). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}

/** Characters of every kind, spiced with words that lead parsers on. */
function randomText(random: () => number, length: number): string {
  const words = [
    'pass',
    'in',
    'on',
    'from',
    '{',
    '}',
    '"',
    'map',
    '->',
    'spdadd',
    'packet:',
    '#',
    '\\',
    '\r\n',
    '\n',
    '/32',
    'gateways:',
    '- ',
  ];
  let text = '';
  for (let i = 0; i < length; i++) {
    const pick = random() % 4;
    if (pick === 0) text += words[random() % words.length]!;
    else if (pick === 1) text += ' ';
    else text += String.fromCharCode(pick === 2 ? random() % 128 : random() % 0xffff);
  }
  return text;
}
