import type { Snapshot } from '../analysis/snapshot';
import type { ClassifiedToken } from '../dialects/dialect';
import type { Problem } from '../syntax/problem';
import { type ParsedStatement, statementIndexAt } from '../syntax/statement';
import { shiftRange, type TextRange } from '../text/range';
import { finish, type Work } from '../text/work';
import { type PolicyFile, policyFile } from './places';

export type DeadStatements = ReadonlySet<ParsedStatement<unknown>>;

/** Classified words of a file, or of the part the editor shows; ranges absolute, in order. */
export function semanticTokens(...asked: Parameters<typeof semanticTokensInPieces>): ClassifiedToken[] {
  return finish(semanticTokensInPieces(...asked));
}

export function* semanticTokensInPieces(
  snapshot: Snapshot,
  uri: string,
  part?: TextRange,
  dead: DeadStatements = none,
): Work<ClassifiedToken[]> {
  const policy = policyFile(snapshot, uri);
  if (policy === undefined || policy.parse.statements.length === 0) return [];
  const { parse } = policy;
  const first = part === undefined ? 0 : statementIndexAt(parse, part.start);
  const last = part === undefined ? parse.statements.length - 1 : statementIndexAt(parse, part.end);
  const found: ClassifiedToken[] = [];
  for (let i = first; i <= last; i++) {
    if (i % PIECE === PIECE - 1) yield;
    found.push(...tokensOfStatement(policy, i, dead));
  }
  return found;
}

/** Statements between two pauses. */
const PIECE = 128;

function tokensOfStatement(
  { dialect, parse }: PolicyFile,
  index: number,
  dead: DeadStatements,
): ClassifiedToken[] {
  const statement = parse.statements[index]!;
  const start = parse.starts[index]!;
  const isDead = dead.has(statement);
  return dialect.tokens(statement).map(({ kind, range }) => ({
    kind,
    range: shiftRange(range, start),
    ...(isDead && kind !== 'comment' && { dead: true }),
  }));
}

/** The statements that findings call unnecessary. */
export function deadStatements(policy: PolicyFile, findings: readonly Problem[]): DeadStatements {
  const found = new Set<ParsedStatement<unknown>>();
  for (const { tag, range } of findings) {
    if (tag !== 'unnecessary') continue;
    const statement = policy.parse.statements[statementIndexAt(policy.parse, range.start)];
    if (statement !== undefined) found.add(statement);
  }
  return found;
}

const none: DeadStatements = new Set();
