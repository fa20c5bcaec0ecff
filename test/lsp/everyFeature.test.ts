/** Every feature over real JSON-RPC, asked by the protocol's own client, on a network with a file of every language. */
import { afterEach, describe, expect, it } from 'vitest';
import type {
  CallHierarchyItem,
  CodeAction,
  CompletionItem,
  DocumentDiagnosticReport,
  DocumentSymbol,
  Location,
  SelectionRange,
  SignatureHelp,
  TextEdit,
  WorkspaceDiagnosticReport,
  WorkspaceEdit,
  WorkspaceSymbol,
} from 'vscode-languageserver';
import type {
  CheckPacketResult,
  CompareResult,
  DialectResult,
  EditResult,
  ExpectationsResult,
  ExportResult,
  FindPacketResult,
  RunExpectationsResult,
  TablesResult,
} from '../../protocol/src/requests';
import { type ClientOptions, type Running, startInProcess } from './harness';
import { at, files, folder, texts, uris } from './project';

let running: Running;
afterEach(() => {
  expect(running.errors).toEqual([]);
  running.stop();
});

async function start(as?: ClientOptions): Promise<void> {
  running = await startInProcess(files, as);
  for (const name of ['network', 'ipf', 'ipnat', 'ippool', 'ipsec'] as const)
    running.open(uris[name], texts[name], name === 'ipsec' ? 'setkey' : name);
}

function ask<R>(method: string, name: keyof typeof uris, params: object = {}): Promise<R> {
  return running.client.sendRequest<R>(method, {
    textDocument: { uri: uris[name] },
    uri: uris[name],
    ...params,
  });
}

/** Edits as `file line:character words`. */
function shown(edit: WorkspaceEdit | null): string[] {
  return Object.entries(edit?.changes ?? {})
    .flatMap(([uri, edits]) =>
      edits.map(
        (e) =>
          `${uri.slice(folder.length + 1)} ${e.range.start.line}:${e.range.start.character} ${e.newText}`,
      ),
    )
    .sort();
}

describe('rename', () => {
  it.each([
    ['network', 'fxp1', 'wm1'],
    ['ipnat', 'fxp1', 'wm1'],
  ] as const)('changes an interface everywhere, asked in %s', async (name, old, fresh) => {
    await start();
    const edit = await ask<WorkspaceEdit>('textDocument/rename', name, {
      position: at(name, old, 1),
      newName: fresh,
    });
    expect(shown(edit)).toEqual([
      'A/ipf.conf 0:12 wm1',
      'A/ipf.conf 1:17 wm1',
      'A/ipf.conf 2:18 wm1',
      'A/ipnat.conf 0:4 wm1',
      'gatewalk.yaml 16:22 wm1',
      'gatewalk.yaml 8:6 wm1',
    ]);
  });

  it('changes a group, a pool, a packet, a network', async () => {
    await start();
    const renamed = async (name: keyof typeof uris, words: string, by: number, newName: string) =>
      shown(await ask('textDocument/rename', name, { position: at(name, words, by), newName }));
    expect(await renamed('ipf', 'head 100', 6, '200')).toEqual([
      'A/ipf.conf 0:26 200',
      'A/ipf.conf 1:92 200',
    ]);
    expect(await renamed('ippool', 'friends', 0, 'known')).toEqual([
      'A/ipf.conf 1:42 known',
      'A/ippool.conf 0:36 known',
    ]);
    expect(await renamed('network', 'web:', 0, 'www')).toEqual([
      'gatewalk.yaml 15:2 www',
      'gatewalk.yaml 18:12 www',
    ]);
    expect(await renamed('network', 'Z:', 0, 'world')).toEqual([
      'gatewalk.yaml 19:18 world',
      'gatewalk.yaml 2:2 world',
      'gatewalk.yaml 8:46 world',
    ]);
  });

  it('says what it would rename, and refuses what would make two into one', async () => {
    await start();
    expect(await ask('textDocument/prepareRename', 'ipf', { position: at('ipf', 'friends', 3) })).toEqual({
      range: { start: at('ipf', 'friends'), end: at('ipf', 'friends', 7) },
      placeholder: 'friends',
    });
    expect(await ask('textDocument/prepareRename', 'ipf', { position: at('ipf', 'quick', 2) })).toBeNull();
    await expect(
      ask('textDocument/rename', 'network', { position: at('network', 'web:'), newName: 'from-outside' }),
    ).rejects.toThrow('There is a packet “from-outside” already: both would become one.');
    await expect(
      ask('textDocument/rename', 'network', { position: at('network', 'web:'), newName: 'a b' }),
    ).rejects.toThrow('“a b” is not a name for a packet: use letters, digits, “-”, “_” and “.”.');
  });
});

