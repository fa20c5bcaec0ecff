/** Each feature on the made-up dialect of `toy.ts`: exact places and texts. */
import { describe, expect, it } from 'vitest';
import { codeActions } from '../../server/src/features/codeActions';
import { completion } from '../../server/src/features/completion';
import { diagnostics } from '../../server/src/features/diagnostics';
import { documentSymbols } from '../../server/src/features/documentSymbols';
import { foldingRanges } from '../../server/src/features/foldingRanges';
import { formatting } from '../../server/src/features/formatting';
import { inlayHints } from '../../server/src/features/inlayHints';
import { definitions, highlights, references } from '../../server/src/features/names';
import { semanticTokens } from '../../server/src/features/semanticTokens';
import { networkUri, otherUri, rulesUri, toySnapshot } from './toy';

const rules = '; first\n; second\nopen 7\nallow web in 7\n\ndeny all\n';

function withRules(text: string) {
  return toySnapshot({ files: { [rulesUri]: text, [otherUri]: 'allow dns in 7\nallow ntp in 8\n' } });
}

describe('diagnostics and code actions', () => {
  const snapshot = withRules('deny all\nrefuse all\n');

  it('shows the problem at the word', () => {
    expect(diagnostics(snapshot.problemsOf(rulesUri), [])).toMatchObject([
      { range: { start: 9, end: 15 }, message: '“refuse” is no action. Expected allow, deny or open.' },
    ]);
  });

  it('offers the fix where the selection touches the problem, and not elsewhere', () => {
    expect(codeActions(snapshot, rulesUri, { start: 12, end: 12 })).toMatchObject([
      { fix: { title: 'Change to “deny”', preferred: true, edits: [{ start: 9, end: 15, text: 'deny' }] } },
    ]);
    expect(codeActions(snapshot, rulesUri, { start: 0, end: 8 })).toEqual([]);
  });

  it('shows at most 1000 problems of one file', () => {
    const flooded = withRules('refuse\n'.repeat(1001));
    expect(diagnostics(flooded.problemsOf(rulesUri), [])).toHaveLength(1000);
    expect(diagnostics(flooded.problemsOf(rulesUri), [])[999]).toMatchObject({
      range: { start: 999 * 7, end: 999 * 7 + 6 },
    });
  });
});

describe('completion', () => {
  it('asks the dialect for the statement under the cursor', () => {
    expect(completion(withRules('deny all\nal'), rulesUri, 11)).toEqual([
      { label: 'allow', insert: 'allow', kind: 'action', replace: { start: 9, end: 11 } },
    ]);
  });

  it('takes the line behind the last line end as a new statement', () => {
    expect(completion(withRules('deny all on '), rulesUri, 12).map((e) => e.label)).toContain('lo0');
    expect(completion(withRules('deny all on \n'), rulesUri, 13)).toEqual([
      { label: 'allow', insert: 'allow', kind: 'action', replace: { start: 13, end: 13 } },
    ]);
  });

  it('works in an empty file', () => {
    expect(completion(withRules(''), rulesUri, 0).map((e) => e.label)).toEqual(['allow']);
  });

  it('offers the interfaces of the gateway where an interface may stand', () => {
    const offered = completion(withRules('deny all on w'), rulesUri, 13);
    expect(offered.map((e) => [e.label, e.detail, e.replace])).toEqual([
      ['lo0', undefined, { start: 12, end: 13 }],
      ['lan0', 'A, to X-net', { start: 12, end: 13 }],
      ['wan0', 'A, to Z', { start: 12, end: 13 }],
    ]);
  });

  it('has nothing to say about a file without a dialect', () => {
    const uri = `${networkUri}.txt`;
    expect(completion(toySnapshot({ files: { [uri]: 'a' } }), uri, 1)).toEqual([]);
  });
});

