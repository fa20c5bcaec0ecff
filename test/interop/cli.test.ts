/** What the command line makes of exports, imports and comparisons: files written, messages, exit codes. */
import { describe, expect, it } from 'vitest';
import type { ComparisonView } from '../../protocol/src/comparisonView';
import type { CommandIo } from '../../server/src/cli/io';
import { runCommandLine } from '../../server/src/cli/program';
import { importPackets } from '../../server/src/interop/importPackets';
import { utf8Decode, utf8Encode } from '../../server/src/interop/utf8';
import { memoryFiles } from '../lsp/memoryFiles';
import { exampleFiles } from './projects';

const base = 'file:///home/me';

async function run(args: readonly string[], inputs: ReadonlyMap<string, Uint8Array> = new Map()) {
  const files = new Map<string, string>();
  for (const [path, text] of exampleFiles('vpn-and-nat')) files.set(`${base}/vpn/${path}`, text);
  const written = new Map<string, Uint8Array>();
  let out = '';
  let error = '';
  const io: CommandIo = {
    files: memoryFiles(files),
    uriOf: (path) => (path === '.' ? base : `${base}/${path}`),
    pathOf: (uri) => uri.slice(base.length + 1),
    workingFolder: base,
    readBytes: async (path) => inputs.get(path),
    write: async (path, content) => {
      if (path.startsWith('full/')) return 'the disk is full.';
      written.set(path, content);
      return undefined;
    },
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    colours: false,
  };
  return { code: await runCommandLine(args, io), out, error, written };
}

const xToY = ['vpn', '--packet', 'x-to-y'];

describe('gatewalk pcap', () => {
  it('writes the capture, and the keys beside it', async () => {
    const { code, out, error, written } = await run(['pcap', ...xToY, '-o', 'a.b/walk.pcapng']);
    expect([code, error]).toEqual([0, '']);
    expect([...written.keys()]).toEqual(['a.b/walk.pcapng', 'a.b/walk.esp_sa']);
    expect(importPackets(written.get('a.b/walk.pcapng')!).records).toHaveLength(3);
    expect(utf8Decode(written.get('a.b/walk.esp_sa')!)).toMatch(
      /^"IPv4","192\.0\.2\.1","203\.0\.113\.1","0x00002710",/,
    );
    expect(out.split('\n')[0]).toBe('a.b/walk.pcapng: the packet as it crossed each network');
  });

  it('says why it cannot write', async () => {
    const full = await run(['pcap', ...xToY, '-o', 'full/walk.pcapng']);
    expect([full.code, full.error]).toEqual([
      2,
      "gatewalk: full/walk.pcapng can't be written: the disk is full.\n",
    ]);
    const which = await run(['pcap', 'vpn', '-o', 'w.pcapng']);
    expect([which.code, which.error]).toEqual([
      2,
      'gatewalk: Say which packet of vpn to export: --packet NAME or a packet line; there are: x-to-y, x-to-z, y-to-x, z-to-a.\n',
    ]);
  });
});

describe('gatewalk walk --export', () => {
  it('prints text formats, or writes them', async () => {
    const mermaid = await run(['walk', ...xToY, '--export', 'mermaid', '--step', '2']);
    expect([mermaid.code, mermaid.error]).toEqual([0, '']);
    expect(mermaid.out.split('\n').slice(0, 4)).toEqual([
      '---',
      'title: "10.1.0.10:40000 > 10.2.0.20:80 tcp S"',
      '---',
      'packet-beta',
    ]);
    const svg = await run(['walk', ...xToY, '--export', 'svg', '-o', 'walk.svg']);
    expect([svg.code, svg.out]).toEqual([0, '']);
    expect(utf8Decode(svg.written.get('walk.svg')!)).toMatch(/^<svg xmlns=[\s\S]*<\/svg>\n$/);
    expect((await run(['walk', ...xToY, '--export', 'markdown', '--reply'])).out).toMatch(
      /^## Reply to `x-to-y: /,
    );
  });

  it('refuses what makes no sense', async () => {
    const step = await run(['walk', ...xToY, '--export', 'text', '--step', '99']);
    expect(step.code).toBe(2);
    expect(step.error).toMatch(/^gatewalk: There is no step 99\. The walk has steps 1 to \d+\.\n$/);
    const binary = await run(['walk', ...xToY, '--export', 'pcapng']);
    expect([binary.code, binary.error]).toEqual([
      2,
      'gatewalk: A capture is no text: name its file, as in -o walk.pcapng.\n',
    ]);
    expect((await run(['walk', ...xToY, '--export', 'png'])).code).toBe(2);
  });
});

describe('gatewalk walk --compare', () => {
  it('shows both orders, and fails when they end differently', async () => {
    const differs = await run(['walk', ...xToY, '--compare', 'netbsd-2000']);
    expect([differs.code, differs.error]).toEqual([1, '']);
    expect(differs.out.split('\n').slice(0, 3)).toEqual([
      'x-to-y: tcp 10.1.0.10:40000 > 10.2.0.20:80 S',
      'a: NetBSD',
      'b: NetBSD before 2001',
    ]);
    expect(Math.max(...differs.out.split('\n').map((l) => l.length))).toBeLessThanOrEqual(100);
    expect((await run(['walk', ...xToY, '--compare', 'freebsd'])).code).toBe(0);
  });

  it('writes JSON', async () => {
    const { out } = await run([
      'walk',
      ...xToY,
      '--platform',
      'freebsd',
      '--compare',
      'netbsd-2000',
      '--json',
    ]);
    const view = JSON.parse(out) as ComparisonView;
    expect([view.version, view.a.title, view.b.title, view.sameVerdict]).toEqual([
      1,
      'FreeBSD',
      'NetBSD before 2001',
      false,
    ]);
    expect(view.why.citations.map((c) => c.source)[1]).toContain('KAME');
  });

  it('names an unknown system', async () => {
    const { code, error } = await run(['walk', ...xToY, '--compare', 'netbds']);
    expect([code, error]).toEqual([2, 'gatewalk: There is no platform “netbds”. Did you mean “netbsd”?\n']);
  });
});

describe('gatewalk import', () => {
  it('prints sample packets, and what they do not hold', async () => {
    const text = 'IP 10.1.0.5.40000 > 198.51.100.7.80: Flags [S], seq 1, win 65535, length 0\nhello\n';
    const { code, out, error } = await run(['import', 'a.txt'], new Map([['a.txt', utf8Encode(text)]]));
    expect(code).toBe(0);
    expect(out).toBe(
      '# line 1: 10.1.0.5:40000 > 198.51.100.7:80 tcp S\ntcp 10.1.0.5:40000 > 198.51.100.7:80 S seq 1\n',
    );
    expect(error).toMatch(/^Line 2 is no packet\. /);
  });

  it('fails where there is nothing', async () => {
    expect(await run(['import', 'b.txt'])).toMatchObject({
      code: 2,
      error: "gatewalk: b.txt can't be read: there is no such file.\n",
    });
    const empty = await run(['import', 'c.txt'], new Map([['c.txt', new Uint8Array(0)]]));
    expect([empty.code, empty.error]).toEqual([2, 'gatewalk: c.txt holds no packet that can be read.\n']);
  });
});
