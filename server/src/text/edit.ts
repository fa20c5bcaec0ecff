/** One replacement in a text: `start`..`end` of the old text becomes `text`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The single edit that turns `before` into `after`, as small as a common prefix and suffix make it. */
export function diffAsOneEdit(before: string, after: string): TextEdit | undefined {
  if (before === after) return undefined;
  const limit = Math.min(before.length, after.length);
  let start = 0;
  // Compare in blocks first: one string comparison of 1024 units costs far less than 1024 charCodeAt pairs.
  while (start + 1024 <= limit && before.slice(start, start + 1024) === after.slice(start, start + 1024))
    start += 1024;
  while (start < limit && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let tail = 0;
  const most = limit - start;
  while (
    tail + 1024 <= most &&
    before.slice(before.length - tail - 1024, before.length - tail) ===
      after.slice(after.length - tail - 1024, after.length - tail)
  )
    tail += 1024;
  while (
    tail < most &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  )
    tail++;
  return { start, end: before.length - tail, text: after.slice(start, after.length - tail) };
}

/** Applies edits that do not overlap, in any order. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const ordered = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let out = '';
  let at = 0;
  for (const e of ordered) {
    out += text.slice(at, e.start) + e.text;
    at = e.end;
  }
  return out + text.slice(at);
}
