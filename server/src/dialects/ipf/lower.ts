/**
 * ipf.conf to the decision program. Everything that depends on one statement alone (lists expanded, matches
 * built, canonical text) is made once and kept under the statement, so an edit in a file of 100,000 rules
 * builds one rule anew and otherwise only places: chains are filled and origins made.
 *
 * A statement with variables is expanded with the values in force at its place, parsed as text, and its problems
 * are carried back to where the text came from.
 */
import type { Address, AddressFamily } from '../../policy/address';
import type { FilterChain, FilterEntry, FilterProgram, FilterRuleBody } from '../../policy/filter';
import { Shared } from '../../policy/sharing';
import type { Problem } from '../../syntax/problem';
import type { Parse, ParsedStatement } from '../../syntax/statement';
import type { TextRange } from '../../text/range';
import { finish, type Work } from '../../text/work';
import type { Lowered, LowerScope } from '../dialect';
import { WELL_KNOWN_HOSTS } from '../ipfilter-kit/hosts';
import type { Assignment, Template } from '../ipfilter-kit/statements';
import { expandTemplate, isMisread, shiftProblem } from '../ipfilter-kit/templates';
import { relatedTwin } from '../ipfilter-kit/twins';
import { eachStatement, PIECE } from '../statementOrigin';
import { ChainBuilder, listOf, type RuleList } from './chains';
import { expandRule, type SingleRule } from './expand';
import { HeadTests, type Inherited, inheritableOf, inheritanceKey, withInherited } from './heads';
import { bodyOf } from './match';
import { parseIpfStatement } from './parser';
import { identityText } from './print';
import { refusalsOf } from './refusals';
import type { IpfItem, IpfRule, IpfTree, Word } from './tree';

export interface IpfLowerOptions {
  readonly hosts: ReadonlyMap<string, Address>;
  /** `-6`: rules that name no family are for IPv6. */
  readonly assumeFamily?: AddressFamily;
  /**
   * Group maps that are loaded. When given, a `call` of any other is refused, as the kernel refuses it; without,
   * the maps are in another file and taken to be there.
   */
  readonly groupMaps?: ReadonlySet<string>;
  /** The text of a rule is what `ipf -v` prints, which leaves some of what the rule says out. */
  readonly asIpf?: boolean;
  /** That text has names of services for ports. */
  readonly services?: boolean;
}

export const DEFAULT_LOWER_OPTIONS: IpfLowerOptions = { hosts: WELL_KNOWN_HOSTS };

const INET6_LOWER_OPTIONS: IpfLowerOptions = { ...DEFAULT_LOWER_OPTIONS, assumeFamily: 6 };

/** Systems load `ipf6.conf` (`ipf6.rules` on FreeBSD) with `ipf -6`, and everything else without. */
export function lowerOptionsFor(file: string): IpfLowerOptions {
  return /(?:^|[/\\])ipf6\.(?:conf|rules)$/.test(file) ? INET6_LOWER_OPTIONS : DEFAULT_LOWER_OPTIONS;
}

export function lowerIpf(
  parse: Parse<IpfTree>,
  scope: LowerScope,
  options: IpfLowerOptions = lowerOptionsFor(scope.file),
): Lowered {
  return finish(lowerWithMemory(parse, scope, options)).lowered;
}

/** A lowering with what `relower.ts` needs to do the next one from it. */
export interface LoweringMemory {
  readonly lowered: Lowered;
  /** Identities of the rules of each chain. */
  readonly identities: ReadonlyMap<string, Set<string>>;
  readonly groups: GroupCheck;
  /** Rules that head groups, in order. */
  readonly heads: readonly HeadPlace[];
  /** No variables, no rules placed out of order, none refused: each rule stands for itself. */
  readonly isPlain: boolean;
}

export interface HeadPlace {
  /** Offset of its statement. */
  readonly start: number;
  readonly placed: PlacedRule;
}

