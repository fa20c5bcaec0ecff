/** Classified words as the protocol's numbers: five a token, places relative to the token before. */
import type { SemanticTokensLegend } from 'vscode-languageserver';
import type { SourceFile } from '../analysis/sourceFile';
import type { ClassifiedToken } from '../dialects/dialect';

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

/** Line and column of a token; of nothing yet, `origin`. */
export interface TokenPlace {
  readonly line: number;
  readonly character: number;
}

export const origin: TokenPlace = { line: 0, character: 0 };

/** Appends tokens to `data`, counted from the token at `last`; the place of the last one. */
export function encodeTokens(
  file: SourceFile,
  tokens: readonly ClassifiedToken[],
  last: TokenPlace,
  data: number[],
): TokenPlace {
  const { lines } = file;
  let { line, character } = last;
  let at = tokens.length === 0 ? 0 : lines.lineAt(tokens[0]!.range.start);
  for (const { range, kind, dead } of tokens) {
    const type = tokenTypes.indexOf(typeOfKind[kind]);
    // Tokens come in order: stepping on is cheaper than searching for each.
    while (at + 1 < lines.lineCount && lines.lineStart(at + 1) <= range.start) at++;
    // A token of several lines becomes one a line, as most clients want.
    for (let on = at; on < lines.lineCount && lines.lineStart(on) < range.end; on++) {
      const lineStart = lines.lineStart(on);
      const start = Math.max(range.start, lineStart);
      const end = Math.min(range.end, lines.lineEnd(on));
      if (end <= start) continue;
      const column = start - lineStart;
      data.push(on - line, on === line ? column - character : column, end - start, type, dead ? DEAD : 0);
      line = on;
      character = column;
    }
  }
  return { line, character };
}
