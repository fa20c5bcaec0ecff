/** Walks as hover, CodeLens, trace view and text show them. */
import { describe, expect, it } from 'vitest';
import type { WalkRequest, WalkResult } from '../../server/src/analysis/snapshot';
import { codeLenses } from '../../server/src/features/codeLens';
import { hover } from '../../server/src/features/hover';
import { traceToText } from '../../server/src/features/traceText';
import { toTraceView } from '../../server/src/features/traceView';
import { packetByNameOrLine, traceOf } from '../../server/src/features/walks';
import { networkUri, otherUri, rulesUri, samplePacket, toySnapshot, webTrace } from './toy';

const rules = 'allow web\ndeny all\n';
const maps = 'allow map\n';
const web = samplePacket('web', { file: networkUri, start: 10, end: 15, line: 1 });
const other = samplePacket('mail', { file: networkUri, start: 20, end: 25, line: 2 });
const allowRule = { file: rulesUri, start: 0, end: 9, line: 0 };
const mapRule = { file: otherUri, start: 0, end: 9, line: 0 };

function walk(request: WalkRequest): WalkResult {
  return { request, trace: webTrace(allowRule, mapRule), findings: [] };
}

function world(packets = [web]) {
  return toySnapshot({
    files: { [rulesUri]: rules, [otherUri]: maps, [networkUri]: 'packets:\n  web: x\n  mail: x\n' },
    packets,
    walk,
  });
}

describe('hover', () => {
  it('shows the word, the rule in words and the walk with the rule marked', () => {
    const found = hover(world(), otherUri, 2);
    expect(found?.range).toEqual({ start: 0, end: 9 });
    expect(found?.markdown[0]).toBe('```toy\nallow\n```\nLets the packet pass. toy(5)');
    expect(found?.markdown[1]).toBe('Rule that says allow.');
    const [headline, , ...lines] = found!.markdown[2]!.split('\n');
    expect(headline).toMatch(
      /^\*\*▶ 3\. Source becomes 192\.0\.2\.1\*\*: `10\.1\.0\.10:40000 > .* → `192\.0\.2\.1:10000 > /,
    );
    expect(lines[0]).toBe('**web** `tcp 10.1.0.10:40000 > 198.51.100.7:80 S`');
    expect(lines[2]).toBe('| # | stage | rule | what it did |');
    const cells = lines
      .slice(4, 8)
      .map((l) => l.split(' | ').map((c) => c.replace(/\(command:.*?\)/, '(…)')));
    expect(cells.map((c) => c[0])).toEqual(['| 1', '| 2', '| **▶ 3**', '| 4']);
    expect(cells[1]![1]).toBe('A: Packet filter \\(in\\) lan0');
    expect(cells[1]![2]).toBe('[a/toy.conf:1](…)');
    expect(cells[2]![2]).toBe('**[a/more.toy:1](…)**');
    expect(cells[2]![3]).toContain('`10.1.0.10:40000 > 198.51.100.7:80');
    expect(cells[2]![3]).toContain('→ `192.0.2.1:10000 > 198.51.100.7:80');
    expect(cells[1]![3]).toBe('Passes by rule 1. |');
    expect(lines.at(-1)).toBe('**Delivered at W**: It reaches W.');
  });

  it('links a rule by the command that reveals it', () => {
    const table = hover(world(), rulesUri, 2)!.markdown[2]!;
    const link = /\[a\/toy\.conf:1\]\(command:gatewalk\.reveal\?([^)]*)\)/.exec(table)![1]!;
    expect(JSON.parse(decodeURIComponent(link))).toEqual([
      {
        uri: rulesUri,
        label: 'a/toy.conf:1',
        line: 0,
        startCharacter: 0,
        endLine: 0,
        endCharacter: 9,
        text: 'allow web',
      },
    ]);
  });

  it('says how many other packets meet the rule', () => {
    expect(hover(world([web, other]), rulesUri, 2)!.markdown[2]).toContain('\n\nAlso met by “mail”.');
  });

  it('says when no sample packet meets the rule', () => {
    expect(hover(world(), rulesUri, 12)!.markdown.at(-1)).toBe('The sample packet “web” does not meet this.');
    expect(hover(world([web, other]), rulesUri, 12)!.markdown.at(-1)).toBe(
      'None of the 2 sample packets meets this.',
    );
  });

  it('says how to get a walk when there are no sample packets', () => {
    expect(hover(world([]), rulesUri, 2)!.markdown.at(-1)).toBe(
      'To see a packet walk through this, write one in a comment: `; packet: web: tcp 10.1.0.5:40000 > 198.51.100.7:80 S`',
    );
  });

  it('takes the longest word of the vocabulary', () => {
    expect(hover(world(), rulesUri, 16)!.markdown[0]).toContain('Drops everything.');
  });

  it('shows the walk of a sample packet', () => {
    const found = hover(world(), networkUri, 12);
    expect(found?.range).toMatchObject({ start: 10, end: 15 });
    expect(found?.markdown).toHaveLength(1);
    expect(found?.markdown[0]).toContain('**Delivered at W**');
  });

  it('keeps text of a policy file from becoming Markdown', () => {
    const evil = { ...web, name: '[x](command:evil)', notation: 'a`b|c' };
    const table = hover(world([evil]), rulesUri, 2)!.markdown[2]!;
    expect(table.split('\n')[2]).toBe('**\\[x\\]\\(command:evil\\)** ``a`b|c``');
  });
});

