/**
 * Where the top-level sections of `gatewalk.yaml` stand and how their entries are indented: what it takes to add an
 * entry as its author would, and leave everything else as it is.
 */
import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml';
import type { TextEdit } from '../../text/edit';

interface Section {
  readonly node: Node | null;
  /** Behind the section's last value, or behind its key. */
  readonly end: number;
}

/**
 * The edit that adds `lines` (without indentation) as the last entry of a section; a section that is missing or
 * empty is made. Undefined when the section is written in braces or the file is no YAML map.
 */
export function addToSection(text: string, key: string, lines: readonly string[]): TextEdit | undefined {
  const lineEnd = /\r\n|\r|\n/.exec(text)?.[0] ?? '\n';
  const document = parseDocument(text, { keepSourceTokens: false });
  const root = document.contents as Node | null;
  if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) return undefined;
  const section = isMap(root) ? sectionOf(root.items, key) : undefined;
  if (section === undefined) {
    const gap = text === '' ? '' : /[\r\n]$/.test(text) ? lineEnd : lineEnd + lineEnd;
    const body = indented(lines, '  ');
    return { start: text.length, end: text.length, text: gap + [`${key}:`, ...body, ''].join(lineEnd) };
  }
  const { node } = section;
  const isList = isSeq(node);
  if ((isMap(node) || isList) && node.flow === true) return undefined;
  if (node !== null && !isMap(node) && !isList && !(isScalar(node) && node.value === null)) return undefined;
  const at = endOfLine(text, section.end);
  const indent = indentOf(text, node);
  return { start: at, end: at, text: lineEnd + indented(lines, indent).join(lineEnd) };
}

/** A name or a packet line as a YAML scalar: in quotes only where it must be. */
export function yamlScalar(text: string): string {
  const isPlain =
    /^[A-Za-z0-9_./(]/.test(text) &&
    !/: |:$| #|^(?:true|false|null|yes|no|on|off|~)$/i.test(text) &&
    text.trim() === text;
  return isPlain ? text : `'${text.replaceAll("'", "''")}'`;
}

function sectionOf(items: readonly Pair[], key: string): Section | undefined {
  const pair = items.find((p) => isScalar(p.key) && p.key.value === key);
  if (pair === undefined) return undefined;
  const node = pair.value as Node | null;
  return { node, end: endOfPair(pair) };
}

/** A block collection's own end may lie behind comments of what follows: its last value tells better. */
function endOf(node: Node): number {
  if (isMap(node) && node.flow !== true && node.items.length > 0) return endOfPair(node.items.at(-1)!);
  if (isSeq(node) && node.flow !== true && node.items.length > 0) return endOf(node.items.at(-1) as Node);
  return node.range?.[1] ?? 0;
}

function endOfPair(pair: Pair): number {
  const key = pair.key as Node;
  const value = pair.value as Node | null;
  const keyEnd = key.range?.[1] ?? 0;
  return value === null ? keyEnd : Math.max(keyEnd, endOf(value));
}

function endOfLine(text: string, offset: number): number {
  // A block scalar ends behind its line end.
  let at = offset > 0 && /[\r\n]/.test(text[offset - 1]!) ? offset - 1 : offset;
  if (at > 0 && text[at] === '\n' && text[at - 1] === '\r') at--;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}

function indentOf(text: string, node: Node | null): string {
  const first = isMap(node) ? (node.items[0]?.key as Node | undefined) : undefined;
  const start = first?.range?.[0] ?? (isSeq(node) ? node.range?.[0] : undefined);
  if (start === undefined) return '  ';
  const lineStart = Math.max(text.lastIndexOf('\n', start - 1), text.lastIndexOf('\r', start - 1)) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, start))![0];
}

function indented(lines: readonly string[], indent: string): string[] {
  return lines.map((line) => indent + line);
}
