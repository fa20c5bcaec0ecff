/** A half-open range of UTF-16 code units, `start <= end`, in the text it is said of (a file or one statement). */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export function range(start: number, end: number): TextRange {
  return { start, end };
}

export function shiftRange(r: TextRange, by: number): TextRange {
  return by === 0 ? r : { start: r.start + by, end: r.end + by };
}

/** Ends included: a cursor just behind a word still stands on it, as editors see it. */
export function rangeTouches(r: TextRange, offset: number): boolean {
  return r.start <= offset && offset <= r.end;
}
