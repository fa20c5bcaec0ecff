/** What an edit in a file of 100,000 lines costs, counted, not timed: `npm run bench` has the times. */
import { describe, expect, it } from 'vitest';
import { generateIpfConf } from '../../bench/generate';
import { Workspace } from '../../server/src/analysis/workspace';
import { hover } from '../../server/src/features/hover';

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
