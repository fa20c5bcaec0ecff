import { afterEach, describe, expect, it, vi } from 'vitest';
import { tracePage } from '../../client/src/tracePage';
import { readTexts, t, tCount, tNodes } from '../../webview/src/l10n';
import { endedHere, outcomeSign, verdictTitle } from '../../webview/src/signs';

const editor = vi.hoisted(() => ({
  env: { language: 'en' },
  l10n: {
    bundle: undefined as Record<string, string> | undefined,
    t: (text: string): string => editor.l10n.bundle?.[text] ?? text,
  },
  Uri: { joinPath: (...parts: readonly string[]) => parts.join('/') },
}));
vi.mock('vscode', () => editor);

/** The page as the extension makes it while the editor speaks this language. */
function pageIn(language: string, bundle: Record<string, string> | undefined): string {
  editor.env.language = language;
  editor.l10n.bundle = bundle;
  const webview = { asWebviewUri: (uri: unknown) => uri, cspSource: 'https://webview.example' };
  return tracePage(webview as never, 'dist' as never);
}

/** What a browser finds in the data block: script elements end at the first `</script`, whatever is in them. */
function dataBlock(page: string): string {
  return /<script[^>]* id="texts">(.*?)<\/script/s.exec(page)?.[1] ?? '';
}

afterEach(() => readTexts('null'));

describe('texts of the trace view', () => {
  it('show in the language of the page, values where its sentence has them', () => {
    const german = {
      'Show {0} in the editor: {1}': '„{1}“ im Editor zeigen ({0})',
      passed: 'durchgelassen',
      'Delivered at {0}': 'Bei {0} angekommen',
    };
    readTexts(dataBlock(pageIn('de', german)));
    expect(t('Show {0} in the editor: {1}', 'ipf.conf:3', 'block in all')).toBe(
      '„block in all“ im Editor zeigen (ipf.conf:3)',
    );
    expect(outcomeSign('pass').word).toBe('durchgelassen');
    expect(verdictTitle({ kind: 'delivered', node: 'y' })).toBe('Bei y angekommen');
  });

  it('show in English when nobody translated them', () => {
    readTexts(dataBlock(pageIn('de', { passed: 'durchgelassen' })));
    expect(outcomeSign('dropped').word).toBe('dropped');
    expect(t('Fields of {0}', 'IPv4')).toBe('Fields of IPv4');
    // A name that every object has is no translation.
    expect(t('constructor')).toBe('constructor');
  });

  it('take values as they are, also those that look like placeholders', () => {
    expect(t('{0}: {1}', '{1}', '$&')).toBe('{1}: $&');
  });

  it('do not compile without their values, and show which one is missing', () => {
    // @ts-expect-error: the second value is missing.
    expect(t('{0} of {1}', 'State table')).toBe('State table of {1}');
    // @ts-expect-error: the text has no place for a value.
    expect(t('used', 'twice')).toBe('used');
  });

  it('have a sentence for one and one for any other number', () => {
    readTexts('{"{0} bytes": "Bytes: {0}"}');
    const bytes = (count: number) => tCount('{0} byte', '{0} bytes', count);
    expect([0, 1, 20].map(bytes)).toEqual(['Bytes: 0', '1 byte', 'Bytes: 20']);
  });

  it('keep elements where the sentence of the language has them', () => {
    const arrow = 'ARROW';
    expect(tNodes('{0} marks it.', arrow).join('')).toBe('ARROW marks it.');
    readTexts('{"{0} marks it.": "Dafür steht {0}."}');
    expect(tNodes('{0} marks it.', arrow)).toEqual(['Dafür steht ', arrow, '.']);
  });

  it('stay English when the page brings nothing to read', () => {
    for (const nothing of ['', 'null', '[]', '{"passed": {"message": "x"}}', '{"passed"']) {
      readTexts(nothing);
      expect(outcomeSign('pass').word).toBe('passed');
    }
  });
});

describe("the page's own markup", () => {
  it('says which language its texts are in', () => {
    expect(pageIn('pt-br', { 'Gatewalk trace': 'Gatewalk: percurso' })).toContain('<html lang="pt-br">');
    expect(pageIn('en', undefined)).toContain('<html lang="en">');
    // The editor's language has no texts of ours, so that what is read aloud is English.
    expect(pageIn('ja', undefined)).toContain('<html lang="en">');
  });

  it('lets no text out of its place', () => {
    const evil = '</script><!--<script>alert("1")</script>';
    const page = pageIn('"><b>', { 'Gatewalk trace': `</title>${evil}`, passed: evil });
    expect(dataBlock(page)).not.toContain('<');
    readTexts(dataBlock(page));
    expect(outcomeSign('pass').word).toBe(evil);
    expect(page).toContain('<html lang="&quot;&gt;&lt;b&gt;">');
    expect(page).not.toContain(evil);
    expect(page.match(/<script/g)).toHaveLength(2);
  });

  it('runs nothing without the nonce, the data block included', () => {
    const page = pageIn('de', {});
    const nonce = /script-src 'nonce-([^']+)'/.exec(page)?.[1];
    expect(nonce).toMatch(/^.{16,}$/);
    for (const [tag] of page.matchAll(/<script[^>]*>/g)) expect(tag).toContain(`nonce="${nonce}"`);
  });
});

describe('titles of verdicts', () => {
  const kinds = ['delivered', 'dropped', 'lost', 'looped', 'uncertain'] as const;

  it('name the node where the walk ended', () => {
    expect(kinds.map((kind) => verdictTitle({ kind, node: 'A' }))).toEqual([
      'Delivered at A',
      'Dropped at A',
      'Lost at A',
      'Looped at A',
      'Uncertain at A',
    ]);
  });

  it('end without a gap when it ended at none', () => {
    const titles = kinds.map((kind) => verdictTitle({ kind, node: '' }));
    expect(titles).toEqual(['Delivered', 'Dropped', 'Lost', 'Looped', 'Uncertain']);
  });

  it('are said of the node in a whole sentence', () => {
    readTexts('{"ended here: lost": "hier verloren"}');
    expect(endedHere('lost')).toBe('hier verloren');
  });
});
