/**
 * Tools for language models in VS Code: walk, check, find a packet. The API is younger than the oldest VS Code that
 * Gatewalk runs in, so it is used where it exists and described here as far as we use it.
 */
import * as vscode from 'vscode';
import type { TraceView } from '../../protocol/src/traceView';
import type { LanguageServer } from './languageServer';

interface ToolApi {
  readonly lm?: {
    registerTool?(name: string, tool: Tool): vscode.Disposable;
  };
  readonly LanguageModelToolResult?: new (parts: readonly unknown[]) => unknown;
  readonly LanguageModelTextPart?: new (text: string) => unknown;
}

interface Tool {
  invoke(options: { readonly input: unknown }, token: vscode.CancellationToken): Promise<unknown>;
}

export function registerAssistantTools(context: vscode.ExtensionContext, server: LanguageServer): void {
  const api = vscode as unknown as ToolApi;
  const { lm, LanguageModelToolResult: Result, LanguageModelTextPart: Part } = api;
  if (lm?.registerTool === undefined || Result === undefined || Part === undefined) return;
  const tools: Readonly<Record<string, (input: ToolInput) => Promise<string>>> = {
    gatewalk_walk: (input) => walk(server, input),
    gatewalk_check: (input) => check(input, policyFilePattern(context)),
    gatewalk_find_packet: (input) => findPacket(server, input),
  };
  for (const [name, answer] of Object.entries(tools)) {
    const tool: Tool = {
      invoke: async ({ input }) => new Result([new Part(await answer(readInput(input)))]),
    };
    context.subscriptions.push(lm.registerTool(name, tool));
  }
}

/** What a model sends; anything may be missing or of another type. */
interface ToolInput {
  readonly file?: string;
  readonly packet?: string;
  readonly reply: boolean;
  readonly platform?: string;
  /** 1-based. */
  readonly line?: number;
}

function readInput(input: unknown): ToolInput {
  const { file, packet, reply, platform, line } = (
    typeof input === 'object' && input !== null ? input : {}
  ) as Record<string, unknown>;
  return {
    ...(typeof file === 'string' ? { file } : {}),
    ...(typeof packet === 'string' ? { packet } : {}),
    reply: reply === true,
    ...(typeof platform === 'string' ? { platform } : {}),
    ...(typeof line === 'number' ? { line } : {}),
  };
}

async function walk(server: LanguageServer, input: ToolInput): Promise<string> {
  const { packet, reply, platform } = input;
  const uri = await fileOf(input.file);
  if (uri === undefined) return noFile;
  if (packet === undefined)
    return 'A packet is needed: the name of a sample packet, or its one-line notation.';
  const params = { uri: uri.toString(), packet, reply, ...(platform === undefined ? {} : { platform }) };
  const result = await server.trace(params);
  if ('error' in result) return result.error;
  return describeWalk(result.trace);
}

function describeWalk({ notation, reply, steps, verdict, findings, inferred }: TraceView): string {
  return [
    `${reply ? 'Reply to' : 'Packet'}: ${notation}`,
    ...(inferred === true ? ['Nobody described the network: interfaces were taken from the rules.'] : []),
    ...steps.map((step, index) => {
      const where = [step.node, step.interface].filter((part) => part !== undefined).join(' ');
      const rules = step.places.map(({ label, text }) => ` [${label}: ${text}]`).join('');
      const uncertain = step.uncertain === undefined ? '' : ` Not certain: ${step.uncertain}`;
      return `${index + 1}. ${where}: ${step.title}: ${step.outcome}. ${step.text}${rules} Packet: ${step.packet.summary}.${uncertain}`;
    }),
    `Verdict: ${verdict.kind} at ${verdict.node} (${verdict.reason}). ${verdict.text}`,
    ...findings.map(({ severity, code, text }) => `Finding (${severity}, ${code}): ${text}`),
  ].join('\n');
}

