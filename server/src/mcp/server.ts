/**
 * Gatewalk for assistants: an MCP server on standard input and output (`gatewalk mcp`). Its tools are the
 * commands of the command line with the same words and the same output, so an assistant and its user talk about
 * the same thing. It reads files below the folders it is asked about, and writes none.
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { z } from 'zod';
import { version } from '../../../package.json';
import { type CommandIo, exit } from '../cli/io';
import { platforms } from '../platforms';

/** Runs one command line, as `cli/program.ts` does. */
export type RunCommandLine = (args: readonly string[], io: CommandIo) => Promise<number>;

/** Serves until the transport closes. */
export async function serveMcp(
  io: CommandIo,
  runCommandLine: RunCommandLine,
  transport: Transport = new StdioServerTransport(),
): Promise<void> {
  const server = new McpServer({ name: 'gatewalk', version });
  const run = (args: readonly string[]) => runTool(args, io, runCommandLine);
  const folder = z
    .string()
    .describe('Gateway folder: with a gatewalk.yaml, or policy files that lie together');
  const readOnly = { readOnlyHint: true, openWorldHint: false };

  server.registerTool(
    'walk',
    {
      title: 'Walk a packet through a gateway',
      description:
        'Shows which filter, NAT and IPsec rules a packet meets, in the system’s true order, what it looks like after each, and why it ends where it does. Without a packet: all sample packets of the folder.',
      inputSchema: {
        folder,
        packet: z
          .string()
          .optional()
          .describe('A sample packet’s name, or one line: tcp 10.1.0.5:40000 > 198.51.100.7:80 S'),
        reply: z.boolean().optional().describe('Walk the answer back instead'),
        platform: z
          .enum(platforms.map((p) => p.id) as [string, ...string[]])
          .optional()
          .describe('Take every gateway as this system'),
        json: z.boolean().optional().describe('Structured output (docs/walk.schema.json)'),
      },
      annotations: readOnly,
    },
    ({ folder: dir, packet, reply, platform, json }) =>
      run([
        'walk',
        ...(packet === undefined ? [] : ['--packet', packet]),
        ...(reply === true ? ['--reply'] : []),
        ...(platform === undefined ? [] : ['--platform', platform]),
        ...(json === true ? ['--json'] : []),
        '--',
        dir,
      ]),
  );

  server.registerTool(
    'find_packet',
    {
      title: 'Find a packet for a rule',
      description:
        'Finds a packet that the filter rule, translation or IPsec policy at a line decides about, and shows its walk; or says that other rules decide before it.',
      inputSchema: {
        file: z.string().describe('Policy file'),
        line: z.number().int().min(1).describe('Line of the rule, counted from 1'),
      },
      annotations: readOnly,
    },
    ({ file, line }) => run(['find', '--', file, String(line)]),
  );

  server.registerTool(
    'check',
    {
      title: 'Check policy files',
      description:
        'Shows what is wrong with policy files: mistakes, rules that never count, traffic that leaks.',
      inputSchema: {
        paths: z.array(z.string()).min(1).describe('Files, or folders to look through'),
        format: z.enum(['text', 'json', 'sarif']).optional(),
      },
      annotations: readOnly,
    },
    ({ paths, format }) => run(['check', '--format', format ?? 'text', '--', ...paths]),
  );

  server.registerTool(
    'test',
    {
      title: 'Check expectations',
      description: 'Holds the expectations of a folder’s gatewalk.yaml against the walks.',
      inputSchema: { folder },
      annotations: readOnly,
    },
    ({ folder: dir }) => run(['test', '--', dir]),
  );

  server.registerTool(
    'platforms',
    {
      title: 'Stage orders',
      description:
        'Lists the systems whose order of filter, NAT and IPsec is known, each row with its source.',
      inputSchema: {},
      annotations: readOnly,
    },
    () => ({ content: [{ type: 'text', text: platformList() }] }),
  );

  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
  });
  await server.connect(transport);
  await closed;
}

/** Findings are an answer; only wrong use and unreadable input are errors of the tool. */
async function runTool(args: readonly string[], io: CommandIo, runCommandLine: RunCommandLine) {
  let out = '';
  let error = '';
  const code = await runCommandLine(args, {
    ...io,
    colours: false,
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  });
  const parts = [out, error].filter((text) => text !== '');
  return {
    content: parts.map((text) => ({ type: 'text' as const, text })),
    ...(code === exit.wrongUse ? { isError: true } : {}),
  };
}

function platformList(): string {
  return platforms
    .map((platform) => {
      const paths = Object.entries(platform.paths).map(([path, steps]) => {
        const rows = steps.map((s) => `    ${s.stage} at ${s.hook} (${s.citation.source})`);
        return [`  ${path}:`, ...rows].join('\n');
      });
      return [`${platform.id}: ${platform.title}. ${platform.description}`, ...paths].join('\n');
    })
    .join('\n\n');
}
