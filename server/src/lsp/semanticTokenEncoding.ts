/** Classified words as the protocol's numbers: five a token, places relative to the token before. */
import type { SemanticTokensLegend } from 'vscode-languageserver';
import type { ClassifiedToken } from '../dialects/dialect';
import type { LineIndex } from '../text/lineIndex';

/** Standard types only, so that every colour theme knows them. */
const typeOfKind: Readonly<Record<ClassifiedToken['kind'], string>> = {
  comment: 'comment',
  keyword: 'keyword',
  action: 'macro',
  operator: 'operator',
  number: 'number',
  address: 'number',
  string: 'string',
  interface: 'variable',
  protocol: 'type',
  name: 'function',
  algorithm: 'enumMember',
  key: 'string',
};

const tokenTypes = [...new Set(Object.values(typeOfKind))];

/** `dead`: of a rule that decides nothing. */
export const semanticTokensLegend: SemanticTokensLegend = { tokenTypes, tokenModifiers: ['dead'] };
const DEAD = 1;

const typeNumbers = Object.fromEntries(
  Object.entries(typeOfKind).map(([kind, type]) => [kind, tokenTypes.indexOf(type)]),
) as Readonly<Record<ClassifiedToken['kind'], number>>;

/** Line and column of a token; of nothing yet, `origin`. */
export interface TokenPlace {
  readonly line: number;
  readonly character: number;
}

export const origin: TokenPlace = { line: 0, character: 0 };

/**
 * Appends tokens whose ranges count from `start` to `data`, the first counted from the token at `last`; the place of
 * the last one.
 */
export function encodeTokens(
  lines: LineIndex,
  start: number,
  tokens: readonly ClassifiedToken[],
  isDead: boolean,
  last: TokenPlace,
  data: number[],
): TokenPlace {
  if (tokens.length === 0) return last;
  let { line, character } = last;
  let at = lines.lineAt(start + tokens[0]!.range.start);
  let lineStart = lines.lineStart(at);
  let nextStart = at + 1 < lines.lineCount ? lines.lineStart(at + 1) : Number.POSITIVE_INFINITY;
  const push = (on: number, column: number, length: number, token: ClassifiedToken) => {
    const dead = (isDead || token.dead === true) && token.kind !== 'comment';
    data.push(
      on - line,
      on === line ? column - character : column,
      length,
      typeNumbers[token.kind],
      dead ? DEAD : 0,
    );
    line = on;
    character = column;
  };
  for (const token of tokens) {
    const from = start + token.range.start;
    const to = start + token.range.end;
    // Tokens come in order: stepping on is cheaper than searching for each.
    while (from >= nextStart) {
      lineStart = nextStart;
      at++;
      nextStart = at + 1 < lines.lineCount ? lines.lineStart(at + 1) : Number.POSITIVE_INFINITY;
    }
    if (to < nextStart) {
      const end = Math.min(to, lines.lineEnd(at));
      if (end > from) push(at, from - lineStart, end - from, token);
      continue;
    }
    // A token of several lines becomes one a line, as most clients want.
    for (let on = at; on < lines.lineCount && lines.lineStart(on) < to; on++) {
      const begin = Math.max(from, lines.lineStart(on));
      const end = Math.min(to, lines.lineEnd(on));
      if (end > begin) push(on, begin - lines.lineStart(on), end - begin, token);
    }
  }
  return { line, character };
}
