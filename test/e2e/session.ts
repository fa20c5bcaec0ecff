/**
 * One VS Code with the packaged extension and one browser on it, for a whole run. The example is copied to a
 * folder of its own, so that tests may edit it.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { freePort, installExtension, makeProfile, startCodeServer } from '../../scripts/lib/codeServer.mjs';
import { cache, fromRoot, out, vsix } from '../../scripts/lib/paths.mjs';
import { makeWebVsix } from '../../scripts/lib/webVsix.mjs';
import { type Area, Workbench } from './workbench';

/** `node`: the extension and its server in processes of Node. `web`: both in workers of the browser. */
export type Build = 'node' | 'web';

export interface SessionOptions {
  readonly build: Build;
  readonly chromium: string;
  /** Pictures go to `docs/images` rather than to `out/shots`. */
  readonly updateScreenshots: boolean;
  readonly verbose: boolean;
  /** VS Code has trust switched on, and nobody trusts the folder. */
  readonly restricted: boolean;
}

const viewport = { width: 1560, height: 1040 };

const settings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
  'security.workspace.trust.enabled': false,
  'chat.disableAIFeatures': true,
  'window.confirmBeforeClose': 'never',
  'files.autoSave': 'off',
  'files.hotExit': 'off',
  'git.enabled': false,
  'editor.hover.delay': 100,
  'editor.hover.above': false,
  'editor.minimap.enabled': false,
  // It would lie under the list of completion in pictures; it shows when it is asked for.
  'editor.parameterHints.enabled': false,
  // A picture must not be of something that is half there.
  'workbench.reduceMotion': 'on',
};

const restrictedSettings = {
  'security.workspace.trust.enabled': true,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
};