describe('names', () => {
  const snapshot = withRules(rules);
  const use = rules.indexOf('in 7') + 3;
  const definition = { uri: rulesUri, range: { start: 22, end: 23 }, role: 'definition' };

  it('goes from a use to the definition, with the cursor on either side of the name', () => {
    expect(definitions(snapshot, rulesUri, use)).toEqual([definition]);
    expect(definitions(snapshot, rulesUri, use + 1)).toEqual([definition]);
  });

  it('goes from another file of the same gateway to the definition', () => {
    expect(definitions(snapshot, otherUri, 'allow dns in '.length)).toEqual([definition]);
  });

  it('finds the uses in all files of the gateway', () => {
    const uses = [
      { uri: rulesUri, range: { start: use, end: use + 1 }, role: 'reference' },
      { uri: otherUri, range: { start: 13, end: 14 }, role: 'reference' },
    ];
    expect(references(snapshot, rulesUri, 22, false)).toEqual(uses);
    expect(references(snapshot, rulesUri, 22, true)).toEqual([definition, ...uses]);
  });

  it('highlights in the file at hand only', () => {
    expect(highlights(snapshot, otherUri, 13)).toEqual([
      { uri: otherUri, range: { start: 13, end: 14 }, role: 'reference' },
    ]);
  });

  it('has no definition for a group that nothing opens', () => {
    expect(definitions(snapshot, otherUri, 'allow dns in 7\nallow ntp in '.length)).toEqual([]);
  });

  it('finds an interface in the network file', () => {
    expect(definitions(withRules('deny all on lan0'), rulesUri, 13)).toEqual([
      { uri: networkUri, range: expect.objectContaining({ start: 4, end: 8 }), role: 'definition' },
    ]);
  });
});

describe('outline and folding', () => {
  it('puts rules below the statement that opens their group', () => {
    expect(documentSymbols(withRules(rules), rulesUri)).toMatchObject([
      {
        name: 'open 7',
        range: { start: 17, end: 23 },
        children: [{ name: 'allow web in 7', range: { start: 24, end: 38 }, children: [] }],
      },
      { name: 'deny all', range: { start: 40, end: 48 }, children: [] },
    ]);
  });

  it('makes an entry for a group that nothing in the file opens', () => {
    expect(documentSymbols(withRules(rules), otherUri)).toMatchObject([
      {
        name: '7',
        detail: 'group',
        kind: 'group',
        range: { start: 0, end: 14 },
        children: [{ name: 'allow dns in 7' }],
      },
      {
        name: '8',
        detail: 'group',
        kind: 'group',
        range: { start: 15, end: 29 },
        children: [{ name: 'allow ntp in 8' }],
      },
    ]);
  });

  it('folds comment blocks and the rules of one group, and nothing of one line', () => {
    const text = '; one\n; two\n\n; three\nallow a in 7\n\nallow b in 7\ndeny all\n';
    expect(foldingRanges(withRules(text), rulesUri)).toEqual([
      { startLine: 0, endLine: 1, kind: 'comment' },
      { startLine: 4, endLine: 6, kind: 'region' },
    ]);
  });
});

describe('tokens, hints and formatting', () => {
  const text = 'deny all\nallow   80 in 7\n; note\n';

  it('classifies every word of the file, or of the part shown', () => {
    const snapshot = withRules(text);
    expect(semanticTokens(snapshot, rulesUri)).toEqual([
      { range: { start: 0, end: 4 }, kind: 'action' },
      { range: { start: 5, end: 8 }, kind: 'keyword' },
      { range: { start: 9, end: 14 }, kind: 'action' },
      { range: { start: 17, end: 19 }, kind: 'name' },
      { range: { start: 20, end: 22 }, kind: 'keyword' },
      { range: { start: 23, end: 24 }, kind: 'name' },
      { range: { start: 25, end: 31 }, kind: 'comment' },
    ]);
    expect(semanticTokens(snapshot, rulesUri, { start: 26, end: 28 })).toEqual([
      { range: { start: 25, end: 31 }, kind: 'comment' },
    ]);
  });

  it('shows hints of the part asked for', () => {
    const snapshot = withRules(text);
    expect(inlayHints(snapshot, rulesUri, { start: 0, end: text.length })).toEqual([
      { offset: 19, text: 'http', kind: 'service' },
    ]);
    expect(inlayHints(snapshot, rulesUri, { start: 0, end: 8 })).toEqual([]);
  });

  it('formats the statements that are not yet as they should be', () => {
    const snapshot = withRules(text);
    expect(formatting(snapshot, rulesUri)).toEqual([{ start: 9, end: 25, text: 'allow 80 in 7\n' }]);
    expect(formatting(snapshot, rulesUri, { start: 0, end: 3 })).toEqual([]);
  });
});
