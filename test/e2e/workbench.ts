/**
 * VS Code's window as a person uses it: open a file, point at a word, type, run a command, look at the Problems
 * view, at a CodeLens, at the trace view. Every wait is for what a person would see.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';

const patienceMilliseconds = 40_000;

/** A part of the window, in its pixels. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class Workbench {
  readonly #page: Page;
  readonly #folder: string;

  constructor(page: Page, folder: string) {
    this.#page = page;
    this.#folder = folder;
  }

  async whenReady(): Promise<void> {
    await this.#page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    const sideBar = this.#page.locator('.part.sidebar');
    await this.#page.locator('.part.editor').waitFor({ timeout: 60_000 });
    // Closed since an earlier time: it stays so.
    if (!(await sideBar.isVisible())) return;
    await this.#page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
    // Room for an editor and a trace beside it.
    await this.command('View: Close Primary Side Bar');
  }

  /** Opens a file of the folder, by its path in it: `A/ipnat.conf`; `place` is `:LINE:COLUMN` or nothing. */
  async openFile(name: string, place = ''): Promise<void> {
    const row = this.#quickRows().filter({ hasText: path.basename(name) });
    await this.#eventually(`the file ${name} in the quick open list`, async () => {
      await this.#quickInput(name + place);
      // The row says the folder behind the name, so `A/ipf.conf` is told from `B/ipf.conf`.
      const labels = await this.#labelsOf(row);
      const index = labels.findIndex(
        (label) => new RegExp(`\\b${path.dirname(name)}\\b`).test(label) || !name.includes('/'),
      );
      if (index < 0) throw new Error(`only found: ${labels.join(' | ')}`);
      await row.nth(index).click({ timeout: 2000 });
    });
    await this.#page
      .locator('.tab.active', { hasText: path.basename(name) })
      .first()
      .waitFor();
    await this.#editorLines().first().waitFor();
  }

  /** Runs a command by its title in the palette: `View: Close All Editors`. */
  async command(title: string, patience: number = patienceMilliseconds): Promise<void> {
    await this.#eventually(
      `the command ${title}`,
      async () => {
        await this.#quickInput(`>${title}`);
        const row = this.#quickRows()
          .filter({ hasText: title.replace(/^.*: /, '') })
          .first();
        await row.click({ timeout: 3000 });
      },
      patience,
    );
  }

  /** Puts the cursor at the start of a text of the file, which must stand in it as it is on disk. */
  async goTo(name: string, text: string): Promise<void> {
    const content = fs.readFileSync(path.join(this.#folder, name), 'utf8');
    const offset = content.indexOf(text);
    if (offset < 0) throw new Error(`${name} does not contain ${text}`);
    const before = content.slice(0, offset).split('\n');
    const start = before.at(-1) ?? '';
    // The status bar counts as many columns for a tab as it is wide.
    const column = [...start].reduce((at, char) => (char === '\t' ? at + 4 - (at % 4) : at + 1), 0) + 1;
    const place = this.#page.locator('.statusbar-item', { hasText: `Ln ${before.length}, Col ${column}` });
    await this.#eventually(`the cursor at ${name}:${before.length}:${column}`, async () => {
      await this.openFile(name, `:${before.length}:${start.length + 1}`);
      await place.waitFor({ timeout: 3000 });
    });
  }

  /** Types at the cursor of the editor that has the focus. A list of suggestions is closed before a line ends. */
  async type(text: string): Promise<void> {
    const [first = '', ...lines] = text.split('\n');
    await this.#page.keyboard.type(first, { delay: 15 });
    for (const line of lines) {
      await this.#page.keyboard.press('Escape');
      await this.#page.keyboard.press('Enter');
      await this.#page.keyboard.type(line, { delay: 15 });
    }
  }

  async press(key: string): Promise<void> {
    await this.#page.keyboard.press(key);
  }

  /** Points at a text in the editor in front until a hover that contains `expected` shows; returns its text. */
  async hover(text: string, expected: string | RegExp): Promise<string> {
    const hover = this.#page.locator('.monaco-hover:visible', { hasText: expected }).first();
    await this.#eventually(`a hover over ${text} with ${expected}`, async () => {
      const { x, y } = await this.#placeOf(text);
      await this.#page.mouse.move(5, 5);
      await this.#page.mouse.move(x, y, { steps: 4 });
      await hover.waitFor({ timeout: 3000 });
    });
    return hover.innerText();
  }

  /** Shows the hover of the word at the cursor until it has what is expected; returns its text. */
  async hoverCursor(expected: string | RegExp): Promise<string> {
    const hover = this.#page.locator('.monaco-hover:visible', { hasText: expected }).first();
    await this.#eventually(`a hover with ${expected}`, async () => {
      // One that shows already is what was known when it came up.
      await this.press('Escape');
      await this.press('Control+k');
      await this.press('Control+i');
      await hover.waitFor({ timeout: 3000 });
    });
    // It comes up slowly, whatever the settings say, and a picture would be of half of it.
    await this.#page.waitForTimeout(300);
    return hover.innerText();
  }

  /** Scrolls the hover that shows to a text in it, for a picture of it. */
  async scrollHoverTo(text: string): Promise<void> {
    await this.#page.locator('.monaco-hover:visible').getByText(text).last().scrollIntoViewIfNeeded();
  }

  /** The problems of the Problems view, one line each. */
  async problems(expected: string | RegExp): Promise<readonly string[]> {
    await this.command('View: Focus Problems');
    const rows = this.#page.locator('.markers-panel .monaco-list-row');
    await rows.filter({ hasText: expected }).first().waitFor({ timeout: patienceMilliseconds });
    return (await rows.allInnerTexts()).map((row) => row.replace(/\s+/g, ' ').trim());
  }

  /** The lines of the editors as far as they can be seen. */
  async visibleLines(): Promise<readonly string[]> {
    return (await this.#editorLines().allTextContents()).map((line) => line.replaceAll('\u00a0', ' '));
  }

  /** The colours of the words that can be seen in the editor in front. */
  async colours(): Promise<readonly string[]> {
    const colours = await this.#page
      .locator('.editor-group-container.active .view-line span span')
      .evaluateAll((spans) => spans.map((span) => getComputedStyle(span).color));
    return [...new Set(colours)];
  }

  /** Chooses an entry of the menu that a light bulb opens, at the cursor. */
  async quickFix(title: string, whileOpen: () => Promise<void> = async () => undefined): Promise<void> {
    const entry = this.#page.locator('.action-widget .monaco-list-row', { hasText: title }).first();
    await this.#eventually(`the quick fix ${title}`, async () => {
      await this.press('Control+.');
      await entry.waitFor({ timeout: 3000 });
    });
    await whileOpen();
    await entry.click();
  }

  /** What completion offers at the cursor, as far as it can be seen. */
  async completions(expected: string): Promise<readonly string[]> {
    const rows = this.#page.locator('.suggest-widget.visible .monaco-list-row');
    await this.#eventually(`completion with ${expected}`, async () => {
      if (!(await rows.first().isVisible())) await this.press('Control+Space');
      await rows.filter({ hasText: expected }).first().waitFor({ timeout: 3000 });
    });
    return this.#labelsOf(rows);
  }

  /** Renames what the cursor stands on. */
  async rename(
    to: string,
    whileOpen: (box: Locator) => Promise<void> = async () => undefined,
  ): Promise<void> {
    const input = this.#page.locator('.rename-box input');
    await this.#eventually('the box of a rename', async () => {
      await this.press('F2');
      await input.waitFor({ timeout: 3000 });
    });
    await input.fill(to);
    await whileOpen(this.#page.locator('.rename-box'));
    await this.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  /** The rows of the Test Explorer, all opened: `x-to-y: delivered to y (Passed)`. */
  async tests(): Promise<readonly string[]> {
    return this.#labelsOf(this.#page.locator('.test-explorer .monaco-list-row'));
  }

  /** Opens the first entry of the Test Explorer until one below it shows. */
  async openTests(expected: string): Promise<void> {
    const rows = this.#page.locator('.test-explorer .monaco-list-row');
    await this.#eventually(`the test ${expected}`, async () => {
      if ((await rows.filter({ hasText: expected }).count()) > 0) return;
      await rows.first().locator('.monaco-tl-twistie').click({ timeout: 2000 });
      await rows.filter({ hasText: expected }).first().waitFor({ timeout: 3000 });
    });
  }

  /** Chooses a colour theme by its name in the list. */
  async chooseTheme(name: string): Promise<void> {
    await this.#quickInput('>Preferences: Color Theme');
    // Another command has the same words in it and looks for themes on the net.
    await this.#page.locator('.quick-input-list [aria-label^="Preferences: Color Theme"]').first().click();
    const row = this.#quickRows().filter({ hasText: name }).first();
    await this.#page.locator('.quick-input-widget input').first().fill(name);
    await row.click();
  }

  /**
   * Chooses an entry of the menu that a right click opens, until `isDone`. VS Code takes no click on a menu that has
   * just come up, because it may be the end of the click that opened it.
   */
  async chooseFromMenu(place: Locator, entry: string, isDone: () => Promise<boolean>): Promise<void> {
    const item = this.#page.locator('.monaco-menu .action-item', { hasText: entry }).first();
    await this.#eventually(`what ${entry} in the menu does`, async () => {
      if (await isDone()) return;
      if (!(await item.isVisible())) await place.click({ button: 'right', timeout: 3000 });
      await item.waitFor({ timeout: 3000 });
      await this.#page.waitForTimeout(400);
      await item.click({ timeout: 3000 });
      await item.waitFor({ state: 'detached', timeout: 3000 });
      await this.#page.waitForTimeout(1000);
      if (!(await isDone())) throw new Error('not yet');
    });
  }

  /** Waits until a part of the window, or of a view in it, has a text. */
  async waitForText(what: string, locator: Locator, expected: RegExp): Promise<void> {
    let last = '';
    await this.#eventually(what, async () => {
      last = await locator.innerText({ timeout: 5000 });
      if (!expected.test(last)) throw new Error(`it does not match ${expected}: ${last}`);
    });
  }

  /** Any part of the window. */
  locator(selector: string, options: { readonly hasText?: string | RegExp } = {}): Locator {
    return this.#page.locator(selector, options);
  }

  /** Accepts the file that a save dialog proposes. */
  async acceptSaveDialog(): Promise<void> {
    await this.#page
      .locator('.quick-input-widget:visible .quick-input-title', { hasText: 'Export' })
      .waitFor();
    const ok = this.#page.locator('.quick-input-widget:visible .monaco-button', { hasText: 'OK' });
    await ok.click();
  }

  /** Runs a script's text inside the trace view, then a function of it, past the page's own policy. */
  async inTraceView<T>(script: string, expression: string): Promise<T> {
    for (const frame of this.#page.frames()) {
      const isTrace = await frame
        .evaluate(() => document.getElementById('trace') !== null)
        .catch(() => false);
      if (!isTrace) continue;
      await frame.evaluate(script);
      return (await frame.evaluate(expression)) as T;
    }
    throw new Error('no frame holds a trace view');
  }

  squiggle(kind: 'error' | 'warning' | 'info'): Locator {
    return this.#page.locator(`.monaco-editor .squiggly-${kind}`).first();
  }

  /**
   * Clicks a CodeLens by its text, the first one when several lines have it, until `isDone`: the editor draws them
   * anew when an answer comes in, and a click on one that is just going does nothing. `beside`: a text in the same line
   * of them.
   */
  async clickCodeLens(text: string, isDone: () => Promise<boolean>, beside = text): Promise<void> {
    const line = this.#page.locator('.codelens-decoration', { hasText: beside }).first();
    const lens = line.locator('a', { hasText: text }).first();
    await lens.waitFor({ timeout: patienceMilliseconds });
    await this.#eventually(`what the CodeLens ${text} does`, async () => {
      await lens.click({ timeout: 3000 });
      await this.waitUntil(`what the CodeLens ${text} does`, isDone, 8000);
    });
  }

  /** The inside of the trace view, once it shows a walk. */
  async traceView(): Promise<FrameLocator> {
    const frame = this.#page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
    await frame.locator('#trace[aria-busy=false] .stage').first().waitFor({ timeout: patienceMilliseconds });
    return frame;
  }

  /** The file name of the tab that is in front in each editor group. */
  async activeTabs(): Promise<readonly string[]> {
    return this.#page
      .locator('.tab.active')
      .evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute('data-resource-name') ?? ''));
  }

  /** The text that is selected in any editor, as far as it can be seen. */
  async selectedLines(): Promise<readonly string[]> {
    return this.#page.evaluate(() => {
      const lines = [...document.querySelectorAll<HTMLElement>('.monaco-editor .view-line')];
      const marks = [...document.querySelectorAll<HTMLElement>('.monaco-editor .selected-text')];
      const middles = marks
        .map((mark) => mark.getBoundingClientRect())
        .map(({ top, height }) => top + height / 2);
      return lines
        .filter((line) => {
          const { top, bottom } = line.getBoundingClientRect();
          return middles.some((middle) => middle > top && middle < bottom);
        })
        .map((line) => (line.textContent ?? '').replaceAll('\u00a0', ' '));
    });
  }

  /** The smallest area with all of these in it, and a little around them. Only what can be seen counts. */
  async areaOf(parts: readonly (Locator | Area)[]): Promise<Area> {
    const [beside, above] = [10, 3];
    const { width, height } = this.#page.viewportSize() ?? { width: 0, height: 0 };
    const boxes: Area[] = [];
    for (const part of parts) {
      if ('width' in part) boxes.push(part);
      else for (const each of await part.all()) boxes.push(...[(await each.boundingBox()) ?? []].flat());
    }
    if (boxes.length === 0) throw new Error('nothing of it can be seen');
    const left = Math.max(0, Math.min(...boxes.map(({ x }) => x)) - beside);
    const top = Math.max(0, Math.min(...boxes.map(({ y }) => y)) - above);
    const right = Math.min(width, Math.max(...boxes.map((box) => box.x + box.width)) + beside);
    const bottom = Math.min(height, Math.max(...boxes.map((box) => box.y + box.height)) + above);
    return { x: left, y: top, width: right - left, height: bottom - top };
  }

  /** The lines of the editor in front, or only the one with the cursor; with the numbers beside them. */
  async areaOfLines(which: 'all' | 'cursor'): Promise<Area> {
    const area = await this.#page.evaluate((wanted) => {
      const group = document.querySelector('.editor-group-container.active');
      const editor = group?.querySelector('.editor-instance .monaco-editor');
      const cursor = editor?.querySelector('.cursors-layer .cursor')?.getBoundingClientRect();
      const boxes = [...(editor?.querySelectorAll('.view-line') ?? [])].flatMap((line) => {
        // A peek has an editor of its own in this one.
        if (line.closest('.monaco-editor') !== editor) return [];
        const { top, bottom } = line.getBoundingClientRect();
        if (wanted === 'cursor' && (cursor === undefined || cursor.top < top || cursor.top >= bottom))
          return [];
        const range = document.createRange();
        range.selectNodeContents(line);
        // A line is as wide as the editor; its text is not.
        return [{ top, bottom, right: range.getBoundingClientRect().right }];
      });
      if (!editor || boxes.length === 0) return undefined;
      const x = editor.getBoundingClientRect().left;
      const y = Math.min(...boxes.map(({ top }) => top));
      const width = Math.max(...boxes.map(({ right }) => right)) - x;
      return { x, y, width, height: Math.max(...boxes.map(({ bottom }) => bottom)) - y };
    }, which);
    if (area === undefined) throw new Error('no line of an editor can be seen');
    return area;
  }

  /** Opens the palette with the start of what it is asked for (`@`: names of the file), until an entry has a text. */
  async paletteEntries(start: string, expected: string): Promise<readonly string[]> {
    await this.#eventually(`${expected} behind ${start} in the palette`, async () => {
      await this.#quickInput(start);
      await this.#quickRows().filter({ hasText: expected }).first().waitFor({ timeout: 3000 });
    });
    return this.#labelsOf(this.#quickRows());
  }

  /** Presses keys until something shows. */
  async pressUntil(keys: readonly string[], shown: Locator): Promise<void> {
    await this.#eventually(`what ${keys.join(' ')} shows`, async () => {
      if (await shown.first().isVisible()) return;
      for (const key of keys) await this.press(key);
      await shown.first().waitFor({ timeout: 3000 });
    });
  }

  /** Runs a command and chooses from the lists that it shows, one after the other, until `isDone`. */
  async chooseFromPalette(
    title: string,
    entries: readonly string[],
    isDone: () => Promise<boolean>,
  ): Promise<void> {
    await this.#eventually(`what ${title}, ${entries.join(', ')} does`, async () => {
      if (await isDone()) return;
      await this.press('Escape');
      await this.command(title, 4000);
      for (const entry of entries) {
        const row = this.#quickRows().filter({ hasText: entry }).first();
        await row.waitFor({ timeout: 4000 });
        await row.click({ timeout: 3000 });
      }
      await this.waitUntil(`what ${entries.join(', ')} does`, isDone, 6000);
    });
  }

  /** Runs a command until something shows. */
  async commandUntil(title: string, shown: Locator): Promise<void> {
    await this.#eventually(`what the command ${title} shows`, async () => {
      if (await shown.first().isVisible()) return;
      // Commands of an editor are there only while it has the focus.
      await this.command('View: Focus Active Editor Group');
      await this.command(title, 4000);
      await shown.first().waitFor({ timeout: 4000 });
    });
  }

  /** Waits until `look` returns true; what it throws counts as not yet. */
  async waitUntil(
    what: string,
    look: () => Promise<boolean>,
    patience: number = patienceMilliseconds,
  ): Promise<void> {
    await this.#eventually(
      what,
      async () => {
        if (!(await look())) throw new Error('not yet');
      },
      patience,
    );
  }

  /** Undoes all that was typed and closes all editors, panels and dialogs. */
  async closeEverything(): Promise<void> {
    await this.press('Escape');
    const dirty = this.#page.locator('.tab.dirty');
    await this.waitUntil('no file with changes', async () => {
      if ((await dirty.count()) === 0) return true;
      await dirty.first().click({ timeout: 2000 });
      await this.command('File: Revert File');
      await this.#page.waitForTimeout(200);
      return (await dirty.count()) === 0;
    });
    await this.command('View: Close All Editors');
    await this.#page
      .locator('.notifications-toasts.visible .codicon-notifications-clear')
      .evaluateAll((all) => {
        for (const each of all) (each as HTMLElement).click();
      });
    await this.#page.locator('.editor-group-container .tab').first().waitFor({ state: 'detached' });
    if (await this.#page.locator('.part.panel').isVisible()) await this.command('View: Hide Panel');
  }

  /** Opens the palette with a text in it; one that is just closing is opened again. */
  async #quickInput(text: string): Promise<void> {
    const input = this.#page.locator('.quick-input-widget input').first();
    await this.#eventually(`the palette with ${text}`, async () => {
      if (!(await input.isVisible())) await this.#page.keyboard.press('F1');
      await input.waitFor({ timeout: 2000 });
      await input.fill(text, { timeout: 2000 });
      await this.#quickRows().first().waitFor({ timeout: 5000 });
    });
  }

  #quickRows(): Locator {
    return this.#page.locator('.quick-input-list .monaco-list-row');
  }

  #editorLines(): Locator {
    return this.#page.locator('.monaco-editor .view-line');
  }

  /** All at one moment, because the list changes while results come in. */
  #labelsOf(rows: Locator): Promise<readonly string[]> {
    return rows.evaluateAll((elements) =>
      elements.map((element) => element.getAttribute('aria-label') ?? ''),
    );
  }

  /** The middle of the first place where the text stands in an editor; a line is many spans. */
  async #placeOf(text: string): Promise<{ x: number; y: number }> {
    const place = await this.#editorLines().evaluateAll((lines, wanted) => {
      for (const line of lines) {
        const start = (line.textContent ?? '').replaceAll('\u00a0', ' ').indexOf(wanted);
        if (start < 0) continue;
        const range = document.createRange();
        const end = start + wanted.length;
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        let position = 0;
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
          const length = node.textContent?.length ?? 0;
          if (start >= position && start < position + length) range.setStart(node, start - position);
          if (end > position && end <= position + length) {
            range.setEnd(node, end - position);
            const { x, y, width, height } = range.getBoundingClientRect();
            return { x: x + width / 2, y: y + height / 2 };
          }
          position += length;
        }
      }
      return undefined;
    }, text);
    if (place === undefined) throw new Error(`"${text}" is not to be seen in an editor`);
    return place;
  }

  async #eventually(
    what: string,
    attempt: () => Promise<void>,
    patience: number = patienceMilliseconds,
  ): Promise<void> {
    const deadline = Date.now() + patience;
    for (;;) {
      try {
        await attempt();
        return;
      } catch (error) {
        if (Date.now() > deadline)
          throw new Error(`waited for ${what}; last: ${String(error)}`, { cause: error });
        await this.#page.waitForTimeout(250);
      }
    }
  }
}
