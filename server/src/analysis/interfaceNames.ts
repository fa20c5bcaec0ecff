/**
 * The interfaces that policy files name, in the order of their first mention: an inferred network is made of
 * them. Asked after every edit, so what a file named before is kept when the edited statements name the same
 * ones in the same order, as they do while somebody types a rule.
 */
import type { NameUse } from '../dialects/dialect';
import { changedStatements } from '../syntax/changedStatements';
import type { Parse, ParsedStatement } from '../syntax/statement';
import type { SourceFile } from './sourceFile';

export function interfaceNames(files: readonly SourceFile[]): readonly string[] {
  return [...new Set(files.flatMap((file) => namesInFile(file)))];
}

interface Remembered {
  readonly parse: Parse<unknown>;
  readonly names: readonly string[];
}

/** The last answer for each file, the most recently used last. It only saves work. */
const lastByUri = new Map<string, Remembered>();
const mostFiles = 16;

function namesInFile(file: SourceFile): readonly string[] {
  const { parse, uri } = file;
  if (parse === undefined) return [];
  const last = lastByUri.get(uri);
  const names = (last && namesAfterEdit(file, parse, last)) ?? distinctNames(file, parse.statements);
  lastByUri.delete(uri);
  lastByUri.set(uri, { parse, names });
  if (lastByUri.size > mostFiles) lastByUri.delete(lastByUri.keys().next().value!);
  return names;
}

function namesAfterEdit(
  file: SourceFile,
  parse: Parse<unknown>,
  last: Remembered,
): readonly string[] | undefined {
  if (parse === last.parse) return last.names;
  const { first, endBefore, endAfter } = changedStatements(last.parse, parse);
  const before = distinctNames(file, last.parse.statements.slice(first, endBefore));
  const after = distinctNames(file, parse.statements.slice(first, endAfter));
  const isSame = before.length === after.length && before.every((name, i) => name === after[i]);
  return isSame ? last.names : undefined;
}

function distinctNames(file: SourceFile, statements: readonly ParsedStatement<unknown>[]): readonly string[] {
  const names = new Set<string>();
  let last: readonly NameUse[] | undefined;
  for (const statement of statements) {
    const uses = file.dialect?.names(statement) ?? [];
    // Statements share their lists, and alike ones often stand together.
    if (uses === last) continue;
    last = uses;
    for (const { kind, name } of uses) if (kind === 'interface') names.add(name);
  }
  return [...names];
}
