/** Long work in slices, between which messages are read: others are answered meanwhile, and it can be given up. */
import type { Work } from '../text/work';

export interface SliceHost {
  /** Lets messages that have arrived meanwhile be read: only then can a request learn that it was cancelled. */
  readonly breathe: () => Promise<void>;
  /** Milliseconds since some fixed moment. */
  readonly now: () => number;
}

/** Long enough to be worth a pause, short enough for nobody to notice. */
const sliceMilliseconds = 12;

/** Undefined: it was given up, as `isStale` told behind a slice. `onSlice` hears how long each took. */
export async function inSlices<Result>(
  work: Work<Result>,
  host: SliceHost,
  isStale: () => boolean,
  onSlice?: (milliseconds: number) => void,
): Promise<{ readonly result: Result } | undefined> {
  for (;;) {
    const start = host.now();
    let turn = work.next();
    while (turn.done !== true && host.now() - start < sliceMilliseconds) turn = work.next();
    onSlice?.(host.now() - start);
    if (turn.done === true) return { result: turn.value };
    await host.breathe();
    if (isStale()) return undefined;
  }
}
