/** Walks as text, Markdown, SVG and mermaid. Checksums in them were computed apart from the product. The SVG in `golden` was looked at in a browser. */
import { describe, expect, it } from 'vitest';
import { exportPcap } from '../../server/src/interop/exportPcap';
import { exportSvg } from '../../server/src/interop/exportSvg';
import { chosenStep, exportMarkdown, exportText } from '../../server/src/interop/exportText';
import { importPackets } from '../../server/src/interop/importPackets';
import { exportMermaid } from '../../server/src/interop/mermaid';
import { packetDiagram, pathLine } from '../../server/src/interop/textDiagram';
import { packetView } from '../../server/src/packet/view';
import { exampleFiles, viewOf, walkFiles } from './projects';
import { packetOf, traceOf } from './traces';

const clear = 'udp 10.1.0.10:40000 > 198.51.100.80:53 len 4';
const translated = 'udp 192.0.2.1:50000 > 198.51.100.80:53 len 4';

const walk = traceOf(
  [
    { node: 'x', stage: 'send', title: 'Sent', packet: clear, outcome: 'sent' },
    { node: 'X', stage: 'wire', title: 'On the wire', packet: clear, outcome: 'sent' },
    {
      node: 'A',
      stage: 'nat',
      title: 'NAT (out)',
      interface: 'wan0',
      packet: translated,
      before: clear,
      outcome: 'changed',
      rule: 'A/ipnat.conf:1',
      text: '“map wan0 0/0 -> 0/32” | made a session.',
    },
    { node: 'Z', stage: 'wire', title: 'On the wire', packet: translated, outcome: 'sent' },
  ],
  {},
  {
    findings: [{ code: 'some-code', severity: 'warning', text: 'Something <is> *wrong*.', places: [] }],
  },
);

describe('text', () => {
  it('draws headers as the RFCs do, and tells below what does not fit', () => {
    expect(packetDiagram(packetView(packetOf(clear)))).toBe(
      [
        'IPv4 (RFC 791): 10.1.0.10 > 198.51.100.80',
        ' 0                   1                   2                   3',
        ' 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1',
        '+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+',
        '|   4   |IHL: 5 |  DSCP: 0  | 0 |       Total Length: 32        |',
        '+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+',
        '|    Identification: 0x0001     | 0x0 |   Fragment Offset: 0    |',
        '+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+',
        '|    TTL 64     | Protocol: 17  |    Header Checksum: 0x463e    |',
        '+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+',
        '|                   Source Address: 10.1.0.10                   |',
        '+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+',
        '|              Destination Address: 198.51.100.80               |',
        '+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+',
        '  Version: 4, ECN: 0 (Not-ECT), Flags: 0x0',
        '',
        'UDP (RFC 768): 40000 > 53',
        ' 0                   1                   2                   3',
        ' 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1',
        '+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+',
        '|      Source Port: 40000       |     Destination Port: 53      |',
        '+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+',
        '|          Length: 12           |       Checksum: 0x6a0b        |',
        '+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+',
        '',
        'Payload: 4 bytes',
      ].join('\n'),
    );
  });

  it('draws a field over several rows without lines in it', () => {
    const lines = packetDiagram(packetView(packetOf('icmpv6 2001:db8::1 > 2001:db8::2 echo'))).split('\n');
    const source = lines.findIndex((line) => line.includes('Source Address: 2001:db8::1'));
    expect(lines.slice(source, source + 8)).toEqual([
      '|                  Source Address: 2001:db8::1                  |',
      `+${' '.repeat(63)}+`,
      `|${' '.repeat(63)}|`,
      `+${' '.repeat(63)}+`,
      `|${' '.repeat(63)}|`,
      `+${' '.repeat(63)}+`,
      `|${' '.repeat(63)}|`,
      `+${'-+'.repeat(32)}`,
    ]);
  });

  it('shows the path with what it was in', () => {
    expect(pathLine(walk)).toBe('x --X-- A --Z--');
    const files = exampleFiles('vpn-and-nat');
    expect(pathLine(viewOf(walkFiles(files, 'x-to-y')))).toBe('x --X-- A ==Z== B --Y-- y');
    expect(pathLine(viewOf(walkFiles(files, 'z-to-a')))).toBe('z --Z-- A (dropped)');
  });

  it('draws the step asked for, else the one with the most headers, inside ESP too', () => {
    expect(chosenStep(walk, 3)?.index).toBe(3);
    expect(chosenStep(walk, 9)).toBeUndefined();
    const tunnel = viewOf(walkFiles(exampleFiles('vpn-and-nat'), 'x-to-y'));
    expect(chosenStep(tunnel)?.stage).toBe('ipsec-out');
    expect(exportText(tunnel)).toContain(
      'Inside, for who has the key:\n\n  IPv4 (RFC 791): 10.1.0.10 > 10.2.0.20\n',
    );
  });

  it('numbers the steps and ends with the verdict and the findings', () => {
    expect(exportText(walk).split('\n').slice(0, 14)).toEqual([
      'web: udp 10.1.0.10:40000 > 198.51.100.80:53 len 4',
      '',
      'x --X-- A --Z--',
      '(-- in clear, ~~ authenticated, == encrypted)',
      '',
      '  1 x: Sent: Sent was here.',
      '  2 X: On the wire: On the wire was here.',
      '  3 A: NAT (out) on wan0 [A/ipnat.conf:1]: “map wan0 0/0 -> 0/32” | made a session.',
      '  4 Z: On the wire: On the wire was here.',
      '',
      'Delivered at Z [delivered]: Reaches 198.51.100.80.',
      'warning [some-code]: Something <is> *wrong*.',
      '',
      '-'.repeat('The packet at step 1, x: Sent:'.length),
    ]);
  });
});

