/**
 * `$name` and `${name}`. IPFilter puts the value back into its input as text, so a value can be a part of a word,
 * one word or half a rule. We do the same, and remember where every piece of the result came from.
 */
import type { TextRange } from '../../text/range';

export interface Expansion {
  readonly text: string;
  /** Range of the original text that a range of `text` came from. */
  origin(range: TextRange): TextRange;
}

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly originStart: number;
  readonly originEnd: number;
  readonly literal: boolean;
}

const VARIABLE = /\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g;

export function expandVariables(
  text: string,
  part: TextRange,
  values: ReadonlyMap<string, string>,
): Expansion {
  const pieces: Piece[] = [];
  let out = '';
  const push = (value: string, originStart: number, originEnd: number, literal: boolean) => {
    if (value === '') return;
    pieces.push({ from: out.length, to: out.length + value.length, originStart, originEnd, literal });
    out += value;
  };
  const body = text.slice(part.start, part.end);
  let at = 0;
  for (const found of body.matchAll(VARIABLE)) {
    const start = found.index;
    const end = start + found[0].length;
    push(body.slice(at, start), part.start + at, part.start + start, true);
    push(expandedValue(found[1] ?? found[2]!, values, 0), part.start + start, part.start + end, false);
    at = end;
  }
  push(body.slice(at), part.start + at, part.end, true);
  return { text: out, origin: (range) => originOf(pieces, range, part) };
}

/** Values may name other variables; a chain deeper than this goes round in a circle. */
const DEEPEST = 16;

function expandedValue(name: string, values: ReadonlyMap<string, string>, depth: number): string {
  const value = values.get(name) ?? '';
  if (depth >= DEEPEST || value.indexOf('$') < 0) return value;
  return value.replace(VARIABLE, (_, braced: string | undefined, plain: string | undefined) =>
    expandedValue(braced ?? plain!, values, depth + 1),
  );
}

function originOf(pieces: readonly Piece[], range: TextRange, part: TextRange): TextRange {
  const first = pieces.find((p) => range.start < p.to) ?? pieces[pieces.length - 1];
  const last = pieces.find((p) => range.end <= p.to) ?? pieces[pieces.length - 1];
  if (first === undefined || last === undefined) return { start: part.start, end: part.end };
  const start = first.literal ? first.originStart + Math.max(0, range.start - first.from) : first.originStart;
  const end = last.literal ? last.originStart + (range.end - last.from) : last.originEnd;
  return { start: Math.min(start, part.end), end: Math.max(start, Math.min(end, part.end)) };
}