describe('going from name to name', () => {
  it('finds the definition of an interface in the network file, and all uses from there', async () => {
    await start();
    const found = await ask<Location[]>('textDocument/definition', 'ipf', { position: at('ipf', 'fxp0', 1) });
    expect(found).toEqual([
      { uri: uris.network, range: { start: at('network', 'fxp0'), end: at('network', 'fxp0', 4) } },
    ]);
    const uses = await ask<Location[]>('textDocument/references', 'network', {
      position: at('network', 'fxp0', 1),
      context: { includeDeclaration: false },
    });
    expect(uses.map((l) => l.uri)).toEqual([uris.ipf]);
  });

  it('goes from an expectation to its packet', async () => {
    await start();
    const found = await ask<Location[]>('textDocument/definition', 'network', {
      position: at('network', 'packet: web', 9),
    });
    expect(found.map((l) => l.range.start)).toEqual([at('network', 'web:')]);
  });

  it('links the policy files', async () => {
    await start();
    const links = await ask<{ target: string }[]>('textDocument/documentLink', 'network');
    expect(links.map((l) => l.target)).toEqual([uris.ipf, uris.ipnat, uris.ippool, uris.ipsec]);
  });

  it('shows who heads a group, and what a group heads', async () => {
    await start();
    const [item] = await ask<CallHierarchyItem[]>('textDocument/prepareCallHierarchy', 'ipf', {
      position: at('ipf', 'group 100', 7),
    });
    expect(item).toMatchObject({ name: 'group 100', detail: '1 rule', range: { start: { line: 0 } } });
    const calls = await running.client.sendRequest('callHierarchy/incomingCalls', { item });
    expect(calls).toMatchObject([
      { from: { name: 'ipf.conf' }, fromRanges: [{ start: { line: 0, character: 0 } }] },
    ]);
    const top = (calls as { from: CallHierarchyItem }[])[0]!.from;
    expect(await running.client.sendRequest('callHierarchy/outgoingCalls', { item: top })).toMatchObject([
      { to: { name: 'group 100' }, fromRanges: [{ start: { line: 0, character: 0 } }] },
    ]);
  });

  it('finds symbols of all files by the letters of their names', async () => {
    await start();
    await ask('textDocument/hover', 'ipf', { position: { line: 0, character: 0 } });
    const found = await running.client.sendRequest<WorkspaceSymbol[]>('workspace/symbol', { query: 'frnds' });
    expect(found.map((s) => [s.name, s.containerName])).toContainEqual(['friends', 'A/ippool.conf']);
    const hosts = await running.client.sendRequest<WorkspaceSymbol[]>('workspace/symbol', {
      query: 'client',
    });
    expect(hosts.map((s) => [s.name, s.containerName])).toEqual([['client', 'gatewalk.yaml']]);
  });

  it('outlines the network file', async () => {
    await start();
    const found = await ask<DocumentSymbol[]>('textDocument/documentSymbol', 'network');
    expect(found.map((s) => [s.name, s.children?.map((c) => c.name)])).toEqual([
      ['networks', ['inside', 'Z']],
      ['gateways', ['A']],
      ['hosts', ['client']],
      ['packets', ['web', 'from-outside']],
      ['expect', ['web']],
    ]);
  });
});

