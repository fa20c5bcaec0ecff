import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandIo } from '../../server/src/cli/io';
import { runCommandLine } from '../../server/src/cli/program';
import { serveMcp } from '../../server/src/mcp/server';
import { filesBelow } from '../harness/workspace';
import { memoryFiles } from '../lsp/memoryFiles';

const base = 'file:///home/me';
const example = resolve(import.meta.dirname, '../../examples/vpn-and-nat');
const files = new Map(
  Object.entries(filesBelow(example)).map(([path, text]) => [`${base}/net/${path}`, text]),
);
const unused = () => {
  throw new Error('nothing but the protocol belongs on standard output');
};
const io: CommandIo = {
  files: memoryFiles(files),
  uriOf: (path) => (path === '.' ? base : `${base}/${path}`),
  pathOf: (uri) => uri.slice(base.length + 1),
  workingFolder: base,
  out: unused,
  error: unused,
  colours: true,
};

describe('the MCP server, asked by the protocol’s own client', () => {
  const client = new Client({ name: 'test', version: '0' });
  let served: Promise<void>;

  beforeAll(async () => {
    const [ours, theirs] = InMemoryTransport.createLinkedPair();
    served = serveMcp(io, runCommandLine, theirs);
    await client.connect(ours);
  });

  afterAll(async () => {
    await client.close();
    await served;
  });

  const call = async (name: string, args: Record<string, unknown>) => {
    const result = await client.callTool({ name, arguments: args });
    const content = result.content as { type: string; text: string }[];
    return { text: content.map((c) => c.text).join(''), isError: result.isError === true };
  };

  it('offers its tools as ones that only read', async () => {
    const { tools } = await client.listTools();
    expect(tools.map((t) => t.name).sort()).toEqual(['check', 'find_packet', 'platforms', 'test', 'walk']);
    expect(tools.every((t) => t.annotations?.readOnlyHint === true)).toBe(true);
  });

  it('walks as the command line does', async () => {
    const golden = readFileSync(
      resolve(import.meta.dirname, '../golden/examples/vpn-and-nat/x-to-y.txt'),
      'utf8',
    );
    expect(await call('walk', { folder: 'net', packet: 'x-to-y' })).toEqual({ text: golden, isError: false });
  });

  it('walks a packet line under another order', async () => {
    const { text } = await call('walk', {
      folder: 'net',
      packet: 'udp 10.1.0.10:1 > 10.2.0.20:2',
      platform: 'netbsd-2000',
      json: true,
    });
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      platform: 'netbsd-2000',
      verdict: { kind: 'lost' },
    });
  });

  it('finds a packet for a rule', async () => {
    const { text, isError } = await call('find_packet', { file: 'net/A/ipnat.conf', line: 4 });
    expect(isError).toBe(false);
    expect(text).toContain('A/ipnat.conf:4  map fxp1 10.1.0.0/24');
    expect((await call('find_packet', { file: 'net/A/ipnat.conf', line: 400 })).isError).toBe(true);
  });

  it('checks and tests', async () => {
    expect((await call('check', { paths: ['net'] })).text).toContain('7 files checked, nothing found.');
    expect((await call('test', { folder: 'net' })).text).toContain('14 passed, 0 failed.');
  });

  it('says what was wrong with a question', async () => {
    const { text, isError } = await call('walk', { folder: 'net', packet: 'x-to-q' });
    expect(isError).toBe(true);
    expect(text).toContain('There is no sample packet “x-to-q”. Did you mean “x-to-y”?');
  });

  it('cites the source of every row of an order', async () => {
    const { text } = await call('platforms', {});
    expect(text).toContain(
      'ipsec-out at ipsec4_output (sys/netinet/ip_output.c, ip_output(): ipsec4_output())',
    );
  });
});
