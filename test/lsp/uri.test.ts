import { describe, expect, it } from 'vitest';
import { resolvePath } from '../../server/src/analysis/workspace';
import { canonicalUri, childUri, folderOf, nameOf } from '../../server/src/lsp/uri';

describe('canonicalUri', () => {
  it.each([
    ['file:///etc/ipf.conf', 'file:///etc/ipf.conf'],
    ['file:///a b/x+y.conf', 'file:///a%20b/x%2By.conf'],
    ['file:///a%20b/x%2by.conf', 'file:///a%20b/x%2By.conf'],
    ['file:///C:/net/ipf.conf', 'file:///c%3A/net/ipf.conf'],
    ['file:///c%3A/net/ipf.conf', 'file:///c%3A/net/ipf.conf'],
    ['file://server/share/a', 'file://server/share/a'],
    ['file:///100%/a', 'file:///100%25/a'],
    ['untitled:Untitled-1', 'untitled:Untitled-1'],
    ['vscode-vfs://github/a%2Bb', 'vscode-vfs://github/a%2Bb'],
  ])('spells %s as %s', (given, wanted) => {
    expect(canonicalUri(given)).toBe(wanted);
    expect(canonicalUri(wanted)).toBe(wanted);
  });

  it('spells a file as the network file that names it does', () => {
    const folder = canonicalUri('file:///my net');
    for (const path of ['A (old)/ipf.conf', 'a+b/x@y.conf', "it's/é.conf"]) {
      expect(canonicalUri(`file:///my net/${path}`)).toBe(resolvePath(folder, path));
    }
  });
});

describe('parts of a URI', () => {
  it('are folder, name and child', () => {
    expect(folderOf('file:///a%20b/x%2By.conf')).toBe('file:///a%20b');
    expect(nameOf('file:///a%20b/x%2By.conf')).toBe('x+y.conf');
    expect(childUri('file:///a%20b', 'x+y.conf')).toBe('file:///a%20b/x%2By.conf');
  });
});
