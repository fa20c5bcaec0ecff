/**
 * A statement with even spacing. Words, their order, comments and the user's line breaks stay; continued lines
 * are indented by a tab, as the manual writes them. A statement with a problem in it is left alone.
 */
import type { ParsedStatement } from '../../syntax/statement';
import { lexStatement, type Token } from './lexer';
import type { SetkeyTree } from './tree';

export function formatStatement(statement: ParsedStatement<SetkeyTree>): string | undefined {
  if (statement.problems.some((p) => p.severity === 'error')) return undefined;
  const { text } = statement;
  const lineEnd = /\r\n|\r|\n/.exec(text)?.[0] ?? '\n';
  const tail = /(\r\n|\r|\n)$/.exec(text)?.[0] ?? '';
  const formatted = formatMarks(text, marksOf(text), lineEnd) + tail;
  // Another statement follows on the same line: keep one blank between them.
  const joined = tail === '' && /;[ \t]+$/.test(text) ? `${formatted} ` : formatted;
  return joined === text ? undefined : joined;
}

function marksOf(text: string): Token[] {
  const lexed = lexStatement(text);
  const terminator = lexed.terminator === undefined ? [] : [lexed.terminator];
  return [...lexed.tokens, ...lexed.comments, ...terminator].sort((a, b) => a.start - b.start);
}

function formatMarks(text: string, marks: readonly Token[], lineEnd: string): string {
  let out = '';
  marks.forEach((mark, index) => {
    const previous = marks[index - 1];
    if (previous !== undefined)
      out += separator(text.slice(previous.end, mark.start), mark, previous, lineEnd);
    out += mark.text.trimEnd();
  });
  return out;
}

function separator(between: string, mark: Token, previous: Token, lineEnd: string): string {
  const isComment = mark.text.startsWith('#');
  const behindComment = previous.text.startsWith('#');
  if (mark.text === ';' && !behindComment) return '';
  if (/[\r\n]/.test(between) || behindComment) return `${lineEnd}\t`;
  if (between === '') return isComment ? ' ' : '';
  return ' ';
}
