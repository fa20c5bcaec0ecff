/**
 * What the rules of a gateway give away together, without any sample packet. One finding, one file; here they are
 * put together for a project: a file that several gateways load is spoken of when all of them agree.
 */
import type { FilterProgram } from '../../policy/filter';
import type { Gateway } from '../../simulator/network';
import type { Fix, Problem } from '../../syntax/problem';
import type { TextEdit } from '../../text/edit';
import { finish, isWork, type Work } from '../../text/work';
import type { Project } from '../snapshot';
import { deadRulesWork } from './deadRules';
import { placeOf, type RuleFinding } from './finding';
import { groupsWithoutHead } from './groupsWithoutHead';
import { keepStateNeverMade } from './keepStateNeverMade';
import { mapShadowed } from './mapShadowed';
import { rdrNotPermitted } from './rdrNotPermitted';
import { skipPastEnd } from './skipPastEnd';
import { stateStolen } from './stateStolen';
import { unknownInterface } from './unknownInterface';

type Found = readonly RuleFinding[] | Work<readonly RuleFinding[]>;

/** Each pauses where others may be served, when it can be long. */
const ofPrograms: readonly ((program: FilterProgram) => Found)[] = [
  deadRulesWork,
  groupsWithoutHead,
  skipPastEnd,
  keepStateNeverMade,
  stateStolen,
];

const ofGateways: readonly ((gateway: Gateway) => Found)[] = [rdrNotPermitted, mapShadowed];

/** Only where somebody wrote down which interfaces there are. */
const ofDescribedGateways: typeof ofGateways = [unknownInterface];

const found = new WeakMap<FilterProgram, readonly RuleFinding[]>();

/** Memoised by gateway. */
export function* ruleFindingsWork(gateway: Gateway, isDescribed: boolean): Work<readonly RuleFinding[]> {
  const known = foundInGateways.get(gateway);
  if (known?.isDescribed === isDescribed) return known.findings;
  const findings = [
    ...(gateway.filter === undefined ? [] : yield* filterFindingsWork(gateway.filter)),
    ...(yield* allFound(ofGateways, gateway)),
    ...(isDescribed ? yield* allFound(ofDescribedGateways, gateway) : []),
  ];
  foundInGateways.set(gateway, { isDescribed, findings });
  return findings;
}

const foundInGateways = new WeakMap<
  Gateway,
  { readonly isDescribed: boolean; readonly findings: readonly RuleFinding[] }
>();

/** Memoised by program. */
export function filterFindings(program: FilterProgram): readonly RuleFinding[] {
  return finish(filterFindingsWork(program));
}

function* filterFindingsWork(program: FilterProgram): Work<readonly RuleFinding[]> {
  let findings = found.get(program);
  if (findings === undefined) {
    findings = yield* allFound(ofPrograms, program);
    found.set(program, findings);
  }
  return findings;
}

function* allFound<Subject>(
  finders: readonly ((subject: Subject) => Found)[],
  subject: Subject,
): Work<readonly RuleFinding[]> {
  const findings: RuleFinding[] = [];
  for (const find of finders) {
    const work = find(subject);
    findings.push(...(isWork(work) ? yield* work : work));
    yield;
  }
  return findings;
}

const problems = new WeakMap<Project, ReadonlyMap<string, readonly Problem[]>>();

/** Problems of one file, worked out once for a project. `textOf` gives the text that origins count in. */
export function ruleProblems(
  project: Project,
  uri: string,
  textOf: (uri: string) => string | undefined,
): readonly Problem[] {
  let byUri = problems.get(project);
  if (byUri === undefined) {
    byUri = problemsByUri(project, textOf);
    problems.set(project, byUri);
  }
  return byUri.get(uri) ?? [];
}

function problemsByUri(
  project: Project,
  textOf: (uri: string) => string | undefined,
): ReadonlyMap<string, readonly Problem[]> {
  const agreeing = new Map<string, { finding: RuleFinding; gateways: number }>();
  for (const gateway of project.network.gateways) {
    const ofGateway = new Map<string, RuleFinding>();
    for (const finding of finish(ruleFindingsWork(gateway, !project.inferred))) {
      const key = `${finding.code} ${placeOf(finding.origin)}`;
      if (!ofGateway.has(key)) ofGateway.set(key, finding);
    }
    for (const [key, finding] of ofGateway) {
      const known = agreeing.get(key);
      if (known === undefined) agreeing.set(key, { finding, gateways: 1 });
      else known.gateways++;
    }
  }
  const byUri = new Map<string, Problem[]>();
  for (const { finding, gateways } of agreeing.values()) {
    const { file } = finding.origin;
    if (gateways < project.gatewaysOf(file).length) continue;
    const problem = problemOf(finding, textOf(file));
    const list = byUri.get(file);
    if (list === undefined) byUri.set(file, [problem]);
    else list.push(problem);
  }
  return byUri;
}

function problemOf(finding: RuleFinding, text: string | undefined): Problem {
  const { origin } = finding;
  const fixes = text === undefined ? [] : fixesOf(finding, text);
  return {
    code: finding.code,
    severity: finding.severity,
    range: (text === undefined ? undefined : finding.wordsOf?.(text)) ?? {
      start: origin.start,
      end: origin.end,
    },
    message: finding.message,
    ...(finding.related.length === 0
      ? {}
      : {
          related: finding.related.map((r) => ({
            file: r.origin.file,
            range: { start: r.origin.start, end: r.origin.end },
            message: r.message,
          })),
        }),
    ...(finding.witness === undefined ? {} : { witness: finding.witness }),
    ...(finding.unnecessary === true ? { tag: 'unnecessary' as const } : {}),
    ...(fixes.length === 0 ? {} : { fixes }),
  };
}

function fixesOf(finding: RuleFinding, text: string): Fix[] {
  const fixes: Fix[] = [];
  const edit = finding.fix?.edit(text);
  if (finding.fix !== undefined && edit !== undefined)
    fixes.push({ title: finding.fix.title, edits: [edit], preferred: true });
  // `@N` counts rules as `skip` does.
  if (finding.unnecessary === true && finding.mustStay !== true && !/^[ \t]*@\d/m.test(text))
    fixes.push({
      title: 'Delete the rule',
      edits: [deletion(text, finding.origin.start, finding.origin.end)],
    });
  return fixes;
}

/** The rule with its line, when nothing but a comment stands beside it. */
function deletion(text: string, start: number, end: number): TextEdit {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', end);
  const lineEnd = newline < 0 ? text.length : newline + 1;
  const isAlone =
    text.slice(lineStart, start).trim() === '' && /^\s*(#.*)?$/.test(text.slice(end, lineEnd).trimEnd());
  return isAlone ? { start: lineStart, end: lineEnd, text: '' } : { start, end, text: '' };
}