async function check({ file }: ToolInput, pattern: string): Promise<string> {
  const named = file === undefined ? undefined : await fileOf(file);
  if (file !== undefined && named === undefined) return noFile;
  const uris =
    named === undefined ? await vscode.workspace.findFiles(pattern, undefined, mostFiles) : [named];
  if (uris.length === 0) return 'There is no policy file and no gatewalk.yaml in the workspace.';
  await quietAfter(async () => {
    // Opening a file makes the server read and check it.
    for (const uri of uris) await vscode.workspace.openTextDocument(uri);
  });
  const wanted = new Set(uris.map(String));
  const lines = vscode.languages
    .getDiagnostics()
    .filter(([uri]) => wanted.has(uri.toString()))
    .flatMap(([uri, diagnostics]) =>
      diagnostics
        .filter(({ source }) => source === 'gatewalk')
        .map(({ range, severity, message, code }) => {
          const place = `${vscode.workspace.asRelativePath(uri)}:${range.start.line + 1}`;
          const name = typeof code === 'object' ? code.value : code;
          return `${place}: ${vscode.DiagnosticSeverity[severity].toLowerCase()} ${name ?? ''}: ${message}`;
        }),
    );
  const checked = uris.map((uri) => vscode.workspace.asRelativePath(uri)).join(', ');
  return lines.length === 0 ? `Gatewalk found nothing in ${checked}.` : lines.join('\n');
}

async function findPacket(server: LanguageServer, { file, line }: ToolInput): Promise<string> {
  const uri = await fileOf(file);
  if (uri === undefined) return noFile;
  if (line === undefined) return 'The line of a rule is needed, counted from 1.';
  const found = await server.findPacket({ uri: uri.toString(), line: line - 1 });
  return 'error' in found ? found.error : `${found.notation}\n${found.verdict}`;
}

const noFile = 'There is no such file. Name a policy file or gatewalk.yaml by its path in the workspace.';
/** More files than these are not opened for one answer. */
const mostFiles = 200;
const quietMilliseconds = 600;
const mostMilliseconds = 10_000;

/** Every file that the package says is of one of our languages, and network files. */
function policyFilePattern(context: vscode.ExtensionContext): string {
  const { contributes } = context.extension.packageJSON as {
    contributes: { languages: { filenames?: string[]; extensions?: string[] }[] };
  };
  const names = contributes.languages.flatMap(({ filenames = [], extensions = [] }) => [
    ...filenames,
    ...extensions.map((ending) => `*${ending}`),
  ]);
  return `**/{gatewalk.yaml,${names.join(',')}}`;
}

/** A path in the workspace, an absolute one, or, when none is named, a network file of the workspace. */
async function fileOf(path: string | undefined): Promise<vscode.Uri | undefined> {
  if (path === undefined) {
    const [first] = await vscode.workspace.findFiles('**/gatewalk.yaml', undefined, 1);
    return first ?? vscode.window.activeTextEditor?.document.uri;
  }
  const folders = vscode.workspace.workspaceFolders ?? [];
  const candidates = [
    ...folders.map(({ uri }) => vscode.Uri.joinPath(uri, path)),
    ...(path.startsWith('/') ? [vscode.Uri.file(path)] : []),
  ];
  for (const candidate of candidates) {
    if (await exists(candidate)) return candidate;
  }
  return undefined;
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    return (await vscode.workspace.fs.stat(uri)).type !== vscode.FileType.Directory;
  } catch {
    return false;
  }
}

/** Diagnostics come by themselves, some after typing rests: waits until none has come for a while. */
async function quietAfter(work: () => Promise<void>): Promise<void> {
  let last = Date.now();
  const listening = vscode.languages.onDidChangeDiagnostics(() => {
    last = Date.now();
  });
  try {
    await work();
    const begin = Date.now();
    last = begin;
    while (Date.now() - last < quietMilliseconds && Date.now() - begin < mostMilliseconds)
      await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    listening.dispose();
  }
}
