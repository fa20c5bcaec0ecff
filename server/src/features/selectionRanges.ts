/** What "expand selection" takes next: word, clause, statement, run of one group, file. */
import type { Snapshot } from '../analysis/snapshot';
import type { SourceFile } from '../analysis/sourceFile';
import { statementIndexAt } from '../syntax/statement';
import { rangeTouches, shiftRange, type TextRange } from '../text/range';
import { type PolicyFile, policyFile, statementAt, visibleRange } from './places';

/** From the innermost to the whole file, each larger than the one before. */
export function selectionRanges(snapshot: Snapshot, uri: string, offset: number): TextRange[] {
  const file = snapshot.files.get(uri);
  if (file === undefined) return [];
  const whole = { start: 0, end: file.text.length };
  const policy = policyFile(snapshot, uri);
  const inner = policy === undefined ? blocksAt(file, offset) : inStatement(snapshot, policy, uri, offset);
  const ranges: TextRange[] = [];
  for (const range of [...inner, whole]) {
    const last = ranges.at(-1) ?? { start: offset, end: offset };
    const grows = range.start <= last.start && last.end <= range.end;
    if (grows && range.end - range.start > last.end - last.start) ranges.push(range);
  }
  return ranges.length === 0 ? [whole] : ranges;
}

function inStatement(snapshot: Snapshot, policy: PolicyFile, uri: string, offset: number): TextRange[] {
  const place = statementAt(snapshot, uri, offset);
  if (place === undefined) return [];
  const { dialect, statement, start, relative } = place;
  const tokens = dialect.tokens(statement);
  const at = tokens.findLastIndex((t) => rangeTouches(t.range, relative));
  const ranges: TextRange[] = [];
  if (at >= 0) {
    ranges.push(shiftRange(tokens[at]!.range, start));
    // A clause runs from one keyword to the next.
    const opens = (i: number) => tokens[i]!.kind === 'keyword' || tokens[i]!.kind === 'action';
    let first = at;
    while (first > 0 && !opens(first)) first--;
    let last = at;
    while (last + 1 < tokens.length && !opens(last + 1) && tokens[last + 1]!.kind !== 'comment') last++;
    ranges.push(shiftRange({ start: tokens[first]!.range.start, end: tokens[last]!.range.end }, start));
  }
  ranges.push(visibleRange(statement, start));
  const group = dialect.symbol(statement)?.parent;
  if (group !== undefined) ranges.push(runOfGroup(policy, offset, group));
  return ranges;
}

/** The neighbours that belong to the same group, with the comments between them. */
function runOfGroup({ dialect, parse }: PolicyFile, offset: number, group: string): TextRange {
  const at = statementIndexAt(parse, offset);
  let [first, last] = [at, at];
  for (const step of [-1, 1])
    for (let i = at + step; i >= 0 && i < parse.statements.length; i += step) {
      const symbol = dialect.symbol(parse.statements[i]!);
      if (symbol === undefined) continue;
      if (symbol.parent !== group) break;
      if (step < 0) first = i;
      else last = i;
    }
  return {
    start: visibleRange(parse.statements[first]!, parse.starts[first]!).start,
    end: visibleRange(parse.statements[last]!, parse.starts[last]!).end,
  };
}

/** Word, line, and the blocks of deeper indentation around it. */
function blocksAt({ text, lines }: SourceFile, offset: number): TextRange[] {
  let [start, end] = [offset, offset];
  while (start > 0 && /[\w.:/-]/.test(text[start - 1]!)) start--;
  while (end < text.length && /[\w.:/-]/.test(text[end]!)) end++;
  const contentOf = (line: number) => {
    const written = text.slice(lines.lineStart(line), lines.lineEnd(line));
    return { indent: written.length - written.trimStart().length, isEmpty: written.trim() === '' };
  };
  const at = lines.lineAt(offset);
  const ranges: TextRange[] = [{ start, end }];
  let own = contentOf(at);
  ranges.push({ start: lines.lineStart(at) + own.indent, end: lines.lineEnd(at) });
  for (let line = at; line >= 0; line--) {
    const content = contentOf(line);
    if (content.isEmpty || (line !== at && content.indent >= own.indent)) continue;
    own = content;
    let last = line;
    for (let below = line + 1; below < lines.lineCount; below++) {
      const next = contentOf(below);
      if (next.isEmpty) continue;
      if (next.indent <= own.indent) break;
      last = below;
    }
    ranges.push({ start: lines.lineStart(line) + own.indent, end: lines.lineEnd(last) });
    if (own.indent === 0) break;
  }
  return ranges;
}
