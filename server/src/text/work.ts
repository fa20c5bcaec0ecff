/**
 * Long work that can be put off or given up: it pauses where others may be served, and returns what it came to.
 * Whoever can't wait finishes it at once; a server does it in slices.
 */
export type Work<Result> = Generator<undefined, Result, undefined>;

/** All of it, without a pause. */
export function finish<Result>(work: Work<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

export function isWork<Result>(value: Result | Work<Result>): value is Work<Result> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value && 'throw' in value;
}
