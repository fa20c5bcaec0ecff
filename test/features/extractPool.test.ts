import { describe, expect, it } from 'vitest';
import { refactorings } from '../../server/src/features/codeActions';
import { workspaceOf } from '../harness/workspace';

const RULE = 'pass in from { 10.1.0.1, 10.1.0.2, 10.1.0.3 } to any';

function titles(text: string): string[] {
  const at = text.indexOf('10.1.0.1');
  const offers = refactorings(workspaceOf({ 'ipf.conf': text }).snapshot(), '/w/ipf.conf', {
    start: at,
    end: at,
  });
  return offers.map((o) => o.title);
}

describe('extracting a list to a pool', () => {
  const offer = 'Extract 3 addresses to a pool (one rule in place of 3)';

  it('is offered on the list', () => {
    expect(titles(`block in all\n${RULE}\n`)).toContain(offer);
  });

  it('is not offered where a `skip` counts the rules', () => {
    expect(titles(`skip 3 in proto udp all\n${RULE}\nblock in all\n`)).not.toContain(offer);
  });
});
