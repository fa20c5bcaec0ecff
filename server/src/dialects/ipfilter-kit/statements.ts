/** Statement forms that ipf.conf and ipnat.conf share: variables, rules written with them, the lost last word. */
import { range, type TextRange } from '../../text/range';
import type { ClassifiedToken } from '../dialect';
import type { Cursor } from './cursor';
import type { Token } from './lexer';
import type { Word } from './numbers';

export interface Assignment extends TextRange {
  readonly kind: 'assignment';
  readonly name: Word;
  /** Without its quotes; variables in it are expanded where it is used. */
  readonly value: string;
}

/** A rule with variables in it: what it says is known only with their values, so lowering expands and parses it. */
export interface Template extends TextRange {
  readonly kind: 'template';
  readonly variables: readonly Word[];
}

export function withoutComments(tokens: Token[]): Token[] {
  return tokens.some((t) => t.kind === 'comment') ? tokens.filter((t) => t.kind !== 'comment') : tokens;
}

/** `name=value;` or `name="value";`: the cursor is at the name. */
export function readAssignment(cursor: Cursor): Assignment | undefined {
  const nameToken = cursor.advance('name');
  const name: Word = { text: nameToken.text, start: nameToken.start, end: nameToken.end };
  cursor.advance('operator');
  const value = cursor.current;
  if (value === undefined || (value.kind === 'operator' && value.text === ';')) {
    cursor.offer('string');
    cursor.unexpected(cursor.code('variable-value'), `the value of the variable \`${name.text}\``);
    cursor.takeOperator(';');
    return undefined;
  }
  cursor.advance(value.kind === 'string' ? 'string' : 'name');
  if (value.kind === 'string') checkClosed(cursor, value);
  if (!cursor.takeOperator(';')) {
    cursor.report(
      cursor.code('variable-semicolon'),
      `The value of \`${name.text}\` must be followed by \`;\`.`,
      range(value.start, value.end),
      'error',
      [
        {
          title: 'Add `;`',
          edits: [{ start: value.end, end: value.end, text: ';' }],
          preferred: true,
        },
      ],
    );
  }
  return { kind: 'assignment', name, value: value.text, start: name.start, end: cursor.previous.end };
}

export function checkClosed(cursor: Cursor, token: Token): void {
  if (token.keyword === '') return;
  cursor.report(cursor.code('unclosed-string'), 'The closing quote of this text is missing.', {
    start: token.start,
    end: token.end,
  });
}

/** When variables stand before the next `;`: the whole of it, unread. */
export function readTemplate(
  cursor: Cursor,
  colour: (token: Token) => ClassifiedToken['kind'],
  /** `braces`: a `;` inside of braces or parentheses ends nothing. */
  until: 'semicolon' | 'braces' = 'semicolon',
): Template | undefined {
  const variables: Word[] = [];
  let end = cursor.index;
  let depth = 0;
  for (; end < cursor.tokens.length; end++) {
    const token = cursor.tokens[end]!;
    if (token.kind === 'variable') variables.push({ text: token.text, start: token.start, end: token.end });
    else if (token.kind === 'operator' && token.text === ';' && depth === 0) break;
    else if (until === 'braces' && token.kind === 'operator') {
      if (token.text === '{' || token.text === '(') depth++;
      else if (token.text === '}' || token.text === ')') depth--;
    }
  }
  // The `;` belongs to a table.
  if (until === 'braces' && end < cursor.tokens.length) end++;
  if (variables.length === 0) return undefined;
  const start = cursor.current!.start;
  while (cursor.index < end) cursor.advance(colourInTemplate(cursor.current!, colour));
  return { kind: 'template', variables, start, end: cursor.previous.end };
}

function colourInTemplate(
  token: Token,
  colour: (token: Token) => ClassifiedToken['kind'],
): ClassifiedToken['kind'] {
  switch (token.kind) {
    case 'variable':
      return 'name';
    case 'operator':
      return 'operator';
    case 'string':
      return 'string';
    case 'number':
    case 'hex':
      return 'number';
    case 'address4':
    case 'address6':
      return 'address';
    default:
      return colour(token);
  }
}

/**
 * The lexer of the real programs gives up the word it is reading when the file ends in it: without a line end
 * behind it, the last word of a file is lost. When only that word is what makes the statement wrong, the rule
 * loads without it, and saying "error" would be untrue.
 */
export function noteLostLastWord(cursor: Cursor, text: string, read: (cursor: Cursor) => unknown): void {
  const last = cursor.tokens[cursor.tokens.length - 1];
  if (last === undefined || last.end !== text.length || last.kind === 'operator' || last.kind === 'string')
    return;
  const shorter = cursor.without(1);
  if (cursor.problems.some((p) => p.severity === 'error')) {
    read(shorter);
    if (shorter.problems.some((p) => p.severity === 'error')) return;
    cursor.problems.length = 0;
  }
  cursor.report(
    cursor.code('no-final-line-end'),
    `The file does not end with a line end, and IPFilter loses the last word of such a file: \`${last.text}\` is not read. Add an empty line.`,
    range(last.start, last.end),
    'information',
    [
      {
        title: 'Add a line end',
        edits: [{ start: text.length, end: text.length, text: '\n' }],
        preferred: true,
      },
    ],
  );
}
