/** The examples as an editor meets them: opened from disk, hovered where their reader would. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { TraceResult } from '../../protocol/src/requests';
import { nodeFileSystem } from '../../server/src/lsp/nodeFileSystem';
import { type Running, startInProcess } from './harness';

const root = new URL('../../examples/vpn-and-nat/', import.meta.url);
const uriOf = (path: string) => pathToFileURL(new URL(path, root).pathname).href;
const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8');

let running: Running;
afterEach(() => running.stop());

async function hoverAt(path: string, words: string): Promise<string> {
  const text = textOf(path);
  const before = text.slice(0, text.indexOf(words)).split('\n');
  running = await startInProcess(nodeFileSystem);
  running.open(uriOf(path), text);
  return (await running.hover(uriOf(path), before.length - 1, before.at(-1)!.length)) ?? '';
}

/** Rows of the walk's table: number, stage, label of the rule, what it did. */
function rowsOf(hover: string): string[][] {
  return hover
    .split('\n')
    .filter((line) => /^\| (\*\*▶ )?\d/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.replace(/\]\(command:[^)]*\)/g, ']').trim()),
    );
}

describe('examples/vpn-and-nat', () => {
  it('shows X to Y, with inner and outer headers, on the spdadd line', async () => {
    const hover = await hoverAt('A/ipsec.conf', 'spdadd 10.1.0.0/24');
    expect(hover).toContain('**x-to-y** `tcp 10.1.0.10:40000 > 10.2.0.20:80 S`');
    const rows = rowsOf(hover);
    const marked = rows.find((r) => r[0]!.startsWith('**▶'))!;
    expect(marked[1]).toBe('**A: IPsec policy \\(out\\) fxp1**');
    expect(marked[2]).toMatch(/^\*\*\[A\/ipsec\.conf:\d+\]\*\*$/);
    expect(marked[3]).toContain(
      '`10.1.0.10:40000 > 10.2.0.20:80 tcp S` → `192.0.2.1 > 203.0.113.1 esp spi 0x2710`',
    );
    expect(hover).toContain('**Delivered at y**');
  });

  it('shows X to Z, with the source becoming A, on the map rule', async () => {
    const hover = await hoverAt('A/ipnat.conf', 'map fxp1');
    expect(hover).toContain('**x-to-z** `tcp 10.1.0.10:40001 > 198.51.100.80:80 S`');
    const marked = rowsOf(hover).find((r) => r[0]!.startsWith('**▶'))!;
    expect(marked[1]).toBe('**A: NAT \\(out\\) fxp1**');
    expect(marked[3]).toMatch(
      /`10\.1\.0\.10:40001 > 198\.51\.100\.80:80 tcp S` → `192\.0\.2\.1:\d+ > 198\.51\.100\.80:80 tcp S`/,
    );
    expect(hover).toContain('**Delivered at z**');
  });

  it('shows the walk on a sample packet of the network file', async () => {
    const hover = await hoverAt('gatewalk.yaml', 'tcp 198.51.100.80:40003');
    expect(hover).toContain('**z-to-a**');
    expect(hover).toContain('**Dropped at A**');
  });

  it('has ESP with the inner packet inside, decrypted, between the gateways', async () => {
    running = await startInProcess(nodeFileSystem);
    const uri = uriOf('gatewalk.yaml');
    running.open(uri, textOf('gatewalk.yaml'), 'yaml');
    const result = await running.client.sendRequest<TraceResult>('gatewalk/trace', {
      uri,
      packet: 'x-to-y',
      reply: false,
    });
    if ('error' in result) throw new Error(result.error);
    const { topology, steps } = result.trace;
    expect(
      topology.links.filter((l) => l.crossed === 'encrypted').map((l) => [l.from, l.to, l.interface]),
    ).toEqual([
      ['A', 'Z', 'fxp1'],
      ['B', 'Z', 'fxp1'],
    ]);
    expect(topology.links.filter((l) => l.crossed === 'clear').map((l) => [l.from, l.to])).toEqual([
      ['x', 'X'],
      ['y', 'Y'],
      ['A', 'X'],
      ['B', 'Y'],
    ]);
    const onWire = steps.find((s) => s.node === 'Z')!.packet.boxes;
    expect(onWire.map((b) => b.title)).toEqual(['IPv4', 'ESP', 'Encrypted']);
    const inside = onWire[2]!.inside!;
    expect(inside.boxes.map((b) => [b.title, b.startByte])).toEqual([
      ['IPv4', 0],
      ['TCP', 20],
    ]);
    const destination = inside.boxes[0]!.fields.find((f) => f.name === 'Destination Address');
    expect(destination).toMatchObject({ value: '10.2.0.20', bitOffset: 128 });
  });
});
