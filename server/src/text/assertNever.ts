/** Behind the last case of a `switch`: the compiler then names every place a new kind must be added to. */
export function assertNever(value: never): never {
  throw new Error(`No case handles ${JSON.stringify(value)}.`);
}
