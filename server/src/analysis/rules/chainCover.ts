/**
 * What the other rules of one list take away from a rule. Two questions are asked of every rule: which packets
 * did rules before it decide for good, and of the packets it matches, which are matched again further down. Both
 * are answered by subtracting boxes, of those rules only whose bounds meet those of the rule: an index over the
 * property that tells most rules apart finds them.
 *
 * A rule within the reach of a `skip` does not count for packets that are skipped over it, unless the rule in
 * question is skipped as well.
 */
import type { Work } from '../../text/work';
import { type Box, boxContains, boxesOverlap, PROPERTY, subtractBox, universeOf } from './boxes';
import type { Space } from './space';

/** A rule of the list that takes packets for certain. */
export interface Cover {
  /** Position in the list. */
  readonly position: number;
  readonly box: Box;
}

/** `skip N` at a position steps over the rules up to `last`. */
export interface Skip {
  readonly position: number;
  readonly last: number;
  /** Packets it may match. */
  readonly boxes: readonly Box[];
}

/** How much may be spent; what is beyond is left unsaid. */
export class Budget {
  /** Rules compared with rules. */
  visited = 0;
  /** Boxes subtracted from boxes. */
  subtracted = 0;

  constructor(
    private readonly mostVisited = 10_000_000,
    private readonly mostSubtracted = 500_000,
  ) {}

  get isSpent(): boolean {
    return this.visited > this.mostVisited || this.subtracted > this.mostSubtracted;
  }
}

/** More pieces than this, and a rule is left alone. */
const MOST_PIECES = 128;
/** Properties whose bounds are compared before anything else, in the order that tells most apart. */
const BOUNDED = [
  PROPERTY.source,
  PROPERTY.destination,
  PROPERTY.interface,
  PROPERTY.destinationPort,
  PROPERTY.protocol,
] as const;

export class CoverList {
  private constructor(
    private readonly space: Space,
    readonly covers: readonly Cover[],
    private readonly skips: readonly Skip[],
    private readonly low: readonly Float64Array[],
    private readonly high: readonly Float64Array[],
    private readonly index: BoundsIndex,
  ) {}

  static *of(space: Space, covers: readonly Cover[], skips: readonly Skip[]): Work<CoverList> {
    const { family } = space;
    const low = BOUNDED.map(() => new Float64Array(covers.length));
    const high = BOUNDED.map(() => new Float64Array(covers.length));
    for (const [i, { box }] of covers.entries()) {
      for (let p = 0; p < BOUNDED.length; p++) [low[p]![i], high[p]![i]] = bounds(box, BOUNDED[p]!, family);
      if (i % 2048 === 2047) yield;
    }
    const universes = BOUNDED.map((p) => universeOf(p, family));
    return new CoverList(space, covers, skips, low, high, yield* indexBounds(low, high, universes));
  }

  /**
   * What is left of the packets of the rule at `position` behind the covers of a part of the list; undefined
   * when it cannot be said within the budget. `used` collects the positions that took something.
   */
  subtractFrom(
    boxes: readonly Box[],
    position: number,
    part: 'before' | 'after',
    budget: Budget,
    used: Set<number>,
  ): readonly Box[] | undefined {
    const left: Box[] = [];
    for (const box of boxes) {
      const rest = this.subtractFromOne(box, position, part, budget, used);
      if (rest === undefined) return undefined;
      left.push(...rest);
    }
    return left;
  }

  private subtractFromOne(
    box: Box,
    position: number,
    part: 'before' | 'after',
    budget: Budget,
    used: Set<number>,
  ): readonly Box[] | undefined {
    const { family } = this.space;
    const helped: number[] = [];
    let left: readonly Box[] | undefined = [box];
    for (const cover of this.overlapping(box, position, part, budget)) {
      if (budget.isSpent) return undefined;
      budget.subtracted++;
      if (this.takesWhole(cover, box, position, part)) {
        used.add(cover.position);
        return [];
      }
      // In too many pieces already; but one rule alone may still take it all.
      if (left === undefined) continue;
      for (const taken of this.effective(cover, position, part)) {
        budget.subtracted += left.length;
        const next: Box[] = left.flatMap((piece) => subtractBox(piece, taken, family));
        if (next.length === left.length && next.every((b, i) => b === left?.[i])) continue;
        helped.push(cover.position);
        left = next;
      }
      if (left.length === 0) break;
      if (left.length > MOST_PIECES) left = undefined;
    }
    if (left?.length === 0) for (const at of helped) used.add(at);
    return left;
  }

  private takesWhole(cover: Cover, box: Box, position: number, part: 'before' | 'after'): boolean {
    return (
      boxContains(cover.box, box, this.space.family) &&
      this.skipsOver(cover, position, part).every((s) => !s.boxes.some((b) => boxesOverlap(b, box)))
    );
  }

  /** The cover without the packets that a `skip` carries past it. */
  private effective(cover: Cover, position: number, part: 'before' | 'after'): readonly Box[] {
    let boxes: readonly Box[] = [cover.box];
    for (const skip of this.skipsOver(cover, position, part))
      for (const skipped of skip.boxes)
        boxes = boxes.flatMap((b) => subtractBox(b, skipped, this.space.family));
    return boxes.length > MOST_PIECES ? [] : boxes;
  }