const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export class Session {
  readonly workbench: Workbench;
  /** Addresses outside of this machine that the page asked for. */
  readonly outsideRequests: string[] = [];
  /** What the browser refused because of a page's content security policy. */
  readonly policyViolations: string[] = [];
  readonly #options: SessionOptions;
  readonly #page: Page;
  readonly #browser: Browser;
  readonly #server: Awaited<ReturnType<typeof startCodeServer>>;
  readonly #profile: string;
  /** What lies in the folder beside the example: from where, by the name there. */
  readonly #added = new Map<string, string>();

  static async start(options: SessionOptions): Promise<Session> {
    const { restricted } = options;
    const profile = path.join(cache, `e2e-${options.build}`);
    fs.rmSync(profile, { recursive: true, force: true });
    const folder = copyExample('vpn-and-nat');
    makeProfile(profile, { ...settings, ...(restricted ? restrictedSettings : {}) });
    await installExtension(profile, options.build === 'web' ? makeWebVsix() : vsix);
    const server = await startCodeServer({ profile, port: await freePort(), folder, restricted });
    try {
      const browser = await chromium.launch({ executablePath: options.chromium, args: browserArguments });
      const page = await browser.newPage({ viewport });
      const session = new Session(options, page, browser, server, profile, folder);
      await session.reload();
      return session;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor(
    options: SessionOptions,
    page: Page,
    browser: Browser,
    server: Awaited<ReturnType<typeof startCodeServer>>,
    profile: string,
    readonly folder: string,
  ) {
    this.#options = options;
    this.#page = page;
    this.#browser = browser;
    this.#server = server;
    this.#profile = profile;
    this.workbench = new Workbench(page, folder);
    page.setDefaultTimeout(20_000);
    page.on('request', (request) => this.#watchRequest(request.url()));
    page.on('console', (message) => {
      const text = message.text();
      if (/Content Security Policy/i.test(text)) this.policyViolations.push(text);
      if (options.verbose && message.type() === 'error') process.stdout.write(`  [browser] ${text}\n`);
    });
  }

  async reload(): Promise<void> {
    await this.#page.goto(this.#server.url);
    await this.workbench.whenReady();
  }

  get build(): Build {
    return this.#options.build;
  }

  /** Back to no open editors and unchanged files. */
  async reset(): Promise<void> {
    await this.workbench.closeEverything();
    copyFiles(fromRoot('examples', path.basename(this.folder)), this.folder);
    for (const [name, from] of this.#added) copyFiles(from, path.join(this.folder, name));
    this.#removeOthers();
  }

  /** What a test made: exports, settings, files under another name. */
  #removeOthers(): void {
    const sources = [['', fromRoot('examples', path.basename(this.folder))] as const, ...this.#added];
    for (const entry of fs.readdirSync(this.folder, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name);
      const name = path.relative(this.folder, file);
      const isOurs = sources.some(
        ([start, from]) =>
          name.startsWith(start) && fs.existsSync(path.join(from, path.relative(start, name))),
      );
      if (entry.isFile() && !isOurs) fs.rmSync(file);
    }
  }

  /** Copies a folder of the checkout into the folder that is open, where it stays until the end of the run. */
  addFolder(name: string, ...from: readonly string[]): void {
    this.#added.set(name, fromRoot(...from));
    copyFiles(fromRoot(...from), path.join(this.folder, name));
  }

  /** As a person does it: VS Code keeps what is open and shows it again. */
  async reloadWindow(): Promise<void> {
    await Promise.all([this.#page.waitForEvent('load'), this.workbench.command('Developer: Reload Window')]);
    await this.workbench.whenReady();
  }

  /** Makes the window as wide and high as given, or as it was at first. */
  async resize(size: { readonly width: number; readonly height: number } = viewport): Promise<void> {
    await this.#page.setViewportSize(size);
  }

  /** Whether pictures are wanted: they are the same in both builds, so one build takes them. */
  get takesPictures(): boolean {
    return this.build === 'node';
  }

  /**
   * A WebP picture of the window, or of an area of it: a third of a PNG's size, and the .vsix carries some of them.
   * Folders in the name are made.
   */
  async screenshot(name: string, area?: Area): Promise<void> {
    const isKept = this.#options.updateScreenshots && this.build === 'node';
    const folder = isKept ? fromRoot('docs/images') : path.join(out, 'shots');
    const file = path.join(folder, `${name}.webp`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const devtools = await this.#page.context().newCDPSession(this.#page);
    const { data } = await devtools.send('Page.captureScreenshot', {
      format: 'webp',
      quality: 50,
      ...(area === undefined ? {} : { clip: { ...area, scale: 1 } }),
    });
    await devtools.detach();
    fs.writeFileSync(file, Buffer.from(data, 'base64'));
  }

  /** What helps to find out why: a picture and the ends of the logs. */
  async reportFailure(testName: string): Promise<void> {
    const file = path.join(out, 'shots', `failed-${testName.replace(/[^a-z0-9]+/gi, '-')}.png`);
    await this.#page.screenshot({ path: file }).catch(() => undefined);
    process.stdout.write(`  picture: ${file}\n`);
    for (const log of [this.#server.logFile, ...this.#extensionLogs()]) {
      const lines = fs.readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15);
      process.stdout.write(`  ${log}:\n${lines.map((line) => `    ${line}`).join('\n')}\n`);
    }
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
    fs.rmSync(path.dirname(this.folder), { recursive: true, force: true });
  }

  #extensionLogs(): string[] {
    const logs = path.join(this.#profile, 'user/logs');
    if (!fs.existsSync(logs)) return [];
    return fs
      .readdirSync(logs, { recursive: true, encoding: 'utf8' })
      .filter((name) => /Gatewalk\.log$|remoteexthost\.log$/.test(name))
      .map((name) => path.join(logs, name));
  }

  #watchRequest(url: string): void {
    const { protocol, hostname } = new URL(url);
    if (['data:', 'blob:'].includes(protocol) || hostname === '127.0.0.1') return;
    // Webview resources have addresses of this form; VS Code's service worker answers them, no network does.
    if (hostname.endsWith('.vscode-resource.vscode-cdn.net')) return;
    this.outsideRequests.push(url);
  }
}

function copyExample(name: string): string {
  const folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'gatewalk-e2e-')), name);
  copyFiles(fromRoot('examples', name), folder);
  return folder;
}

/** Also undoes what a test has saved; only what differs is written, because VS Code watches the files. */
function copyFiles(source: string, folder: string): void {
  for (const entry of fs.readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const from = path.join(entry.parentPath, entry.name);
    const to = path.join(folder, path.relative(source, from));
    if (fs.existsSync(to) && fs.readFileSync(to).equals(fs.readFileSync(from))) continue;
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.copyFileSync(from, to);
  }
}
