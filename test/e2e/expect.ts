/** Assertions that say what was there. */

export function expectMatch(text: string, pattern: RegExp, what: string): void {
  if (!pattern.test(text)) throw new Error(`${what} does not match ${pattern}:\n${text}`);
}

export function expectEqual<T>(actual: T, expected: T, what: string): void {
  const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== wanted) throw new Error(`${what}: ${wanted} was expected, not ${is}`);
}
