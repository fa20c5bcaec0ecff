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

/** Items between two pauses of work that looks at each for microseconds. */
const PIECE = 128;

export function* eachInPieces<Item>(
  items: readonly Item[],
  visit: (item: Item, index: number) => void,
): Work<void> {
  for (let i = 0; i < items.length; i++) {
    if (i % PIECE === PIECE - 1) yield;
    visit(items[i]!, i);
  }
}

export function* mapInPieces<Item, Result>(
  items: readonly Item[],
  map: (item: Item, index: number) => Result,
): Work<Result[]> {
  const results: Result[] = [];
  yield* eachInPieces(items, (item, i) => results.push(map(item, i)));
  return results;
}