describe('Markdown', () => {
  it('is a table with the packets before and after, and the chosen packet drawn', () => {
    const text = exportMarkdown(walk, 3);
    expect(text.slice(0, text.indexOf('### '))).toBe(
      [
        '## `web: udp 10.1.0.10:40000 > 198.51.100.80:53 len 4`',
        '```text\nx --X-- A --Z--\n\n-- in clear, ~~ authenticated, == encrypted\n```',
        [
          '| # | stage | rule | what it did |',
          '|--:|---|---|---|',
          '| 1 | x: Sent |  | Sent was here. |',
          '| 2 | X: On the wire |  | On the wire was here. |',
          '| 3 | A: NAT \\(out\\) on wan0 | `A/ipnat.conf:1` | “map wan0 0/0 -\\> 0/32” \\| made a session. `udp 10.1.0.10:40000 > 198.51.100.80:53 len 4` → `udp 192.0.2.1:50000 > 198.51.100.80:53 len 4` |',
          '| 4 | Z: On the wire |  | On the wire was here. |',
        ].join('\n'),
        '**Delivered at Z** (`delivered`): Reaches 198.51.100.80.',
        '- *warning*, `some-code`: Something &lt;is\\> \\*wrong\\*.',
        '',
      ].join('\n\n'),
    );
    expect(text).toContain(
      '### The packet at step 3\n\n```text\nIPv4 (RFC 791): 192.0.2.1 > 198.51.100.80\n',
    );
    expect(text).toContain('Source Address: 192.0.2.1, was 10.1.0.10');
    expect(text.endsWith('```\n')).toBe(true);
  });
});