  private skipsOver(cover: Cover, position: number, part: 'before' | 'after'): readonly Skip[] {
    if (this.skips.length === 0) return this.skips;
    const at = cover.position;
    return this.skips.filter(
      (s) =>
        s.position < at && at <= s.last && (part === 'before' ? position > s.last : s.position > position),
    );
  }

  /** Covers of the part whose bounds meet those of the box, in the order of the list. */
  private *overlapping(
    box: Box,
    position: number,
    part: 'before' | 'after',
    budget: Budget,
  ): Generator<Cover> {
    const { covers, index } = this;
    const from = part === 'before' ? 0 : lowerBound(covers, position + 1);
    const to = part === 'before' ? lowerBound(covers, position) : covers.length;
    const wanted = BOUNDED.map((p) => bounds(box, p, this.space.family));
    const narrow = this.narrowMeeting(wanted, from, to, budget);
    const { wide } = index;
    let w = firstAtLeast(wide, from);
    let n = 0;
    while (n < narrow.length || (w < wide.length && wide[w]! < to)) {
      const fromWide = n >= narrow.length || (w < wide.length && wide[w]! < narrow[n]!);
      const at = fromWide ? wide[w++]! : narrow[n++]!;
      budget.visited++;
      if (fromWide && !this.meets(at, wanted)) continue;
      yield covers[at]!;
    }
  }

  private narrowMeeting(wanted: readonly Bounds[], from: number, to: number, budget: Budget): number[] {
    const { index } = this;
    const [low, high] = wanted[index.property]!;
    const found: number[] = [];
    for (let i = upperBound(index.lows, high) - 1; i >= 0 && index.highestUpTo[i]! >= low; i--) {
      budget.visited++;
      const at = index.narrow[i]!;
      if (at >= from && at < to && this.meets(at, wanted)) found.push(at);
    }
    return found.sort((a, b) => a - b);
  }

  private meets(at: number, wanted: readonly Bounds[]): boolean {
    for (let p = 0; p < wanted.length; p++)
      if (this.low[p]![at]! > wanted[p]![1] || this.high[p]![at]! < wanted[p]![0]) return false;
    return true;
  }
}

/**
 * Covers by their bounds of one property, the one that most of them say something about: those that do stand in
 * order of their lower bound, with the highest upper bound so far, so that going back from the last that can
 * meet ends soon. The others are looked at one by one.
 */
interface BoundsIndex {
  /** Index into `BOUNDED`. */
  readonly property: number;
  readonly narrow: Int32Array;
  readonly lows: Float64Array;
  readonly highestUpTo: Float64Array;
  /** In the order of the list. */
  readonly wide: readonly number[];
}

function* indexBounds(
  low: readonly Float64Array[],
  high: readonly Float64Array[],
  universes: readonly (readonly [number | bigint, number | bigint])[],
): Work<BoundsIndex> {
  const isWide = (p: number, i: number): boolean => {
    const [first, last] = universes[p]!;
    return (high[p]![i]! - low[p]![i]!) * 4 > Number(last) - Number(first);
  };
  let property = 0;
  let most = -1;
  for (let p = 0; p < low.length; p++) {
    // Values that are all the same tell nothing apart.
    const values = new Set<number>();
    for (let i = 0; i < low[p]!.length; i++) if (!isWide(p, i)) values.add(low[p]![i]!);
    if (values.size > most) {
      most = values.size;
      property = p;
    }
    yield;
  }
  const narrow: number[] = [];
  const wide: number[] = [];
  for (let i = 0; i < low[property]!.length; i++) (isWide(property, i) ? wide : narrow).push(i);
  narrow.sort((a, b) => low[property]![a]! - low[property]![b]!);
  yield;
  const lows = Float64Array.from(narrow, (i) => low[property]![i]!);
  const highestUpTo = Float64Array.from(narrow, (i) => high[property]![i]!);
  for (let i = 1; i < highestUpTo.length; i++)
    if (highestUpTo[i - 1]! > highestUpTo[i]!) highestUpTo[i] = highestUpTo[i - 1]!;
  return { property, narrow: Int32Array.from(narrow), lows, highestUpTo, wide };
}

function upperBound(values: Float64Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAtLeast(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Bounds = readonly [low: number, high: number];
/** Rounded for IPv6 addresses, which can only make boxes seem to overlap that do not. */
function bounds(box: Box, property: number, family: 4 | 6): Bounds {
  const values = box.get(property);
  const [first, last] =
    values === undefined
      ? universeOf(property, family)
      : [values[0]?.[0] ?? 0, values[values.length - 1]?.[1] ?? 0];
  return [Number(first), Number(last)];
}

/** First index whose position is not before `position`; covers stand in order. */
function lowerBound(covers: readonly Cover[], position: number): number {
  let low = 0;
  let high = covers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (covers[middle]!.position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
