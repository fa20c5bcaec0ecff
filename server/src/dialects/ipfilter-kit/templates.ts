/** Statements with variables: expanded with the values in force, parsed as text, problems carried back. */
import type { Problem } from '../../syntax/problem';
import type { ParsedStatement } from '../../syntax/statement';
import type { Template } from './statements';
import { expandVariables } from './variables';

export interface ExpandedTemplate<Tree> {
  readonly tree: Tree | undefined;
  /** Of the expanded text: tells which of its rules were misread. */
  readonly inside: readonly Problem[];
  /** The same and those about the variables, at ranges of the statement. */
  readonly problems: readonly Problem[];
  /** Carries a problem that was found later in the expanded text back to the statement. */
  carryBack(problem: Problem): Problem;
}

type ParseText<Tree> = (text: string) => { readonly tree: Tree; readonly problems: readonly Problem[] };

/** The parses are kept under the statement, by expanded text, so an edit elsewhere costs only the expansion. */
const parses = new WeakMap<ParsedStatement<unknown>, Map<string, unknown>>();

export function expandTemplate<Tree>(
  statement: ParsedStatement<Tree>,
  item: Template,
  variables: ReadonlyMap<string, string>,
  dialect: string,
  parseText: ParseText<Tree>,
): ExpandedTemplate<Tree> {
  const missing: Problem[] = item.variables
    .filter((variable) => !variables.has(variable.text))
    .map((variable) => ({
      code: `${dialect}/undefined-variable`,
      severity: 'error',
      range: { start: variable.start, end: variable.end },
      message: `The variable \`${variable.text}\` has no value here. Set it above: \`${variable.text}="...";\`.`,
    }));
  if (missing.length > 0)
    return { tree: undefined, inside: [], problems: missing, carryBack: (problem) => problem };
  const expansion = expandVariables(statement.text, item, variables);
  let known = parses.get(statement);
  if (known === undefined) {
    known = new Map();
    parses.set(statement, known);
  }
  let parsed = known.get(expansion.text) as ReturnType<ParseText<Tree>> | undefined;
  if (parsed === undefined) {
    // The line end keeps the parser from speaking of the end of the file.
    parsed = parseText(`${expansion.text}\n`);
    known.set(expansion.text, parsed);
  }
  const carryBack = (problem: Problem): Problem => {
    // Fixes edit the expanded text, which nobody wrote.
    const { fixes: _, ...rest } = problem;
    return { ...rest, range: expansion.origin(problem.range) };
  };
  return { tree: parsed.tree, inside: parsed.problems, problems: parsed.problems.map(carryBack), carryBack };
}

/** Whether a rule was misread: an error touches it. Such a rule must not decide about packets. */
export function isMisread(
  problems: readonly Problem[],
  rule: { readonly start: number; readonly end: number },
): boolean {
  return problems.some(
    (p) => p.severity === 'error' && p.range.start <= rule.end && p.range.end >= rule.start,
  );
}

/** A problem relative to its statement, at its place in the file. */
export function shiftProblem(problem: Problem, by: number): Problem {
  const moved = { start: problem.range.start + by, end: problem.range.end + by };
  if (problem.fixes === undefined) return { ...problem, range: moved };
  const fixes = problem.fixes.map((fix) => ({
    ...fix,
    edits: fix.edits.map((edit) => ({ ...edit, start: edit.start + by, end: edit.end + by })),
  }));
  return { ...problem, range: moved, fixes };
}
