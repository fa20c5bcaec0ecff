/**
 * A walk's sentences quote rules as their author wrote them. The policy model knows a rule only in its canonical
 * form, which says `inet` where nobody wrote it and numbers where a name stands; a reader looks for the own line.
 */
import type { Origin } from '../policy/origin';
import { rememberStateAfter, stateAfter } from '../simulator/gatewayState';
import type { Fragment, Trace } from '../simulator/trace';

/** What a file holds at an origin; undefined when the file is not there. */
export type WrittenAt = (origin: Origin) => string | undefined;

/** A statement that is longer (lists in braces over many lines) is no part of a sentence. */
const longestQuoteCharacters = 120;

export function asWritten(trace: Trace, writtenAt: WrittenAt): Trace {
  const quote = (fragments: readonly Fragment[]): readonly Fragment[] =>
    fragments.some(isWhole) ? fragments.map((fragment) => quoted(fragment, writtenAt)) : fragments;
  const written: Trace = {
    ...trace,
    steps: trace.steps.map((step) => {
      const said = quote(step.said);
      return said === step.said ? step : { ...step, said };
    }),
    verdict: { ...trace.verdict, said: quote(trace.verdict.said) },
  };
  const state = stateAfter(trace);
  if (state !== undefined) rememberStateAfter(written, state);
  return written;
}

function quoted(fragment: Fragment, writtenAt: WrittenAt): Fragment {
  if (!isWhole(fragment)) return fragment;
  const written = writtenAt(fragment.origin)
    ?.trim()
    .replace(/\\?\s+/g, ' ');
  if (written === undefined || written === '' || written.length > longestQuoteCharacters) return fragment;
  return { ...fragment, text: written };
}

function isWhole(fragment: Fragment): fragment is Fragment & { readonly kind: 'rule' } {
  return fragment.kind === 'rule' && fragment.whole === true;
}
