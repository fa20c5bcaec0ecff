/**
 * Expectations of gatewalk.yaml in the Test Explorer: one entry a network file, below it one an expectation. A
 * failed one shows the walk as `gatewalk walk` prints it and leads to the rule that decided.
 */
import * as vscode from 'vscode';
import type { ExpectationOutcome, ExpectationView, TraceParams } from '../../protocol/src/requests';
import type { PlaceView } from '../../protocol/src/traceView';
import { ownLinks } from './hoverLinks';
import type { LanguageServer } from './languageServer';
import { reveal } from './reveal';

const networkFiles = '**/gatewalk.yaml';
/** Typing fires many changes. */
const settleMilliseconds = 300;

export function registerTestExplorer(context: vscode.ExtensionContext, server: LanguageServer): void {
  const explorer = new TestExplorer(server);
  const watcher = vscode.workspace.createFileSystemWatcher(networkFiles);
  context.subscriptions.push(
    explorer,
    watcher,
    watcher.onDidCreate((uri) => explorer.refreshFile(uri)),
    watcher.onDidDelete((uri) => explorer.removeFile(uri)),
    server.onChanged(() => explorer.refreshSoon()),
    vscode.commands.registerCommand('gatewalk.goToRule', (argument: unknown) => explorer.goToRule(argument)),
    vscode.commands.registerCommand('gatewalk.walkExpectation', (argument: unknown) =>
      explorer.walk(argument),
    ),
  );
  void explorer.discover();
}

