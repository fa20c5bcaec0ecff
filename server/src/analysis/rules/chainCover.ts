/**
 * What the other rules of one list take away from a rule. Two questions are asked of every rule: which packets
 * did rules before it decide for good, and of the packets it matches, which are matched again further down. Both
 * are answered by subtracting boxes, of those rules only that overlap it: their bounds stand in flat arrays, so
 * that going through 10,000 rules for each of 10,000 costs a comparison or two a pair.
 *
 * A rule within the reach of a `skip` does not count for packets that are skipped over it, unless the rule in
 * question is skipped as well.
 */
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
    private readonly mostVisited = 200_000_000,
    private readonly mostSubtracted = 400_000,
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
  private readonly low: readonly Float64Array[];
  private readonly high: readonly Float64Array[];

  constructor(
    private readonly space: Space,
    readonly covers: readonly Cover[],
    private readonly skips: readonly Skip[],
  ) {
    this.low = BOUNDED.map((p) => Float64Array.from(covers, (c) => bounds(c.box, p, space.family)[0]));
    this.high = BOUNDED.map((p) => Float64Array.from(covers, (c) => bounds(c.box, p, space.family)[1]));
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
    let left: readonly Box[] = boxes;
    for (const box of boxes) {
      const candidates = this.overlapping(box, position, part, budget);
      const whole = candidates.find((c) => this.takesWhole(c, box, position, part));
      if (whole !== undefined) {
        used.add(whole.position);
        left = left.filter((b) => b !== box);
        continue;
      }
      const rest = this.subtractAll(box, candidates, position, part, budget, used);
      if (rest === undefined) return undefined;
      left = left.flatMap((b) => (b === box ? rest : [b]));
    }
    return left;
  }

  private takesWhole(cover: Cover, box: Box, position: number, part: 'before' | 'after'): boolean {
    return (
      boxContains(cover.box, box, this.space.family) &&
      this.skipsOver(cover, position, part).every((s) => !s.boxes.some((b) => boxesOverlap(b, box)))
    );
  }

  private subtractAll(
    box: Box,
    candidates: readonly Cover[],
    position: number,
    part: 'before' | 'after',
    budget: Budget,
    used: Set<number>,
  ): readonly Box[] | undefined {
    const { family } = this.space;
    let left: readonly Box[] = [box];
    for (const cover of candidates) {
      if (left.length === 0) break;
      for (const taken of this.effective(cover, position, part)) {
        budget.subtracted += left.length;
        if (budget.isSpent) return undefined;
        const next = left.flatMap((piece) => subtractBox(piece, taken, family));
        if (next.length === left.length && next.every((b, i) => b === left[i])) continue;
        used.add(cover.position);
        left = next;
        if (left.length > MOST_PIECES) return undefined;
      }
    }
    return left;
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

  private overlapping(box: Box, position: number, part: 'before' | 'after', budget: Budget): Cover[] {
    const { covers, low, high } = this;
    const wanted = BOUNDED.map((p) => bounds(box, p, this.space.family));
    const [source, destination, iface, port, protocol] = wanted as [Bounds, Bounds, Bounds, Bounds, Bounds];
    const [low0, low1, low2, low3, low4] = low as Five;
    const [high0, high1, high2, high3, high4] = high as Five;
    const found: Cover[] = [];
    const from = part === 'before' ? 0 : lowerBound(covers, position + 1);
    const to = part === 'before' ? lowerBound(covers, position) : covers.length;
    budget.visited += to - from;
    if (budget.isSpent) return found;
    for (let i = from; i < to; i++) {
      if (low0[i]! > source[1] || high0[i]! < source[0]) continue;
      if (low1[i]! > destination[1] || high1[i]! < destination[0]) continue;
      if (low2[i]! > iface[1] || high2[i]! < iface[0]) continue;
      if (low3[i]! > port[1] || high3[i]! < port[0]) continue;
      if (low4[i]! > protocol[1] || high4[i]! < protocol[0]) continue;
      if (boxesOverlap(covers[i]!.box, box)) found.push(covers[i]!);
    }
    return found;
  }
}

type Bounds = readonly [low: number, high: number];
type Five = readonly [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];

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
