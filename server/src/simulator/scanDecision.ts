/**
 * What a rule makes of a packet, in the form the engine carries around: IPFilter's `fr_flags` of a rule,
 * taken apart. Decisions are immutable and made once per rule; the engine changes its mind by taking another
 * one.
 */

import type { BlockAnswer, FilterRuleBody, KeepState } from '../policy/filter';
import type { Match } from '../policy/match';
import { getOrInsert } from './getOrInsert';

export type DecisionAction =
  | 'pass'
  | 'block'
  | 'auth'
  | 'preauth'
  | 'account'
  | 'skip'
  | 'decapsulate'
  | 'call'
  /** `log` and `nomatch` rules: no action; a packet left with it is dropped. */
  | 'none';

export interface Decision {
  readonly action: DecisionAction;
  readonly quick: boolean;
  readonly keepState: boolean;
  readonly keepFragments: boolean;
  readonly fragmentsInOrder: boolean;
  readonly noMatch: boolean;
  readonly answer?: BlockAnswer | undefined;
  readonly log: boolean;
  readonly logFirst: boolean;
  readonly fastroute: boolean;
  /** Rules to step over; 0 for all but `skip`. */
  readonly skip: number;
  readonly callsNow: boolean;
  /** False for `log` and `decapsulate` rules: they leave the verdict as it was. */
  readonly setsVerdict: boolean;
  readonly stateOptions?: KeepState | undefined;
  /** The rule's `fr_flags` (ip_fil.h), as dumps and verbose output show them. */
  readonly word: number;
}

const NOTHING: Omit<Decision, 'action' | 'word'> = {
  quick: false,
  keepState: false,
  keepFragments: false,
  fragmentsInOrder: false,
  noMatch: false,
  log: false,
  logFirst: false,
  fastroute: false,
  skip: 0,
  callsNow: false,
  setsVerdict: true,
};

export function defaultDecision(action: 'pass' | 'block'): Decision {
  return { ...NOTHING, action, noMatch: true, word: 0x8000000 | ACTION_WORD[action] };
}

/** What accounting scans begin with. */
export const NO_MATCH: Decision = { ...NOTHING, action: 'none', noMatch: true, word: 0x8000000 };
/** A plain drop by the engine itself. */
export const BLOCK: Decision = { ...NOTHING, action: 'block', word: 1 };
/** A packet the engine could not even look at. */
export const BLOCK_UNSEEN: Decision = { ...NOTHING, action: 'block', noMatch: true, word: 0x8000001 };

/** The verdict turned into a block, everything else about it kept (`pass &= ~FR_CMDMASK; pass |= FR_BLOCK`). */
export function blocked(decision: Decision): Decision {
  return { ...decision, action: 'block', word: (decision.word & ~0xf) | 1 };
}

export function withoutAnswer(decision: Decision): Decision {
  return { ...decision, answer: undefined, word: decision.word & ~0x3000 };
}

export function withoutKeepState(decision: Decision): Decision {
  return { ...decision, keepState: false, word: decision.word & ~0x400 };
}

export function withoutLogFirst(decision: Decision): Decision {
  return { ...decision, log: false, logFirst: false, word: decision.word & ~0x20010 };
}

/** A rule with the action `log` writes to the log when it matches (`FR_LOGMASK` is `FR_LOG` alone). */
export function logsAtOnce(decision: Decision): boolean {
  return (decision.word & 0x1f) === 0x10;
}

/** A verdict of `pass log` or `block log`: written when everything is decided (`FR_LOGP`, `FR_LOGB`). */
export function logsInTheEnd(decision: Decision): boolean {
  return (decision.word & 0x1f) === 0x12 || (decision.word & 0x1f) === 0x11;
}

/** `or-block`: a packet that cannot be logged is blocked. */
export function blocksUnlogged(decision: Decision): boolean {
  return (decision.word & 0x40000) !== 0;
}

/** What a `log or-block` rule becomes when the log is full: `block quick`. */
export function blockedAtOnce(decision: Decision): Decision {
  return { ...blocked(decision), quick: true, setsVerdict: true, word: (decision.word & ~0xf) | 0x101 };
}

const ACTION_WORD: Record<DecisionAction, number> = {
  none: 0,
  block: 1,
  pass: 2,
  auth: 3,
  preauth: 4,
  account: 5,
  skip: 6,
  decapsulate: 8,
  call: 9,
};

const decisions = new WeakMap<FilterRuleBody, { in?: Decision; out?: Decision }>();

export function decisionOf(body: FilterRuleBody, direction: 'in' | 'out'): Decision {
  const known = getOrInsert(decisions, body, () => ({}) as { in?: Decision; out?: Decision });
  known[direction] ??= makeDecision(body, direction);
  return known[direction];
}

function makeDecision(body: FilterRuleBody, direction: 'in' | 'out'): Decision {
  const { next, verdict } = body;
  const action: DecisionAction =
    next.kind === 'skip'
      ? 'skip'
      : next.kind === 'call' && verdict === undefined
        ? 'call'
        : verdict === undefined || verdict.kind === 'nomatch'
          ? 'none'
          : verdict.kind;
  const quick = next.kind === 'stop' || ((next.kind === 'head' || next.kind === 'call') && next.stop);
  const answer = verdict?.kind === 'block' ? verdict.answer : undefined;
  const state = body.keepState;
  const noMatch = verdict?.kind === 'nomatch';
  const isLogAction = action === 'none' && !noMatch;
  const callsNow = next.kind === 'call' && next.now === true;
  const logs = body.log !== undefined || isLogAction;
  const flags: [boolean, number][] = [
    [logs, 0x10],
    [callsNow, 0x20],
    [negates(body.match, 'source'), 0x40],
    [negates(body.match, 'destination'), 0x80],
    [quick, 0x100],
    [body.keepFragments !== undefined, 0x200],
    [state !== undefined, 0x400],
    [body.route?.fastroute === true, 0x800],
    [answer?.kind === 'rst', 0x1000],
    [answer?.kind === 'icmp', 0x2000],
    [answer?.kind === 'icmp' && answer.asDestination, 0x3000],
    [direction === 'out', 0x4000],
    [direction === 'in', 0x8000],
    [body.log?.body === true, 0x10000],
    [body.log?.first === true, 0x20000],
    [body.log?.orBlock === true, 0x40000],
    [state?.loose === true, 0x80000],
    [body.keepFragments?.strict === true, 0x100000],
    [state?.strict === true, 0x200000],
    [state?.newIsn === true, 0x400000],
    [state?.noIcmpErrors === true, 0x800000],
    [state?.sync === true, 0x1000000],
    [noMatch, 0x8000000],
  ];
  // 0x2000000: "copied from user space", set in every rule that was loaded.
  let word = 0x2000000 | ACTION_WORD[action];
  for (const [on, bit] of flags) if (on) word |= bit;
  return {
    action,
    quick,
    keepState: state !== undefined,
    keepFragments: body.keepFragments !== undefined,
    fragmentsInOrder: body.keepFragments?.strict === true,
    noMatch,
    answer,
    log: logs,
    logFirst: body.log?.first === true,
    fastroute: body.route?.fastroute === true,
    skip: next.kind === 'skip' ? next.count : 0,
    callsNow,
    setsVerdict: !isLogAction && action !== 'decapsulate',
    stateOptions: state,
    word,
  };
}

/** Is there a `!` before the address of this side? Only the printed word depends on it. */
function negates(match: Match, field: 'source' | 'destination'): boolean {
  if (match.kind === 'and') return match.of.some((m) => negates(m, field));
  return match.kind === 'not' && 'field' in match.of && match.of.field === field;
}
