import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hover } from '../../server/src/features/hover';
import { policyFile } from '../../server/src/features/places';
import { examplesFolder, filesBelow, workspaceOf } from '../harness/workspace';

describe('hover on every word of an example', () => {
  it.each(['vpn-and-nat', 'pools'])('%s: documents words, and shows no tab stops of snippets', (name) => {
    const snapshot = workspaceOf(filesBelow(join(examplesFolder, name))).snapshot();
    let documented = 0;
    for (const [uri, { text }] of snapshot.files) {
      if (policyFile(snapshot, uri) === undefined) continue;
      for (const word of text.matchAll(/[\w-]+/g)) {
        const found = hover(snapshot, uri, word.index);
        if (found?.markdown[0]?.startsWith('```') === true) documented++;
        expect(found?.markdown.join('\n') ?? '', `${uri}: ${word[0]}`).not.toMatch(/\$\{?\d/);
      }
    }
    expect(documented).toBeGreaterThan(20);
  });
});