class TestExplorer implements vscode.Disposable {
  readonly #server: LanguageServer;
  readonly #controller = vscode.tests.createTestController('gatewalk', vscode.l10n.t('Gatewalk'));
  readonly #expectations = new WeakMap<vscode.TestItem, ExpectationView>();
  /** By test id: the rule that decided when the expectation failed last. */
  readonly #places = new Map<string, PlaceView>();
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(server: LanguageServer) {
    this.#server = server;
    this.#controller.refreshHandler = () => this.discover();
    this.#controller.createRunProfile(
      vscode.l10n.t('Walk'),
      vscode.TestRunProfileKind.Run,
      (request, token) => this.#run(request, token),
      true,
    );
  }

  dispose(): void {
    clearTimeout(this.#settling);
    this.#controller.dispose();
  }

  async discover(): Promise<void> {
    const files = await vscode.workspace.findFiles(networkFiles, '**/node_modules/**');
    await Promise.all(files.map((uri) => this.refreshFile(uri)));
  }

  refreshSoon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#controller.items.forEach((item) => {
        if (item.uri !== undefined) void this.refreshFile(item.uri);
      });
    }, settleMilliseconds);
  }

  removeFile(uri: vscode.Uri): void {
    this.#controller.items.delete(uri.toString());
  }

  /** The entries of one network file; entries that are still there stay the same, with their results. */
  async refreshFile(uri: vscode.Uri): Promise<void> {
    const { expectations } = await this.#server.expectations({ uri: uri.toString() });
    if (expectations.length === 0) {
      this.removeFile(uri);
      return;
    }
    const file = this.#controller.items.get(uri.toString()) ?? this.#newFile(uri);
    file.children.replace(
      expectations.map((expectation) => {
        const id = `${uri} ${expectation.id}`;
        const item =
          file.children.get(id) ??
          this.#controller.createTestItem(id, expectation.label, vscode.Uri.parse(expectation.uri));
        item.label = expectation.label;
        item.range = toRange(expectation);
        this.#expectations.set(item, expectation);
        return item;
      }),
    );
  }

  async goToRule(argument: unknown): Promise<void> {
    const id = testIdOf(argument);
    const place = id === undefined ? undefined : this.#places.get(id);
    if (place !== undefined) await reveal(place, { takeFocus: true });
    else
      await vscode.window.showInformationMessage(
        vscode.l10n.t('The last run of this expectation names no rule.'),
      );
  }

  async walk(argument: unknown): Promise<void> {
    const id = testIdOf(argument);
    const item = id === undefined ? undefined : this.#find(id);
    const expectation = item === undefined ? undefined : this.#expectations.get(item);
    if (expectation === undefined) return;
    const { uri, packet, reply } = expectation;
    const request: TraceParams = { uri, packet, reply };
    await vscode.commands.executeCommand('gatewalk.walk', request);
  }

  #find(id: string): vscode.TestItem | undefined {
    for (const [, file] of this.#controller.items) {
      const item = file.children.get(id);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  #newFile(uri: vscode.Uri): vscode.TestItem {
    const item = this.#controller.createTestItem(
      uri.toString(),
      vscode.workspace.asRelativePath(uri, true),
      uri,
    );
    this.#controller.items.add(item);
    return item;
  }

  async #run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    const run = this.#controller.createTestRun(request);
    try {
      for (const [file, tests] of this.#wanted(request)) {
        if (token.isCancellationRequested) break;
        for (const test of tests) run.started(test);
        await this.#runFile(run, file, tests, token);
      }
    } finally {
      run.end();
    }
  }

  /** What is asked for, by network file; a file stands for all its expectations. */
  #wanted(request: vscode.TestRunRequest): ReadonlyMap<vscode.TestItem, readonly vscode.TestItem[]> {
    const byFile = new Map<vscode.TestItem, vscode.TestItem[]>();
    const excluded = new Set(request.exclude);
    const add = (item: vscode.TestItem) => {
      if (excluded.has(item)) return;
      if (item.parent === undefined) {
        item.children.forEach(add);
        return;
      }
      const tests = byFile.get(item.parent) ?? [];
      if (!tests.includes(item)) byFile.set(item.parent, [...tests, item]);
    };
    if (request.include === undefined) this.#controller.items.forEach(add);
    else request.include.forEach(add);
    return byFile;
  }

  async #runFile(
    run: vscode.TestRun,
    file: vscode.TestItem,
    tests: readonly vscode.TestItem[],
    token: vscode.CancellationToken,
  ): Promise<void> {
    const ids = tests.flatMap((test) => this.#expectations.get(test)?.id ?? []);
    try {
      const { results } = await this.#server.runExpectations({ uri: file.id, ids }, token);
      const outcomes = new Map(results.map((outcome) => [outcome.id, outcome]));
      for (const test of tests) {
        const outcome = outcomes.get(this.#expectations.get(test)?.id ?? '');
        if (outcome === undefined) run.skipped(test);
        else this.#report(run, test, outcome);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      for (const test of tests) run.errored(test, new vscode.TestMessage(reason));
    }
  }

  #report(run: vscode.TestRun, test: vscode.TestItem, outcome: ExpectationOutcome): void {
    if (outcome.ok) {
      this.#places.delete(test.id);
      run.passed(test, outcome.milliseconds);
      return;
    }
    const message = new vscode.TestMessage(failureText(outcome));
    if (test.uri !== undefined && test.range !== undefined)
      message.location = new vscode.Location(test.uri, test.range);
    if (outcome.place === undefined) this.#places.delete(test.id);
    else this.#places.set(test.id, outcome.place);
    run.appendOutput(
      terminalLines(`${test.label}\n${outcome.message}\n${outcome.trace ?? ''}\n`),
      undefined,
      test,
    );
    run.failed(test, message, outcome.milliseconds);
  }
}

/** The message, a link to the rule that decided, and the walk. */
function failureText({ message, place, trace }: ExpectationOutcome): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = ownLinks;
  text.appendText(message);
  if (place !== undefined) {
    const argument = encodeURIComponent(JSON.stringify([place]));
    const title = vscode.l10n.t('Go to rule {0}', place.label);
    text.appendMarkdown(`\n\n[${title}](command:gatewalk.reveal?${argument})`);
  }
  if (trace !== undefined) {
    text.appendMarkdown('\n\n');
    text.appendCodeblock(trace, 'text');
  }
  return text;
}

function toRange({ range: { start, end } }: ExpectationView): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

/** Menus of the Test Explorer hand over the test, those of a message the test beside the message. */
function testIdOf(argument: unknown): string | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  if ('test' in argument) return testIdOf(argument.test);
  return 'id' in argument && typeof argument.id === 'string' ? argument.id : undefined;
}

function terminalLines(text: string): string {
  return text.replace(/\r?\n/g, '\r\n');
}
