/** Formatting never changes what a file means, and formatting twice is formatting once: on examples and on corpora. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Workspace } from '../../server/src/analysis/workspace';
import { dialects } from '../../server/src/dialects';
import type { Dialect } from '../../server/src/dialects/dialect';
import { formatting } from '../../server/src/features/formatting';
import { applyEdits } from '../../server/src/text/edit';
import { hasShared, sharedFolder } from '../harness/shared';

function formatted(dialect: Dialect, text: string): string {
  const uri = 'file:///f/x';
  const workspace = new Workspace();
  workspace.setFile(uri, text, dialect.id);
  return applyEdits(text, formatting(workspace.snapshot(), uri));
}

/** What a text means, without where it says so. */
function meaning(dialect: Dialect, text: string): string {
  const { policy } = dialect.lower(dialect.parse(text), { file: 'x' });
  return JSON.stringify(policy, (key, value: unknown) => {
    if (key === 'origin') return undefined;
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Map) return [...value];
    if (value instanceof Set) return [...value];
    return value;
  });
}

function check(dialect: Dialect, text: string): void {
  const once = formatted(dialect, text);
  expect(meaning(dialect, once)).toBe(meaning(dialect, text));
  expect(formatted(dialect, once)).toBe(once);
}

const untidy: Readonly<Record<string, string>> = {
  ipf: '  pass   in\tquick on fxp0   from 10.1.0.0/24 to any # why\r\nblock out   all',
  ipnat: 'map   fxp0 10.1.0.0/24   ->  0/32\n',
  ippool: 'table role   = ipf type = tree   name = x { 10.0.0.0/8;   !10.1.0.0/16; };\n',
  setkey: 'spdadd  10.0.0.0/8   10.1.0.0/16 any\n -P out   ipsec esp/transport//require ;\n',
};

describe.each(dialects.map((d) => [d.id, d] as const))('formatting %s', (id, dialect) => {
  it('tidies blanks and keeps meaning, comments and line ends', () => {
    const text = untidy[id];
    expect(text, `a text of ${id} is needed here`).toBeDefined();
    check(dialect, text!);
    expect(formatted(dialect, text!)).not.toBe(text);
  });

  it.skipIf(!hasShared('corpus'))('keeps the meaning of every file of the corpora', () => {
    const files = below(join(sharedFolder, 'corpus')).filter((f) => belongsTo(dialect, f));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files.slice(0, most)) {
      const text = readFileSync(file, 'utf8');
      try {
        check(dialect, text);
      } catch (error) {
        throw new Error(`${file}: ${error instanceof Error ? error.message : ''}`);
      }
    }
  });
});

const most = 400;

function belongsTo(dialect: Dialect, file: string): boolean {
  const name = basename(file);
  if (dialect.fileNames.includes(name) || dialect.fileEndings.some((e) => name.endsWith(e))) return true;
  return dialect.detect(name, readFileSync(file, 'utf8').slice(0, 4096)) > 0.8;
}

function below(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      const found = statSync(path);
      if (found.isDirectory()) return below(path);
      return found.size < 200_000 ? [path] : [];
    });
}
