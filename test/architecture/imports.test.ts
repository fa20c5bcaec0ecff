import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Which folders of `server/src` each may import from, besides itself. The order is that of ARCHITECTURE.md. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  text: [],
  syntax: ['text'],
  policy: ['text', 'syntax'],
  packet: ['text', 'syntax', 'policy'],
  platforms: ['text', 'syntax', 'policy'],
  dialects: ['text', 'syntax', 'policy'],
  simulator: ['text', 'syntax', 'policy', 'packet', 'platforms'],
  analysis: ['text', 'syntax', 'policy', 'packet', 'platforms', 'dialects', 'simulator'],
  interop: ['text', 'syntax', 'policy', 'packet', 'platforms', 'simulator', 'analysis'],
  features: [
    'text',
    'syntax',
    'policy',
    'packet',
    'platforms',
    'dialects',
    'simulator',
    'analysis',
    'interop',
  ],
  lsp: [
    'text',
    'syntax',
    'policy',
    'packet',
    'platforms',
    'dialects',
    'simulator',
    'analysis',
    'interop',
    'features',
  ],
};

const ENTRY_POINTS = ['cli', 'frontends', 'mcp'];

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (path.endsWith('.ts')) yield path;
  }
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((m) => m[1]!);
}

function violations(folder: string, check: (file: string, imported: string) => string | undefined): string[] {
  const found: string[] = [];
  for (const path of sources(resolve(root, folder)))
    for (const imported of importsOf(path)) {
      const target = imported.startsWith('.') ? relative(root, resolve(dirname(path), imported)) : imported;
      const why = check(relative(root, path), target);
      if (why !== undefined) found.push(`${relative(root, path)}: ${why}`);
    }
  return found;
}

describe('import directions', () => {
  it('point downwards in the server', () => {
    const found = violations('server/src', (file, target) => {
      const from = file.split('/')[2]!;
      const to = target.startsWith('server/src/') ? target.split('/')[2]! : undefined;
      if (to === undefined || from === to) return undefined;
      const allowed = MAY_IMPORT[from];
      if (allowed === undefined) return undefined; // An entry point, which may import everything.
      return allowed.includes(to) ? undefined : `${from} must not import ${to}`;
    });
    expect(found).toEqual([]);
  });

  it('know every folder of the server', () => {
    const folders = readdirSync(resolve(root, 'server/src')).filter((n) =>
      statSync(resolve(root, 'server/src', n)).isDirectory(),
    );
    const known = [...Object.keys(MAY_IMPORT), ...ENTRY_POINTS];
    expect(folders.filter((f) => !known.includes(f))).toEqual([]);
  });

  it('keep dialects apart from each other', () => {
    // `*-kit` folders are shared by dialects and are none themselves.
    const found = violations('server/src/dialects', (file, target) => {
      const from = file.split('/')[3]!;
      const to = target.startsWith('server/src/dialects/') ? target.split('/')[3]! : undefined;
      if (to === undefined || from.endsWith('.ts')) return undefined;
      if (
        from === to ||
        to.endsWith('-kit') ||
        ['dialect', 'signature', 'statementNames', 'statementOrigin'].includes(to)
      )
        return undefined;
      return `${from} must not import ${to}`;
    });
    expect(found).toEqual([]);
  });

  it('let no feature name a dialect', () => {
    const found = violations('server/src/features', (_file, target) =>
      /^server\/src\/dialects\/(?!dialect$|statementOrigin$|index$)/.test(target)
        ? `imports ${target}`
        : undefined,
    );
    expect(found).toEqual([]);
  });

  it('give client and webview the protocol only', () => {
    for (const part of ['client', 'webview']) {
      const found = violations(part, (_file, target) => {
        if (/^(server|client|webview|test)\//.test(target) && !target.startsWith(`${part}/`))
          return `imports ${target}`;
        return undefined;
      });
      expect(found).toEqual([]);
    }
  });

  it('keep the UI toolkit behind one file', () => {
    const found = violations('webview/src', (file, target) =>
      target === '@vscode/webview-ui-toolkit' && file !== 'webview/src/controls.ts'
        ? 'imports the toolkit'
        : undefined,
    );
    expect(found).toEqual([]);
  });

  it('keep Node out of everything below lsp', () => {
    for (const folder of Object.keys(MAY_IMPORT).filter((f) => f !== 'lsp')) {
      const found = violations(`server/src/${folder}`, (_file, target) =>
        target.startsWith('node:') || target === 'vscode' ? `imports ${target}` : undefined,
      );
      expect(found).toEqual([]);
    }
  });
});
