/**
 * The server folds policy files and knows nothing to fold in `gatewalk.yaml`. An empty answer would take the folding
 * by indentation away that VS Code has for every file; no answer leaves it.
 */
import type { FoldingRangeProviderMiddleware } from 'vscode-languageclient';

export const elseByIndentation: NonNullable<FoldingRangeProviderMiddleware['provideFoldingRanges']> = async (
  document,
  context,
  token,
  next,
) => {
  const ranges = await next(document, context, token);
  return ranges?.length ? ranges : undefined;
};
