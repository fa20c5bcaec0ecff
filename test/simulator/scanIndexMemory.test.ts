/** An index carried over edits finds the same rules as an index made anew. */
import { describe, expect, it } from 'vitest';
import { Workspace } from '../../server/src/analysis/workspace';

/** Long enough to be indexed and remembered; none of these rules takes the sample packet. */
const filler = Array.from({ length: 1500 }, (_, i) => {
  const host = `172.${16 + (i >> 8)}.${i & 255}.1`;
  return i % 3 === 0
    ? `block in quick on fxp0 from ${host} to any`
    : `pass in on fxp0 proto tcp from ${host} to any port = ${i + 1} keep state`;
});
const sample = '# packet: web: in on fxp0 tcp 10.1.0.5:40000 > 198.51.100.7:80 S';
const takesIt = 'pass in quick on fxp0 proto tcp from 10.1.0.0/16 to any port = 80';
const blocksIt = 'block in quick on fxp0 from 10.1.0.5 to any';
const pairs = 'block in on fxp0 from 10.0.0.0/8 to any';

/** Line and outcome of the filter's decision about the sample packet. */
function decision(workspace: Workspace, uri: string): string {
  const project = workspace.snapshot().projectOf(uri)!;
  const { trace } = project.walk({ packet: project.packets[0]!, reply: false });
  const step = trace.steps.find((s) => s.stage === 'filter')!;
  return `${step.outcome} by line ${step.origins[0] === undefined ? 'none' : step.origins[0].line + 1}`;
}

describe('the index of a long list', () => {
  const lists: [string, string[], string][] = [
    ['as it is first', [sample, ...filler, takesIt], 'pass by line 1502'],
    ['with a rule put in front', [sample, blocksIt, ...filler, takesIt], 'dropped by line 2'],
    ['with that rule gone again', [sample, ...filler, takesIt], 'pass by line 1502'],
    [
      'with a rule in the middle',
      [sample, ...filler.slice(0, 700), pairs, ...filler.slice(700)],
      'dropped by line 702',
    ],
    [
      'with a rule changed',
      [sample, ...filler.slice(0, 700), blocksIt, ...filler.slice(701)],
      'dropped by line 702',
    ],
    ['with the last rule taken out', [sample, ...filler], 'pass by line none'],
    ['with two places changed', [sample, pairs, ...filler, takesIt], 'pass by line 1503'],
    ['turned round', [sample, takesIt, ...[...filler].reverse(), blocksIt], 'pass by line 2'],
  ];
  const edited = new Workspace();
  const uri = 'file:///edited/ipf.conf';

  it.each(lists)('finds the deciding rule %s', (what, lines, wanted) => {
    const text = `${lines.join('\n')}\n`;
    edited.setFile(uri, text);
    expect(decision(edited, uri)).toBe(wanted);
    const fresh = new Workspace();
    const other = `file:///${encodeURIComponent(what)}/ipf.conf`;
    fresh.setFile(other, text);
    expect(decision(fresh, other)).toBe(wanted);
  });
});