describe('mermaid', () => {
  it('numbers bits without a gap', () => {
    expect(exportMermaid(packetView(packetOf('udp 10.1.0.10:40000 > 198.51.100.80:53 len 30 df')))).toBe(
      [
        '---',
        'title: "10.1.0.10:40000 > 198.51.100.80:53 udp"',
        '---',
        'packet-beta',
        '0-3: "Version 4"',
        '4-7: "IHL 5"',
        '8-13: "DSCP 0"',
        '14-15: "ECN 0"',
        '16-31: "Total Length 58"',
        '32-47: "Identification 0x0001"',
        '48-50: "Flags 0x2"',
        '51-63: "Fragment Offset 0"',
        '64-71: "Time to Live 64"',
        '72-79: "Protocol 17"',
        '80-95: "Header Checksum 0x0624"',
        '96-127: "Source Address 10.1.0.10"',
        '128-159: "Destination Address 198.51.100.80"',
        '160-175: "Source Port 40000"',
        '176-191: "Destination Port 53"',
        '192-207: "Length 38"',
        '208-223: "Checksum 0xdb3b"',
        '224-287: "Payload, 30 bytes, 8 drawn"',
        '',
      ].join('\n'),
    );
  });

  it.each([
    'icmp 10.1.0.5 > 10.2.0.5 unreachable/3 { udp 10.2.0.5:53 > 10.9.0.1:53 }',
    'tcp [2001:db8::1]:1 > [2001:db8::2]:2 S mss 1460 len 1',
    'ah 192.0.2.1 > 203.0.113.1 { tcp 10.0.0.1:1 > 10.0.0.2:2 S }',
  ])('leaves no gap in %s', (line) => {
    const ranges = [...exportMermaid(packetView(packetOf(line))).matchAll(/^(\d+)(?:-(\d+))?: "/gm)];
    let next = 0;
    for (const [, from, to] of ranges) {
      expect(Number(from)).toBe(next);
      next = Number(to ?? from) + 1;
    }
    expect(ranges.length).toBeGreaterThan(10);
  });
});

describe('SVG', () => {
  it('is the one that was looked at', async () => {
    await expect(exportSvg(walk, 3)).toMatchFileSnapshot('../golden/walk.svg');
  });

  it('is sound XML, whatever names and rules say', () => {
    const nasty = '<script>&"\'\u0000\ud800]]>';
    const svg = exportSvg({
      ...walk,
      packet: nasty,
      steps: walk.steps.map((step) => ({ ...step, node: `${nasty}${step.node}`, text: nasty.repeat(30) })),
      verdict: { ...walk.verdict, text: nasty },
    });
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u0000');
    expect(() => encodeURIComponent(svg)).not.toThrow();
    // Every element is closed, and every ampersand begins an entity.
    const open: string[] = [];
    for (const [, slash, name, rest] of svg.matchAll(/<(\/?)([\w]+)([^>]*)>/g)) {
      if (slash === '/') expect(open.pop()).toBe(name);
      else if (!rest!.endsWith('/')) open.push(name!);
    }
    expect(open).toEqual([]);
    expect(svg.match(/&(?!(?:amp|lt|gt|quot|#39);)/)).toBeNull();
  });

  it('draws what ESP hides inside the hatched box', () => {
    const svg = exportSvg(viewOf(walkFiles(exampleFiles('vpn-and-nat'), 'x-to-y')));
    expect(svg).toContain('>Encrypted, 76 bytes<');
    expect(svg).toContain('>IPv4 (RFC 791)  10.1.0.10 &gt; 10.2.0.20<');
    expect(svg.match(/url\(#hatch\)/g)).toHaveLength(1);
  });
});

describe('a capture', () => {
  it('holds the packet as it crossed each network, and reads back', () => {
    const { walk: result, project } = walkFiles(exampleFiles('vpn-and-nat'), 'x-to-y');
    const { pcap } = exportPcap(result.trace, project.network);
    expect(importPackets(pcap).records.map((r) => r.title)).toEqual([
      '1: 10.1.0.10:40000 > 10.2.0.20:80 tcp S (X)',
      '2: 192.0.2.1 > 203.0.113.1 esp spi 0x2710 (Z)',
      '3: 10.1.0.10:40000 > 10.2.0.20:80 tcp S (Y)',
    ]);
    expect(exportPcap(result.trace, project.network).pcap).toEqual(pcap);
  });

  it('says when there was nothing to record', () => {
    const { walk: result, project } = walkFiles(exampleFiles('vpn-and-nat'), 'x-to-y');
    const steps = result.trace.steps.filter((s) => s.stage === 'ipsec-out');
    expect(exportPcap({ ...result.trace, steps }, project.network).notes).toEqual([
      'The packet crossed no network, so the capture holds no packet. y receives 10.1.0.10:40000 > 10.2.0.20:80 tcp S.',
    ]);
  });
});
