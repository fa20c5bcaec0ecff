/** Any bytes in any file: a tree and problems, never a crash, and the walks still answer. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNetworkFile } from '../../server/src/analysis/network/networkFile';
import { dialects } from '../../server/src/dialects';
import { examplesFolder, filesBelow, workspaceOf } from '../harness/workspace';

function exampleFolders(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isDirectory());
}

const texts = new Map(
  exampleFolders(examplesFolder).flatMap((folder) =>
    Object.entries(filesBelow(folder)).map(([path, text]) => [join(folder, path), text] as const),
  ),
);

/** Everything a dialect answers about a text; ranges must lie in it. */
function askAll(dialect: (typeof dialects)[number], text: string): void {
  const parse = dialect.parse(text);
  if (parse.statements.map((s) => s.text).join('') !== text) throw new Error('text was lost');
  const { problems } = dialect.lower(parse, { file: 'f' });
  for (const { range } of problems)
    if (range.start < 0 || range.end > text.length || range.start > range.end)
      throw new Error('a range is outside');
  for (const statement of parse.statements) {
    for (const { range } of statement.problems)
      if (range.start < 0 || range.end > statement.text.length) throw new Error('a range is outside');
    dialect.tokens(statement);
    dialect.names(statement);
    dialect.symbol(statement);
    dialect.explain(statement);
    dialect.expected(statement, Math.min(3, statement.text.length));
  }
}

describe('every prefix of every example', () => {
  it.each([...texts.keys()].map((path) => [path.slice(examplesFolder.length + 1), path] as const))(
    '%s',
    (_name, path) => {
      const text = texts.get(path)!;
      const own = dialects.find((d) => d.detect(path.slice(path.lastIndexOf('/') + 1), text) > 0.6);
      for (let end = 0; end <= text.length; end++) {
        const prefix = text.slice(0, end);
        if (own !== undefined) askAll(own, prefix);
        else parseNetworkFile(prefix, path);
        // The other parsers meet it as foreign bytes; now and then is enough.
        if (end % 17 === 0) {
          for (const dialect of dialects) if (dialect !== own) askAll(dialect, prefix);
          parseNetworkFile(prefix, path);
        }
      }
    },
    120_000,
  );
});

describe('random bytes', () => {
  const words = [...texts.values()].join(' ').split(/\s+/);
  const soup = fc.array(
    fc.oneof(
      fc.constantFrom(...words),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n', ';', '\\\n', '"', '{', '}'),
    ),
    {
      maxLength: 40,
    },
  );

  it.each([...dialects.map((d) => d.id)])('give %s a tree and problems', (id) => {
    const dialect = dialects.find((d) => d.id === id)!;
    fc.assert(
      fc.property(soup, (parts) => askAll(dialect, parts.join(' '))),
      { seed: 1789, numRuns: 800 },
    );
  });

  it('leave the walks answering', () => {
    const files = filesBelow(join(examplesFolder, 'vpn-and-nat'));
    const names = Object.keys(files).filter((f) => f !== 'gatewalk.yaml');
    fc.assert(
      fc.property(fc.constantFrom(...names), soup, (name, parts) => {
        const snapshot = workspaceOf({ ...files, [name]: parts.join(' ') }).snapshot();
        const project = snapshot.projectOf('/w/gatewalk.yaml')!;
        for (const packet of project.packets) project.walk({ packet, reply: true });
        snapshot.problemsOf(`/w/${name}`);
        snapshot.findingsOf('/w/gatewalk.yaml');
        expect(project.packets).toHaveLength(4);
      }),
      { seed: 4, numRuns: 60 },
    );
  }, 120_000);
});
