import type { FilterProgram } from '../../policy/filter';
import type { Origin } from '../../policy/origin';
import type { Severity } from '../../syntax/problem';
import type { TextEdit } from '../../text/edit';
import type { TextRange } from '../../text/range';

/** Something that rules give away together, at the rule it is said of. */
export interface RuleFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly origin: Origin;
  /** The words of the rule that are meant, when it is not all of it. */
  readonly wordsOf?: (text: string) => TextRange | undefined;
  readonly message: string;
  /** The other rules that make it so. */
  readonly related: readonly { readonly origin: Origin; readonly message: string }[];
  /** A packet, in one-line notation, that shows it. */
  readonly witness?: string | undefined;
  /** The rule can go without anything changing: the text fades, and deleting it is offered. */
  readonly unnecessary?: boolean;
  /** Deleting the line would change what a `skip` steps over. */
  readonly mustStay?: boolean;
  readonly fix?: { readonly title: string; edit(text: string): TextEdit | undefined };
}

/** The same place, however many rules one statement makes. */
export function placeOf(origin: Origin): string {
  return `${origin.start}:${origin.end}:${origin.file}`;
}

/** `line 3`, with the file when it is another one than that of the finding. */
export function lineOf(origin: Origin, from: Origin): string {
  const line = `line ${origin.line + 1}`;
  return origin.file === from.file
    ? line
    : `${line} of ${origin.file.slice(origin.file.lastIndexOf('/') + 1)}`;
}

/** How many rules each statement makes: lists are written out. */
export function rulesByPlace(program: FilterProgram): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const chain of program.chains.values())
    for (const { origin } of chain.rules) counts.set(placeOf(origin), (counts.get(placeOf(origin)) ?? 0) + 1);
  return counts;
}

/** One finding a statement, of those statements all of whose rules have it. */
export function ofWholeStatements(program: FilterProgram, findings: readonly RuleFinding[]): RuleFinding[] {
  if (findings.length === 0) return [];
  const rules = rulesByPlace(program);
  const found = new Map<string, { first: RuleFinding; count: number }>();
  for (const finding of findings) {
    const known = found.get(placeOf(finding.origin));
    if (known === undefined) found.set(placeOf(finding.origin), { first: finding, count: 1 });
    else known.count++;
  }
  return [...found].flatMap(([place, { first, count }]) => (rules.get(place) === count ? [first] : []));
}
