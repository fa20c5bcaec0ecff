/**
 * What the client uses of VS Code, as far as the tests of it go: `vitest.config.mjs` puts this in the place of the
 * module `vscode`, which is only there inside VS Code.
 */
export interface StubTool {
  invoke(options: { readonly input: unknown }, token?: unknown): Promise<LanguageModelToolResult>;
}

/** What a test sets. */
export const stub = {
  tools: new Map<string, StubTool>(),
  /** Files of the workspace, by URI. */
  files: new Set<string>(),
  opened: [] as string[],
  diagnostics: [] as [Uri, unknown[]][],
};

export const folder = 'file:///site';

export class Uri {
  private constructor(private readonly text: string) {}

  static parse(text: string): Uri {
    return new Uri(text);
  }

  static file(path: string): Uri {
    return new Uri(`file://${path}`);
  }

  static joinPath(base: Uri, path: string): Uri {
    return new Uri(`${base.text}/${path}`);
  }

  toString(): string {
    return this.text;
  }
}

export class LanguageModelTextPart {
  constructor(readonly value: string) {}
}

export class LanguageModelToolResult {
  constructor(readonly content: readonly LanguageModelTextPart[]) {}
}

export const lm = {
  registerTool(name: string, tool: StubTool) {
    stub.tools.set(name, tool);
    return { dispose: () => undefined };
  },
};

export const FileType = { File: 1, Directory: 2 } as const;
export enum DiagnosticSeverity {
  Error = 0,
  Warning = 1,
  Information = 2,
  Hint = 3,
}

export const window = { activeTextEditor: undefined };

export const workspace = {
  workspaceFolders: [{ uri: Uri.parse(folder) }],
  fs: {
    async stat(uri: Uri) {
      if (!stub.files.has(String(uri))) throw new Error('FileNotFound');
      return { type: FileType.File };
    },
  },
  /** Knows patterns of the form `**` + `/NAME` and `**` + `/{NAME,NAME}`. */
  async findFiles(pattern: string, _exclude: undefined, most: number) {
    const names = pattern.replace(/^\*\*\/\{?|\}$/g, '').split(',');
    return [...stub.files]
      .filter((uri) => names.includes(uri.split('/').at(-1) ?? ''))
      .slice(0, most)
      .map(Uri.parse);
  },
  async openTextDocument(uri: Uri) {
    stub.opened.push(String(uri));
  },
  asRelativePath: (uri: Uri) => String(uri).slice(folder.length + 1),
};

export const languages = {
  getDiagnostics: () => stub.diagnostics,
  onDidChangeDiagnostics: () => ({ dispose: () => undefined }),
};
