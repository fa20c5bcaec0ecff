/**
 * Every text that a person sees in the trace view goes through `t`. The sources are parsed and their literals
 * looked at by where they stand: children of elements, labels and titles must have no letters of their own;
 * anywhere else a literal of several words, or with a capital first, is taken for a text.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';

const root = resolve(import.meta.dirname, '../..');
const folder = resolve(root, 'webview/src');

/** Names that are the same in every language, and examples of what to type. */
const untranslated = ['SVG', 'Markdown', 'Mermaid', 'pcap', 'fxp0', 'web', 'S'];

const svgPath = /^M[\d.]+ ?[\d.a-z -]+$/i;

const translators = ['t', 'tNodes', 'tCount'];
const visibleNames =
  /^(aria-(label|description|roledescription|valuetext|placeholder)|title|label|alt|placeholder|word|what|text|caption|textContent|innerText|ariaLabel)$/;
const wordless =
  /^(class|className|d|id|viewBox|transform|points|role|scope|type|appearance|gridColumn|gridRow)$/;

interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** `file:line text` of every literal that looks like a text and is not handed to `t`. */
function untranslatedTexts(file: string, source: string): readonly string[] {
  const found: string[] = [];
  visit(parseAst(source, { lang: 'ts' }) as unknown as AstNode, []);
  return found;

  function visit(node: AstNode, around: readonly AstNode[]): void {
    if (node.type.startsWith('TS') && node.type.endsWith('Type')) return;
    if (/^(Import|ExportAll|ExportNamed)/.test(node.type) && node.source !== null && 'source' in node) return;
    const text = literalText(node);
    if (text !== undefined && looksUntranslated(text, node, around)) {
      const line = source.slice(0, node.start).split('\n').length;
      found.push(`${file}:${line} ${text.trim()}`);
    }
    for (const child of children(node)) visit(child, [...around, node]);
  }
}

function children(node: AstNode): readonly AstNode[] {
  return Object.values(node)
    .flat()
    .filter((value): value is AstNode => typeof (value as AstNode | null)?.type === 'string');
}

function literalText(node: AstNode): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateElement') return undefined;
  return (node.value as { cooked: string }).cooked;
}

function looksUntranslated(text: string, node: AstNode, around: readonly AstNode[]): boolean {
  if (!/\p{L}/u.test(text) || untranslated.includes(text) || svgPath.test(text)) return false;
  switch (place(node, around)) {
    case 'translated':
    case 'wordless':
      return false;
    case 'visible':
      return true;
    case 'elsewhere':
      return /\p{L}+\S* +\S*\p{L}/u.test(text) || /^\s*\p{Lu}\p{Ll}/u.test(text);
  }
}

/** Where the value of a literal goes. A choice, a list or a template hands it on to what stands around. */
function place(
  node: AstNode,
  around: readonly AstNode[],
): 'translated' | 'visible' | 'wordless' | 'elsewhere' {
  let inner = node;
  for (const outer of [...around].reverse()) {
    switch (outer.type) {
      case 'ConditionalExpression':
        if (outer.test === inner) return 'wordless';
        break;
      case 'BinaryExpression':
        if (outer.operator !== '+') return 'wordless';
        break;
      case 'TemplateLiteral':
      case 'LogicalExpression':
      case 'ArrayExpression':
      case 'SpreadElement':
      case 'TSAsExpression':
        break;
      case 'SwitchCase':
        return 'wordless';
      case 'Property':
        return outer.key === inner ? 'wordless' : byName(nameOf(outer.key));
      case 'AssignmentExpression':
        return byName(nameOf((outer.left as AstNode).property ?? outer.left));
      case 'CallExpression':
        return placeInCall(outer, inner);
      default:
        return 'elsewhere';
    }
    inner = outer;
  }
  return 'elsewhere';
}

