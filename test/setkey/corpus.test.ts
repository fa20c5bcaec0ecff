import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setkeyDialect } from '../../server/src/dialects/setkey';
import { hasShared, readShared, sharedFolder } from '../harness/shared';
import { readAll } from '../harness/statements';

const folder = 'corpus/realworld';
const files = hasShared(folder)
  ? ['setkey', 'vendor-setkey', 'vendor-libreswan-setkey'].flatMap((name) =>
      readdirSync(resolve(sharedFolder, folder, name)).map((file) => `${name}/${file}`),
    )
  : [];

function errorsOf(text: string): string[] {
  const parse = setkeyDialect.parse(text);
  const { problems } = setkeyDialect.lower(parse, { file: 'corpus' });
  return [...parse.statements.flatMap((s) => s.problems), ...problems]
    .filter((p) => p.severity === 'error')
    .map((p) => p.code);
}

describe.skipIf(files.length === 0)('files that others wrote', () => {
  const verdicts = files.length === 0 ? [] : readShared(`${folder}/VERDICTS.tsv`).split('\n');

  for (const file of files) {
    const verdict = verdicts.map((line) => line.split('\t')).find((columns) => columns[0] === file);
    if (verdict === undefined) continue;
    const loads = verdict[2] === '0';

    it(`${file}: the real setkey ${loads ? 'loads' : 'refuses'} it`, () => {
      expect(errorsOf(readShared(`${folder}/${file}`)).length > 0).toBe(!loads);
    });
  }

  it('the files that the recorded kernels loaded have no error', () => {
    const lines = readShared('corpus/bsd/ipsec.jsonl')
      .split('\n')
      .filter((line) => line !== '');
    for (const line of lines) {
      const scenario = JSON.parse(line) as { name: string; setkeyA: string; setkeyB: string };
      for (const text of [scenario.setkeyA, scenario.setkeyB])
        expect([scenario.name, errorsOf(text)]).toEqual([scenario.name, []]);
    }
  });

  it('every beginning of every file is read, and an edit gives what a fresh parse gives', {
    timeout: 60_000,
  }, () => {
    for (const file of files) {
      const text = readShared(`${folder}/${file}`).slice(0, 9000);
      let parse = setkeyDialect.parse('');
      for (let length = 0; length <= text.length; length++) {
        parse = setkeyDialect.parse(text.slice(0, length), parse);
        expect(parse.statements.map((s) => s.text).join('')).toBe(text.slice(0, length));
        if (length % 97 === 0) {
          expect(readAll(parse)).toEqual(readAll(setkeyDialect.parse(text.slice(0, length))));
          setkeyDialect.lower(parse, { file });
          const last = parse.statements[parse.statements.length - 1];
          if (last !== undefined) askEverything(last);
        }
      }
    }
  });
});

describe('any text', () => {
  const words = [
    'add',
    'spdadd',
    'esp',
    '-P',
    'out',
    'ipsec',
    '/',
    '-',
    '[',
    ']',
    '10.0.0.1',
    '::1',
    '"',
    '#',
    ';',
    '\\',
    '\n',
    ' ',
    '\t',
    '0x1',
    'any',
    '-E',
    'null',
    'é',
    '\r',
  ];

  it('gives statements that tile it, tokens in order, and no exception', () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words)).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (source) => {
        const parse = setkeyDialect.parse(source);
        expect(parse.statements.map((s) => s.text).join('')).toBe(source);
        setkeyDialect.lower(parse, { file: 'any' });
        for (const statement of parse.statements) askEverything(statement);
      }),
      { seed: 20010601, numRuns: 500 },
    );
  });

  it('an edit anywhere gives what a fresh parse gives', () => {
    const text = fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, text, fc.nat(), fc.nat(), (head, tail, inserted, from, removed) => {
        const before = head + tail;
        const at = from % (before.length + 1);
        const after = before.slice(0, at) + inserted + before.slice(at + (removed % 20));
        const edited = setkeyDialect.parse(after, setkeyDialect.parse(before));
        const fresh = setkeyDialect.parse(after);
        expect(readAll(edited)).toEqual(readAll(fresh));
        expect([...edited.starts]).toEqual([...fresh.starts]);
      }),
      { seed: 20010601, numRuns: 1000 },
    );
  });
});

function askEverything(statement: ReturnType<typeof setkeyDialect.parse>['statements'][number]): void {
  const tokens = setkeyDialect.tokens(statement);
  tokens.forEach((token, i) => {
    expect(token.range.start).toBeGreaterThanOrEqual(tokens[i - 1]?.range.end ?? 0);
    expect(token.range.end).toBeLessThanOrEqual(statement.text.length);
  });
  for (const problem of statement.problems) {
    expect(problem.range.start).toBeLessThanOrEqual(problem.range.end);
    expect(problem.range.end).toBeLessThanOrEqual(statement.text.length);
  }
  for (let offset = 0; offset <= statement.text.length; offset += 7)
    setkeyDialect.expected(statement, offset);
  setkeyDialect.names(statement);
  setkeyDialect.symbol(statement);
  setkeyDialect.explain(statement);
  setkeyDialect.hints?.(statement);
  const formatted = setkeyDialect.format?.(statement);
  if (formatted !== undefined) expect(withoutPlaces(formatted)).toEqual(withoutPlaces(statement.text));
}

/** What a text means: the databases it leaves, without where their entries stand. */
function withoutPlaces(text: string): unknown {
  const { policy } = setkeyDialect.lower(setkeyDialect.parse(text), { file: 'format' });
  const plain = (key: string, value: unknown): unknown =>
    key === 'origin' ? undefined : typeof value === 'bigint' ? value.toString() : value;
  return JSON.parse(JSON.stringify(policy, plain));
}
