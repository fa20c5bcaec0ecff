/**
 * Sets of numbers as sorted, disjoint, inclusive intervals. Ports, protocols, ICMP types and IPv4 addresses
 * use `number`, IPv6 addresses `bigint`; the algebra is the same, so it is written once.
 */
export type Interval<N extends number | bigint = number> = readonly [first: N, last: N];
export type Intervals<N extends number | bigint = number> = readonly Interval<N>[];

export function intervalsContain<N extends number | bigint>(set: Intervals<N>, value: N): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const [first, last] = set[middle]!;
    if (value < first) high = middle - 1;
    else if (value > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** Sorts and joins overlapping and adjacent intervals; empty ones (first > last) vanish. */
export function normalizeIntervals<N extends number | bigint>(set: Iterable<Interval<N>>): Intervals<N> {
  const sorted = [...set].filter(([a, b]) => a <= b).sort((x, y) => (x[0] < y[0] ? -1 : x[0] > y[0] ? 1 : 0));
  const out: [N, N][] = [];
  for (const [first, last] of sorted) {
    const previous = out[out.length - 1];
    if (previous !== undefined && first <= successor(previous[1])) {
      if (last > previous[1]) previous[1] = last;
    } else out.push([first, last]);
  }
  return out;
}

export function unionIntervals<N extends number | bigint>(a: Intervals<N>, b: Intervals<N>): Intervals<N> {
  return normalizeIntervals([...a, ...b]);
}

export function intersectIntervals<N extends number | bigint>(
  a: Intervals<N>,
  b: Intervals<N>,
): Intervals<N> {
  const out: Interval<N>[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const first = a[i]![0] > b[j]![0] ? a[i]![0] : b[j]![0];
    const last = a[i]![1] < b[j]![1] ? a[i]![1] : b[j]![1];
    if (first <= last) out.push([first, last]);
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return out;
}

/** Everything of `universe` that is not in `set`. */
export function complementIntervals<N extends number | bigint>(
  set: Intervals<N>,
  universe: Interval<N>,
): Intervals<N> {
  const out: Interval<N>[] = [];
  let from = universe[0];
  for (const [first, last] of set) {
    if (last < universe[0]) continue;
    if (first > universe[1]) break;
    if (from < first) out.push([from, predecessor(first)]);
    if (last >= universe[1]) return out;
    from = successor(last);
  }
  if (from <= universe[1]) out.push([from, universe[1]]);
  return out;
}

export function intervalsCover<N extends number | bigint>(outer: Intervals<N>, inner: Intervals<N>): boolean {
  return inner.every(([first, last]) => outer.some(([a, b]) => a <= first && last <= b));
}

function successor<N extends number | bigint>(value: N): N {
  return (typeof value === 'bigint' ? value + 1n : (value as number) + 1) as N;
}

function predecessor<N extends number | bigint>(value: N): N {
  return (typeof value === 'bigint' ? value - 1n : (value as number) - 1) as N;
}
