/** What an edit in a file of 100,000 lines costs, counted, not timed: `npm run bench` has the times. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CancellationTokenSource, LSPErrorCodes } from 'vscode-languageserver';
import { generateIpfConf, generateIpnatConf, generateSetkeyConf } from '../../bench/generate';
import { Workspace } from '../../server/src/analysis/workspace';
import { findingSteps } from '../../server/src/features/diagnostics';
import { hover } from '../../server/src/features/hover';
import { type Running, startInProcess } from './harness';

describe('a file of 100,000 lines', () => {
  const uri = 'file:///big/ipf.conf';
  const text = generateIpfConf(100_000);
  const workspace = new Workspace();
  workspace.setFile(uri, text);
  const first = workspace.snapshot();

  it('has a statement a line and no problems', () => {
    expect(text.split('\n')).toHaveLength(100_001);
    expect(first.files.get(uri)?.parse?.statements).toHaveLength(100_000);
    expect(first.problemsOf(uri)).toEqual([]);
  });

  it.each([
    ['a character typed', (t: string, at: number) => `${t.slice(0, at)} ${t.slice(at)}`, 100_000],
    ['a line typed', (t: string, at: number) => `${t.slice(0, at)}pass in all\n${t.slice(at)}`, 100_001],
  ])('is read anew in one statement after %s', (_what, edit, statementCount) => {
    workspace.setFile(uri, text);
    workspace.setFile(uri, edit(text, text.indexOf('\n', text.length >> 1) + 1));
    const parse = workspace.snapshot().files.get(uri)?.parse;
    expect(parse?.parsedCount).toBe(1);
    expect(parse?.statements).toHaveLength(statementCount);
  });

  it('shows the walk on a rule, at its new place after an edit above', () => {
    workspace.setFile(uri, `# one line more\n${text}`);
    const snapshot = workspace.snapshot();
    const at = snapshot.files.get(uri)!.text.lastIndexOf('pass in quick');
    const walk = hover(snapshot, uri, at + 2)?.markdown.at(-1);
    expect(walk).toContain('[ipf.conf:100001]');
    expect(walk).toContain('▶');
  });
});

describe('findings of a file of 100,000 lines', () => {
  it.each([
    ['ipf.conf', generateIpfConf(100_000), 500],
    ['ipnat.conf', generateIpnatConf(100_000), 0],
    ['setkey.conf', generateSetkeyConf(10_000), 10],
  ])('of %s are worked out in pieces', (name, text, leastPauses) => {
    const uri = `file:///big/${name}`;
    const workspace = new Workspace();
    workspace.setFile(uri, text);
    const snapshot = workspace.snapshot();
    let preparing = 0;
    for (const _ of snapshot.prepare()) preparing++;
    expect(preparing).toBeGreaterThan(text.split('\n').length / 100);
    // Nothing is left to prepare.
    expect([...snapshot.prepare()]).toEqual([]);
    let pauses = 0;
    for (const step of findingSteps(snapshot, uri)) for (const _ of step()) pauses++;
    expect(pauses).toBeGreaterThanOrEqual(leastPauses);
    // All is remembered.
    let again = 0;
    for (const step of findingSteps(snapshot, uri)) for (const _ of step()) again++;
    expect(again).toBe(0);
  });
});

/** Of requests that look at every statement. */
const whole = { start: { line: 0, character: 0 }, end: { line: 100_000, character: 0 } };
const long: readonly [method: string, params: object][] = [
  ['textDocument/semanticTokens/full', {}],
  ['textDocument/semanticTokens/full/delta', { previousResultId: 'none' }],
  ['textDocument/semanticTokens/range', { range: whole }],
  ['textDocument/documentSymbol', {}],
  ['textDocument/foldingRange', {}],
  ['textDocument/formatting', { options: { tabSize: 2, insertSpaces: true } }],
  ['textDocument/rangeFormatting', { range: whole, options: { tabSize: 2, insertSpaces: true } }],
  ['textDocument/inlayHint', { range: whole }],
  ['textDocument/references', { context: { includeDeclaration: true } }],
  ['textDocument/documentHighlight', {}],
  ['textDocument/rename', { newName: '200' }],
  ['textDocument/prepareCallHierarchy', {}],
  ['workspace/symbol', { query: 'zzzz' }],
];

describe('a long request', () => {
  const uri = 'file:///big/ipf.conf';
  const text = generateIpfConf(100_000);
  const line = text.split('\n').findLastIndex((l) => l.includes('group 100'));
  const group = { line, character: text.split('\n')[line]!.indexOf('group 100') + 7 };
  let running: Running;
  // One server for all, as every request leaves it as it was. Time flies there: work pauses wherever it can.
  let clock = 0;
  beforeAll(async () => {
    running = await startInProcess(new Map(), {
      capabilities: { workspace: { configuration: true } },
      configuration: () => ({ deepAnalysis: false }),
      now: () => {
        clock += 100;
        return clock;
      },
    });
    running.open(uri, text, 'ipf');
    await ask('textDocument/completion', {});
  }, 120_000);
  afterAll(() => {
    expect(running.errors).toEqual([]);
    running.stop();
  });
  const ask = (method: string, params: object, source = new CancellationTokenSource()) =>
    running.client.sendRequest(method, { textDocument: { uri }, position: group, ...params }, source.token);

  it.each(long)(
    '%s is overtaken by short ones, and given up when it is cancelled',
    async (method, params) => {
      const source = new CancellationTokenSource();
      const answered: string[] = [];
      const asked = ask(method, params, source).finally(() => answered.push(method));
      asked.catch(() => undefined);
      await ask('textDocument/completion', {}).then(() => answered.push('short'));
      expect(answered).toEqual(['short']);
      source.cancel();
      await expect(asked).rejects.toMatchObject({ code: LSPErrorCodes.RequestCancelled });
    },
  );

  it('is given up when an edit overtakes it', async () => {
    const asked = ask('textDocument/documentSymbol', {});
    asked.catch(() => undefined);
    await ask('textDocument/completion', {});
    running.edit(uri, 2, { range: { start: group, end: group }, text: ' ' });
    await expect(asked).rejects.toMatchObject({ code: LSPErrorCodes.ContentModified });
  });
});