describe('writing', () => {
  const labels = async (name: keyof typeof uris, position: object) =>
    (await ask<CompletionItem[]>('textDocument/completion', name, { position })).map((i) => i.label);

  it('offers what the network knows where it may stand', async () => {
    await start();
    expect(await labels('ipf', at('ipf', 'fxp0'))).toEqual(expect.arrayContaining(['fxp0', 'fxp1']));
    expect(await labels('ipf', at('ipf', 'pool/friends'))).toEqual(
      expect.arrayContaining(['10.1.0.0/24', '10.1.0.10', '192.0.2.1']),
    );
    expect(await labels('ipf', at('ipf', 'group 100', 6))).toContain('100');
  });

  it('offers whole rules where one begins, and documentation when it is asked for', async () => {
    await start();
    const items = await ask<CompletionItem[]>('textDocument/completion', 'ipnat', {
      position: { line: 1, character: 0 },
    });
    expect(items.find((i) => i.label === 'map (behind one address)')?.insertTextFormat).toBe(2);
    const map = items.find((i) => i.label === 'map')!;
    expect(map.documentation).toBeUndefined();
    const resolved = await running.client.sendRequest<CompletionItem>('completionItem/resolve', map);
    expect(JSON.stringify(resolved.documentation)).toContain('ipnat(5)');
  });

  it('completes keys, names and packet words in the network file', async () => {
    await start();
    expect(await labels('network', at('network', 'platform', 0))).toEqual(
      expect.arrayContaining(['platform', 'interfaces', 'policy']),
    );
    expect(await labels('network', at('network', 'netbsd', 0))).toEqual(
      expect.arrayContaining(['netbsd', 'netbsd-2000', 'freebsd']),
    );
    expect(await labels('network', at('network', 'network: Z', 9))).toEqual(['inside', 'Z']);
    expect(await labels('network', at('network', 'packet: web', 8))).toEqual(['web', 'from-outside']);
    expect(await labels('network', at('network', 'to: Z', 4))).toEqual(
      expect.arrayContaining(['client', 'A', 'Z']),
    );
    expect(await labels('network', at('network', 'on fxp1 tcp', 3))).toEqual(['fxp0', 'fxp1']);
    expect(await labels('network', at('network', '10.1.0.10:40000'))).toContain('10.1.0.10');
  });

  it.each([
    ['ipsec', '10.9.0.0', 'DESTINATION[/LENGTH][[PORT]]'],
    ['ipsec', 'esp/tunnel', '-P DIRECTION [priority] ACTION'],
    ['ipnat', '10.1.0.0', 'SOURCE'],
    ['ipnat', '0/32', '-> NEW'],
    ['ipnat', '10000', '[portmap PROTOCOL PORTS]'],
    ['ipf', 'friends', 'from SOURCE [port PORTS]'],
    ['ipf', 'flags S', '[flags F/MASK]'],
    ['ippool', 'tree', 'type = TYPE'],
  ] as const)('shows the part of the statement in %s at %s', async (name, words, part) => {
    await start();
    const help = await ask<SignatureHelp>('textDocument/signatureHelp', name, {
      position: at(name, words, 1),
    });
    const [signature] = help.signatures;
    const active = signature!.parameters![help.activeParameter!]!.label as [number, number];
    expect(signature!.label.slice(...active)).toBe(part);
  });

  it('formats the line that was finished, and no other', async () => {
    await start();
    const edits = await ask<TextEdit[]>('textDocument/onTypeFormatting', 'ipf', {
      position: { line: 5, character: 0 },
      ch: '\n',
      options: { tabSize: 8, insertSpaces: false },
    });
    expect(edits.map((e) => e.newText)).toEqual(['block out all\n']);
    const none = await ask<TextEdit[]>('textDocument/onTypeFormatting', 'ipf', {
      position: { line: 4, character: 0 },
      ch: '\n',
      options: { tabSize: 8, insertSpaces: false },
    });
    expect(none).toEqual([]);
  });

  it('grows a selection from the word to the file', async () => {
    await start();
    const [range] = await ask<SelectionRange[]>('textDocument/selectionRange', 'ipf', {
      positions: [at('ipf', 'flags S', 6)],
    });
    const words: string[] = [];
    const lines = texts.ipf.split('\n');
    for (let r: SelectionRange | undefined = range; r !== undefined; r = r.parent)
      words.push(
        r.range.start.line === r.range.end.line
          ? lines[r.range.start.line]!.slice(r.range.start.character, r.range.end.character)
          : `lines ${r.range.start.line}-${r.range.end.line}`,
      );
    expect(words).toEqual(['S', 'flags S', lines[1], 'lines 0-5']);
  });
});

