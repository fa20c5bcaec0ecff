/**
 * The table of diagnostics and the sources agree: whatever code a parser, a lowering or a finding can report
 * stands in the table, once, and the other way round. Codes are read from the sources as they are written.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnosticsMarkdown } from '../../server/src/analysis/diagnostics/markdown';
import { anchorOf, diagnosticSections, diagnosticTable } from '../../server/src/analysis/diagnostics/table';

const root = resolve(import.meta.dirname, '../..');
const sources = join(root, 'server/src');

describe('table of diagnostics', () => {
  const reported = reportedCodes();
  const listed = diagnosticSections.flatMap((s) => s.entries.map((e) => e.code));

  it('has every code that the sources report', () => {
    const missing = [...reported].filter(([code]) => !diagnosticTable.has(code));
    expect(missing.map(([code, file]) => `${code} (${file})`)).toEqual([]);
  });

  it('has no code that nobody reports', () => {
    expect(listed.filter((code) => !reported.has(code))).toEqual([]);
  });

  it('has every code once, and every anchor once', () => {
    expect(listed.filter((code, i) => listed.indexOf(code) !== i)).toEqual([]);
    const anchors = listed.map(anchorOf);
    expect(anchors.filter((a, i) => anchors.indexOf(a) !== i)).toEqual([]);
  });

  it('says in whole sentences what to do', () => {
    const unfinished = diagnosticSections
      .flatMap((s) => s.entries)
      .filter((e) => !/[.`)]$/.test(e.explanation) || /\.$/.test(e.title))
      .map((e) => e.code);
    expect(unfinished).toEqual([]);
  });

  it('is what docs/diagnostics.md shows', () => {
    expect(readFileSync(join(root, 'docs/diagnostics.md'), 'utf8')).toBe(diagnosticsMarkdown());
  });

  it('gives anchors as Markdown viewers make them', () => {
    expect(anchorOf('ipf/never-reached')).toBe('ipfnever-reached');
    expect(diagnosticsMarkdown()).toContain('### ipf/never-reached\n');
  });
});

/** Codes with the file that reports them first. */
function reportedCodes(): Map<string, string> {
  const codes = new Map<string, string>();
  for (const file of filesUnder(sources)) {
    if (file.includes('/analysis/diagnostics/')) continue;
    const text = readFileSync(file, 'utf8');
    const name = file.slice(sources.length + 1);
    const add = (code: string) => codes.set(code, codes.get(code) ?? name);
    for (const [, code] of text.matchAll(
      /['`]((?:ipf|ipnat|ippool|setkey|ipsec|network|packet|net)\/[a-z0-9-]+)['`]/g,
    ))
      if (isCode(code!, name)) add(code!);
    if (name.startsWith('dialects/ipfilter-kit/')) {
      for (const [, part] of text.matchAll(/(?:code\('|dialect\}\/)([a-z0-9-]+)/g))
        for (const dialect of ['ipf', 'ipnat', 'ippool']) add(`${dialect}/${part}`);
      for (const [, part] of text.matchAll(/\$\{code\}-([a-z]+)/g))
        for (const dialect of ['ipf', 'ipnat', 'ippool']) add(`${dialect}/address-${part}`);
    }
    if (name.startsWith('dialects/setkey/')) {
      for (const [, code] of text.matchAll(/(?:\.fail|\.problem)\(\s*'([a-z-]+)'/g)) add(`setkey/${code}`);
      for (const [, code] of text.matchAll(
        /take(?:OneOf|Number)\([^;]*?'((?:expected|unknown|prefix|port|priority)-[a-z]+)'/g,
      ))
        add(`setkey/${code}`);
    }
  }
  return codes;
}

/** Words of the same form that are not codes: file names, an example of an address. */
function isCode(text: string, file: string): boolean {
  return !file.startsWith('interop/') && !/^ipf\/(tree|hash)$/.test(text);
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : entry.name.endsWith('.ts') ? [path] : [];
  });
}