function placeInCall(call: AstNode, argument: AstNode): ReturnType<typeof place> {
  const callee = call.callee as AstNode;
  const values = call.arguments as readonly AstNode[];
  const index = values.indexOf(argument);
  const name = nameOf(callee.type === 'MemberExpression' ? callee.property : callee);
  if (callee.type === 'Identifier' && translators.includes(name)) {
    return index < (name === 'tCount' ? 2 : 1) ? 'translated' : 'visible';
  }
  if (['html', 'svg', 'custom'].includes(name)) return index >= 2 ? 'visible' : 'wordless';
  if (['append', 'prepend', 'replaceChildren', 'createTextNode'].includes(name)) return 'visible';
  if (['closest', 'querySelector', 'querySelectorAll'].includes(name)) return 'wordless';
  if (name === 'setAttribute') return index === 1 ? byName(String(values[0]?.value)) : 'wordless';
  return 'elsewhere';
}

function byName(name: string): ReturnType<typeof place> {
  return visibleNames.test(name) ? 'visible' : wordless.test(name) ? 'wordless' : 'elsewhere';
}

function nameOf(node: unknown): string {
  const { name, value } = node as { name?: unknown; value?: unknown };
  return String(name ?? value ?? '');
}

describe('literals of the trace view', () => {
  it('are texts only where they are translated', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.ts'));
    const found = names.flatMap((name) =>
      untranslatedTexts(name, readFileSync(resolve(folder, name), 'utf8')),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ["html('p', {}, 'used')", 'used'],
    ["html('p', {}, a ? 'used' : undefined)", 'used'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template.
    ["html('p', {}, icon('x'), ` ${count} changed`)", 'changed'],
    ["html('p', { 'aria-label': 'findings' })", 'findings'],
    ["button({ id: 'walk', label: known ? 'walk' : name })", 'walk'],
    ["field.setAttribute('aria-label', 'bytes')", 'bytes'],
    ["line.textContent = 'nothing'", 'nothing'],
    ["const heads = ['Field', t('Bits')]", 'Field'],
    ["row(['came here'])", 'came here'],
    ["t('{0} of {1}', 'table', name)", 'table'],
  ])('are found by the scan: %s', (source, text) => {
    expect(untranslatedTexts('x.ts', source)).toEqual([`x.ts:1 ${text}`]);
  });

  it.each([
    "import { t } from './Some File';",
    "html('p', { class: open ? 'box open now' : 'box', role: 'status' }, t('used'), ' · ', 'SVG')",
    "tCount('{0} byte', '{0} bytes', count)",
    "const known: 'Left Side' | 'b' = side;",
    "if (event.key === 'ArrowRight') move();",
  ])('are left alone: %s', (source) => {
    expect(untranslatedTexts('x.ts', source)).toEqual([]);
  });
});

describe('the list for translators', () => {
  const read = async (text: string): Promise<readonly string[]> => {
    const path = resolve(root, 'scripts/lib/translatableTexts.mjs');
    const { translatableTexts } = await import(/* @vite-ignore */ pathToFileURL(path).href);
    return translatableTexts([{ name: 'webview/src/x.ts', text }]);
  };

  it('has the texts of every kind of call, each once', async () => {
    const source = [
      "vscode.l10n.t('b {0}', name);",
      "l10n.t('c', a.t('no'));",
      "t(\n  'it\\'s',\n  t('b {0}', 1),\n);",
      "tNodes('{0} d', icon('arrow'));",
      "tCount('one', `{0} many`, count);",
      "// t('in a comment')",
      "const text = \"t('in a string')\"; point(1); items.at('0');",
    ].join('\n');
    expect(await read(source)).toEqual(['b {0}', 'c', "it's", 'one', '{0} d', '{0} many'].sort());
  });

  it.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template.
    ['\n\nt(`to ${name}`);', 3],
    ['t(text);', 1],
    ["t('a' + 'b');", 1],
    ["\nt(a ? 'b' : 'c');", 2],
    ["tCount('one',\n  other, count);", 2],
    ["tCount('one');", 1],
    ['l10n.t({ message });', 1],
    ['t();', 1],
  ])('refuses what it cannot read: %s', async (source, line) => {
    await expect(read(source)).rejects.toThrow(`webview/src/x.ts:${line}:`);
  });
});