describe('code actions', () => {
  const actionsAt = (name: keyof typeof uris, words: string) =>
    ask<CodeAction[]>('textDocument/codeAction', name, {
      range: { start: at(name, words, 1), end: at(name, words, 1) },
      context: { diagnostics: [] },
    });

  it.each(['ipf', 'ipnat', 'ipsec'] as const)('finds a packet that hits a statement of %s', async (name) => {
    await start();
    const word = { ipf: 'from pool/friends', ipnat: 'map', ipsec: 'spdadd' }[name];
    const action = (await actionsAt(name, word)).find(
      (a) => a.title === 'Find a packet that hits this rule',
    )!;
    const resolved = await running.client.sendRequest<CodeAction>('codeAction/resolve', action);
    const [edit] = resolved.edit!.changes![uris.network]!;
    expect(edit!.newText).toMatch(/^\n {2}packet-1: .* > /);
    expect(edit!.range.start).toEqual({ line: 16, character: texts.network.split('\n')[16]!.length });
  });

  it('turns a walk into an expectation that holds', async () => {
    await start();
    const action = (await actionsAt('network', 'from-outside:')).find((a) => a.kind === 'refactor.extract')!;
    const [edit] = action.edit!.changes![uris.network]!;
    expect(edit!.newText).toBe('\n  - packet: from-outside\n    delivered to: A');
    const { line } = edit!.range.start;
    const lines = texts.network.split('\n');
    lines[line] += edit!.newText;
    running.edit(uris.network, 2, { text: lines.join('\n') });
    const { results } = await ask<RunExpectationsResult>('gatewalk/runExpectations', 'network');
    expect(results.map((r) => r.ok)).toEqual([true, true]);
  });

  it('moves a list of addresses to a pool', async () => {
    await start();
    const action = (await actionsAt('ipf', '10.1.0.10,')).find((a) => a.title.startsWith('Extract'))!;
    expect(action.title).toBe('Extract 2 addresses to a pool (one rule in place of 2)');
    expect(action.edit?.changes).toEqual({
      [uris.ipf]: [
        {
          range: { start: at('ipf', '{10.1'), end: at('ipf', '10.1.0.11}', 10) },
          newText: 'pool/pool1',
        },
      ],
      [uris.ippool]: [
        {
          range: { start: { line: 2, character: 0 }, end: { line: 2, character: 0 } },
          newText: 'table role = ipf type = tree name = pool1\n\t{ 10.1.0.10; 10.1.0.11; };\n',
        },
      ],
    });
  });
});

