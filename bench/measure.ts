export interface Measured {
  readonly name: string;
  readonly medianMilliseconds: number;
  readonly leastMilliseconds: number;
  readonly mostMilliseconds: number;
  readonly runs: number;
  /** What the product promises, where it promises something. */
  readonly targetMilliseconds?: number;
}

/** Times `run` after some unmeasured turns; `prepare` is waited for and not timed. */
export async function measure<T>(
  name: string,
  options: { readonly runs: number; readonly warmUp?: number; readonly targetMilliseconds?: number },
  prepare: (turn: number) => T,
  run: (prepared: Awaited<T>) => unknown,
): Promise<Measured> {
  const times: number[] = [];
  const warmUp = options.warmUp ?? 2;
  for (let turn = 0; turn < options.runs + warmUp; turn++) {
    const prepared = await prepare(turn);
    const start = performance.now();
    await run(prepared);
    if (turn >= warmUp) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return {
    name,
    medianMilliseconds: round(times[times.length >> 1]!),
    leastMilliseconds: round(times[0]!),
    mostMilliseconds: round(times[times.length - 1]!),
    runs: times.length,
    ...(options.targetMilliseconds !== undefined && { targetMilliseconds: options.targetMilliseconds }),
  };
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