export function* lowerWithMemory(
  parse: Parse<IpfTree>,
  scope: LowerScope,
  options: IpfLowerOptions,
): Work<LoweringMemory> {
  const headPlaces: HeadPlace[] = [];
  let isPlain = true;
  const chains = new Map<string, ChainBuilder>();
  const variables = new Map<string, string>();
  const problems: Problem[] = [];
  const groups = new GroupCheck();
  const heads = new HeadTests();
  for (const { statement, start, originOf, index } of eachStatement(parse, scope.file)) {
    if (index % PIECE === PIECE - 1) yield;
    const lowered = lowerStatement(statement, variables, heads, options);
    if (!lowered.isPlain) isPlain = false;
    for (const problem of lowered.problems) problems.push(shiftProblem(problem, start));
    for (const placed of lowered.rules) {
      const origin = originOf(placed.start, placed.end);
      const { list, body, identity, more } = placed;
      let chain = chains.get(list.chain);
      if (chain === undefined) {
        chain = new ChainBuilder(list);
        chains.set(list.chain, chain);
      }
      if (more.collection !== 0 || more.insertAt !== undefined) isPlain = false;
      if (!chain.add({ body, origin }, identity, more.collection, more.insertAt)) {
        isPlain = false;
        problems.push({
          code: 'ipf/duplicate-rule',
          severity: 'error',
          range: { start: origin.start, end: origin.end },
          message: `The rule \`${body.text}\` is there already, and IPFilter refuses an identical rule. Remove this one.`,
          ...relatedTwin(chain.originOf(body.text)),
        });
      }
      groups.note(placed);
      heads.note(more.head, more.inheritable);
      if (more.head !== undefined) headPlaces.push({ start, placed });
    }
  }
  return {
    lowered: { policy: { filter: programOf(chains) }, problems },
    identities: new Map([...chains].map(([name, chain]) => [name, chain.identities])),
    groups,
    heads: headPlaces,
    isPlain,
  };
}

function programOf(builders: ReadonlyMap<string, ChainBuilder>): FilterProgram {
  const chains = new Map<string, FilterChain>();
  for (const [name, builder] of builders) chains.set(name, builder.build());
  const entries: Partial<Record<FilterEntry, string>> = {};
  for (const entry of ['in', 'out', 'account-in', 'account-out'] as const)
    if (chains.has(entry)) entries[entry] = entry;
  // IPFilter is built with "pass" as its default unless the kernel says otherwise (IPFILTER_DEFAULT_BLOCK).
  return { semantics: 'ipfilter', chains, entries, defaultVerdict: 'pass' };
}

export interface PlacedRule {
  readonly list: RuleList;
  readonly body: FilterRuleBody;
  /** Two rules of a list with one identity are the same to the kernel. */
  readonly identity: string;
  /** Relative to the statement. */
  readonly start: number;
  readonly end: number;
  readonly group: Word | undefined;
  readonly more: PlacedMore;
}

/** What few rules have: those without share one. */
export interface PlacedMore {
  readonly collection: number;
  readonly insertAt: number | undefined;
  readonly head: string | undefined;
  readonly icmpHead: string | undefined;
  readonly calls: boolean;
  /** What a rule of the group that this rule heads takes over. */
  readonly inheritable: Inherited | undefined;
}

const NOTHING_MORE: PlacedMore = {
  collection: 0,
  insertAt: undefined,
  head: undefined,
  icmpHead: undefined,
  calls: false,
  inheritable: undefined,
};

export interface LoweredStatement {
  readonly rules: readonly PlacedRule[];
  /** Relative to the statement. */
  readonly problems: readonly Problem[];
  /** Nothing in it but rules and settings: neither sets nor uses variables. */
  readonly isPlain: boolean;
}

/** What is known of a statement without its tree, which is not kept. */
interface Memo extends LoweredStatement {
  /** What its rules inherited when they were built; another head for their group means building them anew. */
  readonly inheritance: string;
  /** Groups of its rules as they are written. */
  readonly groups: readonly (string | undefined)[];
  /** Variables that are set or used. */
  readonly others: readonly (Assignment | Template)[];
}