describe('pulled diagnostics', () => {
  const pulling: ClientOptions = {
    capabilities: {
      textDocument: { diagnostic: {} },
      workspace: { configuration: true, diagnostics: { refreshSupport: true } },
    },
    initializationOptions: { docsUri: 'file:///docs/' },
  };

  it('answers who asks, sends nothing, and says what has not changed', async () => {
    await start(pulling);
    running.edit(uris.ipf, 2, { text: 'blok in all\n' });
    const report = await ask<DocumentDiagnosticReport>('textDocument/diagnostic', 'ipf');
    if (report.kind !== 'full') throw new Error('a full report was expected');
    expect(report.items[0]).toMatchObject({
      message: expect.stringContaining('blok'),
      codeDescription: { href: expect.stringMatching(/^file:\/\/\/docs\/diagnostics\.md#ipf/) },
    });
    expect(await ask('textDocument/diagnostic', 'ipf', { previousResultId: report.resultId })).toEqual({
      kind: 'unchanged',
      resultId: report.resultId,
    });
    const all = await running.client.sendRequest<WorkspaceDiagnosticReport>('workspace/diagnostic', {
      previousResultIds: [],
    });
    expect(all.items.map((i) => i.uri).sort()).toEqual(Object.values(uris).sort());
    expect(running.published).toEqual([]);
  });

  it('asks to be asked again when findings come later', async () => {
    await start(pulling);
    running.edit(uris.network, 2, { text: texts.network.replace('delivered to: Z', 'dropped at: A') });
    await expect.poll(() => running.refreshes).toContain('diagnostic');
    // Other files' findings may have been the reason to ask.
    await expect
      .poll(() => ask<DocumentDiagnosticReport>('textDocument/diagnostic', 'network'))
      .toMatchObject({ items: [{ code: 'network/expectation-failed' }] });
  });

  it('shows codes as severe as the settings say, or not at all', async () => {
    let severity: Record<string, string> = { 'network/expectation-failed': 'hint' };
    await start({ ...pulling, configuration: () => ({ diagnostics: { severity } }) });
    running.edit(uris.network, 2, { text: texts.network.replace('delivered to: Z', 'dropped at: A') });
    const items = async () => {
      const report = await ask<DocumentDiagnosticReport>('textDocument/diagnostic', 'network');
      return report.kind === 'full' ? report.items : [];
    };
    await expect.poll(items).toMatchObject([{ severity: 4 }]);
    severity = { 'network/expectation-failed': 'off' };
    void running.client.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await expect.poll(items).toEqual([]);
  });
});

describe('hints', () => {
  it('shows rule numbers and the steps of the selected packet as the settings say', async () => {
    await start({
      capabilities: { workspace: { configuration: true } },
      configuration: () => ({ inlayHints: { ruleNumbers: true, services: false, addresses: false } }),
    });
    await running.client.sendNotification('gatewalk/selectPacket', {
      uri: uris.ipf,
      packet: 'web',
      reply: false,
    });
    const hints = () =>
      ask<{ label: string; position: { line: number } }[]>('textDocument/inlayHint', 'ipf', {
        range: { start: { line: 0, character: 0 }, end: { line: 5, character: 0 } },
      });
    await expect
      .poll(async () => (await hints()).map((h) => `${h.position.line} ${h.label.replace(/\d+$/, 'N')}`))
      .toEqual([
        '0 @N',
        '1 @N',
        '2 @N',
        expect.stringMatching(/^2 ▶ N$/),
        '3 @N',
        expect.stringMatching(/^3 ▶ N$/),
        '4 @N',
      ]);
  });
});

describe('requests of the extension', () => {
  it('compares two orders of stages', async () => {
    await start();
    const result = await ask<CompareResult>('gatewalk/compare', 'ipf', {
      packet: 'web',
      reply: false,
      b: 'netbsd-2000',
    });
    if ('error' in result) throw new Error(result.error);
    expect([result.comparison.a.title, result.comparison.b.title]).toEqual(['NetBSD', 'NetBSD before 2001']);
  });

  it('shows the tables that the walk left behind', async () => {
    await start();
    const result = await ask<TablesResult>('gatewalk/tables', 'ipf', { packet: 'web', reply: true });
    if ('error' in result) throw new Error(result.error);
    const [gateway] = result.gateways;
    expect(gateway!.tables.map((t) => t.kind)).toEqual(['state', 'nat', 'policies']);
    const [state, nat] = gateway!.tables;
    expect(state!.rows[0]).toMatchObject({ touched: true, place: { label: 'A/ipf.conf:3' } });
    expect(nat!.rows[0]!.cells).toEqual([
      'tcp',
      '10.1.0.10:40000',
      '192.0.2.1:10000',
      '198.51.100.7:80',
      'unchanged',
    ]);
  });

  it('exports in every form, and says which packets there are', async () => {
    await start();
    const exported = (format: string, packet = 'web') =>
      ask<ExportResult>('gatewalk/export', 'ipf', { packet, reply: false, format });
    expect(await exported('svg')).toMatchObject({
      fileName: 'web.svg',
      content: expect.stringContaining('<svg'),
    });
    expect(await exported('markdown')).toMatchObject({
      fileName: 'web.md',
      content: expect.stringContaining('| # |'),
    });
    expect(await exported('text')).toMatchObject({
      fileName: 'web.txt',
      content: expect.stringContaining('fxp1'),
    });
    expect(await exported('mermaid')).toMatchObject({ content: expect.stringContaining('packet-beta') });
    const pcap = await exported('pcap');
    if ('error' in pcap) throw new Error(pcap.error);
    // The block type and byte order mark of a pcapng section header.
    expect(Buffer.from(pcap.content, 'base64').subarray(0, 4).toString('hex')).toBe('0a0d0d0a');
    expect(await exported('svg', 'wob')).toEqual({
      error: 'There is no sample packet “wob”. Did you mean “web”?',
    });
  });

  it('checks a packet as it is typed, and saves it', async () => {
    await start();
    const bad = await ask<CheckPacketResult>('gatewalk/checkPacket', 'ipf', {
      text: 'tcp 10.1.0.10:40000 > 10.2',
    });
    expect(bad.problems[0]).toMatchObject({ severity: 'error', start: 22, end: 26 });
    expect(bad.packet).toBeUndefined();
    const line = 'udp 10.1.0.10:40000 > 198.51.100.7:53';
    const good = await ask<CheckPacketResult>('gatewalk/checkPacket', 'ipf', { text: line });
    expect(good.packet?.boxes.map((b) => b.title)).toEqual(
      ['IPv4', 'UDP', 'payload'].slice(0, good.packet?.boxes.length),
    );
    const saved = await ask<EditResult>('gatewalk/savePacket', 'ipf', { name: 'dns', text: line });
    if ('error' in saved) throw new Error(saved.error);
    expect(saved.edit.changes[uris.network]?.[0]?.newText).toBe(`\n  dns: ${line}`);
    expect(await ask<EditResult>('gatewalk/savePacket', 'ipf', { name: 'web', text: line })).toEqual({
      error: 'There is a sample packet “web” already. Choose another name.',
    });
  });

  it('lists expectations with their places, and runs them', async () => {
    await start();
    const { expectations } = await ask<ExpectationsResult>('gatewalk/expectations', 'ipf');
    expect(expectations).toMatchObject([
      {
        id: 'web: delivered to Z',
        packet: 'web',
        uri: uris.network,
        range: { start: { line: 18, character: 4 } },
      },
    ]);
    running.edit(uris.network, 2, { text: texts.network.replace('delivered to: Z', 'dropped at: A') });
    const { results } = await ask<RunExpectationsResult>('gatewalk/runExpectations', 'network');
    expect(results[0]).toMatchObject({
      ok: false,
      message: expect.stringContaining('Expected: dropped at A.'),
    });
    expect(results[0]!.trace).toContain('Packet filter');
  });

  it('finds a packet for a line, and says in which language a file is', async () => {
    await start();
    const found = await ask<FindPacketResult>('gatewalk/findPacket', 'ipf', { line: 1 });
    expect(found).toMatchObject({ notation: expect.stringContaining('on fxp1 tcp 198.51.100.') });
    expect(await ask<DialectResult>('gatewalk/dialect', 'ipsec')).toMatchObject({
      id: 'setkey',
      why: 'ipsec.conf is a name that several languages use; the content reads as setkey policies.',
    });
  });

  it('reads files through the client where it has no disk', async () => {
    const remote = 'vscode-vfs://github/site';
    const clientFiles = new Map([
      [`${remote}/gatewalk.yaml`, texts.network],
      [`${remote}/A/ipf.conf`, texts.ipf],
    ]);
    running = await startInProcess(new Map(), { clientFiles, initializationOptions: { readsFiles: true } });
    running.open(`${remote}/A/ipf.conf`, texts.ipf, 'ipf');
    const list = await running.client.sendRequest<{ packets: { name: string }[] }>('gatewalk/packets', {
      uri: `${remote}/A/ipf.conf`,
    });
    expect(list.packets.map((p) => p.name)).toEqual(['web', 'from-outside']);
  });
});