describe('CodeLens', () => {
  it('stands on every sample packet of the file', () => {
    expect(codeLenses(world(), networkUri)).toEqual([
      { kind: 'walk', range: { start: 10, end: 15 }, title: 'Walk web', packet: 'web', reply: false },
      { kind: 'walk', range: { start: 10, end: 15 }, title: 'Walk reply', packet: 'web', reply: true },
    ]);
    expect(codeLenses(world(), networkUri, { packets: false, hits: true })).toEqual([]);
  });

  it('says on a rule which packets hit it', () => {
    expect(codeLenses(world(), rulesUri)).toEqual([
      {
        kind: 'hits',
        range: { start: 0, end: 0 },
        title: '1 packet hits this',
        hits: [{ packet: 'web', reply: false }],
      },
    ]);
    expect(codeLenses(world(), rulesUri, { packets: true, hits: false })).toEqual([]);
  });
});

describe('trace view', () => {
  const snapshot = world();
  const project = snapshot.projectOf(rulesUri)!;
  const view = toTraceView(walk({ packet: web, reply: false }), project, snapshot);

  it('has header lines before and after only where they changed', () => {
    expect(view.steps.map((s) => [s.index, s.title, s.before !== undefined, s.after !== undefined])).toEqual([
      [1, 'Sent', false, false],
      [2, 'Packet filter (in)', false, false],
      [3, 'NAT (out)', true, true],
      [4, 'Received', false, false],
    ]);
  });

  it('draws the way: which links were crossed, by which interface', () => {
    expect(view.topology.links).toEqual([
      { from: 'X', to: 'X-net', crossed: 'clear' },
      { from: 'W', to: 'Z', crossed: 'clear' },
      { from: 'A', to: 'X-net', interface: 'lan0', crossed: 'clear' },
      { from: 'A', to: 'Z', interface: 'wan0', crossed: 'clear' },
    ]);
    expect(view.topology.nodes.map((n) => [n.id, n.kind, n.visited])).toEqual([
      ['X', 'host', true],
      ['W', 'host', true],
      ['A', 'gateway', true],
      ['X-net', 'network', true],
      ['Z', 'internet', true],
    ]);
  });

  it('marks old values in the packet of the stage that changed it', () => {
    const fields = view.steps[2]!.packet.boxes.flatMap((b) => b.fields);
    expect(fields.find((f) => f.name === 'Source Address')).toMatchObject({
      value: '192.0.2.1',
      oldValue: '10.1.0.10',
    });
    expect(view.steps[3]!.packet.boxes.flatMap((b) => b.fields).every((f) => f.oldValue === undefined)).toBe(
      true,
    );
  });

  it('does not say the name twice when the line begins with it', () => {
    const named = { ...web, notation: `web: ${web.notation}` };
    const text = traceToText(toTraceView(walk({ packet: named, reply: true }), project, snapshot));
    expect(text.split('\n')[0]).toBe('Reply to web: tcp 10.1.0.10:40000 > 198.51.100.7:80 S');
  });

  it('reads as text in 100 columns', () => {
    const lines = traceToText(view).split('\n');
    expect(lines[0]).toBe('web: tcp 10.1.0.10:40000 > 198.51.100.7:80 S');
    expect(lines).toContain('A  (NetBSD)');
    expect(lines).toContain('   2  Packet filter (in) on lan0, PFIL_IN  pass');
    expect(lines).toContain('      a/toy.conf:1  allow web');
    expect(lines).toContain('Delivered at W [delivered]: It reaches W.');
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(100);
    expect(lines.findIndex((l) => l.startsWith('      before  10.1.0.10:40000'))).toBe(
      lines.findIndex((l) => l.startsWith('      after   192.0.2.1:10000')) - 1,
    );
  });
});

describe('which packet is walked', () => {
  const snapshot = world([web, other]);
  const project = snapshot.projectOf(rulesUri)!;

  it('is the sample packet of the name', () => {
    expect(packetByNameOrLine(project, 'mail')).toEqual({ packet: other });
  });

  it('is the packet of the line', () => {
    expect(packetByNameOrLine(project, 'udp 10.1.0.10:53 > 198.51.100.7:53')).toMatchObject({
      packet: { notation: 'udp 10.1.0.10:53 > 198.51.100.7:53', spec: { protocol: 17, sourcePort: 53 } },
    });
  });

  it('is none, with a suggestion, for a name that is nearly right', () => {
    expect(packetByNameOrLine(project, 'wbe')).toEqual({
      error: 'There is no sample packet “wbe”. Did you mean “web”?',
    });
    expect(packetByNameOrLine(project, 'something-else')).toEqual({
      error: 'There is no sample packet “something-else”. There are: web, mail.',
    });
  });

  it('is none, naming the word, for a line that cannot be read', () => {
    const answer = packetByNameOrLine(project, 'tcp 10.1.0.999:1 > 198.51.100.7:53');
    expect(answer).toMatchObject({
      error: expect.stringMatching(/^The packet line can't be read \(at “10\.1\.0\.999.*”, column 5\): /),
    });
  });

  it('takes a platform by its id, or says which there are', () => {
    expect(traceOf(snapshot, project, { packet: 'web', reply: false, platform: 'netbsd-200' })).toEqual({
      error: 'There is no platform “netbsd-200”. Did you mean “netbsd-2000”?',
    });
    expect(traceOf(snapshot, project, { packet: 'web', reply: false, platform: 'linux' })).toMatchObject({
      trace: { platform: 'linux', version: 1 },
    });
  });
});
