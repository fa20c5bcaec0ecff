import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineEndAfter } from '../../server/src/syntax/source';
import { parseStatements, type StatementGrammar, statementIndexAt } from '../../server/src/syntax/statement';

/** One statement a line, a line that ends in `\` goes on; the tree is the text in capitals. */
const toy: StatementGrammar<string> = {
  statementEnd(text, start) {
    let end = lineEndAfter(text, start);
    while (end < text.length && /\\\r?\n$/.test(text.slice(start, end))) end = lineEndAfter(text, end);
    return end;
  },
  parseStatement: (text) => ({ tree: text.toUpperCase(), problems: [] }),
};

function lines(count: number): string {
  return Array.from({ length: count }, (_, i) => `line ${i}\n`).join('');
}

describe('statements', () => {
  it('tile the text', () => {
    const parse = parseStatements(toy, 'a\nb \\\nc\n\nd');
    expect(parse.statements.map((s) => s.text)).toEqual(['a\n', 'b \\\nc\n', '\n', 'd']);
    expect([...parse.starts]).toEqual([0, 2, 8, 9, 10]);
    expect(parse.statements.map((s) => s.lineBreakCount)).toEqual([1, 2, 1, 0]);
  });

  it('re-parse exactly one of 100,000 for a one-line edit', () => {
    const text = lines(100_000);
    const first = parseStatements(toy, text);
    expect(first.parsedCount).toBe(100_000);
    const at = text.indexOf('line 50000');
    const second = parseStatements(toy, `${text.slice(0, at)}lime${text.slice(at + 4)}`, first);
    expect(second.parsedCount).toBe(1);
    expect(second.statements[50_000]!.tree).toBe('LIME 50000\n');
    expect(second.statements[50_001]).toBe(first.statements[50_001]);
    expect(second.statements[49_999]).toBe(first.statements[49_999]);
  });

  it('are read when they are asked, once, and give their trees up in a long file', () => {
    const read: string[] = [];
    const counting: StatementGrammar<string> = {
      ...toy,
      parseStatement(text) {
        read.push(text);
        return toy.parseStatement(text);
      },
      summarize: ({ tree }) => tree.length,
    };
    const { statements } = parseStatements(counting, lines(100_000));
    expect(read).toHaveLength(0);
    for (const { problems } of statements) expect(problems).toHaveLength(0);
    expect(read).toHaveLength(100_000);
    // The last are at hand; the first is read again, and then is at hand too.
    expect(statements[99_999]!.tree).toBe('LINE 99999\n');
    expect(read).toHaveLength(100_000);
    expect(statements[0]!.tree).toBe('LINE 0\n');
    expect(statements[0]!.tree).toBe('LINE 0\n');
    expect(read).toHaveLength(100_001);
    // What is small stays.
    for (const { summary } of statements) expect(summary).toBeGreaterThan(6);
    expect(read).toHaveLength(100_001);
  });

  it('keep all trees of a file of usual length', () => {
    let reads = 0;
    const counting: StatementGrammar<string> = {
      ...toy,
      parseStatement(text) {
        reads++;
        return toy.parseStatement(text);
      },
    };
    const { statements } = parseStatements(counting, lines(5000));
    for (let round = 0; round < 3; round++) for (const { tree } of statements) expect(tree).toContain('LINE');
    expect(reads).toBe(5000);
  });

  it('move what stands behind an inserted line', () => {
    const first = parseStatements(toy, 'a\nb\nc\n');
    const second = parseStatements(toy, 'a\nnew\nb\nc\n', first);
    expect(second.parsedCount).toBe(1);
    expect([...second.starts]).toEqual([0, 2, 6, 8, 10]);
    expect(second.statements[3]).toBe(first.statements[2]);
  });

  it('join two statements when the line end between them goes', () => {
    const first = parseStatements(toy, 'a\nb\nc\n');
    const second = parseStatements(toy, 'ab\nc\n', first);
    expect(second.statements.map((s) => s.text)).toEqual(['ab\n', 'c\n']);
    expect(second.statements[1]).toBe(first.statements[2]);
  });

  it('come out as from a fresh parse after any edits', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', '\\', '\n', '\r', ' ') });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 2, maxLength: 6 }), (texts) => {
        let parse = parseStatements(toy, texts[0]!);
        for (const text of texts.slice(1)) {
          parse = parseStatements(toy, text, parse);
          const fresh = parseStatements(toy, text);
          expect(parse.statements.map((s) => s.text)).toEqual(fresh.statements.map((s) => s.text));
          expect([...parse.starts]).toEqual([...fresh.starts]);
        }
      }),
      { seed: 20010623, numRuns: 2000 },
    );
  });

  it('are found by offset', () => {
    const parse = parseStatements(toy, 'a\nb\n');
    expect([0, 1, 2, 3, 4].map((o) => statementIndexAt(parse, o))).toEqual([0, 0, 1, 1, 1]);
    expect(statementIndexAt(parseStatements(toy, ''), 0)).toBe(0);
  });
});
