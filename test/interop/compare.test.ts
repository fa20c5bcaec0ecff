/** Two orders side by side: alignment, what differs, and the sentence that says why. */
import { describe, expect, it } from 'vitest';
import type { ComparisonRow } from '../../protocol/src/comparisonView';
import { compareWalks } from '../../server/src/interop/compareWalks';
import { comparisonToText } from '../../server/src/interop/comparisonText';
import { exampleFiles, viewOf, walkFiles } from './projects';
import { type StepWords, traceOf } from './traces';

const clear = 'tcp 10.1.0.10:40000 > 198.51.100.80:80 S';
const translated = 'tcp 192.0.2.1:50000 > 198.51.100.80:80 S';
const esp = 'esp 192.0.2.1 > 203.0.113.1 spi 0x2710';

const sent: StepWords = { node: 'x', stage: 'send', title: 'Sent', packet: clear };
const filter = (packet: string): StepWords => ({
  node: 'A',
  stage: 'filter',
  title: 'Packet filter',
  interface: 'wan0',
  outcome: 'pass',
  packet,
  source: 'filter.c',
});
const policy = (packet: string, outcome: 'changed' | 'continue'): StepWords => ({
  node: 'A',
  stage: 'ipsec-out',
  title: 'IPsec policy',
  outcome,
  packet,
  source: 'policy.c',
});
const nat = (packet: string): StepWords => ({
  node: 'A',
  stage: 'nat',
  title: 'NAT',
  interface: 'wan0',
  outcome: packet === translated ? 'changed' : 'pass',
  packet,
  source: 'nat.c',
});
const wire = (packet: string): StepWords => ({ node: 'Z', stage: 'wire', title: 'On the wire', packet });

function shortRow({ kind, title, a, b, at }: ComparisonRow): string {
  return [kind, title, `${a ?? '-'}/${b ?? '-'}`, ...(at === undefined ? [] : [`at ${at}`])].join(' ');
}