const none: readonly never[] = [];
/** Of comments and empty lines. */
const EMPTY: Memo = {
  rules: none,
  problems: none,
  isPlain: true,
  inheritance: '',
  groups: none,
  others: none,
};

const memos = new WeakMap<IpfLowerOptions, WeakMap<ParsedStatement<IpfTree>, Memo>>();

/** What one statement contributes. Assignments go into `variables`. */
export function lowerStatement(
  statement: ParsedStatement<IpfTree>,
  variables: Map<string, string>,
  heads: HeadTests,
  options: IpfLowerOptions,
): LoweredStatement {
  const plain = lowerPlain(statement, heads, options);
  if (plain.others.length === 0) return plain;
  const rules: PlacedRule[] = [];
  const problems: Problem[] = [];
  for (const item of plain.others) {
    if (item.kind === 'assignment') variables.set(item.name.text, item.value);
    else {
      const ofTemplate = lowerTemplate(statement, item, variables, heads, options);
      rules.push(...ofTemplate.rules);
      problems.push(...ofTemplate.problems);
    }
  }
  rules.push(...plain.rules);
  problems.push(...plain.problems);
  return { rules, problems, isPlain: false };
}

/** The rules that are written without variables. */
function lowerPlain(statement: ParsedStatement<IpfTree>, heads: HeadTests, options: IpfLowerOptions): Memo {
  let known = memos.get(options);
  if (known === undefined) {
    known = new WeakMap();
    memos.set(options, known);
  }
  const old = known.get(statement);
  if (old !== undefined && old.inheritance === inheritanceOf(old.groups, heads)) return old;
  const memo = makeMemo(statement, heads, options);
  known.set(statement, memo);
  return memo;
}

function makeMemo(statement: ParsedStatement<IpfTree>, heads: HeadTests, options: IpfLowerOptions): Memo {
  const { items } = statement.tree;
  if (items.length === 0) return EMPTY;
  const groups = items.flatMap((item) => (item.kind === 'rule' ? [item.group?.text] : []));
  const others = items.filter((item) => item.kind === 'assignment' || item.kind === 'template');
  const { rules, problems } = lowerItems(items, statement.problems, heads, options, undefined);
  return {
    inheritance: inheritanceOf(groups, heads),
    rules: rules.length === 0 ? none : rules,
    problems: problems.length === 0 ? none : problems,
    isPlain: others.length === 0,
    groups: groups.length === 1 ? groupLists.get(groups[0] ?? '', () => groups) : groups,
    others: others.length === 0 ? none : others,
  };
}

const groupLists = new Shared<readonly (string | undefined)[]>();

function inheritanceOf(groups: readonly (string | undefined)[], heads: HeadTests): string {
  if (heads.isEmpty) return '';
  let key = '';
  for (const group of groups) {
    const inherited = heads.of(group);
    if (inherited !== undefined) key += `${inheritanceKey(inherited)},`;
  }
  return key;
}

function lowerItems(
  items: readonly IpfItem[],
  parseProblems: readonly Problem[],
  heads: HeadTests | undefined,
  options: IpfLowerOptions,
  place: TextRange | undefined,
): Pick<LoweredStatement, 'rules' | 'problems'> {
  const rules: PlacedRule[] = [];
  const problems: Problem[] = [];
  for (const item of items) {
    if (item.kind !== 'rule') continue;
    if (item.call !== undefined && options.groupMaps?.has(item.call.argument) === false) {
      problems.push({
        code: 'ipf/unknown-group-map',
        severity: 'error',
        range: item.actionRange,
        message: `There is no group map \`${item.call.argument}\`, and IPFilter refuses a rule that calls one that is not loaded.`,
      });
      continue;
    }
    // A rule that was misread must not decide about packets: the problem that is shown is all it does.
    if (isMisread(parseProblems, item)) continue;
    const refused = refusalsOf(item, options.assumeFamily);
    if (refused.length > 0) {
      problems.push(...refused);
      continue;
    }
    noteHosts(item, options, problems);
    const inherited = heads?.of(item.group?.text);
    for (const placed of placeRule(item, inherited, options))
      rules.push(place === undefined ? placed : { ...placed, start: place.start, end: place.end });
  }
  return { rules, problems };
}

