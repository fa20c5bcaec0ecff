/** Semantic tokens sent as changes are, put together, what is sent as a whole; and a change costs what it touches. */
import { describe, expect, it } from 'vitest';
import type { SemanticTokensEdit } from 'vscode-languageserver';
import { Workspace } from '../../server/src/analysis/workspace';
import { type PolicyFile, policyFile } from '../../server/src/features/places';
import { type DeadStatements, deadStatements } from '../../server/src/features/semanticTokens';
import { TokenCache } from '../../server/src/lsp/tokenCache';
import { finish } from '../../server/src/text/work';

const languages = {
  'ipf.conf': [
    'pass in quick on fxp0 all',
    'block out all head 100 # why',
    '# a comment',
    '',
    'pass in proto tcp',
  ],
  'setkey.conf': [
    'spdadd 10.0.0.0/8 any any -P out none; flush;',
    'add 10.0.0.1 10.0.0.2 esp',
    '  0x1000 -E null;',
    '# x',
    '',
  ],
};

function apply(data: readonly number[], edits: readonly SemanticTokensEdit[]): number[] {
  const next = [...data];
  for (const { start, deleteCount, data: fresh } of [...edits].sort((a, b) => b.start - a.start))
    next.splice(start, deleteCount, ...(fresh ?? []));
  return next;
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}

describe.each(Object.entries(languages))('token deltas of %s', (name, pieces) => {
  it('give the whole after any edits, with rules that die and come to life', () => {
    const uri = `file:///tokens/${name}`;
    const workspace = new Workspace();
    const cache = new TokenCache();
    const random = generator(11);
    const policyOf = (): PolicyFile => policyFile(workspace.snapshot(), uri)!;
    let text = `${pieces.join('\n')}\n`.repeat(6);
    workspace.setFile(uri, text);
    const first = finish(cache.full(policyOf(), new Set()));
    let data = first.data;
    let id = first.resultId!;
    for (let turn = 0; turn < 300; turn++) {
      const from = random() % (text.length + 1);
      const to = Math.min(text.length, from + (random() % 30));
      const fresh = turn % 7 === 0 ? '' : `${pieces[random() % pieces.length]}${turn % 2 === 0 ? '\n' : ''}`;
      if (turn % 5 !== 4) text = text.slice(0, from) + fresh + text.slice(to);
      workspace.setFile(uri, text);
      const policy = policyOf();
      const dead: DeadStatements = new Set(policy.parse.statements.filter((_, i) => (i + turn) % 9 === 0));
      const answer = finish(cache.delta(policy, dead, id));
      if (!('edits' in answer)) throw new Error('a delta was expected');
      data = apply(data, answer.edits);
      id = answer.resultId!;
      expect(data, `turn ${turn}`).toEqual(finish(new TokenCache().full(policy, dead)).data);
    }
  });
});

describe('the cost of a token delta', () => {
  it('is one statement of a thousand: the edited one', () => {
    const uri = 'file:///tokens/ipf.conf';
    const workspace = new Workspace();
    const cache = new TokenCache();
    const text = 'pass in quick on fxp0 all\n'.repeat(1000);
    workspace.setFile(uri, text);
    const { resultId } = finish(cache.full(policyFile(workspace.snapshot(), uri)!, new Set()));
    expect(cache.classifiedCount).toBe(1000);
    workspace.setFile(uri, `${text.slice(0, 26 * 500)}  ${text.slice(26 * 500)}`);
    const delta = finish(cache.delta(policyFile(workspace.snapshot(), uri)!, new Set(), resultId!));
    expect(delta).toMatchObject({ edits: [{ start: 500 * 6 * 5 }] });
    expect(cache.classifiedCount).toBe(1);
    expect(
      finish(cache.delta(policyFile(workspace.snapshot(), uri)!, new Set(), delta.resultId!)),
    ).toMatchObject({
      edits: [],
    });
    expect(cache.classifiedCount).toBe(0);
  });

  it('marks the statement a finding calls unnecessary', () => {
    const uri = 'file:///tokens/ipf.conf';
    const workspace = new Workspace();
    workspace.setFile(uri, 'block in quick all\npass in all\n');
    const snapshot = workspace.snapshot();
    const policy = policyFile(snapshot, uri)!;
    const dead = deadStatements(policy, snapshot.findingsOf(uri));
    expect([...dead].map((s) => s.text)).toEqual(['pass in all\n']);
    const { data } = finish(new TokenCache().full(policy, dead));
    expect(data.filter((_, i) => i % 5 === 4)).toEqual([0, 0, 0, 0, 1, 1, 1]);
  });
});