describe('compareWalks', () => {
  it('says that nothing differs', () => {
    const trace = traceOf([sent, filter(clear), wire(clear)]);
    const other = { ...trace, platform: 'freebsd' };
    const view = compareWalks(trace, other);
    expect(view.rows.map(shortRow)).toEqual([
      'same Sent 1/1',
      'same Packet filter on wan0 2/2',
      'same On the wire 3/3',
    ]);
    expect(view.sameVerdict).toBe(true);
    expect(view.why).toEqual({
      text: 'NetBSD and FreeBSD take this packet through the same stages with the same result.',
      citations: [],
    });
    expect(compareWalks(trace, trace).b.title).toBe('NetBSD (b)');
  });

  it('finds the stage that moved, and cites both orders', () => {
    const a = traceOf([sent, policy(esp, 'changed'), filter(esp), nat(esp), wire(esp)]);
    const b = traceOf(
      [sent, filter(clear), nat(translated), policy(translated, 'continue'), wire(translated)],
      { kind: 'lost', reason: 'private-address-on-internet' },
      { platform: 'netbsd-2000' },
    );
    const view = compareWalks(a, b);
    expect(view.rows.map(shortRow)).toEqual([
      'same Sent 1/1',
      'moved IPsec policy 2/4 at a',
      'differs Packet filter on wan0 3/2',
      'differs NAT on wan0 4/3',
      'moved IPsec policy 2/4 at b',
      'differs On the wire 5/5',
    ]);
    expect(view.rows[3]!.differences).toEqual([
      { what: 'outcome', a: 'pass', b: 'changed' },
      { what: 'headers', a: 'IPv4, ESP', b: 'IPv4, TCP' },
      {
        what: 'packet',
        a: '192.0.2.1 > 203.0.113.1 esp spi 0x2710',
        b: '192.0.2.1:50000 > 198.51.100.80:80 tcp S',
      },
    ]);
    expect(view.sameVerdict).toBe(false);
    expect(view.why).toEqual({
      text: 'At A IPsec policy comes with NetBSD (policy.c) before Packet filter on wan0 and NAT on wan0, with NetBSD before 2001 (policy.c) after: with NetBSD the packet is encrypted on Z and delivered at Z, with NetBSD before 2001 it is in clear on Z and lost at Z (private-address-on-internet).',
      row: 1,
      citations: [{ source: 'policy.c' }, { source: 'policy.c' }],
    });
  });

  it('names the header fields of the same stage that differ', () => {
    const view = compareWalks(
      traceOf([sent, nat(clear), wire(clear)]),
      traceOf([sent, nat(translated), wire(translated)], {}, { platform: 'linux' }),
    );
    expect(view.rows[2]!.differences).toEqual([
      { what: 'IPv4 Source Address', a: '10.1.0.10', b: '192.0.2.1' },
      { what: 'TCP Source Port', a: '40000', b: '50000' },
    ]);
    expect(view.why.row).toBe(1);
    expect(view.why.text).toBe(
      'At A both come to NAT on wan0 (nat.c), but with another packet (outcome pass with NetBSD, changed with Linux): both end the same way, delivered at Z.',
    );
  });

  it('blames the difference behind the last place where both still had the same packet', () => {
    // b looks once more at the start, which changes nothing, and drops at a hook that a has not.
    const enc: StepWords = { ...filter(clear), interface: 'enc0', outcome: 'dropped', source: 'enc.c' };
    const view = compareWalks(
      traceOf([sent, nat(clear), wire(clear)]),
      traceOf(
        [sent, policy(clear, 'continue'), nat(clear), enc],
        { kind: 'dropped', node: 'A', reason: 'filter-rule' },
        { platform: 'openbsd' },
      ),
    );
    expect(view.rows.map(shortRow)).toEqual([
      'same Sent 1/1',
      'only-b IPsec policy -/2',
      'same NAT on wan0 2/3',
      'only-b Packet filter on enc0 -/4',
      'only-a On the wire 3/-',
    ]);
    expect(view.why).toEqual({
      text: 'At A the packet comes with OpenBSD to Packet filter on enc0 (enc.c), with NetBSD to no such stage: with NetBSD the packet is delivered at Z, with OpenBSD it is dropped at A (filter-rule).',
      row: 3,
      citations: [{ source: 'enc.c' }],
    });
  });

  it('keeps answers apart from the packet itself', () => {
    const answer: StepWords = { ...filter(clear), depth: 1 };
    const view = compareWalks(traceOf([sent, filter(clear), answer]), traceOf([sent, answer, filter(clear)]));
    expect(view.rows.filter((row) => row.kind === 'same')).toHaveLength(2);
    expect(view.rows.filter((row) => row.kind === 'moved')).toHaveLength(2);
  });

  it('reads any pair of walks of an example', () => {
    const files = exampleFiles('vpn-and-nat');
    for (const packet of ['x-to-y', 'x-to-z', 'z-to-a'])
      for (const reply of [false, true]) {
        const own = viewOf(walkFiles(files, packet, { reply }));
        for (const platform of ['netbsd-2000', 'freebsd', 'openbsd', 'linux']) {
          const view = compareWalks(own, viewOf(walkFiles(files, packet, { reply, platform })));
          // Every step of both stands in exactly one row of its own, in order.
          const told = (side: 'a' | 'b') =>
            view.rows.flatMap((row) =>
              row[side] === undefined || (row.kind === 'moved' && row.at !== side) ? [] : [row[side]],
            );
          expect(told('a')).toEqual(view.a.trace.steps.map((s) => s.index));
          expect(told('b')).toEqual(view.b.trace.steps.map((s) => s.index));
          expect(view.why.text).toMatch(/\.$/);
          expect(comparisonToText(view)).toContain('a: NetBSD');
        }
      }
  });

  it('tells the story of the mail of 2001', () => {
    const files = exampleFiles('vpn-and-nat');
    const text = comparisonToText(
      compareWalks(
        viewOf(walkFiles(files, 'x-to-y')),
        viewOf(walkFiles(files, 'x-to-y', { platform: 'netbsd-2000' })),
      ),
    );
    expect(text).toContain('>    6     -  IPsec policy (out) on fxp1  moved: b has it as 8');
    expect(text).toContain('a: NetBSD: Delivered at y [delivered]');
    expect(text).toContain('b: NetBSD before 2001: Lost at Z [private-address-on-internet]');
    expect(text.replace(/\s+/g, ' ')).toContain(
      'with NetBSD the packet is encrypted on Z and delivered at y, with NetBSD before 2001 it is in clear on Z and lost at Z',
    );
  });
});