function groupOf(rule: IpfRule): Word | undefined {
  return rule.group === undefined || rule.group.text === '0' ? undefined : rule.group;
}

function placeRule(rule: IpfRule, inherited: Inherited | undefined, options: IpfLowerOptions): PlacedRule[] {
  const list = listOf(rule);
  const { start, end } = rule;
  const group = groupOf(rule);
  const expandOptions = options.assumeFamily === undefined ? {} : { assumeFamily: options.assumeFamily };
  return expandRule(rule, expandOptions).map((written) => {
    const single = withInherited(written, inherited);
    const body = bodyOf(single, options);
    const identity = identityText(single, body.text, options);
    return { list, body, identity, start, end, group, more: moreOf(single) };
  });
}

function moreOf(single: SingleRule): PlacedMore {
  const { collection, insertAt, head, keepState, call } = single.rule;
  const icmpHead = keepState?.icmpHead;
  if (
    collection === undefined &&
    insertAt === undefined &&
    head === undefined &&
    icmpHead === undefined &&
    call === undefined
  )
    return NOTHING_MORE;
  return {
    collection: collection?.value ?? 0,
    insertAt: insertAt?.value,
    head: head?.text,
    icmpHead,
    calls: call !== undefined,
    inheritable: head === undefined ? undefined : inheritableOf(single),
  };
}

function noteHosts(rule: IpfRule, options: IpfLowerOptions, problems: Problem[]): void {
  for (const side of [rule.source, rule.destination])
    for (const address of side?.addresses ?? [])
      if (address.kind === 'host' && !options.hosts.has(address.name.toLowerCase()))
        problems.push({
          code: 'ipf/host-name',
          severity: 'warning',
          range: { start: address.start, end: address.end },
          message: `\`${address.name}\` is a host name: ipf asks for its address once, when it loads the file, and what it gets is not known here. Write the address.`,
        });
}

function lowerTemplate(
  statement: ParsedStatement<IpfTree>,
  item: Template,
  variables: ReadonlyMap<string, string>,
  heads: HeadTests,
  options: IpfLowerOptions,
): Pick<LoweredStatement, 'rules' | 'problems'> {
  const expanded = expandTemplate(statement, item, variables, 'ipf', parseIpfStatement);
  if (expanded.tree === undefined) return { rules: [], problems: expanded.problems };
  const place = { start: item.start, end: item.end };
  const lowered = lowerItems(expanded.tree.items, expanded.inside, heads, options, place);
  return {
    rules: lowered.rules,
    problems: [...expanded.problems, ...lowered.problems.map(expanded.carryBack)],
  };
}

/** What leads to groups in this file. */
export class GroupCheck {
  private readonly heads = new Map<string, Set<string>>();
  private readonly icmpHeads = new Set<string>();
  private hasCalls = false;

  note(placed: PlacedRule): void {
    const { calls, icmpHead, head } = placed.more;
    if (calls) this.hasCalls = true;
    if (icmpHead !== undefined) this.icmpHeads.add(icmpHead);
    if (head !== undefined && head !== '0') {
      const next = placed.body.next;
      const directions = this.heads.get(head) ?? new Set();
      if (next.kind === 'head') directions.add(next.chain);
      this.heads.set(head, directions);
    }
  }

  /** Whether rules of a group in a chain are ever looked at, as far as this file tells. */
  isLedTo(chain: string, group: string): boolean {
    return this.hasCalls || this.heads.get(group)?.has(chain) === true || this.icmpHeads.has(group);
  }
}
