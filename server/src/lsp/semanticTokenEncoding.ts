import { type SemanticTokens, SemanticTokensBuilder, type SemanticTokensLegend } from 'vscode-languageserver';
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

export const semanticTokensLegend: SemanticTokensLegend = { tokenTypes, tokenModifiers: [] };

/** The protocol's relative encoding; a token of several lines becomes one a line, as most clients want. */
export function encodeSemanticTokens(file: SourceFile, tokens: readonly ClassifiedToken[]): SemanticTokens {
  const builder = new SemanticTokensBuilder();
  const { lines } = file;
  let line = 0;
  for (const { range, kind } of tokens) {
    const type = tokenTypes.indexOf(typeOfKind[kind]);
    // Tokens come in order: stepping on is cheaper than searching for each.
    while (line + 1 < lines.lineCount && lines.lineStart(line + 1) <= range.start) line++;
    for (let at = line; at < lines.lineCount && lines.lineStart(at) < range.end; at++) {
      const start = Math.max(range.start, lines.lineStart(at));
      const end = Math.min(range.end, lines.lineEnd(at));
      if (end > start) builder.push(at, start - lines.lineStart(at), end - start, type, 0);
    }
  }
  return builder.build();
}
